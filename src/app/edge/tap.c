/* The TAP as the user wants it: made, and made again when somebody else changes it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"

/* A MAC that stays the same over restarts, so that the ARP entries of others stay right. */
void edge_tap_made_up_mac(const struct edge_conf *conf, uint8_t mac[static MAC_LEN])
{
	struct {
		char machine[64], host[64], device[IFNAMSIZ], community[COMMUNITY_LEN];
		uint64_t netns;
		uint8_t ip[4];
	} seed;
	memset(&seed, 0, sizeof(seed));
	sys_machine_id(seed.machine, sizeof(seed.machine));
	gethostname(seed.host, sizeof(seed.host) - 1);
	memcpy(seed.device, conf->device, sizeof(seed.device));
	memcpy(seed.community, conf->community, sizeof(seed.community));
	seed.netns = sys_netns();
	memcpy(seed.ip, conf->address.ip, sizeof(seed.ip));

	uint64_t h = pearson64(&seed, sizeof(seed));
	put_be16(mac, (uint16_t)(h >> 32));
	put_be32(mac + 2, (uint32_t)h);
	mac[0] = (uint8_t)((mac[0] & 0xfe) | 0x02);
}

static bool open_failed(const char *name, enum tap_error why)
{
	switch (why) {
	case TAP_NO_DRIVER:
		log_errx("cannot make the TAP '%s': there is no usable /dev/net/tun; load it by: modprobe tun, or give this container "
		         "the device", name);
		break;
	case TAP_NOT_PERMITTED:
		log_errx("cannot make the TAP '%s': that needs root or CAP_NET_ADMIN; start edge as root", name);
		break;
	case TAP_BUSY:
		log_errx("the TAP '%s' is in use by another process; give another name with -d, or end the other edge", name);
		break;
	case TAP_OTHER_KIND:
		log_errx("'%s' is a device that is no TAP, or one with several queues (multi_queue); give another name with -d, or "
		         "make it anew: ip tuntap add %s mode tap", name, name);
		break;
	case TAP_BAD_NAME:
		log_errx("'%s' is no device name; give one such as edge0 with -d", name);
		break;
	default:
		log_err("cannot make the TAP '%s'", name);
	}
	return false;
}

static int set_mac(struct edge_daemon *d)
{
	unsigned ifindex = tap_ifindex(d->tap);
	if (link_set_mac(d->nl, ifindex, d->mac) == 0)
		return 0;
	/* Some kernels want it down for that. */
	return link_set_up(d->nl, ifindex, false) < 0 || link_set_mac(d->nl, ifindex, d->mac) < 0
	       || link_set_up(d->nl, ifindex, true) < 0 ? -1 : 0;
}

static bool has_address(struct edge_daemon *d, const struct subnet *address)
{
	struct subnet own[EDGE_OWN_ADDRESSES_MAX];
	int n = address_list(d->nl, tap_ifindex(d->tap), own, EDGE_OWN_ADDRESSES_MAX);
	for (int i = 0; i < n; i++)
		if (subnet_equal(&own[i], address))
			return true;
	return false;
}

/* Is the overlay address on another device of this host? */
static bool address_elsewhere(struct edge_daemon *d)
{
	struct addr ip = { .family = ADDR_V4, .port = 1 };
	struct route_info info;
	memcpy(ip.ip, d->address.ip, 4);
	return !has_address(d, &d->address) && route_lookup(d->nl, &ip, &info) == 0 && info.local;
}

/* 0, or -1 with errno and the kernel's words. */
static int put_address(struct edge_daemon *d)
{
	unsigned ifindex = tap_ifindex(d->tap);
	if (subnet_is_set(&d->applied) && !subnet_equal(&d->applied, &d->address)
	    && address_delete(d->nl, ifindex, &d->applied) < 0)
		log_warn("cannot take the old address off %s", tap_name(d->tap));
	d->applied = (struct subnet){ .prefix = 0 };
	if (!subnet_is_set(&d->address))
		return 0;
	if (address_add(d->nl, ifindex, &d->address) < 0)
		return -1;
	d->applied = d->address;
	return 0;
}

