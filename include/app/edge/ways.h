/* The ways of datagrams past the overlay, remembered until the network changes.  Where no route by the TAP leads there,
 * which the monitor knows, nothing is asked.
 */
#ifndef EDGE_WAYS_H
#define EDGE_WAYS_H

#include "io/udp.h"
#include "io/way.h"

struct edge_daemon;
struct edge_ways;               /* src/app/edge/ways.c */

MUST_CHECK bool edge_ways_new(struct edge_daemon *d);           /* false: no memory */
void edge_ways_free(struct edge_daemon *d);
void edge_ways_changed(struct edge_daemon *d);                  /* what is remembered may be wrong */
struct way edge_ways_to(struct edge_daemon *d, const struct addr *to);
/* For udp_set_way(); ctx is the daemon. */
struct udp_way edge_ways_for_udp(void *ctx, const struct addr *to);
/* Is it an address of this host? */
bool edge_ways_is_own(struct edge_daemon *d, const struct addr *a);

#endif
