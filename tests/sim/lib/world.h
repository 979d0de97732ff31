/* A whole little Internet: supernodes, edges (ours and n2n-like ones) behind NATs, and the kernels behind
 * their TAPs, which answer pings and ARP.  After each event these must hold, or world_fail() is called:
 *	- a frame is delivered at most once to each receiver, only in its community, never to its sender,
 *	  and a unicast one to nobody but its destination; deliveries that a duplicated or injected datagram
 *	  caused are counted apart (net.h), not against this
 *	- what an engine sends decodes, names its own community, and goes to a possible endpoint
 *	- a deadline lies in the future
 *	- an edge does not send a storm of datagrams
 *
 *	w = world_new(seed); world_super(w); a = world_edge(w, 0, NAT_SYMMETRIC); ... world_start(w);
 *	world_run(w, 30000); world_check_pairs(w); CHECK(!world_end(w));
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "engine/edge/edge.h"
#include "engine/secure/secure.h"
#include "host.h"
#include "ledger.h"
#include "net.h"
#include "oldedge.h"
#include "queue.h"
#include "rng.h"
#include "engine/supernode/supernode.h"

enum { WORLD_COMMUNITIES = 64, WORLD_SUPERS = 4, REPAIR_MS = 30000 };

struct world;

struct member {                         /* one edge, whether its process runs or not */
	struct world *world;
	unsigned id, community, slot;   /* slot: number within the community */
	bool old;                       /* n2n-like; set before member_start */
	struct edge_config config;      /* may be changed before member_start */
	bool preferred;                 /* -e auto */
	bool secured;                   /* with the key of all that are, and an identity of its own */
	uint8_t key;                    /* number of that key */
	bool no_aes;                    /* offers suite 0 only */
	bool loopback_super;            /* named its supernode 127.0.0.1 */
	uint16_t fixed_port;            /* -p; 0: another one with each start */
	struct station *station;
	struct subnet address;          /* on the TAP; none: automatic, not assigned yet */
	uint8_t mac[MAC_LEN];
	struct host_groups joined;      /* group 0 from the start */
	uint64_t unwanted;              /* frames to groups that it has not joined */
	uint64_t arp_asked, arp_answered;       /* requests for its address, replies that came to it */

	bool awaited;                   /* will run in a moment */
	struct udp *udp;                /* NULL: the process does not run */
	struct edge *edge;
	struct oldedge *oldedge;
	struct secure *secure;          /* NULL: plain */
	uint8_t *room;                  /* for what is sealed in one call */
	unsigned generation;            /* which process; events of an earlier one are ignored */
	uint64_t due;
	uint64_t sent, sent_bytes, notes;
	uint64_t second, sent_in_second;
};

struct super {                          /* one supernode */
	struct world *world;
	unsigned id;
	struct supernode_config config;
	struct station *station;
	struct udp *udp;                /* NULL: down */
	struct supernode *engine;
	uint64_t due;
	uint64_t sent, sent_bytes, notes;
};

struct world {
	uint64_t seed;
	struct rng rng;
	struct queue *queue;
	struct net *net;
	struct ledger *ledger;
	struct super *supers[WORLD_SUPERS];
	unsigned supers_n;
	struct member **members;
	size_t members_n, members_room;
	unsigned community_members[WORLD_COMMUNITIES];
	uint32_t traffic_ms;            /* mean time between frames of random members; 0: off */
	bool traffic_runs;
	uint32_t storm;                 /* datagrams of one edge in a second that are too many */
	bool dns_down, dns_ipv6_first;
	bool forgeries;                 /* records forged by an attacker may make a frame arrive twice: no failure */
	unsigned failures;
	bool trace;                     /* environment SIM_TRACE: print every datagram and note */
};

/* --- building --- */
struct world *world_new(uint64_t seed);
unsigned world_end(struct world *w);                    /* frees everything, returns the number of failures */
struct super *world_super(struct world *w);             /* dual-stack, public; not started */
/* An edge on an IPv4 machine and site of its own; not started. */
struct member *world_edge(struct world *w, unsigned community, enum nat_kind nat);
struct member *world_edge_at(struct world *w, unsigned community, struct station *st);
void world_start(struct world *w);                      /* all that do not run, at random moments of a second */
struct addr super_addr(const struct super *s);          /* its IPv4 endpoint */

void super_start(struct super *s);
void super_crash(struct super *s);
void member_start(struct member *m);
void member_stop(struct member *m);                     /* says good-bye */
void member_crash(struct member *m);
void member_moved(struct member *m);                    /* its site has another address: what netlink would tell */
static inline bool member_runs(const struct member *m) { return m->udp; }
bool member_registered(const struct member *m);
bool member_direct(const struct member *m, const struct member *peer);

/* --- time and traffic --- */
uint64_t world_now(const struct world *w);
void world_run(struct world *w, uint64_t ms);
/* A frame from m; to is ignored for group frames.  Returns its number in the ledger, 0: m does not run. */
uint32_t world_say(struct member *m, const struct member *to, enum frame_kind kind, uint32_t answers);
/* The host behind m joins or leaves a group; a frame to one. */
void member_join(struct member *m, unsigned group, bool join);
uint32_t world_say_to_group(struct member *m, unsigned group);
void member_arp(struct member *m, const struct member *to);     /* who has its address?  Asked of all */
void world_traffic(struct world *w, uint32_t every_ms);         /* random pings and broadcasts from now on */
/* Pings from a to b and back once per interval, for a while: what a path needs to become direct. */
void world_talk(struct member *a, struct member *b, unsigned times, uint32_t interval_ms);

/* --- questions, answered on stdout when the answer is no --- */
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_check_registered(struct world *w);
/* Every two running members of a community ping each other; each ping has so many attempts. */
void world_check_pairs(struct world *w, unsigned attempts);
/* A broadcast (or multicast) of every running member reaches every other one of its community exactly once. */
void world_check_groups(struct world *w, enum frame_kind kind);
/* What somebody sends to a group reaches everybody who has joined it, exactly once. */
void world_check_group(struct world *w, struct member *from, unsigned group);
void world_check_all(struct world *w);                  /* the three above, with one attempt */
void world_check_direct(struct world *w, const struct member *a, const struct member *b, bool direct);
/* How long until every running member is registered (and stays so in this moment); fails after limit. */
uint64_t world_until_registered(struct world *w, uint64_t limit_ms);

/* --- between the files of the simulator --- */
void member_free(struct member *m);
void super_free(struct super *s);
void member_name(char out[static 64], const struct member *m);
void world_check_datagram(struct world *w, const char *who, const uint8_t *community, const struct addr *to,
                          const struct buf *datagram);
/* Fills super's addresses as its name would resolve on this machine; returns how many. */
size_t world_resolve(const struct world *w, size_t super, const struct station *asker, struct addr out[static 2]);

#endif
