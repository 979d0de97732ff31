/* The datagrams of mcping, drawn in mcping(1).  A question (probe or ask) is at least as long as an answer, so
 * that a listener sends nobody more than it got from him.  All integers are big-endian.
 */
#ifndef MCPING_WIRE_H
#define MCPING_WIRE_H

#include "core/bytes.h"

enum {
	MCPING_ANSWER_LEN = 64,
	MCPING_QUESTION_MIN = MCPING_ANSWER_LEN,
	MCPING_TTL_UNKNOWN = 0
};
#define MCPING_SEQ_MAX 0xfffffffeu      /* so that the number behind the last one fits too */

enum mcping_type {
	MCPING_PROBE = 1,               /* to the group */
	MCPING_ASK = 2,                 /* to the group and to each known listener: what did you get? */
	MCPING_PROBE_ANSWER = 3,
	MCPING_ASK_ANSWER = 4
};

struct mcping_question {
	enum mcping_type type;          /* MCPING_PROBE or MCPING_ASK */
	bool answer_wanted;             /* always so in an ask */
	uint8_t ttl;                    /* it was sent with */
	uint64_t run;                   /* random: who does not know it cannot answer */
	uint32_t seq;                   /* of the probe, from 0; of the ask */
	uint32_t sent;                  /* probes that were sent before */
	uint64_t time;                  /* nanoseconds of the sender's clock; he gets it back */
};

/* What a listener got of one run.  None of them ever falls, so of two records the newer has the greater numbers. */
struct mcping_counts {
	uint32_t received;              /* different probes */
	uint32_t duplicated;
	uint32_t reordered;             /* different ones that came after a later one (RFC 4737) */
	uint32_t next;                  /* highest seq + 1; 0: nothing came */
	uint32_t answered;              /* answers to probes */
	uint32_t overflow;              /* dropped by its own full queue, of whatever run */
};

struct mcping_answer {
	enum mcping_type type;          /* MCPING_PROBE_ANSWER or MCPING_ASK_ANSWER */
	uint8_t ttl;                    /* that the question arrived with */
	uint64_t run;                   /* these and seq, time: of the question */
	uint32_t seq;
	uint64_t time;
	uint64_t listener;              /* random, one for each process */
	struct mcping_counts counts;
};

/* Writes len bytes, the head and zeros; len is at least MCPING_QUESTION_MIN. */
void mcping_put_question(uint8_t *to, size_t len, const struct mcping_question *q);
void mcping_put_answer(uint8_t to[static MCPING_ANSWER_LEN], const struct mcping_answer *a);
/* False: it is none. */
MUST_CHECK bool mcping_get_question(struct mcping_question *q, const uint8_t *data, size_t len);
MUST_CHECK bool mcping_get_answer(struct mcping_answer *a, const uint8_t *data, size_t len);

#endif
