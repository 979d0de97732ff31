/* A sink: where the supernode sends to, and over which of its own addresses.  Each member has one; who is behind
 * it does not matter to the relay.
 */
#ifndef SUPERNODE_SINK_H
#define SUPERNODE_SINK_H

#include "engine/supernode/supernode.h"
#include "proof.h"

struct sink {
	struct endpoint endpoint;
	struct addr local;              /* own address that it is reached from; none: the kernel chooses */
	struct member *member;          /* the edge behind it, to be listed in GROUP_MEMBERS; NULL: none that is known */
	enum trust trust;
	uint64_t credit;                /* claimed: bytes that may go there, because as many came from there */
	uint64_t frames, bytes;         /* PACKETs relayed to it */
};

/* One datagram; a control message; PACKETs with one header in front of each.  False, or a reason: it is claimed, and its
 * credit is not enough. */
bool sink_send(struct supernode *sn, struct sink *to, const struct buf *b);
enum supernode_drop sink_tell(struct supernode *sn, struct sink *to, const struct wire_message *m);
bool sink_relay(struct supernode *sn, struct sink *to, const struct burst_header *header, const struct burst *burst);

#endif
