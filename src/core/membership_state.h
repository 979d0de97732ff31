/* The inside of membership, shared by its three files: membership.c (life, frames, the set), membership_groups.c
 * (the groups and their MACs), membership_vlans.c (VLANs, and the queries that go out on them).
 */
#ifndef CORE_MEMBERSHIP_STATE_H
#define CORE_MEMBERSHIP_STATE_H

#include "core/membership.h"
#include "core/table.h"

#define NEVER UINT64_MAX

enum {
	QUERY_INTERVAL_MS = 30000, QUERY_RESPONSE_MS = 10000,
	HURRIED_QUERIES = 2, HURRIED_INTERVAL_MS = 2500, HURRIED_RESPONSE_MS = 1000,
	MEMBER_MS = QUERY_INTERVAL_MS * 5 / 2,          /* a group unheard of for so long is gone */
	/* So long after a report of IGMPv1 such a host is there (RFC 9776, 8.13; the robustness of our queries is 2), and so
	 * long after a query of an older version Linux speaks that one, by what our queries say. */
	OLDER_VERSION_MS = 2 * QUERY_INTERVAL_MS + QUERY_RESPONSE_MS,
	FULL_MS = MEMBER_MS + QUERY_RESPONSE_MS,        /* what found no room would have been forgotten by then */
	ANSWERS_MS = HURRIED_RESPONSE_MS + 1000,        /* who was asked in a hurry has answered by then, */
	ANSWERS_AGAIN_MS = ANSWERS_MS + HURRIED_INTERVAL_MS,    /* or the second time */
	JUMP_MS = 5000,                                 /* so late is nobody who has not slept */
	UNKNOWN_MS = 255000,                            /* a router in the overlay has said something by then */
	SETTLED_MS = ANSWERS_MS + 1000, /* who has registered with us has said by then what he wants */
	TOLD_MS = 6000,                                 /* until then a group is told to one that may be there */
	/* A leave: asked at once and, should that be lost, again, each time with so long to answer that the answer
	 * comes before the next step. */
	LEAVE_MS = 1000, LEAVE_QUERIES = 2, LEAVE_INTERVAL_MS = 500, LEAVE_RESPONSE_MS = 400,
	VLAN_SILENCE_MS = 300000,                       /* longer than a group lives on it */
	ROUTER_MS = 255000,                             /* what else than a query tells of a router, for so long */
	/* Everything is wanted for a while longer than a querier counts: until our own queries are answered. */
	GRACE_MS = QUERY_INTERVAL_MS + QUERY_RESPONSE_MS + 2000
};

enum { FAMILY_V4, FAMILY_V6, FAMILIES };
struct vlan {
	uint8_t tags[8], tags_len;      /* priority bits cleared; untagged is the first VLAN, which is always there */
	bool used;
	uint8_t hurried;                /* queries left that ask for quick answers */
	uint64_t heard, ask_due;
	uint64_t querier_until[FAMILIES];       /* another one is active */
};

struct ip_group {
	struct addr ip;
	uint8_t vlan, version;
	bool used, leaving;
	uint8_t asks_left;
	uint64_t expires, ask_due, v1_until;
	uint64_t told;                  /* since when reports of it went to the overlay, router or not; 0: not yet */
};

struct membership {
	struct membership_config config;
	struct host host;
	uint8_t query_mac[MAC_LEN];
	struct hash_key key;
	struct table *by_ip;            /* struct ip_group by VLAN and IP */
	struct ip_group groups[MEMBERSHIP_GROUPS_MAX];
	size_t free_hint;               /* no free group before this one */
	struct vlan vlans[MEMBERSHIP_VLANS_MAX];
	uint8_t macs[MEMBERSHIP_GROUPS_MAX][MAC_LEN];   /* ascending */
	uint16_t uses[MEMBERSHIP_GROUPS_MAX];           /* groups that need the MAC */
	size_t macs_n;
	bool macs_changed;
	uint64_t answers_until;         /* hosts have been asked who may not have answered yet */
	struct addr router[FAMILIES];   /* who was heard behind the TAP last */
	bool solicited, by_chance;
	uint64_t tell_due;              /* hosts are asked for what routers not heard of yet may want; 0: not */
	uint64_t unknown_from, unknown_until;         /* whether there is a router in the overlay is not known */
	uint64_t vlans_full_until, groups_full_until, router_until, remote_router_until;  /* 0: not */
	uint64_t due;
	uint32_t generation;
	bool all;
	struct membership_info info;
};

/* ---- membership_vlans.c */
/* Hosts are asked on all of them, and soon again, to answer within a second. */
void vlans_ask(struct membership *m, uint64_t now);
/* The same, and until they have answered everything is wanted. */
void vlans_start(struct membership *m, uint64_t now);
/* A time in which nothing could be heard has passed. */
void vlans_slept(struct membership *m, uint64_t ms);
/* The VLAN of a frame from the TAP, added if it is new; NULL: there are too many. */
struct vlan *vlan_heard(struct membership *m, uint64_t now, const struct layers *frame);
uint16_t vlan_number(const struct vlan *v);
void vlan_ask_about(struct membership *m, const struct vlan *v, const struct addr *group);
/* Queries that are due, VLANs that fell silent; returns the next deadline. */
uint64_t vlans_tick(struct membership *m, uint64_t now);

/* ---- membership_groups.c */
void group_record(struct membership *m, uint64_t now, const struct vlan *v, uint8_t version,
                  const struct igmp_record *record);
/* May a router that we do not know of want this report?  Each group is told, not each report. */
bool group_is_news(struct membership *m, uint64_t now, const struct vlan *v, const struct igmp_record *record);
void groups_untold(struct membership *m);
/* They stay at least so long. */
void groups_keep(struct membership *m, uint64_t until);
void groups_slept(struct membership *m, uint64_t ms);
uint64_t groups_tick(struct membership *m, uint64_t now);

static inline uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline void count(struct membership *m, enum membership_count what) { m->info.counts[what]++; }
/* A deadline that runs, in a time in which nothing could be heard. */
static inline void put_off(uint64_t *deadline, uint64_t ms) { *deadline += *deadline ? ms : 0; }
/* The deadline has come nearer. */
static inline void due_by(struct membership *m, uint64_t when) { m->due = earlier(m->due, when); }

#endif
