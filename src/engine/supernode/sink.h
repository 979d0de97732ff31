/* A sink: where the supernode sends to, and over which of its own addresses.  Each member has one; who is behind
 * it does not matter to the relay.
 */
#ifndef SUPERNODE_SINK_H
#define SUPERNODE_SINK_H

#include "engine/supernode/supernode.h"

struct sink {
	struct endpoint endpoint;
	struct addr local;              /* own address that it is reached from; none: the kernel chooses */
	struct member *member;          /* the edge behind it, to be listed in GROUP_MEMBERS; NULL: none that is known */
	uint64_t frames, bytes;         /* PACKETs relayed to it */
};

/* One datagram; a control message; PACKETs with one header in front of each. */
void sink_send(struct supernode *sn, const struct sink *to, const struct buf *b);
enum supernode_drop sink_tell(struct supernode *sn, const struct sink *to, const struct wire_message *m);
void sink_relay(struct supernode *sn, struct sink *to, const struct burst_header *header, const struct burst *burst);

#endif