static bool failed(struct edge_daemon *d, const char *what, const char *value)
{
	const char *words = netlink_words(d->nl);
	log_err("cannot set the %s %s of %s%s%s%s", what, value, tap_name(d->tap), *words ? " (" : "", words,
	        *words ? ")" : "");
	return false;
}

/* A fresh device gets everything that does not need a supernode. */
static bool configure(struct edge_daemon *d)
{
	char text[64];
	unsigned ifindex = tap_ifindex(d->tap);
	d->mac_wanted = false;
	if (set_mac(d) < 0)
		return failed(d, "MAC", mac_print(text, d->mac));
	snprintf(text, sizeof(text), "%u", d->mtu);
	if (link_set_mtu(d->nl, ifindex, d->mtu) < 0)
		return failed(d, "MTU", text);
	if (link_set_txqueuelen(d->nl, ifindex, d->conf.tx_queue_len) < 0)
		log_debug("cannot set the queue length of %s", tap_name(d->tap));
	if (link_set_up(d->nl, ifindex, true) < 0)
		return failed(d, "state", "up");
	if (put_address(d) < 0)
		return failed(d, "address", subnet_print(text, &d->address));
	return true;
}

bool edge_tap_start(struct edge_daemon *d)
{
	enum tap_error why;
	d->apply_due = d->reopen_due = UINT64_MAX;
	d->mtu = d->conf.mtu ? d->conf.mtu : EDGE_MTU_USUAL;
	d->address = d->conf.mode == ADDRESS_STATIC ? d->conf.address : (struct subnet){ .prefix = 0 };
	d->tap = tap_open(d->conf.device, !d->conf.common.no_offload, &why);
	if (!d->tap)
		return open_failed(d->conf.device, why);
	if (subnet_is_set(&d->address) && address_elsewhere(d)) {
		char text[SUBNET_TEXT];
		log_errx("the address %s is on another device of this host already; give another one with -a",
		         subnet_print(text, &d->address));
		return false;
	}
	if (loop_add(d->lp, tap_fd(d->tap), LOOP_READ, edge_tap_readable, d) < 0) {
		log_err("cannot wait for the TAP %s", tap_name(d->tap));
		return false;
	}
	edge_set_mtu(d->engine, d->mtu);
	return configure(d);
}

void edge_tap_tell_addresses(struct edge_daemon *d)
{
	struct subnet own[EDGE_OWN_ADDRESSES_MAX];
	int n = address_list(d->nl, tap_ifindex(d->tap), own, EDGE_OWN_ADDRESSES_MAX);
	if (n >= 0)
		edge_set_addresses(d->engine, d->now, own, (size_t)n);
}

static void apply_soon(struct edge_daemon *d, uint64_t at)
{
	if (at < d->apply_due)
		d->apply_due = at;
}

void edge_tap_event(struct edge_daemon *d, const struct monitor_event *event)
{
	switch (event->kind) {
	case MONITOR_LINK_UP:
		apply_soon(d, d->now);
		edge_tap_linked(d->engine, d->now);
		break;
	case MONITOR_LINK_MASTER:
		edge_tap_linked(d->engine, d->now);
		break;
	case MONITOR_LINK_DOWN:
		log_warnx("%s was set down; nothing is carried until it is up again", tap_name(d->tap));
		break;
	case MONITOR_LINK_MAC:
		if (!mac_equal(event->mac, d->mac)) {
			memcpy(d->mac, event->mac, MAC_LEN);
			edge_set_mac(d->engine, d->now, d->mac);
		}
		break;
	case MONITOR_ADDRESSES:
		edge_tap_tell_addresses(d);
		/* Not more often: whoever takes it away again and again shall not keep us busy. */
		if (subnet_is_set(&d->applied) && !has_address(d, &d->applied))
			apply_soon(d, d->applied_at + EDGE_REPAIR_MS);
		break;
	case MONITOR_RESYNC:
		apply_soon(d, d->now);
		break;
	default:
		break;
	}
}

