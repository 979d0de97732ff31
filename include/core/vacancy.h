/* Which numbers are taken, in any number of sets; and the vacant one nearest to a number, found in a few steps however
 * many are taken around it.  A set is named by a number of its own, as a hash.
 *
 * Each word tells of 64 numbers which are taken; a word of the level above tells of 64 words which are full, and so on.
 * Only words that are not zero exist.
 */
#ifndef CORE_VACANCY_H
#define CORE_VACANCY_H

#include "core/bytes.h"
#include "core/hash.h"

struct vacancies;

struct vacancies *vacancies_new(const struct hash_key *key, size_t max);        /* room for max numbers in all sets */
void vacancies_free(struct vacancies *v);
/* Twice does no harm.  False: there is no room. */
MUST_CHECK bool vacancy_take(struct vacancies *v, uint64_t set, uint32_t number);
void vacancy_leave(struct vacancies *v, uint64_t set, uint32_t number);
/* The highest vacant number from min to from, or the lowest from from to max; false: all are taken. */
MUST_CHECK bool vacancy_below(struct vacancies *v, uint64_t set, uint32_t from, uint32_t min, uint32_t *found);
MUST_CHECK bool vacancy_above(struct vacancies *v, uint64_t set, uint32_t from, uint32_t max, uint32_t *found);
size_t vacancies_looked_up(const struct vacancies *v);         /* words so far: what the work above comes to */

#endif
