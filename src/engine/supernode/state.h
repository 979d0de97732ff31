/* What the files of the supernode's engine share: its state, and who may change what.
 *
 *	supernode.c	life, intake, tick, status
 *	member.c	struct member: an edge in a community; finds, adds, moves, removes
 *	community.c	struct community, and the supernode's list of them
 *	network.c	automatic addresses; offer.c: those told and not yet claimed
 *	proof.c		is a member where it says that it is?  source.c: who shares an address
 *	allowed.c	the community file as a value; lookup.c: names that strangers say, against its expressions
 *	register.c	REGISTER_SUPER, UNREGISTER_SUPER; contest.c: is the holder of a record alive?
 *	relay.c		PACKET and REGISTER between members; sink.c: where they go; query.c: QUERY_PEER
 *	groups.c	who wants which multicast group; sources.c: who sends to it and is told
 *	push.c		when sources are told of changes
 *	note.c		lines for the log
 *
 * Handlers of messages return why they dropped one, or DROP_NONE; supernode_from_net() counts.
 */
#ifndef SUPERNODE_STATE_H
#define SUPERNODE_STATE_H

#include "core/bucket.h"
#include "core/credit.h"
#include "core/emit.h"
#include "core/intake.h"
#include "core/list.h"
#include "core/patterns.h"
#include "core/pool.h"
#include "core/registration.h"
#include "core/table.h"
#include "core/vacancy.h"
#include "engine/supernode/supernode.h"
#include "sink.h"

enum {
	MEMBER_LIFE_MS = 60000,         /* without REGISTER_SUPER */
	YOUNG_TOKEN_MS = 60000,         /* a new token from the old socket becomes the token */
	ACK_LIFETIME_S = 15,            /* as n2n writes it; nobody reads it */
	CREDIT_SLOTS = 4096,
	OFFERS_MAX = 1024,
	OFFERS_SEEN = 64,               /* looked at for one to take away when all addresses are used */
	LOOKUP_NAMES_S = 50, LOOKUP_NAMES_BURST = 100,  /* new names of a source, when there are expressions */
	LOOKUP_WORDS_MS = 2500, LOOKUP_WORDS_BURST = 250000,    /* of all: words of expressions; some 20 ns each */
	LOOKUP_SOURCES = 1024, LOOKUP_REFUSED = 4096,   /* remembered */
	GROUP_LEASE_S = 30,             /* a source is told of changes for so long after it has asked */
	LEASES_PER_EDGE = 1024,
	PUSH_GAP_MS = 50,               /* between two news about one group; also what a new member has to report in */
	PUSH_TRIES = 6,                 /* until a source has confirmed: at once, after 250, 500, ... ms */
	PUSH_RETRY_MS = 250,
	PUSH_GROUP_BYTES_MS = 1024, PUSH_BYTES_MS = 4096,       /* news per millisecond: of one group, of all */
	PUSH_BURST = 262144,            /* bytes */
	ASKS = 200, ASKS_BURST = 2000,          /* questions of a member, a second and at once */
	TOLD = 262144, TOLD_BURST = 4194304,    /* bytes of lists of members that it is answered */
	REPORTS = 50, REPORTS_BURST = 500,      /* changes of what it wants */
	NOTES_BURST = 256, NOTE_EVERY_MS = 2000,        /* lines about edges: a whole site may start at once */
	PUSH_STEP = 64,                 /* groups of a community that news of all reach per millisecond */
	OFFER_MS = 8000                 /* an edge claims the offered address within milliseconds, n2n's within 3 s */
};
#define DROP_NONE SUPERNODE_DROP_MAX

/* When sources are told (push.c). */
struct news {
	uint64_t due;                   /* or a repetition */
	uint64_t after;                 /* not before */
	size_t heap_at;                 /* in sn->groups.heap, + 1; 0: not in there, nothing to say */
	bool of_community;              /* else of a group */
};

