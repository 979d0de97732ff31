/* What a daemon tells about itself, described once and printed for people or as JSON.  A row is a list of named
 * values: JSON gets all of them, as members of an object; people get those that a template names.
 *
 *	"{address}, MAC {mac}\n"	the values, as people read them
 *	"  {peer=mac:17}  {traffic=frames_in/bytes_in:19}\n"
 *					a table: the first row is preceded by a line of titles, and a column is that wide;
 *					values joined by / stand in one column
 *
 * A page is one piece of an answer.  Whoever writes adds to an empty one until page_room() says no, and goes on in the
 * next one from stage, cursor and rows.
 */
#ifndef IO_PAGE_H
#define IO_PAGE_H

#include "core/addr.h"
#include "core/layers.h"

enum {
	PAGE_SIZE_MAX = 16384,
	PAGE_ROW_MAX = 1024             /* bytes: what may be added after page_room() said yes */
};

struct page {
	bool json;
	bool groups;                    /* asked for multicast groups, not for the rest */
	bool reloads;                   /* asked how the last reload went */
	bool check;                     /* asked for one line: the exit status of --check, a blank, a sentence */
	unsigned stage;                 /* the writer's place in its answer, all zero at first */
	size_t cursor, rows;
	size_t len;
	char text[PAGE_SIZE_MAX];
};

enum value_kind {
	VALUE_ABSENT,                   /* no member in JSON, "-" for people */
	VALUE_UINT,
	VALUE_SECONDS, VALUE_MS,        /* a number in JSON, an age for people */
	VALUE_BOOL,                     /* true and false, yes and no */
	VALUE_WORD,                     /* of our own */
	VALUE_SAID,                     /* likewise, for people only */
	VALUE_TEXT,                     /* of strangers: up to n bytes or a zero */
	VALUE_MAC, VALUE_SUBNET, VALUE_ADDR
};
struct value {
	const char *name;
	enum value_kind kind;
	uint64_t n;
	const void *at;                 /* borrowed */
};

static inline struct value value_uint(const char *name, uint64_t n) { return (struct value){ name, VALUE_UINT, n, NULL }; }
static inline struct value value_bool(const char *name, bool b) { return (struct value){ name, VALUE_BOOL, b, NULL }; }
static inline struct value value_seconds(const char *name, uint64_t ms)
{
	return (struct value){ name, VALUE_SECONDS, ms / 1000, NULL };
}
static inline struct value value_ms(const char *name, uint64_t ms) { return (struct value){ name, VALUE_MS, ms, NULL }; }
static inline struct value value_word(const char *name, const char *word)
{
	return (struct value){ name, VALUE_WORD, 0, word };
}
static inline struct value value_said(const char *name, const char *words)
{
	return (struct value){ name, VALUE_SAID, 0, words };
}
static inline struct value value_text(const char *name, const void *bytes, size_t max)
{
	return (struct value){ name, VALUE_TEXT, max, bytes };
}
static inline struct value value_mac(const char *name, const uint8_t mac[static MAC_LEN])
{
	return (struct value){ name, VALUE_MAC, 0, mac };
}
static inline struct value value_subnet(const char *name, const struct subnet *s)
{
	return (struct value){ name, VALUE_SUBNET, 0, s };
}
static inline struct value value_addr(const char *name, const struct addr *a)
{
	return (struct value){ name, VALUE_ADDR, 0, a };
}
/* The value, or none of that name. */
static inline struct value value_if(bool there, struct value v)
{
	if (!there)
		v.kind = VALUE_ABSENT;
	return v;
}

bool page_room(const struct page *page);        /* for one row more? */
void page_next_stage(struct page *page);
void page_printf(struct page *page, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One or the other. */
void page_either(struct page *page, const char *json, const char *text);
/* Text from strangers: a JSON string, or \xNN for what cannot be printed. */
void page_text(struct page *page, const void *bytes, size_t max);

/* Members of the object that JSON is in, each with a comma behind it; for people what the template says. */
void page_members(struct page *page, const struct value *v, size_t n, const char *template);
/* An object in an array, or a line of a table.  first: no comma before it; titles, when the template has them. */
void page_row(struct page *page, bool first, const struct value *v, size_t n, const char *template);
/* Like page_row(), but the object stays open, for an array that follows: ends in a comma. */
void page_row_begin(struct page *page, bool first, const struct value *v, size_t n, const char *template);
/* Counters: all in JSON, those that are not zero as lines for people. */
void page_counts(struct page *page, const char *const *names, const uint64_t *counts, size_t n);
/* The same as an object of that name, with a comma behind it, or below a title; no title without a line. */
void page_section(struct page *page, const char *name, const char *title, const char *const *names, const uint64_t *counts,
                  size_t n);
void page_end(struct page *page);               /* of the outer object */

/* "3 s", "2 min", "4 h 5 min", "3 days" */
const char *page_age(char out[static 32], uint64_t ms);

#endif
