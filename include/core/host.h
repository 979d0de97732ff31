/* All that an engine may ask of the outside.  A daemon fills it with sockets, the simulator with a
 * queue, a test with an array.  Nothing here has a result that forwarding depends on: datagrams get
 * lost anyway.  Borrowed arguments are valid during the call only.
 */
#ifndef CORE_HOST_H
#define CORE_HOST_H

#include "core/endpoint.h"
#include "core/buf.h"
#include "core/burst.h"

enum note_level { NOTE_ERROR, NOTE_WARNING, NOTE_INFO, NOTE_DEBUG };

struct host {
	void *ctx;
	/* One datagram to an endpoint.  local: the own address to send from (its port is ignored), so that
	 * an answer leaves from where the question came in; NULL or none: the kernel chooses. */
	void (*send)(void *ctx, const struct endpoint *to, const struct addr *local, const struct buf *datagram);
	/* PACKETs to an endpoint: the same header in front of each frame of the burst.  The header is copied; the frames'
	 * bytes must stay as they are until the turn of the rim ends.  NULL: emit_burst() calls send() for each. */
	void (*send_burst)(void *ctx, const struct endpoint *to, const struct addr *local, const struct burst_header *header,
	                   const struct burst *burst);
	/* edge: so many bytes to seal frames into, which stay until the turn ends; NULL: too many.  A transform that seals
	 * needs it. */
	uint8_t *(*room)(void *ctx, size_t len);
	/* The same as send() with another IP TTL, to open a NAT without reaching the far side (edge -L). */
	void (*send_ttl)(void *ctx, const struct endpoint *to, uint8_t ttl, const struct buf *datagram);
	/* To the local discovery group 224.0.0.68:1968 (specification 2.3). */
	void (*send_lan)(void *ctx, const struct buf *datagram);
	/* A frame from the network for the own TAP. */
	void (*deliver)(void *ctx, const struct buf *frame);
	/* A frame of the engine's own for it: borrowed during the call only. */
	void (*inject)(void *ctx, const struct buf *frame);
	/* Cryptographic random bytes. */
	void (*random)(void *ctx, void *bytes, size_t len);
	/* Would a datagram to this endpoint leave by another way than the own TAP?  NULL: always. */
	bool (*reachable)(void *ctx, const struct addr *to);
	/* One line for the log: a change of state, never a line per packet. */
	void (*note)(void *ctx, enum note_level level, const char *line);
	/* edge: the overlay address to put on the TAP has changed (automatic mode). */
	void (*assigned)(void *ctx, const struct subnet *address);
	/* edge: this MAC must be put on the TAP (a made-up one that collided was drawn again). */
	void (*mac_changed)(void *ctx, const uint8_t mac[static MAC_LEN]);
	/* edge: please resolve the name of supernode i again; answered by edge_supernode_resolved(). */
	void (*resolve)(void *ctx, size_t i);
	/* edge: bytes of an IP packet that the route to this endpoint carries now; 0: unknown.  NULL: always. */
	size_t (*path_mtu)(void *ctx, const struct addr *to);
};

#endif
