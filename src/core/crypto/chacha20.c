#include "chacha20_ways.h"

#define WAY(name, lanes) { #name, lanes, chacha20_##name##_available, chacha20_##name##_blocks }

/* Elsewhere than on x86-64 the plain one is all there is. */
const struct chacha20 chacha20_ways[CHACHA20_WAYS] = {
#if defined(__x86_64__)
	WAY(avx512, 16), WAY(avx2, 8), WAY(plain, 4),
#else
	WAY(plain, 4), WAY(plain, 4), WAY(plain, 4),
#endif
};

/* A wide one that is half empty takes longer than a narrow one that is full. */
const struct chacha20 *chacha20_way(size_t n)
{
	const struct chacha20 *way = chacha20_ways, *last = way + CHACHA20_WAYS - 1;
	while (way < last && (!way->available() || way->lanes >= 2 * n))
		way++;
	return way;
}
