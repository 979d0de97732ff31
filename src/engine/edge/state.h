/* What the files of the edge engine share: its state, and the functions that cross files.  Forwarding
 * (from_tap.c, from_net.c, fanout.c) reads the tables and writes counters and "seen" marks; what changes a table
 * it leaves to control (errand.c).
 *
 * A time of 0 means never.
 */
#ifndef EDGE_STATE_H
#define EDGE_STATE_H

#include "core/bucket.h"
#include "core/emit.h"
#include "core/intake.h"
#include "core/pool.h"
#include "core/registration.h"
#include "core/table.h"
#include "core/text.h"
#include "copies.h"
#include "engine/edge/edge.h"
#include "groups.h"
#include "path.h"

enum {
	RETRY_MS = 1000,                /* REGISTER_SUPER unanswered: again */
	RETRY_MAX_MS = 2000,            /* nor slower than this, so that a supernode is found again within 5 s */
	RETRY_JITTER_MS = 200,
	NAK_RETRY_MS = 1000, NAK_RETRY_MAX_MS = 4000,
	TRIES = 3,                      /* REGISTER_SUPERs before another address is tried */
	PING_MS = 3000, PONG_MS = 1000, /* the current supernode: how often, how long to wait */
	PING_RELAY_MS = 1000, RELAY_MS = 10000, /* how often for this long after a frame went by way of it */
	PONG_OLD_MS = 5000,             /* a PONG later than this after the last PING was not asked for */
	SWEEP_MS = 10000,               /* the other supernodes: how often */
	SWEEPS_TO_MOVE = 2,
	CHOOSE_MS = 1000,               /* at start: how long to wait for names and PONGs */
	RESOLVE_MS = 3000,              /* least time between two look-ups of one name */
	SHUN_MS = 10000,                /* a supernode that answers PING but not REGISTER_SUPER */
	MOVE_MS = 60000, MOVE_AGAIN_MS = 5000,  /* so long, and so often, registered with the one that was left */
	REMIND_MS = 60000
};

enum {
	PEER_CHECK_MS = 1000, AGE_PARTS = 10,    /* each entry of a table is looked at every 10 s */
	PEER_AGE_MS = 60000,
	PATROL_MS = 1000, PATROL_PEERS = 64,    /* without supernode: paths kept open per second */
	PATROL_AFTER_MS = 10000,
	RECHECK_MS = 50, RECHECK_PEERS = 32,    /* direct paths looked at anew when our network has changed */
	STRANGER_BURST = 200, STRANGER_EVERY_MS = 5,    /* datagrams from endpoints not asked by us that are answered */
	CLAIMS = 16, CLAIM_EVERY_MS = 100,      /* questions to the supernode who a stranger is */
	CLAIM_AGAIN_MS = 1000,
	CLAIMED_AGE_MS = 30000,         /* so long a peer that is heard from an unknown endpoint only is not asked about */
	FDB_AGE_MS = 300000,
	FDB_SHARES = 4, FDB_COUNTS = 4096,      /* an edge gets a fourth of the table at most */
	MOVES_MS = 1000, MOVES_MAX = 8,         /* so many moves of a MAC between here and elsewhere in so long: a loop */
	LOOP_MS = 1000, LOOP_IN_MS = 200,       /* and for so long its frames to groups do not leave, and not come in */
	STANDBY_MS = 75000,             /* so long another edge is left all frames to groups: 2.5 of our queries */
	BINDING_AGE_MS = 120000,        /* less than FDB_AGE_MS: what is answered can be reached */
	BINDINGS_PER_PEER = 2,          /* IPv4 and IPv6 */
	GREET_BURST = 1, GREET_EVERY_MS = 60000,        /* contacts with peers that no unicast frame is for */
	FRAME_SHORT = 400,              /* bytes: whatever is shorter fits any path (RFC 791: 576) */
	PATH_MTU_MS = 1500,             /* how old a path MTU may be when a long frame is sent */
	ANSWER_BURST = 10, ANSWER_EVERY_MS = 100,       /* answers to frames that are too big */
	NOTE_BURST = 64, NOTE_EVERY_MS = 10000  /* log lines about peers */
};

