/* Is a member where it says that it is?  What may be sent there depends on it. */
#ifndef SUPERNODE_PROOF_H
#define SUPERNODE_PROOF_H

#include "core/list.h"
#include "core/bytes.h"

/* What is known of an endpoint. */
enum trust {
	TRUST_CLAIMED,                  /* a datagram came from there, or looked so */
	TRUST_CONFIRMED                 /* what was sent there, and could not be guessed, came back */
};

enum proof_step { PROOF_BY_REGISTER, PROOF_BY_ARP, PROOF_ASKED };      /* what is asked next; all has been */

struct proof {
	uint32_t nonce;                 /* what has to come back */
	enum proof_step step;
	unsigned wrong;                 /* numbers that came instead */
	uint64_t due;                   /* the next question not before */
	bool silent;                    /* there is no question that it could answer */
	uint64_t acked;                 /* its last REGISTER_SUPER */
	unsigned holds;
	bool ack_held;                  /* a REGISTER_SUPER waits for the proof: */
	uint32_t ack_cookie;
	struct list in_due;             /* sn->proofs, the first is due first */
	struct list in_claimed;         /* sn->claimed, the first has been there longest */
	struct list in_community;       /* community->confirmed or community->claimed */
	struct list in_source;          /* source->claimed */
};

#endif
