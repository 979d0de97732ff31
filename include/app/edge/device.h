/* What the TAP device is given: MAC, MTU, queue length, state and address; and what a persistent one had before, so that
 * it has that again afterwards.  What somebody else changed meanwhile stays as he wants it.
 *
 *	device_remember -> device_configure, device_put_* ... -> device_restore
 */
#ifndef EDGE_DEVICE_H
#define EDGE_DEVICE_H

#include "io/netlink.h"

struct device {
	unsigned ifindex;
	const char *name;               /* for the log */
	uint8_t mac[MAC_LEN];
	unsigned mtu, tx_queue_len;
	struct subnet wanted;           /* the address to be there; none: not yet, or DHCP's */
	struct subnet applied;          /* the one that is */
	bool added;                     /* and was not before us */
	bool remembered, touched;
	struct link_info before;
};

/* Before anything is changed.  A device that was not there before us needs no such thing: it vanishes. */
void device_remember(struct device *dev, struct netlink *nl);
/* Everything that does not need a supernode.  false: the log says why. */
MUST_CHECK bool device_configure(struct device *dev, struct netlink *nl);
MUST_CHECK int device_put_mac(struct device *dev, struct netlink *nl);          /* -1 with errno */
MUST_CHECK int device_put_address(struct device *dev, struct netlink *nl);      /* -1 with errno */
void device_restore(struct device *dev, struct netlink *nl);

#endif
