/* Multicast listener discovery: IGMP of IPv6, in ICMPv6. */
#include "core/checksum.h"
#include "igmp_message.h"

enum {
	NEXT_HOP_BY_HOP = 0, NEXT_DESTINATION_OPTIONS = 60,
	OPTION_PAD1 = 0, OPTION_ROUTER_ALERT = 5, ROUTER_ALERT_MLD = 0,
	MESSAGE_MIN = 8, QUERY_V1_LEN = 24, QUERY_V2_LEN = 28
};
enum message_type {
	QUERY = 130, REPORT_V1 = 131, DONE = 132, REPORT_V2 = 143, ROUTER_ADVERTISEMENT = 151, ROUTER_SOLICITATION = 152
};

struct mld_packet {
	struct rd rest;                 /* behind the headers read so far */
	uint8_t next, hop_limit;        /* next: what rest begins with */
	bool alert;                     /* router alert of MLD seen */
	struct addr to;
};

/* One extension header of options. */
static bool read_options(struct mld_packet *p)
{
	uint8_t next = rd_u8(&p->rest);
	size_t len = rd_u8(&p->rest) * 8u + 6u;
	const uint8_t *at = rd_take(&p->rest, len);
	if (!at)
		return false;
	struct rd r = rd_of(at, len);
	while (rd_left(&r)) {
		uint8_t type = rd_u8(&r);
		if (type == OPTION_PAD1)
			continue;
		uint8_t n = rd_u8(&r);
		const uint8_t *value = rd_take(&r, n);
		if (value && type == OPTION_ROUTER_ALERT && p->next == NEXT_HOP_BY_HOP)
			p->alert = n == 2 && get_be16(value) == ROUTER_ALERT_MLD;
	}
	p->next = next;
	return !r.bad;
}

/* Up to what may be MLD or PIM; false: unsound. */
static bool read_headers(struct mld_packet *p, struct igmp *m, struct rd packet)
{
	struct rd r = packet;
	uint8_t first = rd_u8(&r);
	rd_take(&r, 3);
	size_t len = rd_u16(&r);
	p->next = rd_u8(&r);
	p->hop_limit = rd_u8(&r);
	p->alert = false;
	m->source = igmp_read_ip(&r, ADDR_V6);
	p->to = igmp_read_ip(&r, ADDR_V6);
	if (r.bad || first >> 4 != 6 || len > rd_left(&r))
		return false;
	p->rest = rd_of(r.at, len);
	if (p->next == NEXT_HOP_BY_HOP && !read_options(p))
		return false;
	return p->next != NEXT_DESTINATION_OPTIONS || read_options(p);
}

static bool checksum_is_right(const struct igmp *m, const struct mld_packet *p)
{
	uint8_t lengths[8] = { 0 };
	uint64_t sum = checksum_add(0, m->source.ip, sizeof(m->source.ip));
	put_be32(lengths, (uint32_t)rd_left(&p->rest));
	lengths[7] = p->next;
	sum = checksum_add(sum, p->to.ip, sizeof(p->to.ip));
	sum = checksum_add(sum, lengths, sizeof(lengths));
	return !checksum_fold(checksum_add(sum, p->rest.at, rd_left(&p->rest)));
}

static bool is_link_local(const struct addr *a)
{
	return a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

static void read_query(struct igmp *m, struct rd body, size_t len)
{
	rd_take(&body, 4);
	m->version = len >= QUERY_V2_LEN ? 2 : 1;
	igmp_read_query(m, body, ADDR_V6, len >= QUERY_V2_LEN, len == QUERY_V1_LEN);
}

static bool is_mld(uint8_t type)
{
	return (type >= QUERY && type <= DONE) || type == REPORT_V2 || type == ROUTER_ADVERTISEMENT ||
	       type == ROUTER_SOLICITATION;
}

static void read_message(struct igmp *m, const struct mld_packet *p, uint8_t type)
{
	struct rd body = p->rest;
	rd_take(&body, 4);
	m->version = type == REPORT_V2 ? 2 : 1;
	switch (type) {
	case QUERY:
		read_query(m, body, rd_left(&p->rest));
		break;
	case REPORT_V1:
	case DONE:
		rd_take(&body, 4);
		igmp_read_plain(m, body, type == DONE ? IGMP_LEAVE : IGMP_JOIN);
		break;
	case REPORT_V2:
		igmp_read_records(m, body);
		break;
	default:
		m->kind = type == ROUTER_SOLICITATION ? IGMP_SOLICITATION : IGMP_ROUTER;
		m->version = 0;
	}
}

/* A report may come from a host that has no address yet (RFC 3590), nothing else may. */
static enum igmp_refusal message_refused(const struct igmp *m, const struct mld_packet *p, uint8_t type)
{
	bool from_host = type == REPORT_V1 || type == REPORT_V2 || type == DONE;
	if (p->hop_limit != 1)
		return IGMP_REFUSED_TTL;
	if (!addr_is_multicast(&p->to))
		return IGMP_REFUSED_DESTINATION;
	if (!is_link_local(&m->source) && !(from_host && addr_is_unspecified(&m->source)))
		return IGMP_REFUSED_SOURCE;
	if (p->next == PROTOCOL_ICMPV6 && !p->alert)
		return IGMP_REFUSED_ROUTER_ALERT;
	if (rd_left(&p->rest) < (p->next == PROTOCOL_PIM ? 4 : MESSAGE_MIN))
		return IGMP_REFUSED_LENGTH;
	if (!checksum_is_right(m, p))
		return IGMP_REFUSED_CHECKSUM;
	return IGMP_REFUSED_MAX;
}

/* PIM messages other than hello have a checksum of another extent, and mean nothing here. */
static bool concerns_us(struct igmp *m, const struct mld_packet *p, uint8_t *type)
{
	struct rd r = p->rest;
	*type = rd_u8(&r);
	if (p->next == PROTOCOL_ICMPV6)
		return is_mld(*type);
	if (p->next != PROTOCOL_PIM)
		return false;
	igmp_read_pim(m, p->rest);
	return m->kind == IGMP_ROUTER;
}

void mld_view(struct igmp *m, struct rd packet)
{
	struct mld_packet p;
	uint8_t type;
	if (!read_headers(&p, m, packet)) {
		igmp_refuse(m, IGMP_REFUSED_IP_HEADER);
		return;
	}
	if (!concerns_us(m, &p, &type))
		return;
	enum igmp_refusal why = message_refused(m, &p, type);
	if (why != IGMP_REFUSED_MAX)
		igmp_refuse(m, why);
	else if (p.next == PROTOCOL_ICMPV6)
		read_message(m, &p, type);
}
