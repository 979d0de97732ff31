/* What every fuzzer includes: the entry point, and FUZZ_CHECK() for what must hold of any input. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FUZZ_CHECK(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond); \
		abort(); \
	} } while (0)

/* Input as text of at most size - 1 characters. */
static inline void fuzz_text(char *out, size_t size, const uint8_t *data, size_t len)
{
	if (len > size - 1)
		len = size - 1;
	if (len)
		memcpy(out, data, len);
	out[len] = 0;
}

#endif
