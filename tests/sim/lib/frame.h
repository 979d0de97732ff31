/* The frames that simulated hosts exchange: IPv4 with a number in it that no other frame has, so that
 * each delivery can be accounted for; and the ARP that a kernel answers.
 */
#ifndef SIM_FRAME_H
#define SIM_FRAME_H

#include "core/arp.h"

enum { FRAME_LEN = 64 };
enum frame_kind { FRAME_PING, FRAME_PONG, FRAME_BROADCAST, FRAME_MULTICAST, FRAME_KINDS };

struct frame {
	uint8_t dst[MAC_LEN], src[MAC_LEN];
	uint8_t ip_dst[4], ip_src[4];
	enum frame_kind kind;
	uint32_t id;
};

void frame_put(uint8_t out[static FRAME_LEN], const struct frame *f);
/* False: not one of ours. */
MUST_CHECK bool frame_get(struct frame *f, const uint8_t *data, size_t len);
/* Is this an ARP request for ip?  Then out is the answer of the host with that address and MAC. */
MUST_CHECK bool frame_answer_arp(uint8_t out[static ARP_FRAME_LEN], const uint8_t *data, size_t len,
                                 const uint8_t ip[static 4], const uint8_t mac[static MAC_LEN]);

#endif
