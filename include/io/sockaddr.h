/* struct addr and the kernel's socket addresses.  An IPv4-mapped IPv6 address becomes plain IPv4. */
#ifndef IO_SOCKADDR_H
#define IO_SOCKADDR_H

#include <sys/socket.h>

#include "core/addr.h"

/* False: neither IPv4 nor IPv6 (a is then none). */
bool addr_from_sockaddr(struct addr *a, const struct sockaddr *sa);
/* For a socket of that family (AF_INET6: IPv4 is mapped; none: the unspecified address).  Returns the length;
 * 0: an IPv6 address does not fit an AF_INET socket. */
socklen_t addr_to_sockaddr(struct sockaddr_storage *ss, const struct addr *a, int family);

#endif
