/* The token that an edge draws: twelve random bytes, and four that follow from them.  To n2n it is as good as any other.
 * It tells our supernode that this edge answers whenever it is asked whether it lives, with p2p and without.
 */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include "core/bytes.h"
#include "core/hash.h"
#include "core/wire.h"

enum { TOKEN_LEN = 16, TOKEN_DRAWN = 12 };

static inline void token_mark(uint8_t token[static TOKEN_LEN])
{
	put_be32(token + TOKEN_DRAWN, pearson32(token, TOKEN_DRAWN));
}

static inline bool token_is_marked(const struct wire_auth *a)
{
	return a->scheme == AUTH_SIMPLE_ID && a->len == TOKEN_LEN
	       && get_be32(a->token + TOKEN_DRAWN) == pearson32(a->token, TOKEN_DRAWN);
}

#endif
