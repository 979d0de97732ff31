#include "aegis128l_ways.h"

#if defined(__aarch64__) && defined(__AARCH64EL__)
#include <sys/auxv.h>

enum { LANES = 1, HWCAP_BIT_AES = 1 << 3 };
#define TARGET
typedef uint64_t block __attribute__((vector_size(16)));

/* AESE adds its key before the round and so gets zeros; the two run as one where they stand together.  In
 * assembly because clang knows these instructions only where the whole file may use them. */
INLINE block block_aes(block in, block key)
{
	const block zeros = { 0 };
	__asm__(".arch_extension aes\n\taese %0.16b, %1.16b\n\taesmc %0.16b, %0.16b" : "+w"(in) : "w"(zeros));
	return in ^ key;
}

INLINE block block_xor(block a, block b) { return a ^ b; }
INLINE block block_xor_and(block a, block b, block c) { return a ^ (b & c); }

INLINE block block_load(const uint8_t *const at[static LANES], size_t i)
{
	block v;
	memcpy(&v, at[0] + i, sizeof(v));
	return v;
}

INLINE void block_store(uint8_t *const at[static LANES], size_t i, block v)
{
	memcpy(at[0] + i, &v, sizeof(v));
}

bool aegis128l_arm_available(void) { return getauxval(AT_HWCAP) & HWCAP_BIT_AES; }

#define SEAL aegis128l_arm_seal
#define OPEN aegis128l_arm_open
#include "aegis128l_lanes.h"
#endif
