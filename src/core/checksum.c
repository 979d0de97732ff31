/* Sums are made of words in the order of this machine: the sum of swapped words is the swapped sum (RFC 1071,
 * section 2B), so that only checksum_fold() has to know.  Words of 32 and 64 bits are sums of words of 16, as
 * 2^16 is 1 modulo 2^16 - 1.
 */
#include "core/checksum.h"

/* Four sums at a time, in whatever vector registers the target has. */
typedef uint64_t lanes __attribute__((vector_size(32)));
enum { LANES = 4, BLOCK = 2 * sizeof(lanes), WORTH_ASKING = 2 * BLOCK };

#define INLINE static inline __attribute__((always_inline))

/* Addition modulo 2^64 - 1: what leaves at the top comes in again below. */
INLINE uint64_t add(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

/* The same number modulo 2^16 - 1 in 33 bits, and 0 only for 0. */
INLINE uint64_t narrow(uint64_t sum) { return (sum & UINT32_MAX) + (sum >> 32); }

INLINE uint64_t add_words(uint64_t sum, struct rd *r)
{
	uint64_t word;
	while (rd_left(r) >= sizeof(word)) {
		memcpy(&word, rd_take(r, sizeof(word)), sizeof(word));
		sum = add(sum, word);
	}
	return sum;
}

/* What is left of less than 8 bytes, by 4, 2 and 1: the last of them is the first of a word with a 0. */
INLINE uint64_t add_rest(uint64_t sum, struct rd *r)
{
	uint32_t four = 0;
	uint16_t two = 0, one = 0;
	if (rd_left(r) >= 4)
		memcpy(&four, rd_take(r, 4), 4);
	if (rd_left(r) >= 2)
		memcpy(&two, rd_take(r, 2), 2);
	if (rd_left(r) >= 1)
		memcpy(&one, rd_take(r, 1), 1);
	return add(sum, (uint64_t)four + two + one);
}

/* By pointer: as a result it would have to stand in a register that not every function may know. */
INLINE void take_lanes(lanes *v, struct rd *r) { memcpy(v, rd_take(r, sizeof(*v)), sizeof(*v)); }

/* Each lane takes one number of 32 bits of every vector: it cannot overflow before 2^32 vectors.  Named one by
 * one, the sums stay in registers. */
INLINE uint64_t add_all(uint64_t sum, const void *data, size_t len)
{
	struct rd r = rd_of(data, len);
	lanes low = { 0 }, high = { 0 }, low2 = { 0 }, high2 = { 0 };
	while (rd_left(&r) >= BLOCK) {
		lanes v, w;
		take_lanes(&v, &r);
		take_lanes(&w, &r);
		low += v & UINT32_MAX;
		high += v >> 32;
		low2 += w & UINT32_MAX;
		high2 += w >> 32;
	}
	low += low2 + high + high2;
	for (size_t i = 0; i < LANES; i++)
		sum = add(sum, low[i]);
	return narrow(add_rest(add_words(sum, &r), &r));
}

static uint64_t add_plain(uint64_t sum, const void *data, size_t len) { return add_all(sum, data, len); }

#if defined(__x86_64__) || defined(__i386__)
__attribute__((target("avx2")))
static uint64_t add_avx2(uint64_t sum, const void *data, size_t len) { return add_all(sum, data, len); }

static bool has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#else
static uint64_t add_avx2(uint64_t sum, const void *data, size_t len) { return add_plain(sum, data, len); }
static bool has_avx2(void) { return false; }
#endif

uint64_t checksum_add(uint64_t sum, const void *data, size_t len)
{
	if (len >= WORTH_ASKING)
		return has_avx2() ? add_avx2(sum, data, len) : add_plain(sum, data, len);
	struct rd r = rd_of(data, len);
	sum = add_words(sum, &r);
	return narrow(add_rest(sum, &r));
}

uint16_t checksum_fold(uint64_t sum)
{
	uint8_t bytes[2];
	sum = narrow(narrow(sum));
	for (int i = 0; i < 3; i++)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	uint16_t word = (uint16_t)~sum;
	memcpy(bytes, &word, sizeof(bytes));
	return get_be16(bytes);
}

uint64_t checksum_pseudo(const uint8_t *addresses, size_t addresses_len, uint8_t protocol, size_t len)
{
	return checksum_add(0, addresses, addresses_len) + checksum_word(protocol) +
	       checksum_word((uint16_t)(len >> 16)) + checksum_word((uint16_t)len);
}