/* Who has one of them may register; none: anybody may. */
enum { REGISTRATION_KEYS = 2 };
struct registration_keys { size_t n; uint8_t key[REGISTRATION_KEYS][REGISTRATION_KEY]; };

struct community {
	bool fixed;                     /* named in the community file: stays without members */
	bool given_network;             /* by the community file; else it is in sn->networks */
	bool listed;                    /* scratch of supernode_load_communities() */
	struct registration_keys keys;  /* by the community file */
	uint8_t name[COMMUNITY_LEN];
	struct subnet network;          /* for automatic addresses; none: there was none left */
	size_t edges;
	struct list members;            /* of struct member.in_community */
	struct list confirmed, claimed; /* the same, by what is known of them: of struct member.proof.in_community */
	size_t confirmed_n;
	struct list *claimed_at;        /* who of the claimed is flooded next; NULL: the first */
	struct list everything;         /* of struct member.in_everything: those who want every group */
	size_t everything_n;
	uint64_t everything_print;      /* sum of their prints */
	struct list asked;              /* of struct sn_group.in_asked: those with sources */
	size_t asked_n;
	struct news news;               /* of everything: for the sources of all groups */
	uint64_t told_print;            /* everything_print, as they were told or are being told */
	size_t to_tell;                 /* groups from the head of asked on whose sources do not know it yet */
};

/* A multicast group that somebody wants or sends to. */
struct sn_group {
	struct list in_asked;           /* community->asked, while it has leases */
	uint8_t mac[MAC_LEN];
	struct community *community;
	uint64_t hash;
	struct list members;            /* of struct subscription.in_group */
	size_t members_n;
	uint64_t print;                 /* sum of the prints of its members */
	struct list leases;             /* of struct lease.in_group */
	size_t leases_n;

	uint64_t told_print;            /* what generation says */
	uint32_t generation;
	struct news news;
	unsigned tries;

	uint64_t frames, copies, unwanted;      /* relayed; unwanted: frames that nobody else wants */
};

struct subscription {
	struct list in_member;          /* member->groups, ascending by MAC */
	struct list in_group;
	struct sn_group *group;
	struct member *member;
};

/* A source of a group that is told of changes. */
struct lease {
	struct list in_member;          /* member->leases */
	struct list in_group;
	struct list in_age;             /* sn->groups.leases_by_age: the first ends first */
	struct sn_group *group;
	struct member *member;
	uint64_t hash, until;
	uint32_t cookie, confirmed;     /* confirmed: generation */
};


/* The bytes of all its datagrams. */
static inline size_t arrival_bytes(const struct arrival *a)
{
	if (a->m.type != WIRE_PACKET)
		return a->len;
	return a->burst.bytes + a->burst.n * (a->len - a->burst.frame[0].head_len);
}

/* Who registers from one address, or IPv6 network of /64. */
struct source {
	struct list claimed;            /* of struct member.proof.in_source */
	struct addr prefix;
	uint64_t hash;
	size_t members, memberships;    /* memberships: of groups */
	struct bucket trickle;          /* bytes for those that cannot prove anything */
};

/* A REGISTER_SUPER, and all that is needed to treat it later as if it had just arrived. */
struct request {
	uint8_t community[COMMUNITY_LEN];
	struct endpoint from;
	struct addr local;
	struct wire_register_super reg;
	size_t len;                     /* bytes of the datagram: an answer to a stranger is no longer */
	uint64_t at;
	bool granted;                   /* the holder was asked, and did not answer */
	bool proven;                    /* it has answered a challenge from there */
};

enum answers { ANSWERS_NOT, ANSWERS_REGISTER, ANSWERS_ARP };

