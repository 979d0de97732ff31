/* The receiving socket of local discovery (castnet(7)): REGISTERs to 224.0.0.68:1968 from edges on
 * the same LAN.  Sending is udp_send_lan(), because peers learn our endpoint from the source.  Shared with
 * other programs on this host (SO_REUSEADDR); datagrams that were not sent to the group, or came
 * in by another interface, are not seen.
 */
#ifndef IO_LAN_H
#define IO_LAN_H

#include "io/udp.h"

enum { LAN_PORT = 1968, LAN_RECEIVE_MAX = 8, LAN_DATAGRAM_MAX = 2048 };
#define LAN_GROUP { 224, 0, 0, 68 }

struct lan;

/* Bound, but joined nowhere yet.  NULL with errno. */
MUST_CHECK struct lan *lan_open(void);
void lan_close(struct lan *l);          /* NULL is fine */
int lan_fd(const struct lan *l);        /* for loop_add(), LOOP_READ */
/* Joins on exactly these interfaces, the first UDP_LAN_MAX; leaves the others.  Call it again when the
 * underlay changed: an interface that was away and is back is joined anew.  Returns how many it is
 * joined on. */
size_t lan_set(struct lan *l, const unsigned *ifindex, size_t n);
/* As udp_receive(); local is not set. */
size_t lan_receive(struct lan *l, struct udp_message **out);

#endif
