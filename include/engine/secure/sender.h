/* What we seal for groups: our own run and chain with their epochs, the choice of the suite, and the counters of GROUP
 * and CALL.  Times are monotonic milliseconds.
 */
#ifndef SECURE_SENDER_H
#define SECURE_SENDER_H

#include "core/addr.h"
#include "core/transform.h"
#include "engine/secure/sender_key.h"

enum {
	SENDER_LEAST_MS = 2000,         /* the least counter is that of one to two such times ago */
	SENDER_COUNTERS_LOG2 = 60       /* no run seals more messages: then another is drawn */
};

/* All of it is wiped by sender_draw(), and by whoever frees it. */
struct sender {
	struct sender_key key;          /* age and least are of no use here */
	struct sender_seals seals;      /* of this epoch */
	uint64_t since;                 /* the epoch began */
	uint64_t next, calls;           /* counters of the next GROUP and CALL */
	uint64_t past, before;          /* what next was at past_at, and SENDER_LEAST_MS before */
	uint64_t past_at;
	bool given;                     /* to somebody */
	uint16_t offered;               /* suites of all who were given it, and ours */
	uint64_t draws;
	uint8_t call_key[AEAD_KEY];
};

/* Another run, which nobody was given.  random: RUN and CHAIN, drawn for this; call_key is made anew by
 * sender_set_call_key(). */
void sender_draw(struct sender *s, uint64_t now, const uint8_t run[static SENDER_RUN],
                 const uint8_t chain[static SENDER_CHAIN], uint16_t suites);
/* ak: of the community; mac: our own. */
void sender_set_call_key(struct sender *s, const uint8_t ak[static AEAD_KEY], const uint8_t mac[static MAC_LEN]);
/* Steps on to the epoch of now.  Returns when the next one begins. */
uint64_t sender_turn(struct sender *s, uint64_t now);
/* Is there a counter for each of n more GROUPs and CALLs?  If not, another run has to be drawn. */
MUST_CHECK bool sender_lasts(const struct sender *s, size_t n);
/* The body of CONTROL 3 for somebody who offers these suites. */
void sender_tell(struct sender *s, uint64_t now, uint16_t suites, uint8_t body[static SENDER_KEY_LEN]);
MUST_CHECK uint8_t sender_suite(const struct sender *s);
/* s->frames into s->room: GROUPs, or the one CALL. */
void sender_seal(struct sender *s, uint64_t now, struct seal *seal);
void sender_seal_call(struct sender *s, struct seal *seal);

#endif
