/* Groups of secure sessions: frames to many are sealed once, under a sender key of our own that is given away inside
 * sessions (GROUP), and what must be heard before there can be a session under a key that all members know (CALL).  Knows
 * no sessions: who has one is said by the caller, which also asks for keys and gives ours.  Pure; allocates in
 * secure_groups_new() only.
 *
 * A function that is given bytes from the wire changes nothing before they have opened.
 */
#ifndef SECURE_GROUP_H
#define SECURE_GROUP_H

#include "engine/secure/secure.h"
#include "engine/secure/sender_key.h"

enum { GROUP_KIND = 6, CALL_KIND = 7 }; /* first byte of the payload */

struct secure_groups;

struct secure_groups_config {
	uint8_t mac[MAC_LEN];           /* our own */
	uint16_t suites;                /* mask of those that we offer and take */
	size_t sources_max;
};

/* NULL: no memory.  host is copied; run and chain are drawn. */
struct secure_groups *secure_groups_new(const struct secure_groups_config *config, const struct secure_host *host,
                                        uint64_t now);
void secure_groups_free(struct secure_groups *g);
/* ak of each community key, the first is the one that seals.  keys: copied. */
void secure_groups_set_keys(struct secure_groups *g, const struct secure_keys *keys, size_t n);
/* Everything is forgotten but the keys of the community: run and chain are drawn anew, nobody was given them, no source
 * is known, and what waits is dropped.  (Host cloned or suspended, other MAC of ours.) */
void secure_groups_wipe(struct secure_groups *g, uint64_t now, const uint8_t mac[static MAC_LEN]);
/* Run and chain are drawn anew, because somebody who had them has gone; the sources stay. */
void secure_groups_draw(struct secure_groups *g, uint64_t now);
/* Nothing of this source any more: run, chain, windows, what waits. */
void secure_groups_forget(struct secure_groups *g, const uint8_t mac[static MAC_LEN]);

/* s->dst is a group.  Seals into s->room: s->out as many GROUPs, or CALLs where the frames are ARP or ICMPv6 135 or 136,
 * which come alone.  Each GROUP adds 32 bytes, each CALL 44.  SEALED, or SEAL_REFUSED + enum secure_refusal. */
enum sealing secure_groups_seal(struct secure_groups *g, uint64_t now, struct seal *s);

struct group_opening {
	struct opening *o;              /* o->n payloads, all of kind GROUP or all of kind CALL; o->src is the source */
	bool session;                   /* there is a live session with o->src */
	bool wanted;                    /* false: a group that nobody here wants; then no key is asked for */
	/* To fill in, beside o->result[] (OPEN_FRAME: the payload has become the frame; OPEN_HELD: copied; OPEN_REFUSED + enum
	 * secure_refusal).  The source of frames is not looked at, and o->edge is the caller's.
	 */
	bool ask;                       /* for the key: CONTROL 4 or a handshake; once a second and source at most */
	bool restarted;                 /* a CALL of another run opened: handshake */
};
void secure_groups_open(struct secure_groups *g, uint64_t now, struct group_opening *in);
/* A message that was held and opens now, one by one: after secure_groups_told(), until there is none.
 * *frame stays beyond the next call of secure_groups_tick(), and until the one after it; edge: the source. */
bool secure_groups_next(struct secure_groups *g, uint64_t now, uint8_t edge[static MAC_LEN], struct burst_frame *frame);

/* CONTROL 3 came from this peer, body without the type.  session: rises with each session that is made, whoever with; a
 * run that is another than the present one is taken from a later session only.  True: taken, or nothing new. */
MUST_CHECK bool secure_groups_told(struct secure_groups *g, uint64_t now, const uint8_t mac[static MAC_LEN],
                                   uint64_t session, const uint8_t *body, size_t len);
/* Our own for this peer, who from now on counts among those who were given it; suites: what he offered. */
void secure_groups_tell(struct secure_groups *g, uint64_t now, const uint8_t mac[static MAC_LEN], uint16_t suites,
                 uint8_t body[static SENDER_KEY_LEN]);
/* Rises with each draw of run and chain: who was told an older one has to be told again. */
uint64_t secure_groups_drawn(const struct secure_groups *g);
/* Is the sender key of this MAC known?  Then nobody else may send frames from it. */
MUST_CHECK bool secure_groups_knows(const struct secure_groups *g, const uint8_t mac[static MAC_LEN]);

/* Does what is due: epochs, what has waited or lain for too long.  Returns the next deadline. */
uint64_t secure_groups_tick(struct secure_groups *g, uint64_t now);
void secure_groups_info(const struct secure_groups *g, struct secure_group_info *out);

#endif
