/* Who answers a sender: what each of them says that it got, and how long its answers took.
 *
 *	responders_new -> responders_answer ... -> responders_free
 */
#ifndef MCPING_RESPONDERS_H
#define MCPING_RESPONDERS_H

#include "core/addr.h"
#include "engine/mcping/times.h"
#include "engine/mcping/wire.h"

enum { RESPONDERS_MAX = 1024, RESPONDERS_WINDOW = 1 << 16 };

struct responder {
	struct addr addr;               /* where it answers from, as last seen */
	uint32_t zone;                  /* of a link-local address; only handed through */
	uint64_t id;                    /* each listener has its own, whatever addresses it has */
	struct mcping_counts counts;    /* the newest that it told */
	uint32_t asks;                  /* 1 + the newest ask that it has answered; 0: none */
	uint8_t ttl;                    /* that the newest probe arrived with; asks go by unicast too */
	uint32_t answers;               /* different answers to probes that came here */
	uint32_t answers_again;
	struct times round_trip;
	struct seen *seen;
};

struct responders;

struct responders *responders_new(uint64_t run);        /* NULL: no memory */
void responders_free(struct responders *rs);            /* NULL is fine */
/* An answer that came at now, both times of the sender's clock.  False: not to this run, or out of sense. */
bool responders_answer(struct responders *rs, const struct addr *from, uint32_t zone, const struct mcping_answer *a,
                       uint32_t sent, uint64_t now);

size_t responders_count(const struct responders *rs);
const struct responder *responders_at(const struct responders *rs, size_t i);   /* in the order they came */
uint64_t responders_refused(const struct responders *rs);       /* answers of those beyond RESPONDERS_MAX */

uint32_t responder_lost(const struct responder *r, uint32_t sent);
/* Answers that it sent and that did not come. */
uint32_t responder_answers_lost(const struct responder *r);
bool responder_exact(const struct responder *r, uint32_t sent);         /* everything, exactly once */
size_t responders_exact(const struct responders *rs, uint32_t sent);
/* Asked at the end it has said that it got all; or what it got, to ask number `asks` or a later one, counted from 1:
 * what it misses may be late only. */
bool responder_settled(const struct responder *r, uint32_t sent, uint32_t asks);
bool responders_settled(const struct responders *rs, uint32_t sent, uint32_t asks);

#endif
