/* What is known of the sender key of another edge, a source: its run, its chain with the epochs, and which of its
 * messages were opened.  And of its CALLs, which need none of that.
 */
#ifndef SECURE_SOURCE_H
#define SECURE_SOURCE_H

#include "core/replay.h"
#include "core/transform.h"
#include "engine/secure/call.h"

enum {
	SOURCE_KEEP_MS = 600000,        /* after last use */
	SOURCE_PAST_MS = 15000,         /* messages of the epoch before open for so long */
	SOURCE_WORDS = 64               /* of the window: 4032 messages */
};

struct source {
	uint8_t mac[MAC_LEN];
	uint64_t draw;                  /* of our own sender key that it was given; 0: none */
	struct call_runs calls;
	bool known;                     /* its sender key: all below is set */
	struct sender_key key;          /* of this epoch; least: nothing below it opens */
	struct sender_seals past, present, next;        /* of the epoch before (while past_until), of this one, and after it */
	uint64_t since, past_until;     /* this epoch began; 0: there is no epoch before */
	uint64_t session;               /* the youngest that told it */
	uint64_t used;
	struct replay window;
	uint64_t seen[SOURCE_WORDS];
};

/* Steps on to what holds now; forgets the key when it was not used for too long.  Returns when it is due again. */
uint64_t source_turn(struct source *s, uint64_t now);
void source_forget_key(struct source *s);
/* False: another run from a session that is not younger than the one that told the present run. */
MUST_CHECK bool source_told(struct source *s, uint64_t now, uint64_t session, const struct sender_key *told);

/* Whether the key of a message is there. */
MUST_CHECK bool source_has(const struct source *s, uint64_t now, const struct group_header *header);
/* Opens in place n payloads (GROUP_HEADER + what is sealed) whose headers are alike but for the counter, after
 * source_turn() and source_has().  result: OPEN_FRAME, or OPEN_REFUSED + enum secure_refusal. */
void source_open(struct source *s, uint64_t now, const struct group_header *header, struct burst_frame *payload, size_t n,
                 uint8_t *result);

#endif