struct member {
	bool ciphered;                  /* has sent PACKETs with another transform than null */
	enum answers answers;           /* how it has answered a question that could not be guessed */
	bool has_young, contested, inherited;   /* inherited: its claim was granted in a contest */
	bool lives;                     /* contested, and heard since: control has to know */
	uint8_t mac[MAC_LEN], desc[DESC_LEN];
	struct subnet address;
	struct proof proof;             /* that it is there */
	struct source *source;          /* whom it shares the address of its endpoint with */
	struct bucket floods;           /* copies that it may make us send */
	struct bucket asks, told, reports;      /* questions; bytes of answers about groups; other lists of groups */
	struct sink sink;               /* where it registers from: what it is sent goes there */
	struct addr preferred;
	struct wire_auth auth;
	struct wire_auth young;         /* newer token from the same socket (register.c) */
	struct subnet young_address;    /* what its process uses: owned beside address */
	uint64_t young_since;
	uint64_t since, registered;     /* first and last REGISTER_SUPER */
	uint32_t moved;                 /* how often it was registered from somewhere else than before */
	uint64_t gap;                   /* between the last two with its token; 0: there was one */
	uint64_t heard;                 /* last sign of life */
	uint64_t frames_in, bytes_in;

	struct community *community;
	uint64_t hash;                  /* in sn->by_mac */
	uint64_t address_hash, young_address_hash;      /* in sn->by_address, of those that can be owned */
	struct list in_community;
	struct list in_age;             /* sn->by_age, least recently registered first */

	/* groups.c; unreported: an edge that never does, or not yet, gets everything as n2n has it */
	enum supernode_interest interest;
	uint32_t sequence;              /* of its last report, if it has ever reported */
	bool reported;
	uint32_t epoch;                 /* of what is remembered here of its groups and leases */
	uint64_t print;                 /* of MAC and endpoint, in the sums of groups */
	struct list in_everything;      /* community->everything, unless it has reported a list */
	struct list groups, leases;
	size_t groups_n, leases_n;

	struct list in_contests;        /* contest.c: sn->contests, the first is due first */
	struct request claim;           /* while contested; len 0: nobody claims */
	unsigned steps;
	uint64_t contest_due, alive_until, refusal_noted;
};

/* The community file. */
struct allowed_name {
	uint8_t name[COMMUNITY_LEN];
	struct subnet network;          /* none: automatic */
	struct registration_keys keys;
	size_t line;
};
struct given_range { uint32_t first, last; };
struct allowed {
	size_t names, patterns;
	struct allowed_name *name;
	struct given_range *given;      /* the networks of all names: ascending, and none touches another */
	size_t given_n;
	struct pattern *pattern;
	struct patterns *all;           /* the same, to be matched */
};

struct lookup_source { uint64_t who; struct bucket names; };

struct supernode {
	struct supernode_config config;
	struct host host;
	struct hash_key key;
	struct supernode_info info;
	struct addr outward[2];         /* IPv4, IPv6 */
	bool sought;                    /* by edges that are not registered here: perhaps they were, with a predecessor */
	struct credits *credits;
	struct allowed *allowed;        /* NULL: open */
	struct {
		struct bucket words;
		struct lookup_source source[LOOKUP_SOURCES];
		uint64_t refused[LOOKUP_REFUSED];       /* by hash of the name */
	} lookup;

	struct pool communities, members;
	struct table *by_name;
	struct community *lately;       /* of the last message, if there is one of its name */
	struct vacancies *networks;     /* chosen here for automatic addresses */

	struct table *by_mac, *by_address;
	struct vacancies *addresses;    /* owned and offered ones, a set for each community */
	struct list by_age, contests, claimed, proofs;
	bool holder_lives;              /* some contested member does */
	struct pool sources;
	struct table *by_source;
	struct {
		struct pool pool;
		struct table *by_who, *by_place;
		struct list by_age;
	} offers;
	uint64_t full_noted;
	struct {
		uint8_t secret[2][CHALLENGE_SECRET];    /* now, and before */
		uint64_t drawn;
	} challenges;
	struct {
		struct pool groups, memberships, leases;
		struct table *by_mac, *leases_by;
		struct list leases_by_age;
		struct news **heap;             /* by due */
		size_t heap_n;
		uint32_t generation;            /* the last one given to any group: none ever comes again */
		struct bucket push;             /* bytes */
	} groups;
	struct {
		struct bucket lines;
		uint64_t told, left_out;
	} notes;                        /* about edges, in the log */
};

