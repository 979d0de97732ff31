/* Whether the machine has VAES.  Clang learnt to ask for it by name after version 16; whatever has VPCLMULQDQ,
 * which came with it, has both.
 */
#ifndef VAES_H
#define VAES_H

#include <stdbool.h>

static inline bool has_vaes(void)
{
#ifdef __clang__
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("vpclmulqdq");
#else
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("vaes");
#endif
}

#endif
