/* Scheme 3 of registrations (castnet(7), PROOF OF THE KEY): an edge shows that it has the key of its community, and that
 * it is where it says.  The supernode keeps nothing until then: what it asks with, it can work out again.
 */
#ifndef CORE_REGISTRATION_H
#define CORE_REGISTRATION_H

#include "core/wire.h"

enum { CHALLENGE_LEN = 16, CHALLENGE_SECRET = 32, OWNER_TOKEN = 16, REGISTRATION_KEY = 32 };

/* moved: how often the record of that MAC has. */
void registration_challenge(uint8_t challenge[static CHALLENGE_LEN], const uint8_t secret[static CHALLENGE_SECRET],
                            const struct addr *from, const uint8_t mac[static MAC_LEN],
                            const uint8_t community[static COMMUNITY_LEN], uint32_t moved);

/* m is a REGISTER_SUPER or an UNREGISTER_SUPER as it goes out, of which the auth is filled in.  key NULL: there is none,
 * and nothing but the address is shown.  False: it cannot be said. */
MUST_CHECK bool registration_prove(struct wire_message *m, const uint8_t *key, const uint8_t challenge[static CHALLENGE_LEN],
                                   const uint8_t owner[static OWNER_TOKEN]);
/* m as it came in.  Is that the proof of this key?  The challenge is not looked at. */
MUST_CHECK bool registration_is_proven(const struct wire_message *m, const uint8_t key[static REGISTRATION_KEY]);

/* What the token of scheme 3 holds. */
static inline const uint8_t *proof_challenge(const struct wire_auth *a) { return a->token; }
static inline const uint8_t *proof_owner(const struct wire_auth *a) { return a->token + CHALLENGE_LEN; }

#endif
