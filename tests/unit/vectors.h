/* Golden vectors, from files under tests/vectors: "name hex" per line, '#' begins a comment line.
 *
 *	struct vectors vs = vectors_open("v3-plain.txt");
 *	for (struct vector v; vectors_next(&vs, &v); )
 *		...
 *
 * Tests run from the project's root.  A file that cannot be read, or holds nothing, ends the program.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTOR_MAX = 2048 };

struct vector {
	char name[32];
	uint8_t data[VECTOR_MAX];
	size_t len;
};
struct vectors {
	FILE *file;
	const char *path;
	unsigned count;
};

static inline void vectors_fail(const char *file, const char *what)
{
	printf("FAIL tests/vectors/%s: %s\n", file, what);
	exit(1);
}

static inline struct vectors vectors_open(const char *file)
{
	char path[128];
	snprintf(path, sizeof(path), "tests/vectors/%s", file);
	struct vectors vs = { fopen(path, "r"), file, 0 };
	if (!vs.file)
		vectors_fail(file, "cannot be opened; tests are run from the root of the project");
	return vs;
}

static inline bool vectors_parse(struct vector *v, const char *line)
{
	int at = 0;
	unsigned byte;
	if (sscanf(line, "%31s %n", v->name, &at) != 1 || !at)
		return false;
	for (v->len = 0; v->len < VECTOR_MAX && sscanf(line + at, "%2x", &byte) == 1; at += 2)
		v->data[v->len++] = (uint8_t)byte;
	return v->len && (line[at] == '\n' || !line[at]);
}

/* False: that was the last; the file is closed. */
static inline bool vectors_next(struct vectors *vs, struct vector *v)
{
	char line[2 * VECTOR_MAX + 64];
	while (fgets(line, sizeof(line), vs->file)) {
		if (*line == '#' || *line == '\n')
			continue;
		if (!vectors_parse(v, line))
			vectors_fail(vs->path, line);
		vs->count++;
		return true;
	}
	fclose(vs->file);
	if (!vs->count)
		vectors_fail(vs->path, "holds no vector");
	return false;
}

static inline struct vector vector_named(const char *file, const char *name)
{
	struct vectors vs = vectors_open(file);
	for (struct vector v; vectors_next(&vs, &v); ) {
		if (strcmp(v.name, name))
			continue;
		fclose(vs.file);
		return v;
	}
	vectors_fail(file, name);
	exit(1);
}

#endif
