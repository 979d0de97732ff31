/* The account of every frame: who sent it to whom, and who got it how often.  What a copy brought (see
 * net.h) is counted apart: the network made it, not an engine.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

enum { LEDGER_GROUP = UINT32_MAX };

struct ledger;
struct entry_view {
	enum frame_kind kind;
	uint32_t from, to;              /* numbers of members; to LEDGER_GROUP: all of the community */
	unsigned community;
	bool answered;
};

struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);
/* A frame is about to be sent; returns its number.  answers: the ping that a pong answers. */
uint32_t ledger_add(struct ledger *l, const struct entry_view *e, uint32_t answers, unsigned members);
bool ledger_knows(const struct ledger *l, uint32_t id);
struct entry_view ledger_view(const struct ledger *l, uint32_t id);
/* Member number "slot" of the community got it. */
void ledger_copy_came(struct ledger *l, uint32_t id, unsigned slot);    /* a duplicated datagram, delivered or not */
void ledger_got(struct ledger *l, uint32_t id, unsigned slot, bool copy);
unsigned ledger_times(const struct ledger *l, uint32_t id, unsigned slot);      /* without copies */
bool ledger_arrived(const struct ledger *l, uint32_t id, unsigned slot);        /* in any way */
uint64_t ledger_deliveries(const struct ledger *l);
uint64_t ledger_copies(const struct ledger *l);
/* Forgets the frames, not their numbers: what is delivered later is an error. */
void ledger_forget(struct ledger *l);

#endif
