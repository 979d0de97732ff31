/* Secure sessions of this edge; without a key nothing happens.
 *
 *	edge_sessions_open -> edge_sessions_transform -> edge_sessions_watch, edge_sessions_reload ... -> edge_sessions_close
 */
#ifndef EDGE_SESSIONS_H
#define EDGE_SESSIONS_H

#include "app/edge/keys.h"

struct edge_daemon;
struct page;
struct edge_sessions;           /* src/app/edge/sessions.c */

MUST_CHECK bool edge_sessions_open(struct edge_daemon *d);      /* the files; false: the log says why */
const struct transform *edge_sessions_transform(struct edge_daemon *d);         /* once; NULL: no memory */
MUST_CHECK bool edge_sessions_watch(struct edge_daemon *d);     /* this host, for copies of it */
MUST_CHECK bool edge_sessions_reload(struct edge_daemon *d, char why[static EDGE_WHY]);        /* false: as it was */
const struct edge_keys *edge_sessions_keys(const struct edge_daemon *d);        /* NULL: plain */
const struct secure *edge_sessions_secure(const struct edge_daemon *d);
void edge_sessions_close(struct edge_daemon *d);

/* sessions_status.c: a stage of edge status, and what stands before its counters */
void edge_sessions_write_peers(struct edge_daemon *d, uint64_t now, struct page *page);
void edge_sessions_write_counts(struct edge_daemon *d, struct page *page);

#endif
