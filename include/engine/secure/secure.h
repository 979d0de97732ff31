/* Secure sessions (castnet(7), SECURE SESSIONS): transform 32, which edges that share a key put between TAP and wire.
 * Pure: the clock is an argument (monotonic milliseconds, never 0), what is drawn at random comes by struct secure_host,
 * all else goes through struct transform (core/transform.h).  Allocates in secure_new() only.
 *
 *	secure_new -> edge_config.transform = secure_transform(s), secure_set_*, secure_wipe_all ... -> secure_free
 */
#ifndef SECURE_SECURE_H
#define SECURE_SECURE_H

#include "core/addr.h"
#include "core/transform.h"
#include "engine/secure/keys.h"

enum {
	SECURE_KEYS_MAX = 2,            /* the first seals, both open: K changes without outage */
	SECURE_DATA_OVERHEAD = 32,      /* of DATA and GROUP, */
	SECURE_OVERHEAD = 44,           /* and of a CALL */
	SECURE_REKEY_MS = 120000        /* the initiator's, as the protocol has it */
};

/* One whom the trust list names. */
struct secure_trusted {
	uint8_t public[SECURE_KEY];
	bool bound;                     /* to this MAC alone */
	uint8_t mac[MAC_LEN];
};
struct secure_trust {
	bool only_listed;               /* false: anybody with the key may join */
	const struct secure_trusted *listed;    /* copied; n at most secure_config.trust_max */
	size_t n;
};

struct secure_config {
	uint8_t community[COMMUNITY_LEN];       /* zero-padded */
	uint8_t mac[MAC_LEN];
	const struct secure_keys *keys;         /* copied */
	size_t keys_n;                          /* 1 or 2 */
	const struct secure_identity *identity; /* copied */
	uint16_t suites;                /* mask of those to offer; suite 0, and 1 only where it is available */
	struct secure_trust trust;
	size_t trust_max;
	size_t peers_max;
	uint64_t rekey_ms;              /* SECURE_REKEY_MS; less only in tests.  The responder waits a quarter longer */
};

/* What happened, for the log: no more often than the state changes, and refusals once for each that is new. */
enum secure_note_kind {
	SECURE_NOTE_SESSION,            /* the first with this peer, or after it was silent */
	SECURE_NOTE_NOT_TRUSTED,        /* the trust list does not name this identity, or names it with another MAC */
	SECURE_NOTE_NOT_OWNER,          /* the MAC is made from another identity */
	SECURE_NOTE_TAKEN               /* the MAC has a live session with another identity */
};
struct secure_note {
	enum secure_note_kind kind;
	uint8_t mac[MAC_LEN];
	uint8_t public[SECURE_KEY];
};

struct secure_host {
	void *ctx;
	void (*random)(void *ctx, void *bytes, size_t len);     /* from the kernel, at this moment */
	void (*note)(void *ctx, const struct secure_note *note);        /* NULL: nobody listens */
};

struct secure;

/* NULL: no memory.  Wipes what it took when it is freed. */
struct secure *secure_new(const struct secure_config *config, const struct secure_host *host, uint64_t now);
void secure_free(struct secure *s);
const struct transform *secure_transform(const struct secure *s);

/* Keys and trust list were read again: who has gone loses his sessions, and the sender key is drawn anew. */
void secure_set_keys(struct secure *s, uint64_t now, const struct secure_keys *keys, size_t n);
void secure_set_trust(struct secure *s, uint64_t now, const struct secure_trust *trust);
/* The host was suspended, restored or cloned: nothing that was secret before is used again. */
void secure_wipe_all(struct secure *s, uint64_t now);

/* Why a frame or payload is refused: X(enum, name in status). */
#define SECURE_REFUSALS(X) \
	X(MALFORMED, "secure_malformed") X(KIND, "secure_unknown_kind") X(TAG, "secure_not_opened") \
	X(REPLAYED, "secure_replayed") X(INDEX, "secure_unknown_index") X(EXPIRED, "secure_session_expired") \
	X(OWN_SOURCE, "secure_own_source") X(FOREIGN_SOURCE, "secure_source_of_other_edge") \
	X(INIT, "secure_init_refused") X(RESPONSE, "secure_response_refused") X(FINISH, "secure_finish_refused") \
	X(RETRY, "secure_retry_refused") X(RATE, "secure_handshake_rate") X(SUITES, "secure_no_common_suite") \
	X(SELF, "secure_own_identity") X(NOT_TRUSTED, "secure_not_trusted") X(NOT_OWNER, "secure_mac_of_other_identity") \
	X(TAKEN, "secure_mac_taken") X(EARLY_FULL, "secure_before_finish_full") X(WAITING_FULL, "secure_waiting_full") \
	X(PEERS_FULL, "secure_peers_full") X(CONTROL, "secure_control_refused") X(FRAME, "secure_frame_refused") \
	X(GROUP_UNICAST, "secure_group_unicast") X(GROUP_SUITE, "secure_group_suite") \
	X(GROUP_KEY, "secure_group_no_key") X(GROUP_FULL, "secure_group_waiting_full") \
	X(GROUP_OLD, "secure_group_before_key") X(SENDER_KEY, "secure_sender_key_refused") \
	X(CALL, "secure_call_refused") X(CALL_RUN, "secure_call_other_run")
enum secure_refusal {
#define X(name, text) SECURE_REFUSED_##name,
	SECURE_REFUSALS(X)
#undef X
	SECURE_REFUSED_N
};

/* What status shows. */
#define SECURE_COUNTS(X) \
	X(handshakes_begun) X(handshakes_answered) X(handshakes_done) X(handshakes_given_up) \
	X(retries_sent) X(retries_taken) X(rekeys) X(probes_sent) X(probes_answered) \
	X(waiting_dropped)              /* frames that waited too long, or for too many others */
struct secure_counts {
#define X(name) uint64_t name;
	SECURE_COUNTS(X)
#undef X
};
struct secure_info {
	struct secure_counts counts;
	size_t peers, sessions, answering;
	size_t waiting_frames, waiting_bytes;
};
struct secure_peer_info {
	uint8_t mac[MAC_LEN];
	bool session;                   /* one seals: the members below are set */
	uint8_t public[SECURE_KEY];
	uint8_t suite;
	uint64_t made;                  /* now of then */
	uint64_t heard;                 /* something opened; 0: never */
	uint64_t handshake;             /* the last that was finished */
	uint64_t rekeys, replays;       /* sessions after the first; messages refused for their counters */
};
struct secure_group_info {
	uint16_t epoch;                 /* of our own sender key */
	uint8_t suite;
	size_t receivers;               /* who were given it */
	size_t sources;                 /* whose sender keys we have */
	size_t held_messages, held_bytes;       /* that wait for the key of their source */
	uint64_t held_dropped;          /* that waited in vain, or did not open then */
};
void secure_info(const struct secure *s, struct secure_info *out);
/* Peers one by one: start with *cursor = 0; false: no more. */
bool secure_peer_next(const struct secure *s, size_t *cursor, struct secure_peer_info *out);
void secure_group_info(const struct secure *s, struct secure_group_info *out);

#endif
