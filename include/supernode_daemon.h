/* The supernode with its rim, between the files of the main. */
#ifndef SUPERNODE_DAEMON_H
#define SUPERNODE_DAEMON_H

#include "io/loop.h"
#include "io/monitor.h"
#include "io/netlink.h"
#include "io/status.h"
#include "io/udp.h"
#include "supernode_conf.h"

struct supernode_daemon {
	struct supernode_conf conf;
	uint64_t now;                   /* of this turn */
	struct loop *lp;
	struct udp *udp;
	struct netlink *nl;             /* NULL: not to be had */
	struct monitor *monitor;        /* NULL: not to be had */
	struct status *status;          /* NULL: not to be had */
	struct supernode *engine;
};

/* A status_writer; ctx is the daemon. */
bool supernode_status_write(void *ctx, uint64_t now, struct status_page *page);

#endif
