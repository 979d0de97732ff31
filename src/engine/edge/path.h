/* How one peer is reached: which endpoint, how far it is trusted, what has been asked, and when to ask again.  A state
 * machine of its own, without edge or host: contact.c sends what is due, peer.c keeps who is reached directly.
 *
 *	claimed		a datagram came from there and named the peer: anybody can say so, and it changes nothing
 *	told		our supernode named it, or who is there got what was sent to the peer: to an endpoint that the
 *			supernode named, or by way of the supernode itself
 *	confirmed	it was told, and has answered a number drawn at random that we sent to that very endpoint
 *
 * Frames go to a confirmed endpoint or to the supernode.  Only told ones are asked, so a claim never moves a path.
 */
#ifndef EDGE_PATH_H
#define EDGE_PATH_H

#include "core/endpoint.h"
#include "core/wire.h"

enum {
	PATH_PROBE_MS = 2000,           /* a direct path silent for this long is probed when used, */
	PATH_FRESH_MS = 5000,           /* and for this long no longer used */
	PATH_TRIES = 3,                 /* contacts without answer before a peer counts as relayed */
	PROBE_GAP_MS = 1000,            /* between two REGISTERs to one endpoint; so long it has to answer */
	ACK_WINDOW_MS = 10000,          /* a REGISTER_ACK later than this was not asked for */
	CONTACT_MIN_MS = 1000, CONTACT_MAX_MS = 30000,
	PORT_GUESSES = 16
};

enum path_trust { PATH_UNKNOWN, PATH_CLAIMED, PATH_TOLD, PATH_CONFIRMED };

/* A REGISTER that waits for its REGISTER_ACK. */
struct probe {
	struct endpoint to;
	uint32_t cookie;                /* a class with a random part */
	uint64_t drawn, at;             /* when the cookie was, and when it was sent last */
};
enum {
	PROBE_HINT = 3,                 /* the slot for endpoints that the supernode did not name itself */
	PROBE_RELAYED,                  /* and for what is asked by way of the supernode */
	PROBES
};

/* What the way to an endpoint carries: asked when it becomes the way, and again when it is old. */
struct path_mtu {
	struct addr to;
	uint64_t asked;                 /* 0: to be asked again */
	size_t mtu;                     /* bytes of an IP packet; 0: not known */
	size_t frame_max;               /* bytes of the longest frame that goes in one piece; SIZE_MAX: not known */
};

struct path {
	struct addr public_endpoint;    /* as the supernode said last */
	struct addr preferred;          /* the local one, as it said */
	struct endpoint endpoint;       /* confirmed: where frames go; else where it was last heard directly */
	enum path_trust trust;          /* of endpoint */
	uint32_t class;                 /* COOKIE_REGULAR and so on, of the confirmed one */
	uint64_t heard;                 /* it worked: a frame or an answer came over it */
	uint64_t asked;                 /* the first REGISTER to endpoint since; 0: none */
	uint64_t due, backoff;          /* the next contact */
	unsigned tries;                 /* contacts since it was heard */
	uint64_t react_due;             /* to what is heard directly from elsewhere than endpoint */
	uint32_t network;               /* of which state of our own network all this is (peers.network) */
	struct probe probes[PROBES];
	struct path_mtu mtu;            /* of the confirmed endpoint */
};

static inline bool path_is_direct(const struct path *p) { return p->trust == PATH_CONFIRMED; }

/* n2n ranks paths by this number and repeats it, so a random part stays below the next class. */
uint32_t path_cookie(uint32_t class, uint32_t random);
uint32_t path_class(uint32_t cookie);

enum path_trust path_trust_of(const struct path *p, const struct endpoint *from);
/* Has something been sent there that waits for an answer, or is it the confirmed one? */
bool path_knows(const struct path *p, const struct endpoint *from);

/* The slot for this endpoint and class: the same again, else the longest unused.  hint: the slot of its own, so that
 * what came by a hint cannot push out what was asked for good reason. */
struct probe *path_slot(struct path *p, const struct endpoint *to, uint32_t class, bool hint);
static inline bool probe_is_for(const struct probe *slot, const struct endpoint *to, uint32_t class)
{
	return slot->at && path_class(slot->cookie) == class && endpoint_equal(&slot->to, to);
}
/* At most one REGISTER a second: false: not yet. */
bool path_probe_due(const struct probe *slot, uint64_t now, const struct endpoint *to, uint32_t class, bool hint);
/* One is sent now, with slot->cookie. */
void path_probe_sent(struct path *p, struct probe *slot, uint64_t now, const struct endpoint *to, uint32_t class,
                     uint32_t random);

/* A question by way of the supernode, which only the peer gets.  false: not yet. */
bool path_identify(struct path *p, uint64_t now, uint32_t random);

/* A REGISTER_ACK: of what was sent to there, of what was sent elsewhere, or of nothing. */
enum path_answer { PATH_NOT_ASKED, PATH_ELSEWHERE, PATH_ANSWERED };
enum path_answer path_answered(const struct path *p, uint64_t now, const struct endpoint *from, uint32_t cookie);
/* May the path be that of this class, which has just been confirmed?  One that works is left for a higher class only. */
bool path_may_move(const struct path *p, uint64_t now, const struct endpoint *to, uint32_t class);
void path_confirmed(struct path *p, uint64_t now, const struct endpoint *to, uint32_t class);
void path_lost(struct path *p);
/* False: it is not the confirmed one. */
bool path_carried(struct path *p, uint64_t now, const struct endpoint *from);
/* It has a second to prove itself. */
void path_doubted(struct path *p, uint64_t now);

void path_afresh(struct path *p, uint64_t now);
/* Another try, with back-off; false: not yet. */
bool path_try(struct path *p, uint64_t now);
/* The supernode says so.  True: news; the peer was restarted or its NAT forgot it, and nothing known before is good. */
bool path_told(struct path *p, uint64_t now, const struct addr *public_endpoint);

#endif
