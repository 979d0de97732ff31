#include "core/neighbour.h"

#include "core/checksum.h"

enum { TAG_LEN = 4 };
enum { ARP_ETHERNET = 1, ARP_REQUEST = 1, ARP_REPLY = 2, IPV4_LEN = 4 };
enum {
	IPV6_HEADER = 40, IPV6_LEN = 16, HOP_LIMIT = 255,
	SOLICITATION = 135, ADVERTISEMENT = 136,
	SOURCE_MAC = 1, TARGET_MAC = 2,         /* options, in units of 8 bytes */
	OPTION_UNIT = 8, ADVERTISEMENT_LEN = 24 + OPTION_UNIT,
	IS_ROUTER = 0x80, IS_SOLICITED = 0x40, OVERRIDES = 0x20
};

static struct addr read_ip(struct rd *r, uint8_t family, uint16_t vlan)
{
	struct addr a = { .family = family, .port = vlan };
	rd_bytes(r, a.ip, addr_ip_len(&a));
	return a;
}

static bool is_host(const struct addr *a)
{
	return !addr_is_unspecified(a) && !addr_is_multicast(a) && !addr_is_loopback(a);
}

static enum neighbour_kind arp_kind(uint16_t operation, const struct neighbour *n)
{
	bool nobody = addr_is_unspecified(&n->address);
	if (operation == ARP_REQUEST && nobody)
		return NEIGHBOUR_PROBES;
	if (nobody || (operation != ARP_REQUEST && operation != ARP_REPLY))
		return NEIGHBOUR_NONE;
	if (operation == ARP_REPLY || addr_equal(&n->address, &n->target))
		return NEIGHBOUR_TELLS;         /* a request for the own address announces it */
	return NEIGHBOUR_ASKS;
}

static void view_arp(struct neighbour *n, const struct layers *f)
{
	struct rd r = f->payload;
	uint16_t vlan = layers_vlan(f), hardware = rd_u16(&r), protocol = rd_u16(&r), lengths = rd_u16(&r);
	uint16_t operation = rd_u16(&r);
	n->mac = rd_take(&r, MAC_LEN);
	n->address = read_ip(&r, ADDR_V4, vlan);
	rd_take(&r, MAC_LEN);
	n->target = read_ip(&r, ADDR_V4, vlan);
	n->final = true;
	if (r.bad || hardware != ARP_ETHERNET || protocol != ETHERTYPE_IPV4 || lengths != (MAC_LEN << 8 | IPV4_LEN))
		return;
	n->kind = arp_kind(operation, n);
}

/* False: one of them is unsound.  The link-layer address of Ethernet is one unit long. */
static bool read_options(struct neighbour *n, struct rd *r, uint8_t wanted)
{
	while (rd_left(r)) {
		uint8_t type = rd_u8(r), units = rd_u8(r);
		const uint8_t *value = units ? rd_take(r, units * (size_t)OPTION_UNIT - 2) : NULL;
		if (!value)
			return false;
		if (type == wanted && units == 1)
			n->mac = value;
	}
	return true;
}

/* The message of an IPv6 packet without extension headers, sound up to its checksum.  False: it is none of these. */
static bool nd_message(struct rd *message, struct addr *source, const struct layers *f)
{
	struct rd r = f->payload;
	const uint8_t *ip = rd_take(&r, IPV6_HEADER);
	if (!ip || ip[0] >> 4 != 6 || ip[6] != PROTOCOL_ICMP6 || ip[7] != HOP_LIMIT)
		return false;
	size_t len = get_be16(ip + 4);
	const uint8_t *icmp = rd_take(&r, len);
	if (!icmp || len < 24 || (icmp[0] != SOLICITATION && icmp[0] != ADVERTISEMENT) || icmp[1])
		return false;
	uint64_t sum = checksum_pseudo(ip + 8, 2 * IPV6_LEN, PROTOCOL_ICMP6, len);
	if (checksum_fold(checksum_add(sum, icmp, len)))
		return false;
	struct rd from = rd_of(ip + 8, IPV6_LEN);
	*source = read_ip(&from, ADDR_V6, layers_vlan(f));
	*message = rd_of(icmp, len);
	return true;
}

