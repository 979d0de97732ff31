#include "core/burst.h"

enum { PORTS_LEN = 4 };

/* Is a frame like this one followed by others of its flow: TCP (no SYN) or UDP, no fragment, no IPv4 options, no
 * IPv6 extension headers?  A transport that reaches into what pads the frame is none: the filter would not see its ports. */
static bool flows(const struct layers *l)
{
	return l->transport && l->ip_len == (l->ipv6 ? IPV6_MIN : IPV4_MIN) && !layers_is_syn(l);
}

/* Most frames have no tags: what is compared then is known to the compiler. */
static bool same_link(const uint8_t *a, const uint8_t *b, size_t len)
{
	return len == ETH_HEADER_LEN ? !memcmp(a, b, ETH_HEADER_LEN) : !memcmp(a, b, len);
}

/* What stands behind an IP header of ip_len bytes is whole: in the part that can be looked at, and in the packet. */
static bool goes_on(const uint8_t *ip, size_t ip_len, uint8_t protocol, size_t left, size_t total, size_t len)
{
	size_t need = ip_len + (protocol == PROTOCOL_UDP ? UDP_MIN : TCP_MIN);
	return left >= need && total >= need && total <= len &&
	       (protocol == PROTOCOL_UDP || !(ip[ip_len + TCP_FLAGS] & TCP_SYN));
}

/* The same flags as the first, which is no fragment; protocol, addresses and ports. */
static bool same_ipv4(const uint8_t *x, const uint8_t *y, size_t left, size_t len)
{
	return y[0] == 0x45 && !memcmp(x + 6, y + 6, 2) && x[9] == y[9] && !memcmp(x + 12, y + 12, 8) &&
	       !memcmp(x + 20, y + 20, PORTS_LEN) && goes_on(y, IPV4_MIN, x[9], left, get_be16(y + 2), len);
}

static bool same_ipv6(const uint8_t *x, const uint8_t *y, size_t left, size_t len)
{
	return y[0] >> 4 == 6 && x[6] == y[6] && !memcmp(x + 8, y + 8, 16) && !memcmp(x + 24, y + 24, 16) &&
	       !memcmp(x + 40, y + 40, PORTS_LEN) &&
	       goes_on(y, IPV6_MIN, x[6], left, get_be16(y + 4) + (size_t)IPV6_MIN, len);
}

/* The same MACs, tags, addresses, Don't Fragment, protocol and ports as the first. */
static bool same_flow(const struct layers *first, const struct burst_frame *f, size_t len)
{
	size_t at = layers_link_len(first);
	if (f->head_len < at + first->ip_len + UDP_MIN || !same_link(first->dst, f->head, at))
		return false;
	return (first->ipv6 ? same_ipv6 : same_ipv4)(first->ip, f->head + at, f->head_len - at, len - at);
}

bool burst_first(struct burst *result, struct layers *l, const struct burst_frame *frames, size_t n)
{
	size_t each = burst_frame_len(&frames[0]), taken = 1, last = each, bytes = each;
	bool whole = layers_view_head(l, frames[0].head, frames[0].head_len, each), more = n > 1 && flows(l);
	while (more && taken < n && taken < BURST_MAX && last == each) {
		size_t len = burst_frame_len(&frames[taken]);
		if (len > each || !same_flow(l, &frames[taken], len))
			break;
		last = len;
		bytes += len;
		taken++;
	}
	*result = (struct burst){ frames, taken, bytes };
	return whole;
}
