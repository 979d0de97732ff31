/* A batch of received datagrams in fixed memory, for io/udp.h and io/lan.h. */
#ifndef IO_INBOX_H
#define IO_INBOX_H

#include "io/udp.h"

struct inbox;

/* max messages of at most size bytes. NULL with errno. */
MUST_CHECK struct inbox *inbox_new(size_t max, size_t size);
void inbox_free(struct inbox *in);                      /* NULL is fine */
/* What the non-blocking socket has now, at most max.  Counts [UDP_COUNT_MAX] what came and what was
 * lost.  *out is borrowed until the next call. */
size_t inbox_receive(struct inbox *in, int fd, uint64_t *counts, struct udp_message **out);
bool inbox_batches(const struct inbox *in);              /* recvmmsg() has not been given up */

#endif
