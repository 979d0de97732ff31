/* Memory of the simulator itself, counted, so that what the engines hold is the rest: a simulation
 * asserts that this rest does not grow.
 */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include <stddef.h>

void *mem_new(size_t size);                     /* zeroed; ends the program when there is none */
void mem_free(void *p);
/* Makes room for one more element in a growing array of size-byte elements. */
void *mem_grow(void *array, size_t n, size_t *room, size_t size);
/* Bytes that this process has allocated elsewhere; 0: this C library does not tell. */
size_t mem_of_engines(void);

#endif
