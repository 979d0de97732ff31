/* A batch of datagrams to send, in fixed memory, for io/udp.h. */
#ifndef IO_OUTBOX_H
#define IO_OUTBOX_H

#include "io/udp.h"

struct outbox;

/* For a non-blocking socket of that family; v4, v6: what it can reach.  Counts [UDP_COUNT_MAX] what went and
 * what was lost.  NULL with errno. */
MUST_CHECK struct outbox *outbox_new(int fd, int family, bool v4, bool v6, uint64_t *counts);
void outbox_free(struct outbox *o);                     /* NULL is fine */
/* local: source address, NULL or none: the kernel chooses.  ifindex: leaves there and nowhere else,
 * IPv4 only; 0: as routed. */
void outbox_put(struct outbox *o, const struct addr *to, const struct addr *local, unsigned ifindex,
                const struct buf *datagram);
void outbox_flush(struct outbox *o);

#endif