#define GOOD EDGE_DROP_MAX              /* not dropped */

/* What a supernode wants to see in registrations (challenge.c). */
struct challenge {
	bool known;
	uint8_t bytes[CHALLENGE_LEN];
	uint64_t used;                  /* when it was answered */
	unsigned refused;               /* in a row */
};

/* One -l: the addresses of its name and what is known of the supernode there. */
struct supernode {
	struct addr addrs[EDGE_ADDRS_MAX];
	size_t n, at;                   /* at: the one in use or next to try */
	bool looked_up;                 /* the resolver has answered, with or without an address */
	bool refused_noted;
	uint64_t resolve_asked, pinged, seen, rtt_ms, shunned_until;
	uint64_t acked;                 /* our last registration there */
	uint32_t uptime_s, load;
	uint8_t mac[MAC_LEN], version[VERSION_LEN];
	struct challenge challenges[2]; /* of REGISTER_SUPERs without a MAC, with */
	bool answered;                  /* a PONG since the last sweep */
	unsigned sweeps;                /* answered in a row */
};

enum reg_state {
	REG_CHOOSE,                     /* no supernode chosen yet */
	REG_ASK,                        /* needs an address from it */
	REG_CLAIM,                      /* wants to be registered */
	REG_KEEP                        /* is registered */
};

struct registration {
	enum reg_state state;
	size_t at;                      /* the current supernode */
	struct endpoint to;             /* its address; none: never had one */
	bool waiting;                   /* a REGISTER_SUPER is unanswered */
	uint32_t cookie;
	uint64_t due;                   /* next REGISTER_SUPER */
	uint64_t trying_since;          /* at this address */
	uint64_t alive, pong_due;       /* alive: when it was asked last whether it is, or acknowledged us */
	uint64_t relayed;               /* the last frame by way of it */
	uint64_t choose_due;
	unsigned unanswered;            /* in a row, at this address */
	unsigned gave_up;               /* addresses, since the last ACK */
	unsigned naks;                  /* in a row */
	uint64_t reminded;
	bool ever, lost;                /* registered once; lost it since */
	bool forgotten;                 /* by a supernode that was restarted meanwhile */
	bool sent;                      /* our MAC was told to reg.to */
	size_t last_at;                 /* where it was registered last, */
	struct endpoint last_to;        /* and at which address; none: nowhere yet */
	bool announce;                  /* gratuitous ARP with the next ACK */
	bool mac_drawn, mac_noted;      /* again, after a NAK; and that it was that, so that it was the MAC */
	struct path_mtu path_mtu;       /* of frames that the supernode relays */
};

/* A better supernode is asked while the current one still serves. */
struct trial {
	bool on;
	size_t at;
	struct endpoint to;
	uint32_t cookie;
	unsigned sent;
	uint64_t due;
};

/* move.c: the supernode that was left still serves. */
enum move_state { MOVE_NONE, MOVE_BOTH, MOVE_LEFT };    /* LEFT: what it had sent may still come */
struct move {
	enum move_state state;
	size_t at;
	struct endpoint to;
	uint32_t cookie;
	bool waiting;
	unsigned unanswered;
	uint64_t since, end, due;
	uint64_t acked;                 /* 0: it does not serve */
};

struct peer {
	uint8_t mac[MAC_LEN], desc[DESC_LEN];
	struct path path;
	struct subnet address;
	uint64_t added, seen;           /* seen: relayed, or from a told endpoint; 0 when frames only ever went there */
	uint64_t looped;                /* a frame of it came from the own TAP */
	uint64_t served;                /* our supernode has relayed something of it */
	uint64_t wanted;                /* one of us had a unicast frame for the other */
	uint64_t queried;
	uint64_t group_contact;         /* for the sake of a group */
	uint64_t hash;
	struct peer *next_direct, *prev_direct;
	uint64_t frames_in, bytes_in, frames_out, bytes_out;
};

