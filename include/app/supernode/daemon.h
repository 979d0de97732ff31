/* The supernode with its rim, between the files of the main. */
#ifndef SUPERNODE_DAEMON_H
#define SUPERNODE_DAEMON_H

#include "app/daemon/run.h"
#include "io/loop.h"
#include "io/monitor.h"
#include "io/netlink.h"
#include "io/status.h"
#include "io/udp.h"
#include "app/supernode/conf.h"

struct supernode_daemon {
	struct supernode_conf conf;
	uint64_t now;                   /* of this turn */
	struct loop *lp;
	struct udp *udp;
	struct netlink *nl;             /* NULL: not to be had */
	struct monitor *monitor;        /* NULL: not to be had */
	uint64_t outward_due;           /* when to look for the host's address as others see it; UINT64_MAX: not */
	struct status *status;          /* NULL: not to be had */
	struct management *management;  /* NULL: no -t */
	struct daemon_watch forwarded, registered;      /* last frame relayed, last REGISTER_SUPER */
	struct supernode *engine;
};

/* communities.c: reads the file of -c.  0, or the exit status; the sentence says what was read, or why it could not be. */
MUST_CHECK int supernode_read_communities(struct supernode_daemon *d, char sentence[static STATUS_SENTENCE]);

/* supernode_management.c: n2n's management port; without -t nothing happens */
MUST_CHECK bool supernode_management_open(struct supernode_daemon *d);   /* false: the log says why */
uint64_t supernode_management_tick(struct supernode_daemon *d);

/* supernode_groups.c: the answer to status groups; false: that was all. */
bool supernode_groups_write(struct supernode_daemon *d, struct page *page);

/* A status_writer; ctx is the daemon. */
bool supernode_status_write(void *ctx, uint64_t now, struct page *page);

#endif
