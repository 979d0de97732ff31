/* Is a UDP port closed?  One byte is sent to it by a socket of its own, which the kernel tells of an ICMP "port
 * unreachable"; silence may be a firewall, or somebody who listens.
 */
#ifndef IO_KNOCK_H
#define IO_KNOCK_H

#include "core/addr.h"

MUST_CHECK int knock(const struct addr *to);            /* A descriptor, closed by the caller; -1 with errno */
bool knock_refused(int fd);                             /* by now */

#endif
