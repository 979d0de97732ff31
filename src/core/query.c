#include "core/query.h"
#include "core/checksum.h"

enum {
	ROBUSTNESS = 2,
	PRECEDENCE_INTERNETWORK_CONTROL = 0xc0, DONT_FRAGMENT = 0x4000,
	IPV4_HEADER_LEN = 24, PROTOCOL_IGMP = 2, ROUTER_ALERT_V4 = 0x9404,
	PROTOCOL_HOP_BY_HOP = 0, PROTOCOL_ICMPV6 = 58, ROUTER_ALERT_V6 = 0x0502, PADN = 0x0100,
	IGMP_QUERY_TYPE = 0x11, MLD_QUERY_TYPE = 130,
	IGMP_ADVERTISEMENT_TYPE = 0x30, MLD_ADVERTISEMENT_TYPE = 151,
	IGMP_SOLICITATION_TYPE = 0x31, MLD_SOLICITATION_TYPE = 152
};
static const struct addr all_hosts = { .family = ADDR_V4, .ip = { 224, 0, 0, 1 } };
static const struct addr all_routers = { .family = ADDR_V4, .ip = { 224, 0, 0, 2 } };
static const struct addr all_routers_v6 = { .family = ADDR_V6, .ip = { 0xff, 2, [15] = 2 } };
static const struct addr all_snoopers = { .family = ADDR_V4, .ip = { 224, 0, 0, 106 } };
static const struct addr all_nodes = { .family = ADDR_V6, .ip = { 0xff, 2, [15] = 1 } };
static const struct addr all_snoopers_v6 = { .family = ADDR_V6, .ip = { 0xff, 2, [15] = 0x6a } };
static const struct addr proxy = { .family = ADDR_V6, .ip = {
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe } };

static const uint8_t mac_mark[2] = { 0xca, 0x57 };        /* locally administered, one host's; the rest is random */

/* The frame of one message, whose checksum still is 0. */
struct message { uint8_t bytes[28]; size_t len; };

static void put_ethernet(struct wr *w, const struct query *q, const struct addr *to)
{
	uint8_t dst[MAC_LEN];
	group_mac(dst, to);
	wr_bytes(w, dst, MAC_LEN);
	wr_bytes(w, q->src, MAC_LEN);
	if (q->tags_len)
		wr_bytes(w, q->tags, q->tags_len);
	wr_u16(w, to->family == ADDR_V4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
}

static void put_ipv4(struct wr *w, const struct addr *from, const struct addr *to, struct message *m)
{
	static const struct addr nobody = { 0 };
	uint8_t *header = w->at;
	put_be16(m->bytes + 2, checksum_fold(checksum_add(0, m->bytes, m->len)));
	wr_u8(w, 0x40 | IPV4_HEADER_LEN / 4);
	wr_u8(w, PRECEDENCE_INTERNETWORK_CONTROL);
	wr_u16(w, (uint16_t)(IPV4_HEADER_LEN + m->len));
	wr_u16(w, 0);
	wr_u16(w, DONT_FRAGMENT);
	wr_u8(w, 1);
	wr_u8(w, PROTOCOL_IGMP);
	wr_zero(w, 2);
	wr_bytes(w, (from ? from : &nobody)->ip, 4);
	wr_bytes(w, to->ip, 4);
	wr_u16(w, ROUTER_ALERT_V4);
	wr_u16(w, 0);
	put_be16(header + 10, checksum_fold(checksum_add(0, header, IPV4_HEADER_LEN)));
}

static void put_ipv6(struct wr *w, const struct addr *from, const struct addr *to, struct message *m)
{
	const uint8_t pseudo[8] = { [3] = (uint8_t)m->len, [7] = PROTOCOL_ICMPV6 };
	uint64_t sum = checksum_add(checksum_add(0, from->ip, 16), to->ip, 16);
	sum = checksum_add(checksum_add(sum, pseudo, sizeof(pseudo)), m->bytes, m->len);
	put_be16(m->bytes + 2, checksum_fold(sum));
	wr_u32(w, 0x60000000);
	wr_u16(w, (uint16_t)(8 + m->len));
	wr_u8(w, PROTOCOL_HOP_BY_HOP);
	wr_u8(w, 1);
	wr_bytes(w, from->ip, 16);
	wr_bytes(w, to->ip, 16);
	wr_u8(w, PROTOCOL_ICMPV6);
	wr_u8(w, 0);
	wr_u16(w, ROUTER_ALERT_V6);
	wr_u16(w, 0);
	wr_u16(w, PADN);
}

static size_t put_frame(uint8_t *out, const struct query *q, const struct addr *to, struct message *m)
{
	struct wr w = wr_of(out, QUERY_FRAME_MAX);
	put_ethernet(&w, q, to);
	if (to->family == ADDR_V4)
		put_ipv4(&w, q->source, to, m);
	else
		put_ipv6(&w, q->source ? q->source : &proxy, to, m);
	wr_bytes(&w, m->bytes, m->len);
	return w.bad ? 0 : (size_t)(w.at - out);
}

size_t query_put(uint8_t out[static QUERY_FRAME_MAX], const struct query *q)
{
	static const struct addr everything = { 0 };
	const struct addr *group = q->group ? q->group : &everything;
	bool v4 = q->family == ADDR_V4;
	struct message m;
	struct wr w = wr_of(m.bytes, sizeof(m.bytes));
	wr_u8(&w, v4 ? IGMP_QUERY_TYPE : MLD_QUERY_TYPE);
	wr_u8(&w, v4 ? (uint8_t)(q->response_ms / 100) : 0);
	wr_u16(&w, 0);
	if (!v4) {
		wr_u16(&w, (uint16_t)q->response_ms);
		wr_u16(&w, 0);
	}
	wr_bytes(&w, group->ip, v4 ? 4 : 16);
	wr_u8(&w, ROBUSTNESS);
	wr_u8(&w, q->interval_s);
	wr_u16(&w, 0);
	m.len = (size_t)(w.at - m.bytes);
	return put_frame(out, q, v4 ? &all_hosts : &all_nodes, &m);
}

size_t query_put_advertisement(uint8_t out[static QUERY_FRAME_MAX], const struct query *q)
{
	bool v4 = q->family == ADDR_V4;
	struct message m;
	struct wr w = wr_of(m.bytes, sizeof(m.bytes));
	wr_u8(&w, v4 ? IGMP_ADVERTISEMENT_TYPE : MLD_ADVERTISEMENT_TYPE);
	wr_u8(&w, q->interval_s);
	wr_u16(&w, 0);
	wr_u16(&w, q->interval_s);
	wr_u16(&w, ROBUSTNESS);
	m.len = (size_t)(w.at - m.bytes);
	return put_frame(out, q, v4 ? &all_snoopers : &all_snoopers_v6, &m);
}

size_t query_put_solicitation(uint8_t out[static QUERY_FRAME_MAX], const struct query *q)
{
	bool v4 = q->family == ADDR_V4;
	struct message m = { .bytes = { v4 ? IGMP_SOLICITATION_TYPE : MLD_SOLICITATION_TYPE }, .len = 8 };
	return put_frame(out, q, v4 ? &all_routers : &all_routers_v6, &m);
}

void query_mark_mac(uint8_t mac[static MAC_LEN])
{
	memcpy(mac, mac_mark, sizeof(mac_mark));
}

bool query_mac_is_marked(const uint8_t mac[static MAC_LEN])
{
	return !memcmp(mac, mac_mark, sizeof(mac_mark));
}

bool query_is_by_proxy(const struct addr *source)
{
	return addr_is_unspecified(source) || addr_equal(source, &proxy);
}
