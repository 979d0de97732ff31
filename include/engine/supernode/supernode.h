/* The engine of supernode: registry of edges per community, and relay for those that cannot talk
 * directly.  Pure, as the edge's engine is (edge/edge.h).  Allocates in supernode_new() and
 * supernode_load_communities() only.  What it calls in the host must not call it back.
 */
#ifndef SUPERNODE_SUPERNODE_H
#define SUPERNODE_SUPERNODE_H

#include "core/host.h"
#include "core/text.h"
#include "core/wire.h"

/* 255 parts of 44 members with IPv6 endpoints. */
enum { SUPERNODE_GROUP_MEMBERS_MAX = 255 * 44 };

struct supernode_config {
	uint8_t mac[MAC_LEN];
	uint8_t version[VERSION_LEN];           /* text in PONG, zero-padded (-V) */
	uint32_t auto_min, auto_max;            /* first and last network for automatic addresses (-a), host order */
	uint8_t auto_prefix;
	bool spoofing_protection;               /* false: -M, tokens are not checked */
	size_t communities_max, edges_max, community_edges_max;
	size_t source_edges_max;                /* of one IPv4 address or IPv6 /64; 0: no limit */
	size_t flood_max;                       /* copies a second that one edge may have flooded; 0: no limit */
	size_t groups_max;                      /* pairs of edge and group; beyond, a report is stored as ALL */
	size_t group_members_max;               /* told to a source; a group with more is relayed */
};

/* Why a datagram went nowhere: X(enum, name in status). */
#define SUPERNODE_DROPS(X) \
	X(SHORT, "datagram_short") X(FOREIGN, "datagram_foreign_or_encrypted") \
	X(UNKNOWN_TYPE, "datagram_unknown_type") X(MALFORMED, "datagram_malformed") \
	X(TTL, "ttl_expired") X(FEDERATION, "datagram_from_supernode") X(UNEXPECTED, "datagram_unexpected") \
	X(COMMUNITY, "community_unknown") X(COMMUNITY_BUSY, "community_not_looked_up") \
	X(COMMUNITIES_FULL, "communities_full") \
	X(COMMUNITY_FULL, "community_full") X(EDGES_FULL, "edges_full") \
	X(SOURCE_FULL, "source_full") X(CLAIMED, "endpoint_not_confirmed") X(FLOOD_LIMIT, "flood_limit") \
	X(ASKED_TOO_OFTEN, "question_limit") X(REPORT_LIMIT, "group_report_limit") \
	X(UNREGISTERED, "source_not_registered") X(TOKEN, "token_wrong") X(UNPROVEN, "registration_not_proven") \
	X(ADDRESS_IN_USE, "address_in_use") \
	X(SELF, "supernode_mac") X(DESTINATION, "destination_unknown") X(CREDIT, "answer_larger_than_question") \
	X(NO_ROOM, "no_room") X(GROUP_UNWANTED, "group_wanted_by_nobody") X(GROUP_OLD, "group_report_old") \
	X(GROUP_FLOODED, "group_query_of_flooded") X(GROUP_NO_LEASE, "group_ack_without_lease")

enum supernode_drop {
#define X(name, text) SUPERNODE_DROP_##name,
	SUPERNODE_DROPS(X)
#undef X
	SUPERNODE_DROP_MAX
};
extern const char *const supernode_drop_names[SUPERNODE_DROP_MAX];

struct supernode;

struct supernode *supernode_new(const struct supernode_config *config, const struct host *host, uint64_t now);
void supernode_free(struct supernode *sn);
/* Datagrams in bursts, or one by one; their bytes must stay until the turn ends where the host has send_burst().
 * local: the own address that they were sent to (port ignored); none: unknown. */
void supernode_train_from_net(struct supernode *sn, uint64_t now, const struct endpoint *from, const struct addr *local,
                              const struct train *train);
void supernode_from_net(struct supernode *sn, uint64_t now, const struct endpoint *from, const struct addr *local,
                        struct buf *datagram);
uint64_t supernode_tick(struct supernode *sn, uint64_t now);

/* Puts the text of a community file (13.7) in force: other communities are refused from then on, and
 * edges of communities no longer listed are forgotten.  All or nothing: on an error nothing changes, and
 * why names the line and what would be right. */
MUST_CHECK bool supernode_load_communities(struct supernode *sn, uint64_t now, const char *text, size_t len,
                                           struct text *why);
/* The host's own outward address (port ignored), told to peers in place of a loopback one.  family none
 * in a: forget that family's (v6 tells which). */
void supernode_set_outward(struct supernode *sn, bool v6, const struct addr *a);

#define SUPERNODE_COUNTS(X) \
	X(datagrams_in) X(bytes_in) X(datagrams_out) X(bytes_out) \
	X(relayed_unicast) X(relayed_flood)     /* datagrams sent */ \
	X(relayed_group)                        /* of relayed_flood: to snooped groups */ \
	X(registrations) X(acks) X(naks) X(challenges) X(queries) X(pongs) \
	X(evicted)                              /* edges that had proved nothing and made room */ \
	X(group_reports) X(group_reports_as_all) X(group_queries) \
	X(group_refused)                        /* no lease was left */ \
	X(group_answers) X(group_pushes)        /* datagrams */
struct supernode_counts {
#define X(name) uint64_t name;
	SUPERNODE_COUNTS(X)
#undef X
	uint64_t drops[SUPERNODE_DROP_MAX];
};
struct supernode_info {
	uint8_t mac[MAC_LEN];
	uint64_t started;
	size_t edges, communities;
	size_t confirmed;                       /* edges that have proved where they are */
	bool open;                              /* no community file: any name is accepted */
	struct supernode_counts counts;
};
struct supernode_community_info {
	uint8_t name[COMMUNITY_LEN];
	struct subnet network;                  /* for automatic addresses; none: none left */
	size_t edges;
	bool fixed;                             /* from the community file */
};
/* What an edge has reported to want: nothing yet, or never (n2n): it gets everything; everything; a list. */
enum supernode_interest { SUPERNODE_UNREPORTED, SUPERNODE_ALL, SUPERNODE_LIST };
struct supernode_edge_info {
	uint8_t community[COMMUNITY_LEN], mac[MAC_LEN], desc[DESC_LEN];
	struct subnet address;
	struct addr endpoint, preferred;
	bool confirmed;                         /* endpoint: it has proved that it is there */
	uint64_t since, last_seen;              /* now of registration and of the last sign of life */
	uint64_t frames_in, bytes_in, frames_out, bytes_out;    /* relayed from and to it */
	enum supernode_interest interest;
	size_t groups, sources;                 /* reported; sent to, of which it is told */
};
struct supernode_group_info {
	uint8_t community[COMMUNITY_LEN], mac[MAC_LEN];
	size_t members, everything;             /* that have reported it; that get every group of this community */
	size_t sources;
	uint64_t frames, copies, unwanted;      /* by the relay */
};
const struct supernode_info *supernode_info(struct supernode *sn);
bool supernode_community_next(const struct supernode *sn, size_t *cursor, struct supernode_community_info *out);
bool supernode_edge_next(const struct supernode *sn, size_t *cursor, struct supernode_edge_info *out);
/* Groups that somebody has reported or sends to.  Their members: start with *place = 0, cursor as
 * supernode_group_next() left it. */
bool supernode_group_next(const struct supernode *sn, size_t *cursor, struct supernode_group_info *out);
bool supernode_group_member(const struct supernode *sn, size_t cursor, size_t *place, uint8_t mac[static MAC_LEN]);

#endif
