/* What the files of secure sessions share.
 *
 *	secure.c	life, keys, trust list, status
 *	forward.c	what goes out and comes in (struct transform); release.c: what has waited
 *	peer.c		edges that we talk to, by MAC; which session seals
 *	attempt.c	handshakes that we began; answer.c: those of others; retry.c: cookies and what is spent on strangers
 *	session.c	keys, counters and windows of one session; messages of kind DATA and CONTROL
 *	owner.c		who may have a MAC, and send frames from it
 *	control.c	CONTROL: probes, answers, sender keys
 *	parcel.c	frames and messages that wait; saying.c: our own messages that go out
 *
 * A time of 0 means never.
 */
#ifndef SECURE_STATE_H
#define SECURE_STATE_H

#include "core/bucket.h"
#include "core/buf.h"
#include "core/crypto/aead.h"
#include "core/crypto/wipe.h"
#include "core/handshake.h"
#include "core/hash.h"
#include "core/pool.h"
#include "core/replay.h"
#include "core/table.h"
#include "engine/secure/group.h"
#include "engine/secure/secure.h"

enum { KIND_INIT = 1, KIND_RESPONSE, KIND_FINISH, KIND_DATA, KIND_CONTROL, KIND_GROUP, KIND_CALL, KIND_RETRY };
enum { CONTROL_PROBE = 1, CONTROL_ANSWER, CONTROL_SENDER_KEY, CONTROL_SEND_YOURS };
enum { SESSION_HEADER = 16, SESSION_OVERHEAD = SESSION_HEADER + AEAD_TAG, CONTROL_HEADER = 4, PROBE_ID = 8 };
enum { CONTROL_MAX = CONTROL_HEADER + SENDER_KEY_LEN };        /* content of those that we send */

enum {
	INIT_GIVE_UP_MS = 15000,        /* after the first INIT */
	FINISH_GIVE_UP_MS = 8000,       /* a session that nothing has come by */
	ANSWER_MS = 15000, ANSWERS_MAX = 1024, ANSWERS_PER_MAC = 3,
	AGAIN_MS = 250,                 /* between two of the same message by one way */
	YIELD_MS = 1000,                /* both at once: the lower MAC does not answer for so long */
	EARLY_MS = 3000, EARLY_MAX = 64,
	REKEY_JITTER_MS = 12000,        /* the responder's; at SECURE_REKEY_MS */
	SEALS_MS = 180000, OPENS_MS = 195000,
	SESSIONS_PER_PEER = 3,
	SILENT_MS = 5000, UNHEARD_MS = 2000, BEGIN_AGAIN_MS = 5000,
	TAKEN_MS = 3000,                /* so long the holder of a MAC has to show that it lives */
	PROBE_MS = 1000, PROBE_OLD_MS = 10000, PROBES = 4,
	COOKIE_MS = 60000,
	WAITING_FRAMES = 64, WAITING_BYTES = 128 * 1024, WAITING_ALL = 16 * 1024 * 1024,
	BUSY_TICK_MS = 10, BEGUN_PER_TICK = 32, AGE_TICK_MS = 500,
	SAYINGS = 512, NOTED = 16,
	RELEASED = 256 * 1024
};
#define SEALS_MESSAGES (UINT64_C(1) << 60)

enum role { RESPONDER, INITIATOR };

/* How a message came, and its answer goes. */
struct way {
	bool relayed;
	struct endpoint from;
};

/* parcel.c: bytes that wait, in pieces of one pool, first in first out. */
enum { PIECE = 1024 };
struct piece {
	struct piece *next;             /* of this parcel, or the first of the next one */
	bool last;                      /* of its parcel */
	uint64_t at;
	struct way way;
	size_t len;                     /* of the parcel, in its first piece */
	uint8_t bytes[PIECE];
};
struct parcels {
	struct piece *first, *last;
	size_t n, bytes;
};

/* What is known by one of our indices begins with this. */
enum place_kind { PLACE_ATTEMPT, PLACE_ANSWER, PLACE_SESSION };
struct place {
	uint32_t index;                 /* ours: drawn at random */
	enum place_kind kind;
	bool in_table;
};

