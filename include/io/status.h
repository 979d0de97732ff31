/* The status socket: a read-only unix socket under /run/castnet/.  A client writes "text\n" or "json\n", or
 * either with " groups" before the end of the line, "check\n" or "reloads\n", and gets an answer.  It is made page by page as the client takes
 * it, so neither a large table nor a slow client costs memory or holds up the daemon; one that takes nothing for some
 * seconds is cut.
 *
 *	status_open -> status_tick ... -> status_close          the daemon
 *	status_find -> status_pid, status_print                 "edge status"
 */
#ifndef IO_STATUS_H
#define IO_STATUS_H

#include <stdio.h>
#include <sys/types.h>

#include "io/loop.h"
#include "io/page.h"

enum {
	STATUS_CLIENTS_MAX = 48,        /* at a time; one more takes the place of one that says nothing */
	STATUS_PATIENCE_MS = 5000,
	STATUS_NAME_MAX = 64,
	STATUS_SENTENCE = 512
};

/* Adds to an empty page until there is no room, or all is said: then false. */
typedef bool status_writer(void *ctx, uint64_t now, struct page *page);

struct status;

/* name: "edge-edge0", "supernode-7654".  Before privileges are dropped and threads are started.  NULL with errno. */
MUST_CHECK struct status *status_open(struct loop *lp, const char *name, status_writer *writer, void *ctx);
/* Before privileges are dropped that the socket's folder asks for: sees to it that the socket goes when this process
 * does.  NULL is fine. */
void status_keep(struct status *s);
/* Removes the socket; NULL is fine. */
void status_close(struct status *s);
/* How a reload went, for who asked for it. */
void status_reloaded(struct status *s, bool good, const char *sentence);
uint64_t status_tick(struct status *s, uint64_t now);   /* cuts who is slow; returns the next deadline */

/* A connection to the daemon of that name, or with suffix NULL to the only one whose name begins with prefix.  -1: *why
 * says so, as a sentence without its program's name (borrowed until the next call). */
MUST_CHECK int status_find(const char *prefix, const char *suffix, const char **why);
pid_t status_pid(int fd);               /* of the daemon; 0: unknown */
MUST_CHECK int status_print(int fd, bool json, bool groups, FILE *to);       /* -1: the connection broke */
/* The one line that it answers to "check" or "reloads", without its end.  -1: the connection broke. */
MUST_CHECK int status_line(int fd, const char *question, char out[static STATUS_SENTENCE]);

#endif
