/* Somebody who wishes the network ill.  He has a machine of his own, may forge source addresses, and may
 * have a tap on the wire, whose datagrams he sends again as they were or damaged.
 */
#ifndef SIM_EVIL_H
#define SIM_EVIL_H

#include "world.h"

enum evil_deed {
	EVIL_NOISE = 1,         /* random bytes */
	EVIL_QUESTIONS = 2,     /* well-formed PING, QUERY_PEER, PACKET, REGISTER of a stranger */
	EVIL_CLAIMS = 4,        /* REGISTER_SUPER, UNREGISTER_SUPER for others and for nobody */
	EVIL_LIES = 8,          /* what only a supernode may say, from its forged address */
	EVIL_REPLAYS = 16,      /* what the tap saw, also damaged, from its own or from the true source */
	EVIL_ALL = 31,
	EVIL_IMPOSES = 32       /* says to edges that he is another, and acknowledges whatever he is asked */
};

enum { FORGERIES_MS = 100000 };         /* records that he has forged live until they expire */

struct evil;

struct evil *evil_new(struct world *w, unsigned deeds);  /* quiet at first; evil_free after world_end */
void evil_free(struct evil *e);
void evil_go(struct evil *e, uint32_t every_ms);
void evil_stop(struct evil *e);                         /* and waits until what he has forged is forgotten */
uint64_t evil_bytes_sent(const struct evil *e);         /* from his own address */
uint64_t evil_bytes_got(const struct evil *e);
uint64_t evil_frames_got(const struct evil *e);

#endif
