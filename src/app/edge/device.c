#include "app/edge/device.h"

#include <stdio.h>

#include "io/log.h"

void device_remember(struct device *dev, struct netlink *nl)
{
	dev->remembered = link_get(nl, dev->ifindex, &dev->before) == 0;
}

static int put_mac(struct netlink *nl, unsigned ifindex, const uint8_t mac[static MAC_LEN])
{
	if (link_set_mac(nl, ifindex, mac) == 0)
		return 0;
	/* Some kernels want it down for that. */
	return link_set_up(nl, ifindex, false) < 0 || link_set_mac(nl, ifindex, mac) < 0
	       || link_set_up(nl, ifindex, true) < 0 ? -1 : 0;
}

int device_put_mac(struct device *dev, struct netlink *nl)
{
	return put_mac(nl, dev->ifindex, dev->mac);
}

static void take_off(struct device *dev, struct netlink *nl)
{
	if (dev->added && subnet_is_set(&dev->applied) && address_delete(nl, dev->ifindex, &dev->applied) < 0)
		log_warn("cannot take the old address off %s", dev->name);
	dev->applied = (struct subnet){ .prefix = 0 };
	dev->added = false;
}

int device_put_address(struct device *dev, struct netlink *nl)
{
	bool same = subnet_equal(&dev->applied, &dev->wanted);
	if (!same)
		take_off(dev, nl);
	if (!subnet_is_set(&dev->wanted))
		return 0;
	if (!address_has(nl, dev->ifindex, &dev->wanted)) {
		if (address_add(nl, dev->ifindex, &dev->wanted) < 0)
			return -1;
		dev->added = true;
	}
	dev->applied = dev->wanted;
	return 0;
}

static bool failed(const struct device *dev, struct netlink *nl, const char *what, const char *value)
{
	const char *words = netlink_words(nl);
	log_err("cannot set the %s %s of %s%s%s%s", what, value, dev->name, *words ? " (" : "", words, *words ? ")" : "");
	return false;
}

bool device_configure(struct device *dev, struct netlink *nl)
{
	char text[64];
	dev->touched = true;
	if (device_put_mac(dev, nl) < 0)
		return failed(dev, nl, "MAC", mac_print(text, dev->mac));
	snprintf(text, sizeof(text), "%u", dev->mtu);
	if (link_set_mtu(nl, dev->ifindex, dev->mtu) < 0)
		return failed(dev, nl, "MTU", text);
	if (link_set_txqueuelen(nl, dev->ifindex, dev->tx_queue_len) < 0)
		log_debug("cannot set the queue length of %s", dev->name);
	if (link_set_up(nl, dev->ifindex, true) < 0)
		return failed(dev, nl, "state", "up");
	if (device_put_address(dev, nl) < 0)
		return failed(dev, nl, "address", subnet_print(text, &dev->wanted));
	return true;
}

void device_restore(struct device *dev, struct netlink *nl)
{
	const struct link_info *before = &dev->before;
	struct link_info now;
	bool good = true;
	if (!dev->remembered || !dev->touched || link_get(nl, dev->ifindex, &now) < 0)
		return;
	take_off(dev, nl);
	if (now.mtu == dev->mtu && now.mtu != before->mtu)
		good &= link_set_mtu(nl, dev->ifindex, before->mtu) == 0;
	if (now.tx_queue_len == dev->tx_queue_len && now.tx_queue_len != before->tx_queue_len)
		good &= link_set_txqueuelen(nl, dev->ifindex, before->tx_queue_len) == 0;
	if (mac_equal(now.mac, dev->mac) && !mac_equal(now.mac, before->mac))
		good &= put_mac(nl, dev->ifindex, before->mac) == 0;
	if (!before->up)
		good &= link_set_up(nl, dev->ifindex, false) == 0;
	if (!good)
		log_warn("cannot set %s as it was before", dev->name);
}