struct peers {
	struct pool pool;
	size_t patrol_at, age_at;
	struct peer *direct, *last_direct;
	uint32_t network;               /* +1 when our own network has changed */
	uint64_t recheck_due;
	struct table *by_mac, *by_endpoint;     /* by_endpoint: those reached directly */
};

/* A MAC that nobody but a stranger has named: the supernode has been asked whether there is such an edge. */
struct claim {
	uint8_t mac[MAC_LEN];
	struct endpoint from;
	uint64_t at;
};

/* Which edge a MAC that is not an edge's lives behind. */
struct fdb_entry {
	uint8_t mac[MAC_LEN], edge[MAC_LEN];
	uint16_t vlan;                  /* 0: none.  Routers of several VLANs may share a MAC (VRRP) */
	bool here;                      /* it sends from the own TAP now: its moves are counted */
	unsigned moves;                 /* since moves_since */
	uint64_t seen, hash, moves_since, looped;
};
struct fdb {
	struct pool pool;
	size_t age_at;
	struct table *by_mac;
	uint32_t *held;                 /* entries by hash of the edge */
};

/* Which MAC an IP address of the overlay has (suppress.c). */
struct binding {
	struct addr address;            /* the port is the VLAN */
	uint8_t mac[MAC_LEN];
	bool router;
	bool doubted;                   /* somebody here has asked this MAC alone whether it still has the address */
	uint64_t seen, hash;
};
struct bindings {
	struct pool pool;
	struct table *by_address;       /* NULL: no --arp-suppress */
};

/* errand.c */
enum { ERRANDS_MAX = 128 };
enum errand_kind { ERRAND_PATH, ERRAND_GROUP, ERRAND_RELAYED, ERRAND_DIRECT, ERRAND_LEARN, ERRAND_HERE };
struct errand {
	enum errand_kind kind;
	uint8_t mac[MAC_LEN], edge[MAC_LEN];
	uint16_t vlan;
	bool flooded;
	struct endpoint from;
	size_t frames, bytes;
};
struct errands {
	size_t n;
	struct errand at[ERRANDS_MAX];
};

enum { OWN_NETWORKS_MAX = 64 };
struct own {
	uint8_t (*slot)[4];             /* a hash table; zero: free */
	size_t mask, n, max;
	struct subnet network[OWN_NETWORKS_MAX];        /* that they are in, each once */
	size_t networks_n;
};

struct edge {
	struct edge_config config;
	struct filter_rule rules[EDGE_RULES_MAX];
	struct host host;
	struct hash_key key;
	struct wire_auth auth;
	bool has_registration_key;
	uint8_t registration_key[REGISTRATION_KEY];
	uint8_t mac[MAC_LEN];
	struct subnet address;          /* registered; none: none yet */
	struct own own;
	struct addr preferred;
	bool tap_ready, stopped;
	struct supernode supernodes[EDGE_SUPERNODES_MAX];
	size_t supernodes_n;
	struct registration reg;
	struct trial trial;
	struct move move;
	struct copies *copies;
	uint64_t sweep_due, sweep_end;  /* PINGs to the other supernodes; when their PONGs are judged */
	uint64_t peers_due, patrol_due;
	uint64_t lan_sent;              /* last REGISTER to the local group */
	uint32_t lan_cookie;            /* only who hears the LAN group knows it */
	uint64_t lan_drawn;
	struct bucket greetings, peer_notes, answers, group_contacts;
	struct bucket strangers, questions;
	struct claim claims[CLAIMS];
	size_t claim_at;
	struct bucket storms[STORM_MAX];
	uint64_t standby_since;         /* when a query of ours was last seen to come by another edge */
	size_t tap_mtu;                 /* 0: not known */
	struct peers peers;
	struct fdb fdb;
	struct bindings bindings;
	struct groups groups;
	struct errands errands;
	bool drop_noted[EDGE_DROP_MAX], transform_noted[UINT8_MAX + 1];
	struct edge_info info;
};

