/* From messages to datagrams, for both engines.
 *
 *	emit_begin(&m, WIRE_..., flags, community);	then its members
 *	b = emit_encode(mem, &m);			a control message; b.len 0: it cannot be said
 *	emit_header(&header, &m)			a PACKET: what stands before each frame of a burst
 *	emit_burst(&host, &to, &local, &header, &burst)
 */
#ifndef CORE_EMIT_H
#define CORE_EMIT_H

#include "core/host.h"
#include "core/wire.h"

enum { EMIT_ROOM = BUF_HEADROOM + WIRE_CONTROL_MAX + BUF_TAILROOM };

void emit_begin(struct wire_message *m, enum wire_type type, uint16_t flags, const uint8_t community[static COMMUNITY_LEN]);
struct buf emit_encode(uint8_t mem[static EMIT_ROOM], const struct wire_message *m);
MUST_CHECK bool emit_header(struct burst_header *header, const struct wire_message *m);
/* The frames' bytes must stay as they are until the turn of the rim ends. */
void emit_burst(const struct host *host, const struct endpoint *to, const struct addr *local,
                const struct burst_header *header, const struct burst *burst);
/* The same for frames that do not: one by one, in copies. */
void emit_copies(const struct host *host, const struct endpoint *to, const struct addr *local,
                 const struct burst_header *header, const struct burst *burst);

#endif
