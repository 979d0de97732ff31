/* Which groups are wanted behind the TAP: by this host, by hosts bridged to it, on VLANs too.  Listens to the
 * IGMP and MLD that the TAP sends, and asks with queries of its own, so that what nobody wants any more is
 * forgotten.  Pure: the clock is an argument (monotonic milliseconds, never 0), memory is taken in
 * membership_new() only.
 *
 * It keeps IP groups per VLAN and shows the MACs that they need: a MAC stays while any group needs it, on any
 * VLAN.  What cannot be kept (too many groups or VLANs) is made good by wanting everything, never by losing a
 * member.  A multicast router behind the TAP wants everything too (RFC 4541, 2.1.1).
 *
 *	membership_new -> membership_from_tap, _from_net, _link_up, membership_tick ... -> membership_free
 *
 * membership_tick() wants to be called after other calls too: they may have changed the deadline.
 */
#ifndef CORE_MEMBERSHIP_H
#define CORE_MEMBERSHIP_H

#include "core/layers.h"
#include "core/group.h"
#include "core/host.h"
#include "core/igmp.h"

enum {
	MEMBERSHIP_MACS_MAX = 200,      /* more: everything is wanted */
	MEMBERSHIP_GROUPS_MAX = 1024,   /* IP groups, counted per VLAN */
	MEMBERSHIP_VLANS_MAX = 32       /* with the untagged one */
};

struct membership_config {
	bool fast_leave;                /* a leave counts at once; who still wants the group says so when asked */
};

/* What happened: X(enum, name in status). */
#define MEMBERSHIP_COUNTS(X) \
	X(REPORTS, "reports") X(QUERIES, "queries_heard") X(ROUTERS, "router_messages") \
	X(REMOTE_REPORTS, "reports_from_net") X(REMOTE_QUERIES, "queries_from_net") \
	X(REMOTE_ROUTERS, "router_messages_from_net") X(UNKNOWN, "unknown_type") \
	X(JOINED, "groups_joined") X(LEFT, "groups_left") X(EXPIRED, "groups_expired") \
	X(INJECTED, "queries_injected") X(KEPT, "reports_not_sent") X(KEPT_IN, "reports_not_delivered") \
	X(GROUPS_FULL, "groups_full") X(VLANS_FULL, "vlans_full")

enum membership_count {
#define X(name, text) MEMBERSHIP_##name,
	MEMBERSHIP_COUNTS(X)
#undef X
	MEMBERSHIP_COUNT_MAX
};
extern const char *const membership_count_names[MEMBERSHIP_COUNT_MAX];

struct membership;

/* Of host it uses random, now and for the MAC that queries are sent from, and inject, for the queries, which may be called during any call below.  host is
 * copied.  NULL: no memory. */
struct membership *membership_new(const struct membership_config *config, const struct host *host, uint64_t now);
void membership_free(struct membership *m);

/* Each frame to a group address that the TAP sent, broadcast too (it tells of VLANs).  True: the frame goes on
 * to the overlay.  False: it is a report or leave, and there is no multicast router or querier known on the far
 * side that would want it. */
MUST_CHECK bool membership_from_tap(struct membership *m, uint64_t now, const struct layers *frame);
/* Did the last frame from the TAP pass for the sake of a router that may be there?  It is for those who want everything. */
bool membership_by_chance(const struct membership *m);
/* Each frame to a group address that came from the overlay.  True: it goes on to the TAP.  False: it is a report
 * or leave, and no multicast router is known behind the TAP; there it would only make hosts keep their own
 * reports back, and we would lose them as members (RFC 4541, 2.1.1). */
MUST_CHECK bool membership_from_net(struct membership *m, uint64_t now, const struct layers *frame);
/* The multicast router of this family behind the TAP that was heard last; false: none. */
bool membership_router(const struct membership *m, uint64_t now, uint8_t family, struct addr *out);
/* Has somebody in the overlay asked for multicast routers, since this was asked last? */
bool membership_solicited(struct membership *m);
/* The TAP came up, or a port behind it: everybody is asked anew, and everything is wanted until they have answered. */
void membership_link_up(struct membership *m, uint64_t now);
/* The overlay can be reached for the first time: a router there may want to hear of all groups, and may not have to say
 * anything for long. */
void membership_network_up(struct membership *m, uint64_t now);
/* Is it the MAC that queries are sent from?  Nothing with it ever leaves by the TAP's own edge. */
bool membership_is_querier(const struct membership *m, const uint8_t mac[static MAC_LEN]);
/* Is the frame, of layers_view(), a query or an advertisement that was put into the TAP here? */
bool membership_is_own(const struct membership *m, const struct layers *frame);
/* Does what is due; returns the next deadline. */
uint64_t membership_tick(struct membership *m, uint64_t now);

/* The set to report.  The generation goes up by one with each change of what the next two say, and with nothing
 * else; it begins at 0, with everything. */
uint32_t membership_generation(const struct membership *m);
bool membership_wants_all(const struct membership *m);
/* MACs ascending, without duplicates, snooped ones only, at most MEMBERSHIP_MACS_MAX; none while everything is
 * wanted.  Borrowed until the next call that is not const. */
size_t membership_macs(const struct membership *m, const uint8_t (**macs)[MAC_LEN]);
/* Has a host behind the TAP joined it?  Also while everything is wanted. */
bool membership_has(const struct membership *m, const uint8_t mac[static MAC_LEN]);
/* The IP groups with this MAC: how many; the first max of them to out. */
size_t membership_addresses(const struct membership *m, const uint8_t mac[static MAC_LEN], struct addr *out, size_t max);

/* What status shows. */
struct membership_info {
	bool router;                    /* a multicast router or querier is behind the TAP */
	bool remote_router;             /* one is in the overlay */
	bool asking;                    /* everything is wanted until hosts have answered */
	bool overflow;                  /* everything is wanted for want of room */
	size_t groups, vlans;           /* in use */
	uint64_t counts[MEMBERSHIP_COUNT_MAX];
	uint64_t refused[IGMP_REFUSED_MAX];
};
struct membership_group {
	struct addr group;              /* port 0 */
	uint8_t mac[MAC_LEN];
	uint16_t vlan;                  /* the outer tag's number; 0: untagged */
	uint8_t version;                /* the oldest that a member speaks: 1 to 3, of MLD 1 or 2 */
	bool leaving;                   /* asked whether anybody still wants it */
	uint64_t expires;               /* forgotten then, unless somebody answers before */
};
const struct membership_info *membership_info(const struct membership *m);
/* Groups one by one, in no order: start with *cursor = 0; false: no more. */
bool membership_next(const struct membership *m, size_t *cursor, struct membership_group *out);

#endif
