#include "igmp_message.h"

enum record_type { IS_IN = 1, IS_EX, TO_IN, TO_EX, ALLOW, BLOCK };      /* RFC 9776, 4.2.13 */
enum { PIM_VERSION_AND_HELLO = 0x20 };

const char *const igmp_refusal_names[IGMP_REFUSED_MAX] = {
#define X(name, text) text,
	IGMP_REFUSALS(X)
#undef X
};

struct addr igmp_read_ip(struct rd *r, uint8_t family)
{
	struct addr ip = { .family = family };
	rd_bytes(r, ip.ip, addr_ip_len(&ip));
	return ip;
}

void igmp_read_plain(struct igmp *m, struct rd body, enum igmp_change change)
{
	m->group = igmp_read_ip(&body, m->source.family);
	if (body.bad) {
		igmp_refuse(m, IGMP_REFUSED_LENGTH);
	} else if (!addr_is_multicast(&m->group)) {
		igmp_refuse(m, IGMP_REFUSED_GROUP);
	} else {
		m->kind = IGMP_REPORT;
		m->plain = (uint8_t)change;
		m->records_left = 1;
	}
}

/* Which sources are wanted does not matter, only whether any are.  Blocking some may have been all: the host that
 * leaves the last of its sources says no more than that. */
static enum igmp_change change_of(uint8_t type, uint16_t sources)
{
	switch (type) {
	case IS_EX:
	case TO_EX:
		return IGMP_JOIN;
	case IS_IN:
	case TO_IN:
		return sources ? IGMP_JOIN : IGMP_LEAVE;
	case ALLOW:
		return sources ? IGMP_JOIN : IGMP_NO_CHANGE;
	case BLOCK:
		return sources ? IGMP_BLOCK : IGMP_NO_CHANGE;
	default:
		return IGMP_NO_CHANGE;          /* unrecognized types are ignored */
	}
}

static struct igmp_record read_record(struct rd *r, uint8_t family)
{
	struct igmp_record record;
	uint8_t type = rd_u8(r);
	size_t auxiliary = rd_u8(r) * 4u;
	uint16_t sources = rd_u16(r);
	record.change = change_of(type, sources);
	record.group = igmp_read_ip(r, family);
	rd_take(r, sources * addr_ip_len(&record.group) + auxiliary);
	return record;
}

/* More bytes behind the last record are allowed (RFC 9776, 4.2.11). */
void igmp_read_records(struct igmp *m, struct rd body)
{
	rd_take(&body, 2);
	uint16_t n = rd_u16(&body);
	struct rd r = body;
	for (uint16_t i = 0; i < n && !r.bad; i++) {
		struct igmp_record record = read_record(&r, m->source.family);
		if (!r.bad && !addr_is_multicast(&record.group)) {
			igmp_refuse(m, IGMP_REFUSED_GROUP);
			return;
		}
	}
	if (r.bad) {
		igmp_refuse(m, IGMP_REFUSED_LENGTH);
		return;
	}
	m->kind = IGMP_REPORT;
	m->records = body;
	m->records_left = n;
}

bool igmp_next(struct igmp *m, struct igmp_record *record)
{
	while (m->records_left) {
		m->records_left--;
		if (m->plain)
			*record = (struct igmp_record){ (enum igmp_change)m->plain, m->group };
		else
			*record = read_record(&m->records, m->source.family);
		if (record->change != IGMP_NO_CHANGE)
			return true;
	}
	return false;
}

/* The querier's query interval, RFC 9776, 4.1.7: above 127 a floating point number. */
static uint32_t interval_s(uint8_t code)
{
	return code < 128 ? code : (uint32_t)((code & 0x0f) | 0x10) << ((code >> 4 & 7) + 3);
}

/* A query behind its group. */
static void read_sources(struct igmp *m, struct rd body)
{
	uint8_t robustness = rd_u8(&body) & 7;
	uint8_t interval = rd_u8(&body);
	uint16_t sources = rd_u16(&body);
	rd_take(&body, sources * addr_ip_len(&m->source));
	if (body.bad) {
		igmp_refuse(m, IGMP_REFUSED_LENGTH);
		return;
	}
	uint64_t silence = (uint64_t)interval_s(interval) * (robustness ? robustness : 2) * 1000u + 10000u;
	m->silence_ms = silence < SILENCE_MS ? SILENCE_MS : silence > SILENCE_MAX_MS ? SILENCE_MAX_MS : silence;
}

void igmp_read_pim(struct igmp *m, struct rd message)
{
	m->kind = rd_u8(&message) == PIM_VERSION_AND_HELLO && rd_left(&message) >= 3 ? IGMP_ROUTER : IGMP_NONE;
}

void igmp_read_query(struct igmp *m, struct rd body, uint8_t family, bool with_sources, bool without)
{
	m->group = igmp_read_ip(&body, family);
	m->kind = IGMP_QUERY;
	m->silence_ms = SILENCE_MS;
	bool general = addr_is_unspecified(&m->group);
	if (!general && !addr_is_multicast(&m->group)) {
		igmp_refuse(m, IGMP_REFUSED_GROUP);
		return;
	}
	if (general)
		m->group = (struct addr){ 0 };
	if (with_sources)
		read_sources(m, body);
	else if (!without)
		igmp_refuse(m, IGMP_REFUSED_LENGTH);
}
