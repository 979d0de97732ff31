/* An edge that behaves as n2n's does (specification 14.2, 14.4), as far as its partners can see: it
 * registers every 20 s, retries every 4 s, keeps pending and known peers, floods through the
 * supernode, and with -S1 never sends REGISTER or REGISTER_ACK.  For mixed networks.
 */
#ifndef SIM_OLDEDGE_H
#define SIM_OLDEDGE_H

#include "core/host.h"
#include "core/wire.h"

struct oldedge_config {
	uint8_t community[COMMUNITY_LEN], mac[MAC_LEN];
	struct subnet address;
	bool p2p;
};
struct oldedge;

struct oldedge *oldedge_new(const struct oldedge_config *config, const struct host *host, uint64_t now);
void oldedge_free(struct oldedge *e);
void oldedge_set_supernode(struct oldedge *e, const struct addr *addr);
void oldedge_from_net(struct oldedge *e, uint64_t now, const struct addr *from, struct buf *datagram, bool lan);
void oldedge_from_tap(struct oldedge *e, uint64_t now, struct buf *frame);
uint64_t oldedge_tick(struct oldedge *e, uint64_t now);
void oldedge_stop(struct oldedge *e);
bool oldedge_registered(const struct oldedge *e);
bool oldedge_direct(const struct oldedge *e, uint64_t now, const uint8_t mac[static MAC_LEN]);

#endif
