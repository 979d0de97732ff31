#include "mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifdef HAVE_ASAN
size_t __sanitizer_get_current_allocated_bytes(void);   /* its header is not installed everywhere */
#endif

static size_t held;             /* usable bytes of every block taken here */

static void *checked(void *p)
{
	if (!p) {
		fprintf(stderr, "the simulator is out of memory\n");
		exit(1);
	}
	held += malloc_usable_size(p);
	return p;
}

void *mem_new(size_t size)
{
	return checked(calloc(1, size));
}

void mem_free(void *p)
{
	if (p)
		held -= malloc_usable_size(p);
	free(p);
}

void *mem_grow(void *array, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return array;
	*room = *room ? *room * 2 : 16;
	if (array)
		held -= malloc_usable_size(array);
	return checked(realloc(array, *room * size));
}

size_t mem_of_engines(void)
{
#if defined(HAVE_ASAN)
	return __sanitizer_get_current_allocated_bytes() - held;
#elif defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd - held;
#else
	return 0;
#endif
}
