/* Who has which address: ARP (RFC 826, 5227) and IPv6 neighbour discovery (RFC 4861), seen alike, and the answer that
 * the owner of an address would give.
 *
 *	neighbour_view(&n, &frame);
 *	if (n.kind == NEIGHBOUR_ASKS)
 *		len = neighbour_answer(out, &frame, &n, mac_of_the_target, is_router);
 */
#ifndef CORE_NEIGHBOUR_H
#define CORE_NEIGHBOUR_H

#include "core/layers.h"

enum neighbour_kind {
	NEIGHBOUR_NONE,         /* something else, unsound, or behind two VLAN tags */
	NEIGHBOUR_ASKS,         /* who has target?  Asked by address, which is at mac */
	NEIGHBOUR_PROBES,       /* does anybody have target?  Asked by a host that wants it; only the owner may answer */
	NEIGHBOUR_TELLS         /* address is at mac */
};

struct neighbour {
	enum neighbour_kind kind;
	struct addr address, target;    /* the port is the VLAN, 0 where there is no tag */
	const uint8_t *mac;             /* inside the frame; NULL: not said, then it is the frame's source */
	bool advert;                    /* IPv6: tells whether it is a router */
	bool router;
	bool final;                     /* enough to go by: all of ARP; an advertisement that overrides what was known */
};

/* Of any frame that layers_view() accepted. */
void neighbour_view(struct neighbour *n, const struct layers *frame);

enum { NEIGHBOUR_ANSWER_MAX = ETH_HEADER_LEN + 4 + 40 + 32 };
/* The frame that answers a question, to who asked: target is at mac.  Returns its length. */
size_t neighbour_answer(uint8_t out[static NEIGHBOUR_ANSWER_MAX], const struct layers *question, const struct neighbour *n,
                        const uint8_t mac[static MAC_LEN], bool router);

#endif
