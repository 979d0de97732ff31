#include "core/packet.h"

enum {
	TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd,
	TAG_CUSTOMER = 0x8100, TAG_SERVICE = 0x88a8,    /* IEEE 802.1Q, 802.1ad */
	TAGS_MAX = 2, MAC_ADDRESSES = 12, TAG_LEN = 4,
	IPV4_IS_FRAGMENT = 0x3fff,                      /* more fragments, or an offset */
	EXTENSION_HOP_BY_HOP = 0, EXTENSION_ROUTING = 43, EXTENSION_DESTINATION = 60
};

/* The IPv4 header; r goes on with what it carries and ends where the packet ends. */
static bool view_ipv4(struct packet *p, struct rd *r)
{
	size_t room = rd_left(r);
	const uint8_t *ip = p->ip = rd_take(r, IPV4_MIN);
	if (!ip || ip[0] >> 4 != 4 || get_be16(ip + IPV4_FRAGMENT) & IPV4_IS_FRAGMENT)
		return false;
	size_t total = get_be16(ip + IPV4_TOTAL_LEN);
	p->ip_len = (ip[0] & 15u) * 4u;
	if (p->ip_len < IPV4_MIN || total < p->ip_len || total > room)
		return false;
	p->protocol = ip[9];
	p->padding = room - total;
	*r = rd_of(ip, total);
	return rd_take(r, p->ip_len);
}

/* Extension headers that say how long they are (RFC 8200, section 4), as many as there are bytes for; behind others, which are a fragment's or
 * encrypted, no TCP is found. */
static bool skip_extensions(struct packet *p, struct rd *r)
{
	while (p->protocol == EXTENSION_HOP_BY_HOP || p->protocol == EXTENSION_ROUTING ||
	       p->protocol == EXTENSION_DESTINATION) {
		p->rerouted |= p->protocol == EXTENSION_ROUTING;
		p->protocol = rd_u8(r);
		size_t len = 8u * (rd_u8(r) + 1u);
		if (!rd_take(r, len - 2))
			return false;
		p->ip_len += len;
	}
	return !r->bad;
}

static bool view_ipv6(struct packet *p, struct rd *r)
{
	const uint8_t *ip = p->ip = rd_take(r, IPV6_MIN);
	if (!ip || ip[0] >> 4 != 6)
		return false;
	size_t room = rd_left(r), len = get_be16(ip + IPV6_PAYLOAD_LEN);
	if (len > room)
		return false;
	p->ipv6 = true;
	p->ip_len = IPV6_MIN;
	p->protocol = ip[6];
	p->padding = room - len;
	*r = rd_of(r->at, len);
	return skip_extensions(p, r);
}

static bool view_transport(struct packet *p, struct rd *r)
{
	if (p->protocol == PACKET_TCP) {
		const uint8_t *tcp = p->transport = rd_take(r, TCP_MIN);
		if (!tcp)
			return false;
		p->transport_len = (tcp[12] >> 4) * 4u;
		if (p->transport_len < TCP_MIN || !rd_take(r, p->transport_len - TCP_MIN))
			return false;
	} else if (p->protocol == PACKET_UDP) {
		p->transport = rd_take(r, UDP_MIN);
		p->transport_len = UDP_MIN;
	} else {
		return false;
	}
	p->payload = r->at;
	p->payload_len = rd_left(r);
	return !r->bad;
}

bool packet_view(struct packet *p, const uint8_t *frame, size_t len)
{
	struct rd r = rd_of(frame, len);
	rd_take(&r, MAC_ADDRESSES);
	uint16_t type = rd_u16(&r);
	*p = (struct packet){ .link_len = MAC_ADDRESSES + 2 };
	for (int i = 0; i < TAGS_MAX && (type == TAG_CUSTOMER || type == TAG_SERVICE); i++) {
		rd_take(&r, 2);
		type = rd_u16(&r);
		p->link_len += TAG_LEN;
	}
	if (r.bad || (type != TYPE_IPV4 && type != TYPE_IPV6))
		return false;
	return (type == TYPE_IPV4 ? view_ipv4 : view_ipv6)(p, &r) && view_transport(p, &r);
}