static inline bool within(uint64_t at, uint64_t now, uint64_t ms) { return at && now - at < ms; }
static inline uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline void drop(struct edge *e, enum edge_drop why) { e->info.counts.drops[why]++; }
/* Is there a supernode that relays for us now?  No longer assumed after the second unanswered request. */
static inline bool relay_works(const struct edge *e)
{
	return e->reg.state == REG_KEEP && e->reg.unanswered < 2;
}
static inline const uint8_t *supernode_mac(const struct edge *e) { return e->supernodes[e->reg.at].mac; }

/* from_tap.c, from_net.c */
bool packet_header(const struct edge *e, const uint8_t dst[static MAC_LEN], struct burst_header *header);
void frames_sent(struct edge *e, struct peer *p, const struct burst *frames, bool relayed);     /* counts; p: may be NULL */
/* By the transform, which vouches for this edge; they came like that. */
void frames_opened(struct edge *e, uint64_t now, const struct arrival *a, const uint8_t edge[static MAC_LEN],
                   const struct burst *frames);
/* The same, which it had held. */
void frames_released(struct edge *e, uint64_t now, const uint8_t edge[static MAC_LEN], const struct burst *frames);

/* errand.c: what forwarding wants of control, which does it at the end of the call. */
void errand_sent(struct edge *e, const uint8_t dst[static MAC_LEN], const struct burst *sent);  /* to an edge or group; NULL: tried */
/* From this edge, and this is not what is known of it. */
void errand_heard(struct edge *e, const uint8_t mac[static MAC_LEN], const struct arrival *a, const struct burst *frames);
/* It is behind that edge, or that edge itself; it is on our side of the TAP. */
void errand_learn(struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN], const uint8_t edge[static MAC_LEN]);
void errand_here(struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN]);
void errands_do(struct edge *e, uint64_t now);

/* seal.c: what the transform makes of frames.  Leaves in *burst what is to be sent, which may lie in s; NULL: it is held. */
enum edge_drop seal_burst(struct edge *e, uint64_t now, const uint8_t dst[static MAC_LEN], struct seal *s,
                          const struct burst **burst);
void seal_open(struct edge *e, uint64_t now, struct arrival *a);
void seal_mac(struct edge *e, uint64_t now);    /* ours is another */
void seal_say(struct edge *e, uint64_t now);    /* what it has to say itself */
uint64_t seal_tick(struct edge *e, uint64_t now);

/* What forwarding has left: at the end of each call that forwards. */
static inline void control_rest(struct edge *e, uint64_t now)
{
	if (e->errands.n)
		errands_do(e, now);
	if (e->config.transform->next)
		seal_say(e, now);
}

/* message_in.c: what others say to an edge. */
enum edge_drop source_refused(const struct edge *e, const uint8_t src[static MAC_LEN]);         /* GOOD, or why not */
enum edge_drop message_in(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m);
enum edge_drop message_in_lan(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m);
static inline bool is_relayed(const struct wire_message *m) { return m->flags & WIRE_FROM_SUPERNODE; }
/* Where a relayed message came from, as the supernode says. */
static inline const struct addr *relayed_socket(const struct wire_message *m, const struct addr *socket)
{
	static const struct addr none;
	return m->flags & WIRE_SOCKET ? socket : &none;
}

/* from_tap.c: a frame of our own, by way of the supernode, so many times; returns the datagrams. */
size_t send_own(struct edge *e, uint64_t now, const uint8_t to[static MAC_LEN], uint8_t *bytes, size_t len, int copies);

/* message_out.c: what an edge says. */
void send_register_super(struct edge *e, const struct endpoint *to, uint32_t cookie, bool ask);
void send_unregister_super(struct edge *e, const struct endpoint *to);
void send_query(struct edge *e, const struct endpoint *to, const uint8_t target[static MAC_LEN]);
void send_register(struct edge *e, const struct endpoint *to, const uint8_t dst[static MAC_LEN], uint32_t cookie);
void send_port_guesses(struct edge *e, const struct endpoint *first, const uint8_t dst[static MAC_LEN], uint32_t cookie);
void send_register_lan(struct edge *e, uint64_t now);
void send_group_report(struct edge *e, const struct endpoint *to, const struct wire_group_report *report);
void send_group_query(struct edge *e, const uint8_t group[static MAC_LEN], uint32_t cookie);
void send_group_members_ack(struct edge *e, const uint8_t group[static MAC_LEN], uint32_t cookie, uint32_t generation);
void send_register_ack(struct edge *e, const struct endpoint *to, const uint8_t dst[static MAC_LEN], uint32_t cookie);

