/* n2n's management port (specification, section 17): a UDP port of 127.0.0.1 that answers requests of one line,
 *
 *	r|w TAG[:FLAGS[:PASSWORD]] METHOD [ARGUMENT]
 *
 * with JSON objects: begin, rows and end, or an error.  The first half is pure, the second is the socket.
 * A few rows leave per turn, and no request is read before the last one is answered: neither a large table
 * nor a busy client holds up the daemon.
 *
 *	management_ask -> management_next until false          an answer
 *	management_open -> management_tick ... -> management_close
 */
#ifndef IO_MANAGEMENT_H
#define IO_MANAGEMENT_H

#include "io/loop.h"
#include "io/status.h"

enum {
	MANAGEMENT_REQUEST_MAX = 255,   /* bytes; n2n's have 79 */
	MANAGEMENT_PASSWORD_MAX = 63,
	MANAGEMENT_EDGE_TAG = 9,        /* bytes of a tag that an edge sends back */
	MANAGEMENT_ROWS = 32,           /* objects sent at once */
	MANAGEMENT_PAUSE_MS = 1         /* and the time after them, in which the client reads */
};

struct management_call {
	bool write;
	const char *argument;           /* "" : none */
	int64_t offset;                 /* ms, from the daemon's clock to that of the calendar */
	size_t cursor;                  /* 0 at first */
};

struct management_program;
/* Adds the members of the next row to the object; false: there are no more, and nothing was added. */
typedef bool management_rows(const struct management_program *p, struct management_call *call,
                             struct page *row);

enum { MANAGEMENT_READ = 1, MANAGEMENT_WRITE = 2 };
struct management_method {
	const char *name;
	unsigned access;
	management_rows *rows;          /* NULL: known, but answered with "unimplemented" */
	const char *help;
};

struct management_program {
	bool edge;                      /* which of n2n's programs this answers like */
	const char *password;           /* "": none is right, so nothing can be written */
	const struct management_method *methods;
	size_t methods_n;
	void *ctx;
};

enum management_stage {
	MANAGEMENT_IDLE, MANAGEMENT_REFUSED, MANAGEMENT_BEGIN, MANAGEMENT_FAILED, MANAGEMENT_IN_ROWS, MANAGEMENT_END
};
struct management_answer {              /* not to be copied: it points into itself */
	enum management_stage stage;
	char line[MANAGEMENT_REQUEST_MAX + 1];
	const char *tag, *error;
	const struct management_method *method;
	struct management_call call;
};

/* len: of the whole datagram, also where it is longer than what there is of it. */
void management_ask(struct management_answer *a, const struct management_program *p, const void *line, size_t len);
/* The next object, with a line feed behind it; false: the answer is complete. */
bool management_next(struct management_answer *a, const struct management_program *p, struct page *page);
management_rows management_help;        /* the rows of "help" */

/* Members of a row, each with a comma before it. */
void management_uint(struct page *row, const char *name, uint64_t n);
void management_string(struct page *row, const char *name, const void *bytes, size_t max);
void management_mac(struct page *row, const uint8_t mac[static MAC_LEN]);
/* These two: "" for none. */
void management_sockaddr(struct page *row, const struct addr *a);
void management_ip4addr(struct page *row, const struct subnet *s);
/* A time of the daemon's clock as seconds since 1970; 0 (never) stays 0. */
void management_time(struct page *row, const struct management_call *call, const char *name, uint64_t then);

#define MANAGEMENT_COUNTS(X) \
	X(REQUESTS, "management_requests") X(ERRORS, "management_errors") \
	X(FOREIGN, "management_not_from_this_host") X(CUT, "management_answers_cut")
enum management_count {
#define X(name, text) MANAGEMENT_##name,
	MANAGEMENT_COUNTS(X)
#undef X
	MANAGEMENT_COUNT_MAX
};
extern const char *const management_count_names[MANAGEMENT_COUNT_MAX];

struct management;

/* What *p points to is borrowed.  NULL with errno. */
MUST_CHECK struct management *management_open(struct loop *lp, uint16_t port, const struct management_program *p);
void management_close(struct management *m);    /* NULL is fine */
uint64_t management_tick(struct management *m, uint64_t now);   /* sends rows; returns the next deadline */
const uint64_t *management_counts(const struct management *m);  /* [MANAGEMENT_COUNT_MAX], borrowed */

#endif
