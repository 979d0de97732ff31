#include "core/eth.h"

enum {
	TAG_CUSTOMER = 0x8100, TAG_SERVICE = 0x88a8,    /* IEEE 802.1Q, 802.1ad */
	TAGS_MAX = 2,
	IPV4_LEN = 4, IPV4_HEADER_MIN = 20,
	FRAGMENT_OFFSET = 0x1fff
};
enum { HARDWARE_ETHERNET = 1 };
enum arp_operation { ARP_REQUEST = 1, ARP_REPLY = 2 };

static bool is_tag(uint16_t ethertype)
{
	return ethertype == TAG_CUSTOMER || ethertype == TAG_SERVICE;
}

/* The ports are read inside the IP packet, not in what pads the frame. */
static void view_ports(struct eth *e, struct rd *ip_payload)
{
	if (e->protocol != PROTOCOL_TCP && e->protocol != PROTOCOL_UDP)
		return;
	e->src_port = rd_u16(ip_payload);
	e->dst_port = rd_u16(ip_payload);
	e->ports = !ip_payload->bad;
}

/* beyond: bytes of the frame behind those that can be looked at. */
static void view_ipv4(struct eth *e, const struct rd *packet, size_t beyond)
{
	struct rd r = *packet;
	uint8_t first = rd_u8(&r);
	rd_u8(&r);
	size_t total = rd_u16(&r), header = (first & 0x0fu) * 4u;
	rd_take(&r, 2);
	uint16_t fragment = rd_u16(&r);
	rd_u8(&r);
	e->protocol = rd_u8(&r);
	rd_take(&r, 2);
	rd_bytes(&r, e->ip_src, sizeof(e->ip_src));
	rd_bytes(&r, e->ip_dst, sizeof(e->ip_dst));
	e->ipv4 = !r.bad && first >> 4 == 4 && header >= IPV4_HEADER_MIN && header <= total &&
	          total <= rd_left(packet) + beyond;
	if (!e->ipv4 || (fragment & FRAGMENT_OFFSET))
		return;
	r = rd_of(packet->at, total < rd_left(packet) ? total : rd_left(packet));
	rd_take(&r, header);
	view_ports(e, &r);
}

bool eth_view(struct eth *e, const uint8_t *frame, size_t len)
{
	return eth_view_head(e, frame, len, len);
}

size_t eth_link_len(const uint8_t *frame, size_t len)
{
	size_t at = ETH_HEADER_LEN;
	for (int tags = 0; tags < TAGS_MAX && at <= len && is_tag(get_be16(frame + at - 2)); tags++)
		at += 4;
	return at <= len ? at : 0;
}

bool eth_view_head(struct eth *e, const uint8_t *head, size_t head_len, size_t len)
{
	struct rd r = rd_of(head, head_len);
	*e = (struct eth){ 0 };
	e->dst = rd_take(&r, MAC_LEN);
	e->src = rd_take(&r, MAC_LEN);
	e->ethertype = rd_u16(&r);
	if (r.bad)
		return false;
	for (int tags = 0; tags < TAGS_MAX && is_tag(e->ethertype) && rd_left(&r) >= 4; tags++) {
		rd_take(&r, 2);
		e->ethertype = rd_u16(&r);
		e->tagged = true;
		e->tags_len = (uint8_t)(e->tags_len + 4);
	}
	e->payload = r;
	if (e->ethertype == ETHERTYPE_IPV4)
		view_ipv4(e, &r, len - head_len);
	return true;
}

/* All of an ARP message up to the sender's MAC; the caller goes on with the sender's IPv4 address, the
 * target's MAC and IPv4 address. */
static struct wr begin_arp(uint8_t out[static ETH_ARP_LEN], const uint8_t dst[static MAC_LEN],
                           const uint8_t src[static MAC_LEN], enum arp_operation operation)
{
	struct wr w = wr_of(out, ETH_ARP_LEN);
	wr_bytes(&w, dst, MAC_LEN);
	wr_bytes(&w, src, MAC_LEN);
	wr_u16(&w, ETHERTYPE_ARP);
	wr_u16(&w, HARDWARE_ETHERNET);
	wr_u16(&w, ETHERTYPE_IPV4);
	wr_u8(&w, MAC_LEN);
	wr_u8(&w, IPV4_LEN);
	wr_u16(&w, (uint16_t)operation);
	wr_bytes(&w, src, MAC_LEN);
	return w;
}

void eth_gratuitous_arp(uint8_t out[static ETH_ARP_LEN], const uint8_t mac[static MAC_LEN],
                        const uint8_t ip[static 4])
{
	static const uint8_t broadcast[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct wr w = begin_arp(out, broadcast, mac, ARP_REPLY);
	wr_bytes(&w, ip, IPV4_LEN);
	wr_bytes(&w, broadcast, MAC_LEN);
	wr_bytes(&w, ip, IPV4_LEN);
}

void eth_arp_probe(uint8_t out[static ETH_ARP_LEN], const uint8_t dst[static MAC_LEN],
                   const uint8_t src[static MAC_LEN], const uint8_t target[static 4])
{
	struct wr w = begin_arp(out, dst, src, ARP_REQUEST);
	wr_zero(&w, IPV4_LEN + MAC_LEN);
	wr_bytes(&w, target, IPV4_LEN);
}

/* Behind an IPv4 header of a first or only fragment. */
static bool udp_source_v4(struct rd *r, struct addr *out)
{
	uint8_t first = rd_u8(r);
	size_t options = (first & 0x0fu) * 4u;
	rd_take(r, 5);
	uint16_t fragment = rd_u16(r);
	rd_u8(r);
	uint8_t protocol = rd_u8(r);
	rd_take(r, 2);
	*out = (struct addr){ .family = ADDR_V4 };
	rd_bytes(r, out->ip, 4);
	rd_take(r, 4);
	if (protocol != PROTOCOL_UDP || fragment & FRAGMENT_OFFSET || options < IPV4_HEADER_MIN)
		return false;
	rd_take(r, options - IPV4_HEADER_MIN);
	return true;
}

static bool udp_source_v6(struct rd *r, struct addr *out)
{
	rd_take(r, 6);
	uint8_t next = rd_u8(r);
	rd_u8(r);
	*out = (struct addr){ .family = ADDR_V6 };
	rd_bytes(r, out->ip, 16);
	rd_take(r, 16);
	return next == PROTOCOL_UDP;
}

bool eth_udp_source(const uint8_t *frame, size_t len, struct addr *out)
{
	size_t link = eth_link_len(frame, len);
	if (!link)
		return false;
	uint16_t type = get_be16(frame + link - 2);
	struct rd r = rd_of(frame + link, len - link);
	bool udp = type == ETHERTYPE_IPV4 ? udp_source_v4(&r, out) : type == ETHERTYPE_IPV6 && udp_source_v6(&r, out);
	out->port = udp ? rd_u16(&r) : 0;
	return udp && !r.bad;
}
