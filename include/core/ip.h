/* Where the IP packet of a frame lies and what it carries, whatever that is: fragments too. */
#ifndef CORE_IP_H
#define CORE_IP_H

#include "core/eth.h"
#include "core/packet.h"

enum { IP6_MTU_MIN = 1280 };    /* bytes: packets so long IPv6 sends whatever it is told (RFC 8200, 5) */

struct ip {
	uint8_t version;        /* 4 or 6 */
	size_t at, len;         /* of the packet in the frame, as long as its header says: padding is not in it */
	const uint8_t *src, *dst;       /* inside the frame: 4 or 16 bytes */
	bool later_fragment;    /* not the first: what it carries has no header here */
	uint8_t protocol;       /* PROTOCOL_*, or what else stands behind the headers of IP itself */
	size_t payload;         /* where that begins in the frame, at most at + len */
};

/* False: no IP, or one with an unsound header.  e is the view of the same frame. */
MUST_CHECK bool ip_view(struct ip *ip, const struct eth *e, const uint8_t *frame, size_t len);
/* The same for a frame of len bytes whose first head_len alone lie at head: all headers of IP do. */
MUST_CHECK bool ip_view_head(struct ip *ip, const struct eth *e, const uint8_t *head, size_t head_len, size_t len);

#endif
