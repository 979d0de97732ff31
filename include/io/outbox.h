/* Datagrams to send, gathered in one turn, for io/udp.h: by destination and equal length into messages that the
 * kernel cuts (UDP_SEGMENT), all of them in one sendmmsg(). The order for each destination is kept.
 */
#ifndef IO_OUTBOX_H
#define IO_OUTBOX_H

#include "io/udp.h"

struct outbox;

/* For a non-blocking socket of that family; v4, v6: what it can reach; segment: UDP_SEGMENT may be used.  Counts
 * [UDP_COUNT_MAX] what went and what was lost.  NULL with errno. */
MUST_CHECK struct outbox *outbox_new(int fd, int family, bool v4, bool v6, bool segment, uint64_t *counts);
/* All that goes by IPv4 has DF set: what is longer than the path carries is fragmented here. */
void outbox_fragments_itself(struct outbox *o);
void outbox_free(struct outbox *o);                     /* NULL is fine */
/* Copies the datagram.  local: source address, NULL or none: the kernel chooses.  ifindex: leaves there and nowhere
 * else; 0: as routed. */
void outbox_put(struct outbox *o, const struct addr *to, const struct addr *local, unsigned ifindex,
                const struct buf *datagram);
/* The frames' bytes must stay until outbox_flush(). */
void outbox_put_burst(struct outbox *o, const struct addr *to, const struct addr *local, unsigned ifindex,
                      const struct burst_header *header, const struct burst *burst);
void outbox_flush(struct outbox *o);
/* Not yet given up: UDP_SEGMENT, sendmmsg(). */
bool outbox_segments(const struct outbox *o);
bool outbox_batches(const struct outbox *o);

#endif