/* address.c: what is our own, and what is no place to send to. */
/* own.c */
MUST_CHECK bool own_new(struct own *own, size_t max);
void own_free(struct own *own);
void own_set(struct own *own, const struct subnet *addresses, size_t n);       /* at most max of them */
bool own_has(const struct own *own, const uint8_t ip[static 4]);
bool own_network_has(const struct own *own, const struct addr *a);      /* one of their networks has it */

bool address_is_own(const struct edge *e, const uint8_t ip[static 4]);
bool endpoint_usable(const struct edge *e, const struct endpoint *ep);
bool supernode_usable(const struct edge *e, const struct addr *a);
void address_taken(struct edge *e, const struct subnet *address);

/* register.c: the registration cycle. */
void register_start(struct edge *e, uint64_t now);      /* at reg.at, chosen by supernodes.c */
void register_again(struct edge *e, uint64_t now);      /* something changed: tell the supernode now */
uint64_t register_tick(struct edge *e, uint64_t now);
enum edge_drop register_acked(struct edge *e, uint64_t now, const struct endpoint *from,
                              const struct wire_register_super_ack *ack);
enum edge_drop register_refused(struct edge *e, uint64_t now, const struct endpoint *from,
                                const struct wire_register_super_nak *nak);
void register_moved(struct edge *e, uint64_t now, size_t at, const struct endpoint *to,
                    const struct wire_register_super_ack *ack);
uint32_t register_cookie(struct edge *e);
void announce_address(struct edge *e, uint64_t now);  /* the gratuitous ARPs, when they are wanted and possible */

/* supernodes.c: names, addresses, the one in use. */
uint64_t supernodes_tick(struct edge *e, uint64_t now);
struct supernode *supernodes_find(struct edge *e, const struct endpoint *from, size_t *at);       /* at: of its addresses */
void supernodes_resolve(struct edge *e, uint64_t now, size_t i);
bool supernodes_target(struct edge *e, struct endpoint *to);      /* the usable address of the current one */
void supernodes_use(struct edge *e, uint64_t now, struct supernode *s, size_t at);   /* register there, now */
void supernodes_next(struct edge *e, uint64_t now);             /* the current address does not answer */
void supernodes_shun(struct supernode *s, uint64_t now);      /* answers PING, but not us */
void supernodes_taken(struct supernode *s, uint64_t now, const uint8_t mac[static MAC_LEN]); /* has acknowledged us */
size_t supernodes_addresses(const struct edge *e);

/* pong.c: is it alive. */
void ping_others(struct edge *e, uint64_t now);
void ping_supernode(struct edge *e, uint64_t now, struct supernode *s, const struct endpoint *to, unsigned copies);
enum edge_drop pong_heard(struct edge *e, uint64_t now, const struct endpoint *from,
                               const struct wire_peer_info *pong);
void ping_as_stranger(struct edge *e, uint64_t now, struct supernode *s, const struct addr *a);

/* choice.c: which one. */
void choice_tick(struct edge *e, uint64_t now);         /* at start */
uint64_t choice_sweep(struct edge *e, uint64_t now);    /* now and then */

/* challenge.c */
enum challenged {
	CHALLENGED_NOT,                 /* a plain refusal */
	CHALLENGED_NOW, CHALLENGED_LATER,       /* the same again, which then has the answer */
	CHALLENGED_IN_VAIN              /* later too: our answers are refused */
};
enum challenged challenge_taken(struct edge *e, uint64_t now, struct supernode *s, const struct wire_auth *auth, bool ask);
void challenge_answered(struct supernode *s);   /* it has acknowledged us */
void challenge_prove(struct edge *e, const struct endpoint *to, struct wire_message *m);        /* if it is to be */

