/* The virtual network.  Machines (stations) stand in sites; a site is one LAN, where multicast may work
 * and which may have a NAT towards the Internet.  Public addresses are 11.x.y.z and 2001:db8::n, private ones
 * 192.168.1.n: the same in every site, as in real life.
 *
 * A datagram that the network duplicates, or that a sniffer injects again, is marked "copy", and so is
 * everything that an engine sends while it works on a copy: who counts deliveries can tell what the
 * network did from what an engine did.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "core/addr.h"
#include "core/buf.h"
#include "nat.h"
#include "queue.h"
#include "rng.h"

enum { DATAGRAM_MAX = 2048, SITE_STATIONS_MAX = 200 };

struct quality { uint32_t delay_ms, jitter_ms, loss_permille, duplicate_permille, reorder_permille; };

struct net;
struct site;
struct station {
	struct net *net;
	struct site *site;
	struct addr ip4, ip6;           /* own addresses, port 0; private behind a NAT; none: has none */
	bool up;
	struct udp *sockets;
	struct station *next;
};
struct arrival {
	struct addr from, local;
	struct buf *datagram;           /* with headroom; the receiver may change it */
	bool lan;                       /* came to the local discovery group */
};
struct udp {                            /* a bound UDP socket */
	struct station *station;
	uint16_t port;
	void *ctx;
	void (*arrived)(void *ctx, const struct arrival *a);
	struct udp *next;
};
struct net_counts { uint64_t sent, bytes, arrived, lost, duplicated, filtered, unreachable; };

struct net *net_new(struct queue *q, uint64_t seed);
void net_free(struct net *net);                 /* with all sites and stations, after queue_free */
struct quality *net_quality(struct net *net);
const struct net_counts *net_counts(const struct net *net);
/* Is what happens now the work of a copy? */
bool net_is_copy(const struct net *net);
/* Sees every datagram that is sent (sniffer, counter, trace). */
typedef void net_saw(void *ctx, const struct addr *from, const struct addr *to, const uint8_t *data, size_t len);
void net_watch(struct net *net, net_saw *saw, void *ctx);

struct site *site_new(struct net *net, enum nat_kind nat, uint64_t nat_timeout_ms, bool multicast);
struct nat *site_nat(struct site *s);
void site_move(struct site *s);                 /* another public address; a NAT starts anew */
/* Sets who may talk to whom: a datagram passes when one of the sender's bits is in the receiver's sees.
 * The default is member 1, sees everything. */
void site_partition(struct site *s, uint32_t member, uint32_t sees);

enum { STATION_V4 = 1, STATION_V6 = 2 };        /* IPv6 goes around the NAT */
struct station *station_new(struct site *s, unsigned families);
/* Socket with this port, or any free one for 0; the caller sets ctx and arrived.  NULL: port in use. */
struct udp *udp_open(struct station *st, uint16_t port);
void udp_close(struct udp *u);
void udp_send(struct udp *u, const struct addr *to, unsigned ttl, const uint8_t *data, size_t len);
void udp_send_lan(struct udp *u, const uint8_t *data, size_t len);
/* Forges: a copy from any public source to any public destination. */
void net_inject(struct net *net, const struct addr *from, const struct addr *to, const uint8_t *data, size_t len);

#endif