struct session {
	struct place place;
	struct peer_state *peer;
	struct session *next;           /* of the same peer, the younger first */
	enum role role;
	uint32_t receiver;              /* the peer's index */
	uint8_t suite, key;             /* key: of the community */
	uint16_t suites;                /* that the peer offers */
	uint8_t seals[AEAD_KEY], opens[AEAD_KEY];
	uint64_t counter;               /* of the next message */
	uint64_t serial;                /* rises with each session */
	uint64_t made, rekey_at, heard;
	uint64_t confirmed;             /* serial of its confirmation; 0: not yet */
	uint64_t told_at;               /* our sender key */
	uint8_t public[NOISE_KEY];
	/* The last message of the handshake: ours, which is repeated until the session is confirmed, or the tag of the peer's,
	 * by which one that is repeated is known. */
	uint8_t finish[HANDSHAKE_FINISH_LEN], came[NOISE_TAG];
	struct way way;
	unsigned finishes;
	uint64_t finish_due, finish_at;
	struct replay replay;
	uint64_t seen[REPLAY_WORDS];
};

/* A handshake that we began. */
struct attempt {
	struct place place;
	struct noise noise;
	uint8_t init[HANDSHAKE_INIT_LEN];
	bool on, retried;
	bool ended;                     /* there is no use in it, and no other is begun before its time is over */
	uint8_t key;
	uint64_t began, sent_at, due;   /* sent_at: this INIT, the first time */
	unsigned sent;
};

struct probing {
	struct endpoint to;             /* none: by the relay */
	uint8_t id[PROBE_ID];
	uint64_t wanted, at;            /* at: sent last */
	bool roamed;                    /* because a message came from there */
};

struct peer_state {
	uint8_t mac[MAC_LEN];
	uint64_t hash, added;
	struct attempt attempt;
	struct session *sessions, *sealing;
	size_t sessions_n;
	struct parcels waiting;         /* frames for it */
	struct parcels early;           /* what came before FINISH, by the session below */
	struct session *early_by;
	uint64_t began;                 /* the last handshake */
	uint64_t heard;                 /* something opened */
	uint64_t unanswered;            /* the first that went out since */
	uint64_t probed;                /* by the way in use */
	uint64_t taken;                 /* somebody else claims the MAC since then */
	struct endpoint path;           /* from where a probe was answered last */
	struct probing probes[PROBES];
	uint64_t handshake, rekeys, replays;
	bool younger;                   /* another session is to tell it our sender key: by this one it takes no other */
	bool busy;
	struct peer_state *next_busy, *prev_busy;
	bool releasing;                 /* what waits may go on */
	struct peer_state *next_releasing;
};

/* A handshake of somebody else that we answer. */
struct answer {
	struct place place;
	struct answer *older, *younger;
	struct noise noise;
	uint8_t mac[MAC_LEN], key, suite;
	uint64_t hash, at, sent[2];     /* sent: RESPONSE, directly and by the relay */
	uint32_t receiver;
	uint16_t suites;
	uint8_t ephemeral[NOISE_KEY], response[HANDSHAKE_RESPONSE_LEN];
	struct parcels early;
};

/* retry.c */
struct retry {
	uint8_t secret[2][32];          /* the last two */
	uint64_t drawn;
	struct bucket cookies, strangers, sent;         /* right cookies, INITs without, RETRYs */
};

/* saying.c */
enum { SAYING_LEN = 112 };
struct saying {
	enum transform_way how;
	uint8_t edge[MAC_LEN];
	struct endpoint to;
	bool roamed;
	uint64_t asked;
	size_t len;
	uint8_t bytes[SAYING_LEN];
};
struct sayings {
	struct saying at[SAYINGS];
	size_t first, n;
	struct burst_frame frame;       /* of the one that was taken last */
};

/* Frames that were held and go to the TAP, where they are looked at until the turn ends: after the next tick at the
 * earliest, whenever in its turn the rim ticks. */
struct released {
	uint8_t bytes[2][RELEASED];
	size_t half, used;
};

struct community_key {
	struct secure_keys keys;
	struct noise_psk psk;
};

struct secure {
	struct transform transform;
	struct secure_host host;
	struct hash_key hash;
	uint8_t community[COMMUNITY_LEN], mac[MAC_LEN];
	struct community_key keys[SECURE_KEYS_MAX];
	size_t keys_n;
	struct noise_static own;
	uint16_t suites;
	struct secure_trusted *trusted;
	size_t trusted_n, trusted_max;
	bool only_listed;
	uint64_t rekey_ms, serial;

