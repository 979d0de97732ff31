/* The seed of this edge's identity: from a file that was named, or kept in the state directory, bound to this machine.
 */
#ifndef EDGE_IDENTITY_H
#define EDGE_IDENTITY_H

#include "engine/secure/keys.h"

#define EDGE_STATE_DIRECTORY "/var/lib/castnet"
enum { EDGE_IDENTITY_ABOUT = 320 };

/* *lock: stays open as long as the identity is in use; -1: nothing to be locked.  about: a sentence for the log.  False:
 * about says what is wrong with the file. */
MUST_CHECK bool edge_identity_read(uint8_t seed[static SECURE_SEED], const char *path, char about[static EDGE_IDENTITY_ABOUT]);
/* The one that is kept, made if there is none, without claiming it.  False: about says why there can be none. */
MUST_CHECK bool edge_identity_look(uint8_t seed[static SECURE_SEED], char about[static EDGE_IDENTITY_ABOUT]);
void edge_identity_keep(uint8_t seed[static SECURE_SEED], int *lock, char about[static EDGE_IDENTITY_ABOUT]);

#endif
