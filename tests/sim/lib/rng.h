/* The one source of chance in a simulation: everything random comes from the seed of its world. */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng { uint64_t state; };

static inline uint64_t rng_u64(struct rng *r)           /* splitmix64 */
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return n ? (uint32_t)((rng_u64(r) >> 32) * n >> 32) : 0;
}
static inline uint32_t rng_between(struct rng *r, uint32_t low, uint32_t high)
{
	return low + rng_below(r, high - low + 1);
}
static inline bool rng_chance(struct rng *r, uint32_t permille) { return rng_below(r, 1000) < permille; }
static inline void rng_bytes(struct rng *r, void *out, size_t len)
{
	uint8_t *p = out;
	while (len--)
		*p++ = (uint8_t)(rng_u64(r) >> 56);
}

#endif
