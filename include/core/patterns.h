/* Many patterns, matched against a name at once.  Every symbol of every pattern has a bit, all of them side by side, and
 * for each byte there is a row of bits: the symbols that it matches.  So a byte of the name costs a few operations on
 * 64 symbols together.
 */
#ifndef CORE_PATTERNS_H
#define CORE_PATTERNS_H

#include "core/pattern.h"

struct patterns;

struct patterns *patterns_new(const struct pattern *pattern, size_t n);         /* NULL: no memory */
void patterns_free(struct patterns *ps);
size_t patterns_words(const struct patterns *ps);       /* what a byte of a name costs */
bool patterns_match(struct patterns *ps, const void *name, size_t len);         /* does any of them? */

#endif
