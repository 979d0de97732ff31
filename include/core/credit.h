/* Per source, what a stranger may still be answered: as many bytes as he has sent, no more, so that a
 * forged source address gains nothing (no amplification).  Fixed memory: a source that is pushed out
 * of its slot starts at zero again.
 */
#ifndef CORE_CREDIT_H
#define CORE_CREDIT_H

#include "core/addr.h"

struct credits;

struct credits *credits_new(size_t slots, const struct hash_key *key);  /* free with credits_free */
void credits_free(struct credits *c);
/* This source has sent len bytes. */
void credits_earned(struct credits *c, const struct addr *from, size_t len, uint64_t now);
/* May this source be answered with len bytes?  True: they are taken from its credit. */
MUST_CHECK bool credits_spend(struct credits *c, const struct addr *to, size_t len, uint64_t now);

#endif
