/* The destinations of the routes by some links, in bounded memory: kept up to date by what the kernel announces, so that
 * "may this go there?" costs no question.  Rather one too many than one too few: routes that vanish unannounced stay in.
 */
#ifndef IO_PREFIXES_H
#define IO_PREFIXES_H

#include "core/addr.h"

enum { PREFIXES_MAX = 256 };

struct prefix {
	struct addr to;                 /* host bits zero, port 0 */
	uint8_t len;
	uint64_t route, way;            /* which of those to that destination, and of its ways: hashes, the caller's */
};
struct prefixes {                       /* all zero: none */
	bool overflowed;                /* some are missing: everything may be among them */
	size_t n;
	struct prefix at[PREFIXES_MAX];
};

void prefixes_add(struct prefixes *ps, const struct prefix *p);
void prefixes_remove(struct prefixes *ps, const struct prefix *p);
/* All ways of that route: another one takes its place. */
void prefixes_replaced(struct prefixes *ps, const struct prefix *p);
bool prefixes_cover(const struct prefixes *ps, const struct addr *a);

#endif
