/* The TAP as the user wants it: opened, configured, and put right when somebody else changes it.
 *
 *	edge_tap_new -> edge_tap_start -> edge_tap_event, edge_tap_tick ... -> edge_tap_stop
 */
#ifndef EDGE_TAP_H
#define EDGE_TAP_H

#include "core/addr.h"

struct edge_daemon;
struct edge_tap;                /* src/app/edge/tap.c */
struct monitor_event;
struct tap;

MUST_CHECK bool edge_tap_new(struct edge_daemon *d);            /* knows its MAC; false: no memory */
MUST_CHECK bool edge_tap_start(struct edge_daemon *d);          /* all of it; false: the log says why */
void edge_tap_stop(struct edge_daemon *d);                      /* whatever part of it was done */

struct tap *edge_tap_device(const struct edge_daemon *d);       /* NULL before edge_tap_start() */
const char *edge_tap_name(const struct edge_daemon *d);
unsigned edge_tap_ifindex(const struct edge_daemon *d);
const uint8_t *edge_tap_mac(const struct edge_daemon *d);
unsigned edge_tap_mtu(const struct edge_daemon *d);             /* that we have set */
const struct subnet *edge_tap_wanted(const struct edge_daemon *d);      /* the address to be there; none: not yet, or DHCP's */
bool edge_tap_addressed(const struct edge_daemon *d);           /* it is there */

size_t edge_tap_addresses_beyond(const struct edge_daemon *d);  /* of the device, that do not count as own */
const char *edge_tap_state(struct edge_daemon *d);              /* up, down, moved or gone */

/* What the engine wants, done by the next tick. */
void edge_tap_assign(struct edge_daemon *d, const struct subnet *address);
void edge_tap_change_mac(struct edge_daemon *d, const uint8_t mac[static MAC_LEN]);

void edge_tap_set_mtu(struct edge_daemon *d, unsigned mtu);
void edge_tap_tell_addresses(struct edge_daemon *d);            /* to the engine */
void edge_tap_event(struct edge_daemon *d, const struct monitor_event *event);
uint64_t edge_tap_tick(struct edge_daemon *d);

#endif
