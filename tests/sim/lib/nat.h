/* A router that translates addresses (RFC 4787).  The kinds differ in how a mapping is chosen and who
 * may use it from outside:
 *	full cone         one outer port per inner socket, open to everybody
 *	restricted        the same, open to hosts that the inner socket has sent to
 *	port restricted   the same, open to exactly the sockets that the inner socket has sent to
 *	symmetric         one outer port per inner socket and remote socket, open to that one alone
 * A mapping dies when nothing went out through it for the time-out, and so does each permission.
 */
#ifndef SIM_NAT_H
#define SIM_NAT_H

#include "core/addr.h"
#include "rng.h"

enum nat_kind { NAT_NONE, NAT_FULL_CONE, NAT_RESTRICTED, NAT_PORT_RESTRICTED, NAT_SYMMETRIC, NAT_KINDS };
extern const char *const nat_names[NAT_KINDS];

/* Can two that are behind these open a path to each other, knowing what a third one sees of them? */
static inline bool nats_can_be_direct(enum nat_kind a, enum nat_kind b)
{
	return a == NAT_SYMMETRIC ? b < NAT_PORT_RESTRICTED : b == NAT_SYMMETRIC ? a < NAT_PORT_RESTRICTED : true;
}

struct nat;

struct nat *nat_new(enum nat_kind kind, uint64_t timeout_ms, uint64_t seed);    /* free with nat_free */
void nat_free(struct nat *n);
enum nat_kind nat_kind(const struct nat *n);
/* A datagram leaves: the outer port it gets.  0: all are taken. */
uint16_t nat_out(struct nat *n, uint64_t now, const struct addr *inner, const struct addr *remote);
/* A datagram arrives at an outer port: the inner socket it goes to.  False: dropped. */
MUST_CHECK bool nat_in(struct nat *n, uint64_t now, uint16_t port, const struct addr *remote,
                       struct addr *inner);
/* The router was switched off and on. */
void nat_reboot(struct nat *n);

#endif
