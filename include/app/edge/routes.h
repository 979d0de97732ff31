/* The routes of -n, and the way to the supernodes past them.
 *
 *	edge_routes_new -> edge_routes_sweep -> edge_routes_apply, edge_routes_pin ... -> edge_routes_remove
 */
#ifndef EDGE_ROUTES_H
#define EDGE_ROUTES_H

#include "core/bytes.h"

struct edge_daemon;
struct edge_routes;             /* src/app/edge/routes.c */

MUST_CHECK bool edge_routes_new(struct edge_daemon *d);         /* false: no memory */
void edge_routes_sweep(struct edge_daemon *d);                  /* what a killed edge has left; once the TAP is there */
bool edge_routes_any(const struct edge_daemon *d);
/* Adds what can be added now.  false: one failed, the log says which. */
bool edge_routes_apply(struct edge_daemon *d, bool starting);
bool edge_routes_complete(const struct edge_daemon *d);
/* The device is a new one: our routes went with the old. */
void edge_routes_lost(struct edge_daemon *d);
/* Keeps the supernodes reachable by the way they had without our routes. */
void edge_routes_pin(struct edge_daemon *d);
void edge_routes_remove(struct edge_daemon *d);

#endif
