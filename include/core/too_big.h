/* The answer to a packet that does not fit the path of the frame it is in, as the router gives it that stands there in
 * other networks: ICMP "fragmentation needed and DF set" (RFC 792, 1191), ICMPv6 "packet too big" (RFC 4443).
 *
 * It says it comes from where the packet was going.  An overlay on layer 2 has no router with an address of its
 * own; this one is there in any case, the sender knows the way to it (rp_filter asks for that) and it is none of the
 * sender's own (which the kernel would refuse as martian).  Senders match such an answer by the packet it quotes.
 */
#ifndef CORE_TOO_BIG_H
#define CORE_TOO_BIG_H

#include "core/burst.h"
#include "core/layers.h"

enum { TOO_BIG_LEN = ETH_HEADER_LEN + 2 * 4 + IP6_MTU_MIN };     /* bytes of an answer at most, two VLAN tags with it */

/* Writes the frame that answers, for its sender, with the same VLAN tags; returns its length.  e is the view of f; room:
 * bytes of a frame that the path carries.  0: there is nothing to answer, the frame has to go as it is: it fits; it
 * is no IP; IPv4 that may be fragmented; IPv6 of no more than 1280 bytes; a packet to or from a group, an ICMP error or
 * a later fragment (RFC 1812, 4.3.2.7; RFC 4443, 2.4). */
MUST_CHECK size_t too_big_answer(uint8_t out[static TOO_BIG_LEN], const struct burst_frame *f, const struct layers *e,
                                 size_t room);

#endif