/* supernode.c */
/* Sends a control message of at most max bytes; counts nothing but what went out. */
enum supernode_drop sn_send(struct supernode *sn, const struct endpoint *to, const struct addr *local,
                            const struct wire_message *m, size_t max);
void sn_send_buf(struct supernode *sn, const struct endpoint *to, const struct addr *local, const struct buf *b);

/* member.c */
struct member *member_find(const struct supernode *sn, const struct community *c, const uint8_t *mac); /* c: may be NULL */
/* The same, if it is registered from there; else NULL. */
struct member *member_at(const struct supernode *sn, const struct community *c, const uint8_t *mac,
                         const struct endpoint *from);
/* The same, when it has sent something that is a sign of life. */
struct member *member_heard(struct supernode *sn, uint64_t now, const struct arrival *a, const uint8_t *mac);
bool address_can_be_owned(const struct subnet *address);
struct member *member_with_address(const struct supernode *sn, const struct community *c, const uint8_t ip[static 4]);
struct member *member_add(struct supernode *sn, uint64_t now, struct community *c, const uint8_t *mac,
                          const struct endpoint *endpoint);         /* NULL: full */
void member_rename(struct supernode *sn, uint64_t now, struct member *m, const uint8_t *mac);
void member_set_address(struct supernode *sn, struct member *m, const struct subnet *address);
void member_set_young_address(struct supernode *sn, struct member *m, const struct subnet *address);
void member_refreshed(struct supernode *sn, uint64_t now, struct member *m);
void member_relocated(struct supernode *sn, uint64_t now, struct member *m);        /* to another endpoint */
bool member_may_move(const struct supernode *sn, const struct member *m, const struct endpoint *to);
/* The oldest that has proved nothing, of all, a community or an address, makes room.  False: there is none. */
bool member_evict(struct supernode *sn, uint64_t now);
bool member_evict_of(struct supernode *sn, uint64_t now, const struct community *c);
bool member_evict_of_source(struct supernode *sn, uint64_t now, const struct addr *a);
/* Takes the community along when that was its last member and it is not fixed. */
void member_remove(struct supernode *sn, uint64_t now, struct member *m);
/* The same; whoever claimed the place gets it. */
void member_gone(struct supernode *sn, uint64_t now, struct member *m);
uint64_t member_tick(struct supernode *sn, uint64_t now);
/* The socket of m as others are told it, never a loopback one; none: nothing can be told. */
struct addr member_told(const struct supernode *sn, const struct member *m, const struct sink *to);

/* community.c */
struct community *community_find(const struct supernode *sn, const uint8_t *name);
/* Its community does not exist and must not be made: why. */
enum supernode_drop community_refused(struct supernode *sn, uint64_t now, const struct arrival *a);
struct community *community_add(struct supernode *sn, const uint8_t *name);     /* no network yet; NULL: full */
void community_evict(struct supernode *sn, uint64_t now);
void community_remove(struct supernode *sn, uint64_t now, struct community *c); /* with its members */

/* lookup.c: is there an expression for a name that is not known? */
void lookup_new(struct supernode *sn, uint64_t now);
void lookup_forget(struct supernode *sn);
enum supernode_drop lookup_name(struct supernode *sn, uint64_t now, const struct addr *from, const uint8_t *name);

/* network.c */
void network_assign(struct supernode *sn, struct community *c);         /* chosen by 13.6; c has none yet */
void network_give(struct supernode *sn, struct community *c, const struct subnet *network);     /* from the file */
void network_drop(struct supernode *sn, struct community *c);
bool network_fits(const struct supernode *sn, const struct community *c);       /* is not within one from the file */
uint64_t address_set(const struct supernode *sn, const uint8_t *community);     /* in sn->addresses */
bool address_wanted(const struct subnet *address);      /* the edge has none yet */
/* A free address of this (perhaps not yet existing) community for the asking edge; none: none left. */
struct subnet address_offer(struct supernode *sn, uint64_t now, const struct request *rq);