void edge_tap_set_mtu(struct edge_daemon *d, unsigned mtu)
{
	if (mtu == d->mtu || d->reopen_due != UINT64_MAX)
		return;
	if (link_set_mtu(d->nl, tap_ifindex(d->tap), mtu) < 0) {
		log_warn("cannot set the MTU of %s to %u", tap_name(d->tap), mtu);
		return;
	}
	log_info("MTU of %s: %u", tap_name(d->tap), mtu);
	d->mtu = mtu;
	edge_set_mtu(d->engine, mtu);
}

static void apply(struct edge_daemon *d)
{
	char text[SUBNET_TEXT];
	bool changed = !subnet_equal(&d->applied, &d->address);
	d->apply_due = UINT64_MAX;
	d->applied_at = d->now;
	if (d->mac_wanted && set_mac(d) < 0)
		log_warn("cannot set the MAC of %s", tap_name(d->tap));
	d->mac_wanted = false;
	if (put_address(d) < 0)
		log_warn("cannot set the address %s of %s", subnet_print(text, &d->address), tap_name(d->tap));
	else if (changed && subnet_is_set(&d->applied))
		log_info("address of %s: %s", tap_name(d->tap), subnet_print(text, &d->applied));
	edge_tap_tell_addresses(d);
	edge_routes_pin(d);
	edge_routes_apply(d, false);
	if (subnet_is_set(&d->applied))
		edge_tap_ready(d->engine, d->now);
}

/* Somebody deleted the device. */
static void reopen(struct edge_daemon *d)
{
	if (tap_reopen(d->tap) < 0) {
		if (!d->reopen_noted)
			log_warn("cannot make %s again, trying once a second", tap_name(d->tap));
		d->reopen_noted = true;
		d->reopen_due = d->now + EDGE_REPAIR_MS;
		return;
	}
	d->reopen_due = UINT64_MAX;
	monitor_watch(d->monitor, tap_ifindex(d->tap));
	for (size_t i = 0; i < d->routes_n; i++)
		d->routes[i].ours = false;
	d->applied = (struct subnet){ .prefix = 0 };
	configure(d);
	if (loop_add(d->lp, tap_fd(d->tap), LOOP_READ, edge_tap_readable, d) < 0)
		log_err("cannot wait for the TAP %s", tap_name(d->tap));
	log_info("%s is there again", tap_name(d->tap));
	apply(d);
}

uint64_t edge_tap_tick(struct edge_daemon *d)
{
	if (d->reopen_due == UINT64_MAX && tap_gone(d->tap)) {
		log_warnx("%s was deleted, making it again", tap_name(d->tap));
		loop_remove(d->lp, tap_fd(d->tap));
		d->reopen_noted = false;
		d->reopen_due = d->now;
	}
	if (d->now >= d->reopen_due)
		reopen(d);
	if (d->reopen_due != UINT64_MAX)
		return d->reopen_due;
	if (d->now >= d->apply_due)
		apply(d);
	/* Nobody tells us when somebody deletes a route on the TAP. */
	if (d->routes_n && d->now >= d->applied_at + EDGE_ROUTES_CHECK_MS) {
		d->applied_at = d->now;
		edge_routes_apply(d, false);
	}
	uint64_t check = d->routes_n ? d->applied_at + EDGE_ROUTES_CHECK_MS : UINT64_MAX;
	return check < d->apply_due ? check : d->apply_due;
}

void edge_tap_stop(struct edge_daemon *d)
{
	/* A device that was there before us stays, but not our address on it. */
	if (d->tap && tap_existed(d->tap) && subnet_is_set(&d->applied)
	    && address_delete(d->nl, tap_ifindex(d->tap), &d->applied) < 0)
		log_warn("cannot take the address off %s", tap_name(d->tap));
	if (d->tap && d->lp)
		loop_remove(d->lp, tap_fd(d->tap));
	tap_close(d->tap);
	d->tap = NULL;
}