/* trial.c: moving to a better supernode. */
void trial_start(struct edge *e, uint64_t now, size_t at, const struct addr *to);
void trial_elsewhere(struct edge *e, uint64_t now, const struct supernode *s, const struct endpoint *to);  /* it knows us there */
bool trial_is_at(const struct edge *e, const struct endpoint *to);      /* it is asked there to register us */
uint64_t trial_tick(struct edge *e, uint64_t now);
bool trial_acked(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_register_super_ack *ack);
bool trial_refused(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_register_super_nak *nak);

/* move.c: two supernodes while some have moved and some not yet. */
void move_begin(struct edge *e, uint64_t now, size_t at, const struct endpoint *left, bool silent);
void move_again(struct edge *e, uint64_t now);          /* something changed: tell it now */
void move_end(struct edge *e, uint64_t now);
uint64_t move_tick(struct edge *e, uint64_t now);
bool move_acked(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_register_super_ack *ack);
bool move_refused(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_register_super_nak *nak);
bool move_serves(const struct edge *e);                 /* what is relayed goes by both */
bool move_relays(const struct edge *e, const struct endpoint *from);    /* is this the old one, which relays for us still? */
/* Where to send what goes to reg.to too; NULL: nowhere.  p: who it is for, NULL for many. */
const struct endpoint *move_also(const struct edge *e, const struct peer *p);
/* An edge may have one endpoint for each supernode, so once the current one has served it the other one's is no news: else
 * two edges told each other of that again and again. */
bool move_is_outdated(const struct edge *e, const struct endpoint *from, const struct peer *p);
void move_leave_one(struct edge *e, uint64_t now, struct arrival *a);   /* of each payload that came by both */
static inline bool relays_for_us(const struct edge *e, const struct endpoint *from)
{
	return endpoint_equal(from, &e->reg.to) || move_relays(e, from);
}

static inline size_t age_part(size_t max) { return (max + AGE_PARTS - 1) / AGE_PARTS; }

/* peer.c: the table. */
bool peers_new(struct peers *ps, size_t max);
void peers_free(struct peers *ps);
struct peer *peer_find(const struct edge *e, const uint8_t mac[static MAC_LEN]);
struct peer *peer_add(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN]);         /* NULL: full */
void peer_remove(struct edge *e, struct peer *p);
void peer_direct(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *endpoint, uint32_t class);
void peer_relayed(struct edge *e, uint64_t now, struct peer *p);
void peer_direct_last(struct edge *e, struct peer *p);  /* in the list of those reached directly */
uint64_t peers_tick(struct edge *e, uint64_t now);

/* contact.c: finding and keeping direct paths (14.4). */
const struct endpoint *contact_path(const struct edge *e, uint64_t now, const struct peer *p);      /* NULL: by the supernode */
bool contact_is_due(const struct edge *e, uint64_t now, const struct peer *p);  /* there are frames for it: is anything to be done? */
void contact_seek(struct edge *e, uint64_t now, struct peer *p);                /* does it */
void contact_registered(struct edge *e, uint64_t now, struct peer *p);  /* by a REGISTER through the supernode */
void contact_identified(struct edge *e, const uint8_t mac[static MAC_LEN], const struct addr *socket, uint32_t cookie);
void contact_network_changed(struct edge *e, uint64_t now);
uint64_t contact_recheck(struct edge *e, uint64_t now);  /* the next few direct paths; returns when it wants to go on */
bool contact_welcome(struct edge *e, uint64_t now, const struct peer *p);       /* p: NULL for an unknown one */
/* The same for a member of a group that is sent to. */
bool contact_member_is_due(const struct edge *e, uint64_t now, const struct peer *p);
bool contact_member(struct edge *e, uint64_t now, struct peer *p);      /* false: enough contacts for now */
/* The supernode has listed it as a member, at this public endpoint. */
void contact_listed(struct edge *e, uint64_t now, struct peer *p, const struct addr *told);
bool contact_is_news(uint64_t now, const struct peer *p, const struct addr *socket);
struct peer *contact_heard_relayed(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN],
                                   const struct addr *socket, bool flooded);
