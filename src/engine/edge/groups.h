/* Multicast groups at the edge (castnet(7)): what is wanted here is reported, and for what is sent from here the
 * supernode is asked who wants it.
 *
 *	groups.c	the table of groups, status; lists.c: member lists, from query to use
 *	report.c	GROUP_REPORT until it is acknowledged
 *	fanout.c	by which way a frame goes to whom
 */
#ifndef EDGE_GROUPS_H
#define EDGE_GROUPS_H

#include "core/membership.h"
#include "core/pool.h"
#include "core/table.h"
#include "core/wire.h"

enum {
	REPORT_GAP_MS = 20,             /* changes within it share a report */
	SOLICIT_MS = 3000, ADVERT_GAP_MS = 1000, ADVERT_INTERVAL_S = 20,   /* RFC 4286, 9.1 */
	NEWS_MS = 100,                  /* sources are told of a new member within, */
	NO_ACK_MS = 1000,               /* and a supernode that has not acknowledged by then relays to all, or will not */
	REPORT_RETRY_MS = 250, REPORT_RETRY_MAX_MS = 8000,
	REPORTS_TO_OLD = 3,             /* registrations without any acknowledgement: the supernode knows no groups */
	QUERY_RETRY_MS = 250,           /* then 500 ms and 1 s */
	QUERY_TRIES = 4,
	QUERY_AGAIN_MS = 5000,          /* all unanswered: the next try */
	HOLD_MS = 15000,                /* so long edges may take to find a supernode again */
	FEW_RELAYED = 4,                /* members without direct path that get a copy each */
	GROUP_IDLE_MS = 300000,         /* a group that nothing happens with is forgotten */
	GROUPS_SWEEP_MS = 1000, RENEWED_PER_SWEEP = 64,
	MEMBERS_PER_GROUP = 16,         /* room for lists: so many times the groups */
	CONTACTS_BURST = 32, CONTACTS_EVERY_MS = 20     /* with members that have no direct path yet */
};

struct list_member {
	struct list_member *next;
	uint8_t mac[MAC_LEN];
	bool held;                      /* of an earlier list, and its supernode's successor does not know it yet */
	uint32_t peer_at;               /* in the pool of peers, when it is still there */
	struct addr told;
};

struct group {
	struct group *next_asking;
	bool local;                     /* wanted here */
	uint8_t mac[MAC_LEN];
	uint64_t hash;

	bool listed, relay;             /* there is a list; it says: use the relay */
	struct list_member *members;
	size_t members_n;
	uint32_t generation, cookie;
	uint32_t round;                 /* of the list; another than e->groups.round: from before the supernode was lost */
	uint64_t expires, refresh_due;
	bool asking;
	uint32_t asked_round;
	unsigned tries;
	uint64_t ask_due;

	bool coming_on, coming_overflow;        /* a list whose parts have not all come */
	struct list_member *coming;
	uint32_t coming_generation;
	uint8_t coming_parts;
	uint8_t coming_seen[32];        /* bit per part */

	uint64_t used_at;               /* last frame in or out */
	uint64_t frames_in, bytes_in, frames_out, bytes_out, copies, suppressed;
};

struct groups {
	struct membership *membership;  /* NULL: groups are off, or multicast is */
	bool on;
	struct pool pool;
	struct group *asking;
	struct table *by_mac;
	struct pool members;            /* of all lists */

	uint32_t wanted;                /* generation of membership that has been reported */
	uint32_t sequence, cookie;
	bool acked, answered;           /* answered: since the last registration */
	uint64_t first_acked;
	uint64_t solicit_due, advert_due, adverted;  /* routers behind the TAP are told of, for others have asked */
	unsigned unanswered;            /* registrations in a row */
	bool old;                       /* the supernode is n2n's, or one that is older than groups */
	uint64_t report_due, report_retry, reported;

	bool epoch_known;
	uint32_t epoch;
	uint32_t round;                 /* +1 when the supernode is another, or has forgotten us */
	uint64_t held_until;
	uint64_t sweep_due;
};

/* By which way the frames of a burst go.  FLOOD: by the supernode to all edges, whatever they have reported. */
enum fanout { FANOUT_RELAY, FANOUT_FLOOD, FANOUT_PEERS, FANOUT_MEMBERS, FANOUT_NOBODY };

#endif
