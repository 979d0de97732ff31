/* The sockets of mcping: batches in with the kernel's time of arrival, batches out, signals, and a clock in
 * nanoseconds.  Each int is 0, a descriptor, or -1 with errno.
 */
#ifndef MCPING_SOCKET_H
#define MCPING_SOCKET_H

#include <sys/socket.h>

#include "engine/mcping/wire.h"
#include "app/mcping/conf.h"

uint64_t mcping_clock(void);            /* monotonic */

/* zone: the interface of a link-local address, ignored for others. */
socklen_t mcping_sockaddr(struct sockaddr_storage *ss, const struct addr *a, unsigned zone);
MUST_CHECK int mcping_set_interface(int fd, int family, unsigned ifindex);

/* Not blocking, on any address and conf->local_port. */
MUST_CHECK int mcping_unicast_socket(const struct mcping_conf *conf);
/* What is sent to groups leaves by the interface and with conf->ttl. */
MUST_CHECK int mcping_set_sending(int fd, const struct mcping_conf *conf, unsigned ifindex);
/* Joined, and gets only what is sent to the group; others on this host may have it too.  *what failed. */
MUST_CHECK int mcping_group_socket(const struct mcping_conf *conf, unsigned ifindex, const char **what);
uint16_t mcping_port(int fd);

/* SIGINT and SIGTERM, and SIGHUP, become readable. */
MUST_CHECK int mcping_signals(void);
bool mcping_signalled(int signals);
/* Until one of them is readable, or the clock says due (UINT64_MAX: never). */
void mcping_wait(const int *fd, size_t n, uint64_t due);

enum { MCPING_BATCH = 64, MCPING_KEPT = 128 };
struct mcping_in {
	struct addr from;
	uint32_t zone;                  /* of from */
	unsigned ifindex;               /* it came by; 0: unknown */
	uint8_t ttl;
	bool overflow_known;
	uint32_t overflow;              /* datagrams that this socket had no room for */
	uint64_t at;                    /* when it arrived */
	size_t len;
	uint8_t data[MCPING_KEPT];      /* the first of len bytes */
};
struct mcping_inbox;
MUST_CHECK struct mcping_inbox *mcping_inbox_new(void);
void mcping_inbox_free(struct mcping_inbox *in);
/* What is there now, at most MCPING_BATCH; *out is valid until the next call. */
size_t mcping_receive(struct mcping_inbox *in, int fd, const struct mcping_in **out);

/* Datagrams of one size: MCPING_ANSWER_LEN bytes and zeros. */
struct mcping_outbox;
MUST_CHECK struct mcping_outbox *mcping_outbox_new(int fd, size_t size);
void mcping_outbox_free(struct mcping_outbox *o);
/* Where to write the first bytes; NULL: MCPING_BATCH are in it. */
uint8_t *mcping_outbox_add(struct mcping_outbox *o, const struct addr *to, unsigned zone);
/* Sends and forgets them; returns how many went before the first that failed, with *error, 0: none did. */
size_t mcping_flush(struct mcping_outbox *o, int *error);

#endif