/* How far the endpoint is trusted to be the peer's; found: NULL when the supernode has not told of it. */
enum path_trust contact_heard_directly(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN],
                                       const struct endpoint *from, struct peer **found);
void contact_probe(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *to, uint32_t class);
void contact_lan(struct edge *e, uint64_t now);    /* asks everybody on the site who is there */
void contact_again(struct edge *e, uint64_t now, struct peer *p);
enum edge_drop contact_acked(struct edge *e, uint64_t now, const struct endpoint *from,
                             const struct wire_register_ack *ack);
void contact_works(struct edge *e, uint64_t now, struct peer *p, const struct transform_say *said);     /* SAY_WORKS */
enum edge_drop contact_told(struct edge *e, uint64_t now, const struct wire_peer_info *told, bool preferred);

/* claims.c: edges that only a stranger's datagram names. */
void claim_heard(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN], const struct endpoint *from);
const struct claim *claim_find(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN]);        /* NULL: none */

/* path_mtu.c: what fits which path.  The first two return the bytes of the longest frame that goes in one piece. */
size_t path_mtu_direct(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *to);
size_t path_mtu_relayed(struct edge *e, uint64_t now);
void path_mtu_clamp(struct edge *e, const struct layers *view, uint8_t *frame, size_t frame_max);
/* Answers a burst whose first frame is longer than frame_max, and takes out of it what must not be sent. */
void path_mtu_exceeded(struct edge *e, uint64_t now, const struct layers *view, struct burst *burst, size_t frame_max);

/* fdb.c */
bool fdb_new(struct fdb *f, size_t max);
void fdb_free(struct fdb *f);
const uint8_t *fdb_find(const struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN]);        /* NULL: unknown */
/* Forwarding: a frame with this source came from that edge: when its frames went round last. */
uint64_t fdb_heard(struct edge *e, uint64_t now, uint16_t vlan, const uint8_t mac[static MAC_LEN],
                   const uint8_t edge[static MAC_LEN]);
/* It came from the TAP.  False: it has just been heard elsewhere, and so on, back and forth. */
MUST_CHECK bool fdb_sent(struct edge *e, uint64_t now, uint16_t vlan, const uint8_t mac[static MAC_LEN]);
/* Control. */
void fdb_learn(struct edge *e, uint64_t now, uint16_t vlan, const uint8_t mac[static MAC_LEN],
               const uint8_t edge[static MAC_LEN]);
void fdb_forget(struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN]);
void fdb_here(struct edge *e, uint64_t now, uint16_t vlan, const uint8_t mac[static MAC_LEN]);
void fdb_age(struct edge *e, uint64_t now);

/* groups.c */
bool groups_new(struct edge *e, uint64_t now);
void groups_free(struct edge *e);
struct group *group_find(const struct edge *e, const uint8_t mac[static MAC_LEN]);
struct group *group_get(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN]);       /* NULL: full */
uint64_t multicast_tick(struct edge *e, uint64_t now);
void groups_network_up(struct edge *e, uint64_t now);   /* registered for the first time */
void groups_newcomer(struct edge *e);   /* one that was not known before, and may not know of routers here */
bool groups_pass_out(struct edge *e, uint64_t now, const struct layers *frame);    /* false: kept, as IGMP wants it */
bool groups_by_chance(const struct edge *e);    /* the last one that passed: for those who want everything only */
bool groups_pass_in(struct edge *e, uint64_t now, const struct layers *frame);
bool groups_wanted(const struct edge *e, const uint8_t dst[static MAC_LEN]);    /* false: snooped, and nobody here wants it */
void groups_heard(struct edge *e, uint64_t now, const uint8_t dst[static MAC_LEN], size_t frames, size_t bytes);

