/* MSS clamping: makes the ends of a TCP connection agree on segments that the path between them carries, so that
 * none is ever too long, whatever ICMP a firewall swallows.
 */
#ifndef CORE_MSS_H
#define CORE_MSS_H

#include "core/layers.h"

/* Lowers the MSS that a TCP SYN announces (RFC 9293, 3.7.1) to what IP packets of mtu bytes carry, in place with its
 * checksum.  True: it did.  Everything else stays as it is: other frames, a SYN that announces none, a lower one
 * or a malformed one. */
bool mss_clamp(uint8_t *frame, const struct layers *l, size_t mtu);

#endif