	struct pool peers, sessions, answers, pieces;
	struct table *by_mac, *by_index, *answers_by_mac;
	struct answer *oldest, *youngest;
	struct peer_state *busy, *releasing;
	struct retry retry;
	struct bucket unknown, keyless; /* handshakes because of an index, a group's key that is not known */
	struct sayings sayings;
	struct released *released;
	struct secure_groups *groups;
	uint64_t busy_due, age_due, groups_due;
	size_t begun;                   /* in this tick, for their sender keys' sake */
	uint8_t sealed[BUF_FRAME_MAX + SESSION_OVERHEAD];       /* what waited, on its way out */
	struct burst_frame frame;       /* the one that next() has handed out */
	uint8_t last_source[MAC_LEN];   /* looked up last in this call: no other edge's */
	struct secure_note noted[NOTED];
	size_t noted_at;
	struct secure_counts counts;
};

static inline bool within(uint64_t at, uint64_t now, uint64_t ms) { return at && now - at < ms; }
static inline uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline struct way way_of(const struct opening *o)
{
	return (struct way){ o->relayed, *o->from };
}
#define OPENED SECURE_REFUSED_N         /* not refused */

/* peer.c */
struct peer_state *secure_peer_find(const struct secure *s, const uint8_t mac[static MAC_LEN]);
struct peer_state *secure_peer_get(struct secure *s, uint64_t now, const uint8_t mac[static MAC_LEN]);     /* NULL: full */
void secure_peer_remove(struct secure *s, struct peer_state *p);
void secure_peer_choose(struct secure *s, uint64_t now, struct peer_state *p);         /* which session seals */
struct session *secure_peer_sealing(struct secure *s, uint64_t now, struct peer_state *p);     /* NULL: none */
bool secure_peer_is_live(const struct peer_state *p, uint64_t now);    /* it has a session that opens */
void secure_peer_busy(struct secure *s, struct peer_state *p);
void secure_peer_release(struct secure *s, struct peer_state *p);      /* what waits may go on: by next() */
/* A handshake is over: the sender key goes first by the new session. */
void secure_peer_established(struct secure *s, uint64_t now, struct session *ss);
void secure_peer_heard(struct secure *s, uint64_t now, struct session *by, const struct way *way);
uint64_t secure_peers_tick(struct secure *s, uint64_t now);
void secure_peers_end(struct secure *s);        /* all of them */

/* session.c */
void secure_place_add(struct secure *s, struct place *pl, enum place_kind kind);       /* draws its index */
void secure_place_remove(struct secure *s, struct place *pl);
struct place *secure_place_find(const struct secure *s, uint32_t index);
struct session *secure_session_new(struct secure *s, uint64_t now, struct peer_state *p, struct place *inherited);
void secure_session_end(struct secure *s, struct session *ss);
/* frames: data and len of each, SESSION_HEADER bytes of room before it and a tag's behind; *end: SESSION_HEADER bytes
 * before each were written.  False: it may not seal so many any more. */
MUST_CHECK bool session_seal(struct session *ss, uint8_t kind, struct aead_frame *frames, size_t n);
/* Payloads of one session and kind, opened in place: result[] is OPENED or why not. */
void session_open(struct session *ss, struct burst_frame *payload, uint8_t *result, size_t n);
static inline bool session_may_seal(const struct session *ss, uint64_t now)
{
	return now - ss->made < SEALS_MS && ss->counter < SEALS_MESSAGES;
}
static inline bool session_may_open(const struct session *ss, uint64_t now) { return now - ss->made < OPENS_MS; }

/* attempt.c */
void secure_begin(struct secure *s, uint64_t now, struct peer_state *p);        /* unless one has been begun */
bool secure_begin_again(struct secure *s, uint64_t now, struct peer_state *p);  /* not within 5 s after the last */
void secure_attempt_end(struct secure *s, struct peer_state *p);
uint64_t secure_attempt_tick(struct secure *s, uint64_t now, struct peer_state *p);
enum secure_refusal secure_response(struct secure *s, uint64_t now, const struct opening *o, const uint8_t *data, size_t len);
enum secure_refusal secure_retry(struct secure *s, uint64_t now, const struct opening *o, const uint8_t *data, size_t len);
uint64_t secure_finish_tick(struct secure *s, uint64_t now, struct session *ss);       /* may end it */

