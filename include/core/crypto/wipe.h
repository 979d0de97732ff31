/* What every primitive needs: bytes that are gone when they are wiped, and a comparison that does not tell by
 * its time where two secrets differ.
 */
#ifndef CORE_CRYPTO_WIPE_H
#define CORE_CRYPTO_WIPE_H

#include "core/bytes.h"

/* Zeroes that the compiler may not leave out: it must believe that somebody reads them. */
static inline void wipe(void *secret, size_t len)
{
	memset(secret, 0, len);
	__asm__ __volatile__("" : : "r"(secret) : "memory");
}

/* What functions that the caller called have left of their variables on the stack, WIPED_STACK bytes deep: variables
 * that wipe() is given must live in memory instead of in registers, and registers are saved on the stack too.  These
 * functions are OUT_OF_LINE, or their variables would be the caller's. */
#define OUT_OF_LINE __attribute__((noinline))
enum { WIPED_STACK = 4096 };
static OUT_OF_LINE __attribute__((unused)) void wipe_stack(void)
{
	uint8_t stack[WIPED_STACK];
	wipe(stack, sizeof(stack));
}

/* A number that the compiler knows nothing about, so that it cannot make a branch of what is done with it. */
static inline uint64_t opaque(uint64_t value)
{
	__asm__("" : "+r"(value));
	return value;
}

/* In a time that depends on len alone. */
MUST_CHECK static inline bool same_secret(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t differ = 0;
	for (size_t i = 0; i < len; i++)
		differ |= opaque(a[i] ^ b[i]);
	return !differ;
}

#endif
