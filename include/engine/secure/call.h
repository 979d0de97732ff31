/* CALLs (castnet(7), SECURE SESSIONS): ARP and IPv6 neighbour discovery to groups, which must be heard before there can be a
 * session, sealed by a key that all have who know the community's.
 */
#ifndef SECURE_CALL_H
#define SECURE_CALL_H

#include "core/addr.h"
#include "core/burst.h"
#include "core/replay.h"
#include "engine/secure/sender_key.h"

enum { CALL_HEADER = 28, CALL_FRAME_MAX = 128, CALL_RUNS = 2, CALL_WORDS = 4 };

/* May a CALL carry it, and nothing else?  ARP, ICMPv6 135 or 136, to a group. */
MUST_CHECK bool call_carries(const uint8_t *frame, size_t len);
void call_key_of(uint8_t key[static AEAD_KEY], const uint8_t ak[static AEAD_KEY], const uint8_t run[static SENDER_RUN],
                 const uint8_t mac[static MAC_LEN]);

struct call_header {
	uint8_t run[SENDER_RUN];
	uint64_t counter;
};
void call_header_put(uint8_t out[static CALL_HEADER], const struct call_header *header);
/* Of a payload of kind CALL.  False: reserved bytes, or too short for a frame. */
MUST_CHECK bool call_header_get(struct call_header *header, const uint8_t *payload, size_t len);

/* The runs of one source that were heard last; all zero: none. */
struct call_run {
	bool known;
	uint8_t run[SENDER_RUN], key[AEAD_KEY];
	uint64_t used;                  /* now of then */
	struct replay window;
	uint64_t seen[CALL_WORDS];
};
struct call_runs { struct call_run run[CALL_RUNS]; };
/* NULL: not heard of. */
struct call_run *call_run_find(struct call_runs *runs, const uint8_t run[static SENDER_RUN]);
/* In place of the one unused longest.  key: as of call_key_of(). */
struct call_run *call_run_add(struct call_runs *runs, uint64_t now, const uint8_t run[static SENDER_RUN],
                              const uint8_t key[static AEAD_KEY]);

/* In place: *frame becomes what was sealed, where it opens. */
MUST_CHECK bool call_open(struct burst_frame *payload, const uint8_t key[static AEAD_KEY], uint64_t counter);

#endif
