#include "core/ip.h"

enum {
	IP4_FRAGMENT_OFFSET = 0x1fff,
	IP6_FRAGMENT_OFFSET = 0xfff8,
	IP6_EXTENSIONS_MAX = 8          /* more are not looked behind */
};
enum ip6_extension { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION_OPTIONS = 60 };

/* beyond: bytes of the frame behind those that can be looked at. */
static bool view_ip4(struct ip *ip, struct rd packet, size_t beyond)
{
	struct rd r = packet;
	uint8_t first = rd_u8(&r);
	rd_u8(&r);
	size_t header = (first & 0x0fu) * 4u;
	ip->version = first >> 4;
	ip->len = rd_u16(&r);
	rd_take(&r, 2);
	ip->later_fragment = rd_u16(&r) & IP4_FRAGMENT_OFFSET;
	rd_u8(&r);
	ip->protocol = rd_u8(&r);
	rd_take(&r, 2);
	ip->src = rd_take(&r, 4);
	ip->dst = rd_take(&r, 4);
	ip->payload = ip->at + header;
	return !r.bad && ip->version == 4 && header >= IPV4_MIN && header <= ip->len &&
	       header <= rd_left(&packet) && ip->len <= rd_left(&packet) + beyond;
}

static bool is_extension(uint8_t next)
{
	return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == DESTINATION_OPTIONS;
}

/* Past one extension header (RFC 8200, 4.1 to 4.6). */
static void skip_extension(struct ip *ip, struct rd *r)
{
	uint8_t kind = ip->protocol, next = rd_u8(r), more = rd_u8(r);
	if (kind == FRAGMENT) {
		ip->later_fragment = rd_u16(r) & IP6_FRAGMENT_OFFSET;
		rd_take(r, 4);
	} else {
		rd_take(r, 6 + more * 8u);
	}
	ip->protocol = next;
}

static bool view_ip6(struct ip *ip, struct rd packet, size_t beyond)
{
	struct rd r = packet;
	ip->version = rd_u8(&r) >> 4;
	rd_take(&r, 3);
	ip->len = IPV6_MIN + (size_t)rd_u16(&r);
	ip->protocol = rd_u8(&r);
	rd_u8(&r);
	ip->src = rd_take(&r, 16);
	ip->dst = rd_take(&r, 16);
	if (r.bad || ip->version != 6 || ip->len > rd_left(&packet) + beyond)
		return false;
	size_t left = ip->len - IPV6_MIN;
	r = rd_of(r.at, left < rd_left(&r) ? left : rd_left(&r));
	for (int n = 0; n < IP6_EXTENSIONS_MAX && is_extension(ip->protocol) && !ip->later_fragment; n++)
		skip_extension(ip, &r);
	ip->payload = ip->at + (size_t)(r.at - packet.at);
	return !r.bad;
}

bool ip_view(struct ip *ip, const struct eth *e, const uint8_t *frame, size_t len)
{
	return ip_view_head(ip, e, frame, len, len);
}

bool ip_view_head(struct ip *ip, const struct eth *e, const uint8_t *head, size_t head_len, size_t len)
{
	struct rd packet = rd_of(head, head_len);
	rd_take(&packet, eth_header_len(e));
	*ip = (struct ip){ .at = eth_header_len(e) };
	if (packet.bad)
		return false;
	if (e->ethertype == ETHERTYPE_IPV4)
		return view_ip4(ip, packet, len - head_len);
	return e->ethertype == ETHERTYPE_IPV6 && view_ip6(ip, packet, len - head_len);
}
