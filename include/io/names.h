/* Resolves names without ever blocking the data path: one helper thread, which does nothing but
 * getaddrinfo().
 *
 *	struct names *ns = names_new();         after the last fork(), and after privileges were dropped:
 *	                                        the thread keeps the capabilities it was born with
 *	names_request(ns, i, "sn.example.org", 7654);
 *	loop_add(lp, names_fd(ns), LOOP_READ, ready, ctx);
 *	ready: while (names_next(ns, &answer)) ...
 */
#ifndef IO_NAMES_H
#define IO_NAMES_H

#include "core/addr.h"

enum { NAMES_ADDRS_MAX = 8, NAMES_QUEUE_MAX = 32, NAMES_HOST_MAX = 256, NAMES_FAILURE = 128 };

struct names_answer {
	size_t index;                   /* as requested */
	struct addr addrs[NAMES_ADDRS_MAX];     /* both families in getaddrinfo()'s order, each once */
	size_t n;                       /* 0: failure says why */
	char failure[NAMES_FAILURE];    /* "Name or service not known" */
};

struct names;

MUST_CHECK struct names *names_new(void);       /* starts the thread; NULL with errno */
/* Never waits for a resolver that hangs: the thread then ends by itself. */
void names_free(struct names *ns);              /* NULL is fine */
int names_fd(const struct names *ns);           /* for loop_add(), LOOP_READ */
/* host: a name, or a numeric address ("192.0.2.1", "2001:db8::1", "[2001:db8::1]"), which is answered
 * without the thread. There is exactly one answer for each request, except that a request for an index
 * whose last one still waits in the queue replaces it.  False: NAMES_QUEUE_MAX requests are open, or
 * host is empty or too long. */
MUST_CHECK bool names_request(struct names *ns, size_t index, const char *host, uint16_t port);
/* The next answer; false: none now.  Never blocks. */
bool names_next(struct names *ns, struct names_answer *out);

#endif