/* offer.c */
bool offers_new(struct supernode *sn);
void offers_free(struct supernode *sn);
uint32_t offer_of(struct supernode *sn, uint64_t now, uint64_t set, const struct endpoint *who);       /* 0: none */
void offer_make(struct supernode *sn, uint64_t now, uint64_t set, const struct endpoint *who, uint32_t ip);
void offer_claimed(struct supernode *sn, uint64_t set, uint32_t ip);    /* a member has this address now */
uint32_t offer_steal(struct supernode *sn, uint64_t set);       /* all are used: one that was offered, and is no more */

/* allowed.c */
struct allowed *allowed_new(const struct hash_key *key, size_t names_max, const char *text, size_t len,
                            struct text *why);          /* NULL: why tells */
void allowed_free(struct allowed *a);
bool allowed_matches(const struct allowed *a, const uint8_t *name);     /* an expression does */

/* register.c */
enum supernode_drop sn_register_super(struct supernode *sn, uint64_t now, const struct arrival *a);
enum supernode_drop sn_register(struct supernode *sn, uint64_t now, const struct request *rq);
enum supernode_drop sn_unregister_super(struct supernode *sn, uint64_t now, const struct arrival *a);
void sn_nak(struct supernode *sn, const struct request *rq);
static inline bool auth_equal(const struct wire_auth *a, const struct wire_auth *b)
{
	return a->scheme == b->scheme && a->len == b->len && !memcmp(a->token, b->token, TOKEN_MAX);
}

/* challenge.c */
/* DROP_NONE: nothing has to be proven, or it is; *auth is then that of a token.  Else the sender was told what to prove. */
enum supernode_drop challenge_check(struct supernode *sn, uint64_t now, const struct arrival *a, const uint8_t *mac,
                                    struct wire_auth *auth, bool *proven);

/* contest.c */
enum supernode_drop contest_claim(struct supernode *sn, uint64_t now, struct member *m, const struct request *rq);
void sn_ack_held(struct supernode *sn, uint64_t now, struct member *m); /* what proof.c has held back */

/* proof.c */
void proof_shown(struct supernode *sn, uint64_t now, struct member *m);         /* by a challenge, too */
void proof_begin(struct supernode *sn, uint64_t now, struct member *m);         /* a new member */
void proof_end(struct supernode *sn, uint64_t now, struct member *m);
void proof_heard(struct supernode *sn, uint64_t now, struct member *m, size_t bytes);   /* came from its endpoint */
/* Before it is acknowledged: true: the proof comes first, and sn_ack_held() is called with it. */
bool proof_goes_first(struct supernode *sn, uint64_t now, struct member *m, uint32_t cookie);
void proof_answered(struct supernode *sn, uint64_t now, struct member *m, uint32_t nonce, enum answers how);
bool proof_answered_by_arp(struct supernode *sn, uint64_t now, struct member *m, const uint8_t *dst);   /* to dst; is it? */
bool proof_ask_by_register(struct supernode *sn, struct member *m);
bool proof_ask_by_arp(struct supernode *sn, struct member *m);
bool proof_can_ask_by_arp(const struct member *m);
uint64_t proof_tick(struct supernode *sn, uint64_t now);

/* source.c */
struct source *source_find(const struct supernode *sn, const struct addr *a);
bool source_is_full(const struct supernode *sn, const struct addr *a);
struct source *source_enter(struct supernode *sn, uint64_t now, const struct addr *a);
void source_leave(struct supernode *sn, struct source *s);
bool source_lets(struct source *s, uint64_t now, size_t bytes);         /* a trickle to those that prove nothing */

