/* The edge with its rim, between the files of the main.  The engine's calls to the host only note what is
 * wanted; the ticks do it, so that no call comes back into the engine while it runs.
 */
#ifndef EDGE_DAEMON_H
#define EDGE_DAEMON_H

#include "app/daemon/run.h"
#include "app/edge/conf.h"
#include "app/edge/names.h"
#include "app/edge/previous.h"
#include "app/edge/routes.h"
#include "app/edge/sessions.h"
#include "app/edge/tap.h"
#include "app/edge/trouble.h"
#include "app/edge/underlay.h"
#include "app/edge/ways.h"
#include "io/lan.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/status.h"
#include "io/udp.h"

enum { EDGE_MTU_USUAL = 1400, EDGE_MTU_USUAL_SECURE = 1376 };  /* on an underlay of 1500 bytes */

struct edge_daemon {
	struct edge_conf conf;
	uint64_t now;                   /* of this turn */
	bool noted;                     /* the engine has asked for something that a tick of the rim does */
	bool ready;
	uint64_t started;
	int status_code;                /* to exit with */
	struct loop *lp;
	struct netlink *nl;
	struct udp *udp;
	struct lan *lan;                /* NULL: no local discovery */
	struct status *status;          /* NULL: not to be had */
	struct management *management;  /* NULL: no -t */
	struct edge *engine;

	/* Each is its file's alone; others ask by its header. */
	struct edge_tap *tap;
	struct edge_routes *routes;
	struct edge_names *names;
	struct edge_underlay *underlay;
	struct edge_ways *ways;
	struct edge_sessions *sessions;         /* NULL: plain */
	struct edge_trouble_state *trouble;
	struct edge_frames *frames;
	int previous_fd;                /* previous.c; -1: none */
	struct daemon_watch super, p2p;         /* management.c: last ACK, last PACKET from a peer */
};

/* host.c: between sockets and engine */
void edge_host_fill(struct host *host, struct edge_daemon *d);
void edge_udp_ready(void *ctx, uint64_t now, unsigned events);
void edge_lan_ready(void *ctx, uint64_t now, unsigned events);

/* frames.c: between TAP and engine */
MUST_CHECK bool edge_frames_open(struct edge_daemon *d);        /* false: the log says why */
void edge_frames_close(struct edge_daemon *d);
void edge_tap_readable(void *ctx, uint64_t now, unsigned events);
void edge_frames_deliver(struct edge_daemon *d, const struct buf *frame);       /* its bytes stay until the flush */
void edge_frames_inject(struct edge_daemon *d, const struct buf *frame);        /* at once */
void edge_frames_flush(struct edge_daemon *d);
uint8_t *edge_frames_room(struct edge_daemon *d, size_t len);   /* to seal frames into, until the turn ends; NULL: too many */
void edge_frames_look_at_gro(struct edge_daemon *d);    /* whether frames may be joined: it may have changed */
uint64_t edge_frames_bad(const struct edge_daemon *d);  /* from the TAP, with an offload that does not fit them */
uint64_t edge_frames_own(const struct edge_daemon *d);  /* from the TAP, holding datagrams of our own: dropped */

/* management.c: n2n's management port; without -t nothing happens */
MUST_CHECK bool edge_management_open(struct edge_daemon *d);     /* false: the log says why */
uint64_t edge_management_tick(struct edge_daemon *d);

/* groups.c: the answer to status groups; false: that was all */
bool edge_groups_write(struct edge_daemon *d, struct page *page);

/* status.c: a status_writer; ctx is the daemon */
bool edge_status_write(void *ctx, uint64_t now, struct page *page);

#endif
