/* Where datagrams come from and go to: what makes one connection another.  An address and a port are enough for UDP,
 * the only transport so far; a stream also has the number that the rim gave it, because it may be closed and another
 * opened from the same port.  All zero: none.
 *
 * Plain addresses (in messages, of sockets and routes) are struct addr.
 */
#ifndef CORE_ENDPOINT_H
#define CORE_ENDPOINT_H

#include "core/addr.h"

enum transport_kind { TRANSPORT_UDP };

struct endpoint {
	struct addr addr;
	uint8_t kind;                   /* enum transport_kind */
	uint32_t connection;            /* 0: UDP has none */
};

static inline struct endpoint endpoint_udp(const struct addr *a)
{
	return (struct endpoint){ .addr = *a, .kind = TRANSPORT_UDP };
}

static inline bool endpoint_is_set(const struct endpoint *ep) { return addr_is_set(&ep->addr); }

static inline bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->kind == b->kind && a->connection == b->connection && addr_equal(&a->addr, &b->addr);
}

static inline uint64_t endpoint_hash(const struct hash_key *key, const struct endpoint *ep)
{
	uint64_t hash = addr_hash(key, &ep->addr);
	return ep->kind == TRANSPORT_UDP ? hash : hash ^ ((uint64_t)ep->kind << 32 | ep->connection) * 0x9e3779b97f4a7c15u;
}

#endif
