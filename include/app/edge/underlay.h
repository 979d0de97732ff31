/* The underlay: which way the supernode is, and what follows from it for MTU, local discovery and -e.
 *
 *	edge_underlay_new -> edge_underlay_open -> edge_underlay_look, edge_underlay_tick ... -> edge_underlay_close
 */
#ifndef EDGE_UNDERLAY_H
#define EDGE_UNDERLAY_H

#include "core/bytes.h"

struct addr;
struct edge_daemon;
struct edge_underlay;           /* src/app/edge/underlay.c */
struct monitor;

MUST_CHECK bool edge_underlay_new(struct edge_daemon *d);       /* false: no memory */
MUST_CHECK bool edge_underlay_open(struct edge_daemon *d);      /* watches; false: the log says why */
void edge_underlay_close(struct edge_daemon *d);

void edge_underlay_own_link(struct edge_daemon *d);             /* the TAP is another device now */
bool edge_underlay_known(const struct edge_daemon *d);          /* the way to a supernode was looked up */
void edge_underlay_look(struct edge_daemon *d);                 /* soon */
uint64_t edge_underlay_tick(struct edge_daemon *d);
const struct monitor *edge_underlay_monitor(const struct edge_daemon *d);      /* NULL: not open yet */
/* Bytes of an IP packet that the route there carries, as the kernel knows it; 0: unknown. */
size_t edge_underlay_path_mtu(struct edge_daemon *d, const struct addr *to);

#endif