/* report.c */
void report_changed(struct edge *e, uint64_t now);
void report_repeat(struct edge *e, uint64_t now);       /* what is not acknowledged */
void report_to(struct edge *e, const struct endpoint *to);      /* the supernode that was left, which serves on */
void report_registered(struct edge *e, uint64_t now, bool news);        /* news: it did not know us */
uint64_t report_tick(struct edge *e, uint64_t now);
enum edge_drop report_acked(struct edge *e, uint64_t now, const struct wire_group_report_ack *ack);

/* lists.c */
void lists_hold(struct edge *e, uint64_t now);  /* the supernode knows less than before */
bool list_serves(const struct edge *e, uint64_t now, const struct group *g);
bool list_is_due(const struct edge *e, uint64_t now, const struct group *g);
void list_wanted(struct edge *e, uint64_t now, struct group *g);        /* a frame is sent to it */
bool list_is_current(const struct edge *e, const struct group *g);      /* told since the supernode was lost last */
void list_renew(struct edge *e, uint64_t now, struct group *g);
void list_drop(struct edge *e, struct group *g);
void list_release(struct edge *e, uint64_t now, struct group *g);       /* held members whose time is over */
void lists_ask_now(struct edge *e, uint64_t now);       /* what is not answered */
uint64_t lists_tick(struct edge *e, uint64_t now);
enum edge_drop list_told(struct edge *e, uint64_t now, const struct wire_group_members *told);

/* fanout.c */
/* sought: control has to do something about it. */
enum fanout fanout_of(struct edge *e, uint64_t now, const struct layers *frame, struct group **found, bool *sought);
bool fanout_is_about_groups(const struct layers *frame);
struct peer *member_peer(const struct edge *e, const struct list_member *m);    /* NULL: not known */
/* Who is reached directly; NULL: nobody.  Has the time of a held one passed? */
struct peer *member_way(const struct edge *e, uint64_t now, const struct list_member *m);
bool member_is_over(const struct edge *e, uint64_t now, const struct list_member *m);
void fanout_seek(struct edge *e, uint64_t now, struct group *g);        /* control: its members, and paths to them */

/* storm.c: frames from the TAP that burden all other edges. */
MUST_CHECK bool storm_is_loop(struct edge *e, uint64_t now, const struct layers *frame);
/* From the network, by way of that edge: GOOD, or why not.  member: the supernode relayed it, or it came by the confirmed
 * path to that edge. */
enum edge_drop storm_refuses(struct edge *e, uint64_t now, const struct layers *frame, const uint8_t edge[static MAC_LEN],
                             bool member);
MUST_CHECK bool storm_is_echo(const struct layers *frame, uint64_t looped, uint64_t now);  /* from the network */
void storm_limit(struct edge *e, uint64_t now, enum edge_storm kind, struct burst *burst);      /* leaves what may pass */

/* suppress.c: questions for MACs, answered out of what is known. */
bool bindings_new(struct bindings *b, size_t max);
void bindings_free(struct bindings *b);
MUST_CHECK bool suppress_answers(struct edge *e, uint64_t now, const struct layers *frame);        /* one from the TAP */
void suppress_heard(struct edge *e, uint64_t now, const struct layers *frame);     /* from the network */
void suppress_peer(struct edge *e, uint64_t now, const struct peer *p);         /* what it says of itself */

/* notes.c: the lines for the log. */
void note_registered(struct edge *e, const struct addr *public_endpoint);
void note_lost(struct edge *e, const struct addr *supernode);
void note_silent(struct edge *e);
void note_address(struct edge *e);
void note_no_address(struct edge *e);
void note_not_proven(struct edge *e);
void note_transform(struct edge *e, const uint8_t edge[static MAC_LEN], uint8_t transform);     /* another than ours */
void note_refused(struct edge *e);
void note_drawn(struct edge *e);
void note_supernode_endpoint(struct edge *e, const struct addr *a);
void note_peer(struct edge *e, uint64_t now, const struct peer *p);
void note_standby(struct edge *e, const uint8_t edge[static MAC_LEN]);
void note_drop(struct edge *e, enum edge_drop why);     /* the first of its kind */

#endif
