/* Known answers of the primitives: bytes in hex, lines of the files wycheproof-*.txt, and the golden vectors
 * secure-*.txt, sections of "name = value" lines.
 */
#ifndef HEX_H
#define HEX_H

#include <ctype.h>

#include "test.h"

enum { HEX_MAX = 1024, HEX_FIELDS = 8, HEX_LINE = 4096 };

struct hex { uint8_t data[HEX_MAX]; size_t len; };

/* As far as there are digits. */
static inline struct hex hex_of(const char *text)
{
	struct hex h = { .len = 0 };
	unsigned byte;
	while (isxdigit((unsigned char)text[0]) && h.len < HEX_MAX && sscanf(text, "%2x", &byte) == 1) {
		h.data[h.len++] = (uint8_t)byte;
		text += 2;
	}
	return h;
}

/* Says what came out instead. */
static inline void check_hex(const char *file, int line, const char *what, const uint8_t *got, const uint8_t *want,
                             size_t len)
{
	if (!memcmp(got, want, len))
		return;
	test_failed_checks++;
	printf("  %s:%d: %s is ", file, line, what);
	for (size_t i = 0; i < len; i++)
		printf("%02x", got[i]);
	puts("");
}
#define CHECK_HEX(got, text) do { \
	struct hex want_ = hex_of(text); \
	check_hex(__FILE__, __LINE__, #got, got, want_.data, want_.len); \
	} while (0)
#define CHECK_BYTES(got, want, len) check_hex(__FILE__, __LINE__, #got, got, want, len)

static inline FILE *hex_open(const char *file)
{
	char path[128];
	snprintf(path, sizeof(path), "tests/vectors/%s", file);
	FILE *f = fopen(path, "r");
	if (!f) {
		printf("FAIL %s: cannot be opened; tests are run from the root of the project\n", path);
		exit(1);
	}
	return f;
}

/* A line "id result hex..."; "-" has no bytes. */
struct wycheproof { int id; char result[16]; struct hex field[HEX_FIELDS]; int fields; };

static inline bool wycheproof_next(FILE *f, struct wycheproof *w)
{
	char line[HEX_LINE];
	do {
		if (!fgets(line, sizeof(line), f)) {
			fclose(f);
			return false;
		}
	} while (*line == '#' || *line == '\n');
	int at = 0;
	w->fields = 0;
	if (sscanf(line, "%d %15s%n", &w->id, w->result, &at) != 2)
		return false;
	for (char *word = strtok(line + at, " \n"); word && w->fields < HEX_FIELDS; word = strtok(NULL, " \n"))
		w->field[w->fields++] = hex_of(word);
	return true;
}

/* One section of the golden vectors. */
struct golden { char title[160]; char name[32][32]; char value[32][3200]; int count; };

static inline const char *golden_text(const struct golden *g, const char *name)
{
	for (int i = 0; i < g->count; i++)
		if (!strcmp(g->name[i], name))
			return g->value[i];
	return NULL;
}

static inline struct hex golden_hex(const struct golden *g, const char *name)
{
	const char *text = golden_text(g, name);
	CHECK(text);
	return hex_of(text ? text : "");
}

static inline void golden_line(struct golden *g, char *line)
{
	char *end = strstr(line, " = "), *name_end = end;
	if (!end || *line == ' ' || g->count == 32)
		return;
	while (name_end > line && name_end[-1] == ' ')
		name_end--;
	end[3 + strcspn(end + 3, "\n")] = '\0';
	snprintf(g->name[g->count], sizeof(g->name[0]), "%.*s", (int)(name_end - line), line);
	snprintf(g->value[g->count++], sizeof(g->value[0]), "%s", end + 3);
}

/* Sections begin with a capital word: VECTOR, HANDSHAKE. */
static inline bool golden_next(FILE *f, struct golden *g)
{
	char line[HEX_LINE];
	g->count = 0;
	do {
		if (!fgets(line, sizeof(line), f)) {
			fclose(f);
			return false;
		}
	} while (!isupper((unsigned char)line[0]) || !isupper((unsigned char)line[1]) || !isupper((unsigned char)line[2]) ||
	         !strstr(line, ": "));
	snprintf(g->title, sizeof(g->title), "%.*s", (int)strcspn(line, "\n"), line);
	while (fgets(line, sizeof(line), f) && *line != '-' && *line != '=')
		golden_line(g, line);
	return true;
}

#endif