/* answer.c */
enum secure_refusal secure_init(struct secure *s, uint64_t now, const struct opening *o, const uint8_t *data, size_t len);
enum secure_refusal secure_finish(struct secure *s, uint64_t now, const struct opening *o, const uint8_t *data, size_t len);
/* DATA or CONTROL before FINISH.  OPENED: kept. */
enum secure_refusal secure_early(struct secure *s, uint64_t now, const struct opening *o, struct answer *a,
                                 const struct burst_frame *payload);
bool secure_is_answering(const struct secure *s, const uint8_t mac[static MAC_LEN]);
void secure_answers_age(struct secure *s, uint64_t now);
void secure_answers_end(struct secure *s);
void secure_prologue(const struct secure *s, struct noise *n, size_t key, const uint8_t initiator[static MAC_LEN],
                     const uint8_t responder[static MAC_LEN]);

/* retry.c */
void retry_begin(struct secure *s, uint64_t now);
bool retry_is_right(struct secure *s, uint64_t now, const uint8_t mac[static MAC_LEN], const uint8_t cookie[static 16]);
enum secure_refusal retry_say(struct secure *s, uint64_t now, const struct opening *o, size_t key, uint32_t receiver,
                              const uint8_t ephemeral[static NOISE_KEY]);

/* owner.c: OPENED, or why this identity may not have the MAC. */
enum secure_refusal owner_refused(struct secure *s, uint64_t now, const uint8_t mac[static MAC_LEN],
                                  const uint8_t public[static NOISE_KEY]);
bool owner_is_trusted(const struct secure *s, const uint8_t mac[static MAC_LEN], const uint8_t public[static NOISE_KEY]);
void owner_tick(struct secure *s, uint64_t now, struct peer_state *p);

/* control.c */
enum secure_refusal control_in(struct secure *s, uint64_t now, struct session *by, const struct way *way,
                               const uint8_t *content, size_t len);
void control_probe(struct secure *s, uint64_t now, struct peer_state *p, const struct endpoint *to, bool roamed);
void control_probe_used(struct secure *s, uint64_t now, struct peer_state *p); /* by the way in use; once a second */
void control_probe_wanted(struct secure *s, uint64_t now, struct peer_state *p);       /* all that were before there was a session */
void control_tell(struct secure *s, uint64_t now, struct session *ss);
void control_tell_again(struct secure *s, uint64_t now, struct session *ss);   /* at most 4 times a second */
void control_ask(struct secure *s, uint64_t now, struct session *ss);

/* parcel.c */
bool parcel_put(struct secure *s, uint64_t now, struct parcels *list, const struct burst_frame *f, const struct way *way);
void parcel_drop(struct secure *s, struct parcels *list);       /* the first */
void parcels_drop(struct secure *s, struct parcels *list);      /* all */
/* Copies the first and drops it. */
void parcel_take(struct secure *s, struct parcels *list, uint8_t *out, struct way *way);

/* saying.c: messages of ours for next().  They are copied; NULL: no room. */
struct saying *saying_add(struct secure *s, enum transform_way how, const uint8_t edge[static MAC_LEN], const void *bytes,
                          size_t len);
void saying_answer(struct secure *s, const uint8_t edge[static MAC_LEN], const struct way *way, const void *bytes, size_t len);
bool saying_next(struct secure *s, struct transform_say *out);

/* forward.c: struct transform. */
enum sealing forward_seal(void *ctx, uint64_t now, struct seal *sl);
void forward_open(void *ctx, uint64_t now, struct opening *o);
bool forward_next(void *ctx, uint64_t now, struct transform_say *out);
uint64_t forward_tick(void *ctx, uint64_t now);
void forward_probe(void *ctx, uint64_t now, const uint8_t edge[static MAC_LEN], const struct endpoint *to);

/* secure.c */
void secure_note(struct secure *s, enum secure_note_kind kind, const uint8_t mac[static MAC_LEN],
                 const uint8_t public[static NOISE_KEY]);

/* release.c */
bool release_next(struct secure *s, uint64_t now, struct transform_say *out);
bool release_group(struct secure *s, uint64_t now, struct transform_say *out);

/* owner.c: whose frame it is.  OPENED, or why it is not delivered. */
enum secure_refusal secure_source_refused(struct secure *s, uint64_t now, const uint8_t edge[static MAC_LEN],
                                          const struct burst_frame *f);

#endif