static void view_nd(struct neighbour *n, const struct layers *f)
{
	struct rd r;
	struct addr source;
	if (!nd_message(&r, &source, f))
		return;
	bool asks = rd_u8(&r) == SOLICITATION;
	rd_take(&r, 3);
	uint8_t flags = rd_u8(&r);
	rd_take(&r, 3);
	n->target = read_ip(&r, ADDR_V6, source.port);
	if (!is_host(&n->target) || !read_options(n, &r, asks ? SOURCE_MAC : TARGET_MAC))
		return;
	n->address = asks ? source : n->target;
	n->advert = !asks;
	n->router = n->advert && (flags & IS_ROUTER);
	n->final = n->advert && (flags & OVERRIDES) && n->mac;
	n->kind = !asks ? NEIGHBOUR_TELLS : addr_is_unspecified(&source) ? NEIGHBOUR_PROBES : NEIGHBOUR_ASKS;
}

void neighbour_view(struct neighbour *n, const struct layers *frame)
{
	*n = (struct neighbour){ .kind = NEIGHBOUR_NONE };
	if (frame->tags_len > TAG_LEN)
		return;
	if (frame->ethertype == ETHERTYPE_ARP)
		view_arp(n, frame);
	else if (frame->ethertype == ETHERTYPE_IPV6)
		view_nd(n, frame);
	if (n->kind != NEIGHBOUR_NONE && n->kind != NEIGHBOUR_PROBES && !is_host(&n->address))
		n->kind = NEIGHBOUR_NONE;
}

static void put_arp(struct wr *w, const struct neighbour *n, const uint8_t *to, const uint8_t *mac)
{
	wr_u16(w, ARP_ETHERNET);
	wr_u16(w, ETHERTYPE_IPV4);
	wr_u8(w, MAC_LEN);
	wr_u8(w, IPV4_LEN);
	wr_u16(w, ARP_REPLY);
	wr_bytes(w, mac, MAC_LEN);
	wr_bytes(w, n->target.ip, IPV4_LEN);
	wr_bytes(w, to, MAC_LEN);
	wr_bytes(w, n->address.ip, IPV4_LEN);
}

static void put_advertisement(struct wr *w, const struct neighbour *n, const uint8_t *mac, bool router)
{
	uint8_t *ip = w->at;
	wr_u32(w, 0x60000000);
	wr_u16(w, ADVERTISEMENT_LEN);
	wr_u8(w, PROTOCOL_ICMP6);
	wr_u8(w, HOP_LIMIT);
	wr_bytes(w, n->target.ip, IPV6_LEN);
	wr_bytes(w, n->address.ip, IPV6_LEN);
	uint8_t *icmp = w->at;
	wr_u8(w, ADVERTISEMENT);
	wr_u8(w, 0);
	wr_u16(w, 0);
	wr_u8(w, (uint8_t)((router ? IS_ROUTER : 0) | IS_SOLICITED | OVERRIDES));
	wr_zero(w, 3);
	wr_bytes(w, n->target.ip, IPV6_LEN);
	wr_u8(w, TARGET_MAC);
	wr_u8(w, 1);
	wr_bytes(w, mac, MAC_LEN);
	uint64_t sum = checksum_pseudo(ip + 8, 2 * IPV6_LEN, PROTOCOL_ICMP6, ADVERTISEMENT_LEN);
	put_be16(icmp + 2, checksum_fold(checksum_add(sum, icmp, ADVERTISEMENT_LEN)));
}

size_t neighbour_answer(uint8_t out[static NEIGHBOUR_ANSWER_MAX], const struct layers *question, const struct neighbour *n,
                        const uint8_t mac[static MAC_LEN], bool router)
{
	const uint8_t *to = n->mac ? n->mac : question->src;
	struct wr w = wr_of(out, NEIGHBOUR_ANSWER_MAX);
	wr_bytes(&w, to, MAC_LEN);
	wr_bytes(&w, mac, MAC_LEN);
	wr_bytes(&w, question->src + MAC_LEN, question->tags_len);
	wr_u16(&w, question->ethertype);
	if (n->target.family == ADDR_V4)
		put_arp(&w, n, to, mac);
	else
		put_advertisement(&w, n, mac, router);
	return (size_t)(w.at - out);
}
