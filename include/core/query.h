/* What a querier says, as frames: general and group-specific queries (IGMPv3, MLDv2; hosts of older versions
 * read the first bytes of them, as their RFCs say), and router advertisements and solicitations (RFC 4286).
 *
 * A query comes from 0.0.0.0 (RFC 4541, 2.1.1) or from the highest link-local address, so that it does not
 * make a real querier fall silent.  A group-specific one goes to all hosts too, which hosts must accept
 * (RFC 9776, 4.1.12): with the group as destination and 0.0.0.0 as source Linux before 4.20 drops it.
 */
#ifndef CORE_QUERY_H
#define CORE_QUERY_H

#include "core/layers.h"
#include "core/group.h"

enum { QUERY_FRAME_MAX = ETH_HEADER_LEN + 8 + 40 + 8 + 28, QUERY_RESPONSE_MAX_MS = 12700 };

struct query {
	const uint8_t *src;             /* MAC */
	const uint8_t *tags;            /* VLAN tags as they stand in a frame */
	size_t tags_len;
	uint8_t family;
	const struct addr *group;       /* NULL: general */
	const struct addr *source;      /* NULL: a proxy's */
	uint32_t response_ms;           /* hosts answer within; at most QUERY_RESPONSE_MAX_MS */
	uint8_t interval_s;             /* from query to query, below 128 */
};

/* All return the length. */
size_t query_put(uint8_t out[static QUERY_FRAME_MAX], const struct query *q);
size_t query_put_advertisement(uint8_t out[static QUERY_FRAME_MAX], const struct query *q);
/* To all routers: which of you are multicast routers?  Those that know RFC 4286 answer with an advertisement. */
size_t query_put_solicitation(uint8_t out[static QUERY_FRAME_MAX], const struct query *q);
/* The MACs that edges draw to send these from can be told from others, though not guessed: marks a random one. */
void query_mark_mac(uint8_t mac[static MAC_LEN]);
bool query_mac_is_marked(const uint8_t mac[static MAC_LEN]);
/* Does this source belong to a query of the kind made here, ours or another's?  Its sender is no router. */
bool query_is_by_proxy(const struct addr *source);

#endif
