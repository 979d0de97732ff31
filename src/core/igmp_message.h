/* What IGMP and MLD have in common, once the IP header is read: igmp.c and mld.c call it. */
#ifndef CORE_IGMP_MESSAGE_H
#define CORE_IGMP_MESSAGE_H

#include "core/igmp.h"

enum { PROTOCOL_IGMP = 2, PROTOCOL_ICMPV6 = 58, PROTOCOL_PIM = 103 };
enum {
	SILENCE_MS = 255000,            /* other querier present interval with the defaults of RFC 9776, 8 */
	SILENCE_MAX_MS = 3600000
};

static inline void igmp_refuse(struct igmp *m, enum igmp_refusal why)
{
	m->kind = IGMP_REFUSED;
	m->why = why;
	m->records_left = 0;
}
struct addr igmp_read_ip(struct rd *r, uint8_t family);

/* The message behind its type, code and checksum; the source's family is set. */
void igmp_read_plain(struct igmp *m, struct rd body, enum igmp_change change);
void igmp_read_records(struct igmp *m, struct rd body);
/* A query from its group on; by its length it has sources behind, or has none; neither: refused. */
void igmp_read_query(struct igmp *m, struct rd body, uint8_t family, bool with_sources, bool without);
/* A PIM message whose checksum is right: a hello or an ordinary frame. */
void igmp_read_pim(struct igmp *m, struct rd message);

/* The MLD or PIM in an IPv6 packet. */
void mld_view(struct igmp *m, struct rd packet);

#endif
