/* What outbox.c gathers and outbox_send.c sends.
 *
 *	part	a header and frames behind it, as memory pieces: may be in messages to many destinations
 *	message	parts one after the other to one destination: datagrams of one length, the last may be shorter
 */
#ifndef IO_OUTBOX_STATE_H
#define IO_OUTBOX_STATE_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "io/outbox.h"

enum {
	ARENA = 512 * 1024,     /* bytes: headers, and datagrams short enough to be copied */
	COPY_MAX = 512,         /* bytes: a frame up to that long is copied, which costs less than another piece */
	PARTS = 1024, LINKS = 2048, PIECES = 8192,
	PIECES_OF_ONE = 3 * BURST_MAX,  /* message, at most */
	DESTINATIONS = 256,
	DATAGRAM_MAX = 65507,   /* bytes: of a message too */
	CONTROL = 96,           /* bytes: packet info and segment length */
	PLAIN_RETRY = 512       /* messages sent plainly before UDP_SEGMENT is tried again at that length */
};

struct part {
	const struct iovec *piece;
	size_t pieces, n, each, bytes;  /* n datagrams of each bytes, the last may be shorter */
	const uint8_t *first, *last;    /* where the frames came from: to know the same burst again */
	const uint8_t *header;
	size_t header_len;
};
struct link { uint16_t part, next; };   /* next: index + 1 */

struct message {
	struct sockaddr_in6 to;         /* the longer one of the two */
	socklen_t to_len;
	struct addr local;
	unsigned ifindex;               /* 0: as routed */
	struct destination *destination;
	uint16_t first, last;           /* links */
	size_t n, each, bytes;
	bool full;                      /* the last datagram is a shorter one */
	bool source_may_go;             /* its source address is a wish, not a must */
	size_t control_len;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL];
};

/* What is known of where datagrams go; two that share a slot forget sooner, or go plainly for a while. */
struct destination {
	struct addr to;
	uint64_t turn;                  /* message is of this one */
	struct message *message;
	size_t whole_max;               /* longer datagrams are refused with UDP_SEGMENT; 0: not seen */
	unsigned plain;
};

struct outbox {
	int fd, family;
	bool v4, v6;
	bool segment;                   /* UDP_SEGMENT is to be had */
	bool single;                    /* the kernel has no sendmmsg */
	bool fragments;                 /* IP_PMTUDISC_DO is set, and taken off for what does not fit */
	uint64_t *counts;
	uint64_t turn;
	size_t used, parts, links, pieces, messages;
	unsigned waits;
	unsigned refusals;              /* of UDP_SEGMENT, since a message was last cut */
	struct iovec *piece;            /* [PIECES] */
	struct part *part;              /* [PARTS] */
	struct link *link;              /* [LINKS] */
	struct message *message;        /* [UDP_SEND_MAX] */
	struct destination *destination;        /* [DESTINATIONS] */
	uint8_t *arena;
};

void outbox_control(struct message *m, int level, int type, const void *info, size_t len);

#endif
