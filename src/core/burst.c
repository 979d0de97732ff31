#include "core/burst.h"

#include "core/eth.h"

enum {
	IPV4_LEN = 20, IPV6_LEN = 40,
	PORTS_LEN = 4, TCP_FLAGS_AT = 13, TCP_LEN = 20, UDP_LEN = 8,
	TCP_SYN = 0x02,
	FRAGMENTED = 0x3fff             /* more fragments, or an offset */
};

/* What stands behind the IP header may be looked at: a whole TCP or UDP header.  One that reaches into what pads the
 * frame is none: the filter would not see the ports of the first frame, and let all pass. */
static bool transport_fits(uint8_t protocol, const uint8_t *at, size_t left)
{
	if (protocol == PROTOCOL_UDP)
		return left >= UDP_LEN;
	return protocol == PROTOCOL_TCP && left >= TCP_LEN && !(at[TCP_FLAGS_AT] & TCP_SYN);
}

/* left: bytes of ip that can be looked at; len: bytes that there are. */
static bool ipv4_flows(const uint8_t *ip, size_t left, size_t len)
{
	if (left < IPV4_LEN || ip[0] != 0x45 || get_be16(ip + 6) & FRAGMENTED)
		return false;
	size_t total = get_be16(ip + 2);
	return total >= IPV4_LEN && total <= len && transport_fits(ip[9], ip + IPV4_LEN, smaller(left, total) - IPV4_LEN);
}

static bool ipv6_flows(const uint8_t *ip, size_t left, size_t len)
{
	if (left < IPV6_LEN || ip[0] >> 4 != 6)
		return false;
	size_t payload = get_be16(ip + 4);
	return payload + IPV6_LEN <= len && transport_fits(ip[6], ip + IPV6_LEN, smaller(left - IPV6_LEN, payload));
}

struct burst_flow burst_flow_of(const uint8_t *head, size_t head_len, size_t len)
{
	size_t at = eth_link_len(head, head_len);
	struct burst_flow none = { 0 }, flow = { .link_len = at };
	if (!at)
		return none;
	uint16_t ethertype = get_be16(head + at - 2);
	flow.ipv6 = ethertype == ETHERTYPE_IPV6;
	if (ethertype == ETHERTYPE_IPV4 && ipv4_flows(head + at, head_len - at, len - at))
		return flow;
	return flow.ipv6 && ipv6_flows(head + at, head_len - at, len - at) ? flow : none;
}

/* Most frames have no tags: what is compared then is known to the compiler. */
static bool same_link(const uint8_t *a, const uint8_t *b, size_t len)
{
	return len == ETH_HEADER_LEN ? !memcmp(a, b, ETH_HEADER_LEN) : !memcmp(a, b, len);
}

/* What stands behind an IP header of ip_len bytes is whole: in the part that can be looked at, and in the packet. */
static bool goes_on(const uint8_t *ip, size_t ip_len, uint8_t protocol, size_t left, size_t total, size_t len)
{
	size_t need = ip_len + (protocol == PROTOCOL_UDP ? UDP_LEN : TCP_LEN);
	return left >= need && total >= need && total <= len &&
	       (protocol == PROTOCOL_UDP || !(ip[ip_len + TCP_FLAGS_AT] & TCP_SYN));
}

/* The same flags as the first, which is no fragment; protocol, addresses and ports. */
static bool same_ipv4(const uint8_t *x, const uint8_t *y, size_t left, size_t len)
{
	return y[0] == 0x45 && !memcmp(x + 6, y + 6, 2) && x[9] == y[9] && !memcmp(x + 12, y + 12, 8) &&
	       !memcmp(x + 20, y + 20, PORTS_LEN) && goes_on(y, IPV4_LEN, x[9], left, get_be16(y + 2), len);
}

static bool same_ipv6(const uint8_t *x, const uint8_t *y, size_t left, size_t len)
{
	return y[0] >> 4 == 6 && x[6] == y[6] && !memcmp(x + 8, y + 8, 16) && !memcmp(x + 24, y + 24, 16) &&
	       !memcmp(x + 40, y + 40, PORTS_LEN) &&
	       goes_on(y, IPV6_LEN, x[6], left, get_be16(y + 4) + (size_t)IPV6_LEN, len);
}

bool burst_same_flow(const struct burst_flow *flow, const uint8_t *a, const uint8_t *b, size_t b_head_len, size_t b_len)
{
	size_t at = flow->link_len;
	if (b_head_len < at + (flow->ipv6 ? IPV6_LEN : IPV4_LEN) + UDP_LEN || !same_link(a, b, at))
		return false;
	return (flow->ipv6 ? same_ipv6 : same_ipv4)(a + at, b + at, b_head_len - at, b_len - at);
}

void burst_first(struct burst *result, const struct burst_frame *frames, size_t n)
{
	const struct burst_frame *first = &frames[0];
	size_t each = burst_frame_len(first), taken = 1, last = each, bytes = each;
	struct burst_flow flow = { 0 };
	if (n > 1)
		flow = burst_flow_of(first->head, first->head_len, each);
	while (flow.link_len && taken < n && taken < BURST_MAX && last == each) {
		const struct burst_frame *f = &frames[taken];
		size_t len = burst_frame_len(f);
		if (len > each || !burst_same_flow(&flow, first->head, f->head, f->head_len, len))
			break;
		last = len;
		bytes += len;
		taken++;
	}
	*result = (struct burst){ frames, taken, bytes };
}
