/* The names of the supernodes: resolved, again and again.
 *
 *	edge_names_new -> (privileges are dropped) -> edge_names_open -> edge_names_tick ... -> edge_names_close
 */
#ifndef EDGE_NAMES_H
#define EDGE_NAMES_H

#include "core/addr.h"

struct edge_daemon;
struct edge_names;              /* src/app/edge/names.c */

MUST_CHECK bool edge_names_new(struct edge_daemon *d);          /* false: no memory */
/* After the privileges were dropped: capabilities are per thread.  false: the log says why. */
MUST_CHECK bool edge_names_open(struct edge_daemon *d);
void edge_names_close(struct edge_daemon *d);

/* The addresses of supernode i (of -l); 0: not resolved.  Borrowed until the loop turns. */
size_t edge_names_of(const struct edge_daemon *d, size_t i, const struct addr **addrs);
bool edge_names_failed(const struct edge_daemon *d);            /* not one could be resolved, and all were tried */
void edge_names_again(struct edge_daemon *d, size_t i);
void edge_names_all_again(struct edge_daemon *d);
uint64_t edge_names_tick(struct edge_daemon *d);

#endif
