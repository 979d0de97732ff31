#include "core/layers.h"

enum {
	TAG_CUSTOMER = 0x8100, TAG_SERVICE = 0x88a8,    /* IEEE 802.1Q, 802.1ad */
	TAGS_MAX = 2, TAG_LEN = 4,
	IP4_FRAGMENT = 0x3fff, IP4_OFFSET = 0x1fff,     /* more fragments, or an offset */
	IP6_OFFSET = 0xfff8
};
enum ip6_extension { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION_OPTIONS = 60 };

/* The IPv4 header; r goes on with what it carries and ends where the packet ends.  beyond: bytes of the frame behind
 * those that can be looked at. */
static bool view_ipv4(struct layers *l, struct rd *r, size_t beyond)
{
	size_t left = rd_left(r);
	const uint8_t *ip = l->ip = rd_take(r, IPV4_MIN);
	if (!ip)
		return false;
	size_t total = get_be16(ip + IPV4_TOTAL_LEN), header = (ip[0] & 15u) * 4u;
	uint16_t fragment = get_be16(ip + IPV4_FRAGMENT);
	l->protocol = ip[9];
	l->ip_len = header;
	l->ip_total = total;
	l->padding = left + beyond - total;
	l->fragment = fragment & IP4_FRAGMENT;
	l->later_fragment = fragment & IP4_OFFSET;
	l->ipv4 = ip[0] >> 4 == 4 && header >= IPV4_MIN && header <= total && header <= left && total <= left + beyond;
	*r = rd_of(ip, smaller(total, left));
	return l->ipv4 && rd_take(r, header);
}

static bool is_extension(uint8_t next)
{
	return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == DESTINATION_OPTIONS;
}

/* Past one extension header, 8 bytes at least (RFC 8200, 4.1 to 4.6). */
static void skip_extension(struct layers *l, struct rd *r)
{
	uint8_t kind = l->protocol, next = rd_u8(r), more = rd_u8(r);
	if (kind == FRAGMENT) {
		l->fragment = true;
		l->later_fragment = rd_u16(r) & IP6_OFFSET;
		rd_take(r, 4);
	} else {
		rd_take(r, 6 + more * 8u);
	}
	l->rerouted |= kind == ROUTING;
	l->protocol = next;
}

static bool view_ipv6(struct layers *l, struct rd *r, size_t beyond)
{
	const uint8_t *ip = l->ip = rd_take(r, IPV6_MIN);
	if (!ip || ip[0] >> 4 != 6)
		return false;
	size_t left = rd_left(r), len = get_be16(ip + IPV6_PAYLOAD_LEN);
	if (len > left + beyond)
		return false;
	l->protocol = ip[6];
	l->ip_total = IPV6_MIN + len;
	l->padding = left + beyond - len;
	*r = rd_of(r->at, smaller(len, left));
	while (is_extension(l->protocol) && !l->later_fragment && !r->bad)
		skip_extension(l, r);
	l->ip_len = (size_t)(r->at - ip);
	l->ipv6 = !r->bad;
	return l->ipv6;
}

/* Inside the IP packet, not in what pads the frame. */
static void view_transport(struct layers *l, struct rd r)
{
	bool tcp = l->protocol == PROTOCOL_TCP;
	if ((!tcp && l->protocol != PROTOCOL_UDP) || l->later_fragment)
		return;
	const uint8_t *at = r.at;
	size_t left = rd_left(&r), header = tcp ? TCP_MIN : UDP_MIN;
	l->ports = left >= 4;
	if (!l->ports)
		return;
	l->src_port = get_be16(at);
	l->dst_port = get_be16(at + 2);
	if (left < header || l->fragment)
		return;
	if (tcp)
		header = (at[12] >> 4) * 4u;
	if (header > left || (tcp && header < TCP_MIN))
		return;
	l->transport = at;
	l->transport_len = header;
	l->data = at + header;
	l->data_len = l->ip_total - l->ip_len - header;
}

bool layers_view(struct layers *l, const uint8_t *frame, size_t len)
{
	return layers_view_head(l, frame, len, len);
}

static bool is_tag(uint16_t ethertype) { return ethertype == TAG_CUSTOMER || ethertype == TAG_SERVICE; }

bool layers_view_head(struct layers *l, const uint8_t *head, size_t head_len, size_t len)
{
	*l = (struct layers){ .dst = head, .src = head + MAC_LEN };
	if (head_len < ETH_HEADER_LEN)
		return false;
	size_t at = ETH_HEADER_LEN;
	l->ethertype = get_be16(head + at - 2);
	for (int tags = 0; tags < TAGS_MAX && is_tag(l->ethertype) && head_len - at >= TAG_LEN; tags++) {
		at += TAG_LEN;
		l->ethertype = get_be16(head + at - 2);
	}
	l->tags_len = (uint8_t)(at - ETH_HEADER_LEN);
	struct rd r = l->payload = rd_of(head + at, head_len - at);
	size_t beyond = len - head_len;
	if (l->ethertype == ETHERTYPE_IPV4 ? view_ipv4(l, &r, beyond) : l->ethertype == ETHERTYPE_IPV6 && view_ipv6(l, &r, beyond))
		view_transport(l, r);
	return true;
}

bool layers_udp_source(const struct layers *l, struct addr *out)
{
	if (!l->ports || l->protocol != PROTOCOL_UDP)
		return false;
	*out = (struct addr){ .family = l->ipv6 ? ADDR_V6 : ADDR_V4, .port = l->src_port };
	memcpy(out->ip, layers_addresses(l), addr_ip_len(out));
	return true;
}
