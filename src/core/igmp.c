#include "core/igmp.h"
#include "core/checksum.h"
#include "igmp_message.h"

enum {
	MORE_FRAGMENTS_OR_OFFSET = 0x3fff,
	MESSAGE_MIN = 8, QUERY_V3_LEN = 12,
	DVMRP_PROBE = 1
};
enum message_type {
	QUERY = 0x11, REPORT_V1 = 0x12, DVMRP = 0x13, REPORT_V2 = 0x16, LEAVE = 0x17, REPORT_V3 = 0x22,
	ROUTER_ADVERTISEMENT = 0x30, ROUTER_SOLICITATION = 0x31
};

/* The versions are told apart by length and code (RFC 9776, 7.1); what fits none is not to be believed. */
static void read_query(struct igmp *m, struct rd message)
{
	size_t len = rd_left(&message);
	rd_take(&message, 1);
	uint8_t code = rd_u8(&message);
	rd_take(&message, 2);
	m->version = len >= QUERY_V3_LEN ? 3 : code ? 2 : 1;
	igmp_read_query(m, message, ADDR_V4, len >= QUERY_V3_LEN, len == MESSAGE_MIN);
}

static void read_igmp(struct igmp *m, struct rd message)
{
	struct rd body = message;
	uint8_t type = rd_u8(&body), code = rd_u8(&body);
	rd_take(&body, 2);
	switch (type) {
	case QUERY:
		read_query(m, message);
		break;
	case REPORT_V1:
	case REPORT_V2:
		m->version = type == REPORT_V1 ? 1 : 2;
		igmp_read_plain(m, body, IGMP_JOIN);
		break;
	case LEAVE:
		m->version = 2;
		igmp_read_plain(m, body, IGMP_LEAVE);
		break;
	case REPORT_V3:
		m->version = 3;
		igmp_read_records(m, body);
		break;
	case DVMRP:
		m->kind = code == DVMRP_PROBE ? IGMP_ROUTER : IGMP_UNKNOWN;
		break;
	case ROUTER_ADVERTISEMENT:
		m->kind = IGMP_ROUTER;
		break;
	case ROUTER_SOLICITATION:
		m->kind = IGMP_SOLICITATION;
		break;
	default:
		m->kind = IGMP_UNKNOWN;
	}
}

/* An IPv4 packet with IGMP or PIM. */
struct igmp_packet {
	struct rd header, message;
	uint16_t fragment;
	uint8_t ttl;
	struct addr to;
};

/* layers_view() has seen that header <= total <= what is there. */
static void read_packet(struct igmp_packet *p, struct igmp *m, const struct rd *packet)
{
	struct rd r = *packet;
	size_t header = (rd_u8(&r) & 0x0fu) * 4u;
	rd_take(&r, 1);
	size_t total = rd_u16(&r);
	rd_take(&r, 2);
	p->fragment = rd_u16(&r);
	p->ttl = rd_u8(&r);
	rd_take(&r, 3);
	m->source = igmp_read_ip(&r, ADDR_V4);
	p->to = igmp_read_ip(&r, ADDR_V4);
	r = *packet;
	p->header = rd_of(rd_take(&r, header), header);
	p->message = rd_of(rd_take(&r, total - header), total - header);
}

static uint16_t checksum_of(const struct rd *r)
{
	return checksum_fold(checksum_add(0, r->at, rd_left(r)));
}

/* What is wrong with the packet as such; IGMP_REFUSED_MAX: nothing. */
static enum igmp_refusal packet_refused(const struct igmp_packet *p)
{
	if (checksum_of(&p->header))
		return IGMP_REFUSED_IP_CHECKSUM;
	if (p->fragment & MORE_FRAGMENTS_OR_OFFSET)
		return IGMP_REFUSED_FRAGMENT;
	if (!addr_is_multicast(&p->to))
		return IGMP_REFUSED_DESTINATION;
	if (rd_left(&p->message) < MESSAGE_MIN)
		return IGMP_REFUSED_LENGTH;
	if (checksum_of(&p->message))
		return IGMP_REFUSED_CHECKSUM;
	return IGMP_REFUSED_MAX;
}

static void view_ipv4(struct igmp *m, const struct layers *frame)
{
	struct igmp_packet p;
	read_packet(&p, m, &frame->payload);
	enum igmp_refusal why = packet_refused(&p);
	if (why != IGMP_REFUSED_MAX)
		igmp_refuse(m, why);
	else if (frame->protocol == PROTOCOL_PIM)
		igmp_read_pim(m, p.message);
	else
		read_igmp(m, p.message);
	if (p.ttl != 1 && (m->kind == IGMP_REPORT || m->kind == IGMP_QUERY || m->kind == IGMP_ROUTER))
		igmp_refuse(m, IGMP_REFUSED_TTL);
}

void igmp_view(struct igmp *m, const struct layers *frame)
{
	*m = (struct igmp){ .kind = IGMP_NONE };
	if (!mac_is_group(frame->dst))
		return;
	if (frame->ethertype == ETHERTYPE_IPV6) {
		mld_view(m, frame->payload);
		return;
	}
	if (frame->ethertype != ETHERTYPE_IPV4 || (frame->protocol != PROTOCOL_IGMP && frame->protocol != PROTOCOL_PIM))
		return;
	if (frame->ipv4)
		view_ipv4(m, frame);
	else
		igmp_refuse(m, IGMP_REFUSED_IP_HEADER);
}
