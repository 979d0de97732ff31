/* Has the administrator forbidden to join what is received on a device (ethtool -K DEVICE gro off)?  For the kernel that
 * is about its own GRO; the frames of a TAP it does not join, but whoever owns the TAP may.
 */
#ifndef IO_GRO_H
#define IO_GRO_H

#include <stdbool.h>

#include "core/bytes.h"

/* In the network namespace of the caller; no privilege is needed.  false: it may be joined, or cannot be told. */
MUST_CHECK bool gro_is_off(const char *device);

#endif
