/* The UDP socket of a daemon: one, dual-stack where the host has IPv6.  Datagrams come in batches and go out
 * in batches; a send only puts a copy into the batch.
 *
 *	udp_open -> { udp_receive, udp_send*, udp_flush once per turn } -> udp_close
 *
 * Nothing that happens while it runs is an error to the caller: what is lost is counted by name.
 */
#ifndef IO_UDP_H
#define IO_UDP_H

#include "core/addr.h"
#include "core/buf.h"
#include "core/burst.h"

enum {
	UDP_RECEIVE_MAX = 32,           /* messages per udp_receive() */
	UDP_SEND_MAX = 512,             /* messages that wait for udp_flush(); more flush by themselves */
	UDP_LAN_MAX = 8                 /* interfaces for local discovery */
};

struct udp_config {
	struct addr bind;       /* port 0: the kernel's choice.  none, 0.0.0.0 and :: mean any address of either
	                         * family; another address: that one, and its family only. */
	uint8_t tos;            /* IP TOS and IPv6 traffic class, 0: leave */
	bool offload;           /* UDP_GRO (Linux 5.0) and UDP_SEGMENT (4.18), where the kernel has them */
	unsigned busy_poll_us;  /* SO_BUSY_POLL (3.11): poll the network card's queue for so long; 0: do not */
	bool pmtu_discovery;    /* false: datagrams go out without DF, routers may fragment; true: DF is set and
	                         * the kernel fragments at the source to the path MTU it has learnt */
};

/* What went where: X(enum, name in status). */
#define UDP_COUNTS(X) \
	X(DATAGRAMS_IN, "udp_datagrams_in") X(BYTES_IN, "udp_bytes_in") \
	X(DATAGRAMS_OUT, "udp_datagrams_out") X(BYTES_OUT, "udp_bytes_out") \
	X(MESSAGES_IN, "udp_messages_in") X(MESSAGES_OUT, "udp_messages_out")   /* as the kernel gives and takes them */ \
	X(SEGMENT_REFUSED, "udp_segment_refused") X(SEGMENT_GIVEN_UP, "udp_segment_given_up") \
	X(TRUNCATED, "udp_in_too_long") X(OVERFLOW, "udp_in_queue_full") X(RECEIVE_ERROR, "udp_in_error") \
	X(NO_BUFFER, "udp_out_no_buffer") X(UNREACHABLE, "udp_out_unreachable") \
	X(REFUSED, "udp_out_refused") X(TOO_BIG, "udp_out_too_big") X(NO_FAMILY, "udp_out_no_such_family") \
	X(OTHER, "udp_out_other_error") \
	X(INTO_TAP, "udp_out_into_own_tap")     /* refused: it would have come back as a frame */ \
	X(SOURCE_GONE, "udp_out_source_address_gone")   /* not lost: sent again from another address */

enum udp_count {
#define X(name, text) UDP_##name,
	UDP_COUNTS(X)
#undef X
	UDP_COUNT_MAX
};
extern const char *const udp_count_names[UDP_COUNT_MAX];

struct udp_message {
	struct addr from;
	struct addr local;              /* own address it was sent to, port = own port; none: unknown */
	struct train train;             /* one datagram, or as many as UDP_GRO has joined */
};
/* By which link a datagram has to leave. */
struct udp_way {
	bool refused;                   /* by none: it is counted, and not sent */
	unsigned ifindex;               /* 0: as the routes say */
};
typedef struct udp_way udp_find_way(void *ctx, const struct addr *to);
/* What is in use now. */
struct udp_features { bool gro, segment, recvmmsg, sendmmsg; };

struct udp;

/* NULL with errno: EADDRINUSE (port in use), EADDRNOTAVAIL (not an address of this host), EACCES (port below
 * 1024 without rights), EAFNOSUPPORT, ... */
MUST_CHECK struct udp *udp_open(const struct udp_config *config);
void udp_close(struct udp *u);          /* NULL is fine; what was not flushed is lost */
int udp_fd(const struct udp *u);        /* for loop_add(), LOOP_READ */
bool udp_early(const struct udp *u);    /* the address to bind to was not one of this host yet: nothing leaves until it is */
uint16_t udp_port(const struct udp *u);         /* the port it really has, host order */
bool udp_has_v4(const struct udp *u);
bool udp_has_v6(const struct udp *u);

/* What is there now, at most UDP_RECEIVE_MAX: never blocks; 0: nothing.  *out is borrowed until the
 * next call, the contents may be changed. */
size_t udp_receive(struct udp *u, struct udp_message **out);

/* Asked from now on for each datagram or burst, but not for local discovery. */
void udp_set_way(struct udp *u, udp_find_way *find, void *ctx);
/* Copies the datagram into the batch.  local: the own address to send from, its port is ignored; NULL
 * or none: the kernel chooses. */
void udp_send(struct udp *u, const struct addr *to, const struct addr *local, const struct buf *datagram);
/* The same header in front of each frame.  The frames' bytes must stay until udp_flush(). */
void udp_send_burst(struct udp *u, const struct addr *to, const struct addr *local, const struct burst_header *header,
                    const struct burst *burst);
/* At once and with another TTL or hop limit; 0: as udp_send(). */
void udp_send_ttl(struct udp *u, const struct addr *to, uint8_t ttl, const struct buf *datagram);
/* To the local discovery group on each interface of udp_set_lan() whatever the routes say; none: nowhere. */
void udp_send_lan(struct udp *u, const struct buf *datagram);
void udp_set_lan(struct udp *u, const unsigned *ifindex, size_t n);     /* the first UDP_LAN_MAX are taken */
/* Sends the batch: once per turn, at its end.  Waits a few ms at most when the socket's buffer is full. */
void udp_flush(struct udp *u);

struct udp_features udp_features(const struct udp *u);
const uint64_t *udp_counts(const struct udp *u);        /* [UDP_COUNT_MAX], borrowed */

#endif