void contest_question(struct supernode *sn, uint64_t now, struct member *m);     /* no claim: has it gone? */
/* Forwarding has heard of holders: control says no to those who claim their places. */
void contest_settle(struct supernode *sn, uint64_t now);
void contest_holder_lives(struct supernode *sn, uint64_t now, struct member *m);
void contest_forget(struct member *m);
uint64_t contest_tick(struct supernode *sn, uint64_t now);

/* relay.c, query.c */
enum supernode_drop sn_relay_packets(struct supernode *sn, uint64_t now, struct arrival *a);
enum supernode_drop sn_relay_register(struct supernode *sn, uint64_t now, struct arrival *a);
enum supernode_drop sn_register_ack(struct supernode *sn, uint64_t now, const struct arrival *a);
enum supernode_drop sn_query_peer(struct supernode *sn, uint64_t now, const struct arrival *a);

/* groups.c: who wants what. */
bool sn_groups_new(struct supernode *sn);
void sn_groups_free(struct supernode *sn);
void groups_member_new(const struct supernode *sn, struct member *m);
void groups_member_added(struct supernode *sn, uint64_t now, struct member *m);
void groups_member_changed(struct supernode *sn, uint64_t now, struct member *m);       /* its MAC or endpoint */
void groups_member_restarted(struct supernode *sn, uint64_t now, struct member *m);     /* another process, same place */
void groups_member_removed(struct supernode *sn, uint64_t now, struct member *m);
enum supernode_drop sn_group_report(struct supernode *sn, uint64_t now, const struct arrival *a);
struct sn_group *sn_group_find(const struct supernode *sn, const struct community *c, const uint8_t *mac);
struct sn_group *sn_group_get(struct supernode *sn, struct community *c, const uint8_t *mac); /* NULL: full */
void group_unused(struct supernode *sn, struct sn_group *g);       /* forgets it when nobody wants it or sends to it */

/* Who gets a frame to this address: everybody, or of a snooped group the interested. */
struct audience {
	struct list *at, *end;          /* members of the group */
	struct list *rest, *rest_end;   /* those who want everything; with all: everybody */
	bool all;
	size_t n;                       /* how many they are */
	struct sn_group *group;            /* NULL: flooded, or nobody has reported it */
};
struct audience audience_of(const struct supernode *sn, struct community *c, const uint8_t *dst);
struct sink *audience_next(struct audience *a); /* NULL: that was the last */

/* sources.c: who sends to it. */
enum supernode_drop sn_group_query(struct supernode *sn, uint64_t now, const struct arrival *a);
enum supernode_drop sn_group_members_ack(struct supernode *sn, uint64_t now, const struct arrival *a);
void sources_member_removed(struct supernode *sn, struct member *m);
uint64_t sources_tick(struct supernode *sn, uint64_t now);
bool group_renew(struct supernode *sn, struct sn_group *g);        /* a new generation when the members are others */
size_t members_send(struct supernode *sn, const struct sn_group *g, const struct lease *l, uint64_t now);  /* bytes */

/* push.c: what they are told. */
void push_soon(struct supernode *sn, uint64_t now, struct sn_group *g, uint64_t delay_ms); /* something has changed */
void push_all_soon(struct supernode *sn, uint64_t now, struct community *c, uint64_t delay_ms);
void push_forget(struct supernode *sn, struct news *n);
void push_asked(struct sn_group *g);     /* it has its first source; it has none any more */
void push_unasked(struct supernode *sn, struct sn_group *g);
uint64_t push_tick(struct supernode *sn, uint64_t now);

/* note.c */
void note_line(const struct supernode *sn, enum note_level level, const struct text *t);
void note_member(struct supernode *sn, uint64_t now, const struct member *m, const char *what);
void note_moved(struct supernode *sn, uint64_t now, const struct member *m, const struct endpoint *from);
void note_contest(struct supernode *sn, uint64_t now, const struct member *m, const struct request *rq,
                  const char *what);
void note_community(const struct supernode *sn, const struct community *c, const char *what);
void note_loaded(const struct supernode *sn, const struct allowed *a);
void note_full(struct supernode *sn, uint64_t now, const char *what);

#endif
