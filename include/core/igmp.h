/* What a snooping switch reads in a frame (RFC 4541): IGMPv1, v2 and v3 (RFC 1112, 2236, 9776), MLDv1 and v2
 * (RFC 2710, 9777), behind VLAN tags too, and what gives a multicast router away: PIM hello (RFC 7761),
 * multicast router discovery (RFC 4286), DVMRP (RFC 1075).  A message is checked as a whole before anything of
 * it is handed out; an unsound one is refused with a reason to count.
 *
 *	igmp_view(&m, &frame);
 *	if (m.kind == IGMP_REPORT)
 *		while (igmp_next(&m, &record)) ...
 */
#ifndef CORE_IGMP_H
#define CORE_IGMP_H

#include "core/layers.h"

enum igmp_kind {
	IGMP_NONE,              /* something else: an ordinary frame */
	IGMP_REPORT,            /* report, leave or done: records follow, of both families and all versions alike */
	IGMP_QUERY,             /* group is none: general */
	IGMP_ROUTER,            /* PIM hello, router advertisement, DVMRP: a multicast router sent it */
	IGMP_SOLICITATION,      /* multicast routers are asked to advertise themselves */
	IGMP_UNKNOWN,           /* sound, of a type without meaning here */
	IGMP_REFUSED
};

/* Why a message was refused: X(enum, name in status). */
#define IGMP_REFUSALS(X) \
	X(IP_HEADER, "ip_header") X(IP_CHECKSUM, "ip_checksum") X(FRAGMENT, "fragment") X(TTL, "ttl") \
	X(DESTINATION, "destination") X(SOURCE, "source") X(ROUTER_ALERT, "router_alert") X(LENGTH, "length") \
	X(CHECKSUM, "checksum") X(GROUP, "group")

enum igmp_refusal {
#define X(name, text) IGMP_REFUSED_##name,
	IGMP_REFUSALS(X)
#undef X
	IGMP_REFUSED_MAX
};
extern const char *const igmp_refusal_names[IGMP_REFUSED_MAX];

struct igmp {
	enum igmp_kind kind;
	enum igmp_refusal why;          /* refused */
	uint8_t version;                /* 1, 2, 3; of MLD 1, 2; 0: not IGMP or MLD */
	struct addr source;             /* IP address of the sender, the port is 0; unspecified: a proxy, no router */
	struct addr group;              /* query: of which group; none: of all */
	uint64_t silence_ms;            /* query: a querier that is silent for so long is gone (RFC 9776, 8.5) */
	struct rd records;              /* report: what igmp_next() has not handed out; private, as is the next */
	uint16_t records_left;
	uint8_t plain;                  /* report of one group, as before IGMPv3 and MLDv2: enum igmp_change */
};

enum igmp_change {
	IGMP_NO_CHANGE,
	IGMP_JOIN,              /* the sender wants the group, from all or from some sources */
	IGMP_LEAVE,             /* the sender does not want the group any more; others may */
	IGMP_BLOCK              /* the sender wants fewer sources, perhaps none: only a query can tell */
};
struct igmp_record {
	enum igmp_change change;
	struct addr group;
};

/* Of any frame that layers_view() accepted; m points into it.  What is not sent to a group is IGMP_NONE. */
void igmp_view(struct igmp *m, const struct layers *frame);
/* The next record that means something; false: that was the last. */
MUST_CHECK bool igmp_next(struct igmp *m, struct igmp_record *record);

#endif
