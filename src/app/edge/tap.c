/* The TAP as the user wants it: made, and made again when somebody else changes it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"
#include "io/monitor.h"
#include "io/tap.h"

enum {
	REPAIR_MS = 1000,               /* at most that often is a missing address set again */
	ROUTES_CHECK_MS = 30000         /* nobody tells of routes that went with an address */
};

struct edge_tap {
	struct tap *device;
	uint8_t mac[MAC_LEN];
	bool mac_wanted;                /* to be put on the device */
	struct subnet wanted;           /* to be there; none: not yet, or DHCP's */
	struct subnet applied;          /* what we have put there */
	unsigned mtu;                   /* that it has */
	uint64_t apply_due;             /* UINT64_MAX: nothing to do */
	uint64_t applied_at;            /* address or routes were last set, or seen to be there */
	uint64_t routes_due;            /* when to see whether they are there; UINT64_MAX: there are none */
	uint64_t reopen_due;            /* the device is gone; UINT64_MAX: it is not */
	bool reopen_noted;
};

struct tap *edge_tap_device(const struct edge_daemon *d)
{
	return d->tap->device;
}

const char *edge_tap_name(const struct edge_daemon *d)
{
	return tap_name(d->tap->device);
}

unsigned edge_tap_ifindex(const struct edge_daemon *d)
{
	return tap_ifindex(d->tap->device);
}

const uint8_t *edge_tap_mac(const struct edge_daemon *d)
{
	return d->tap->mac;
}

unsigned edge_tap_mtu(const struct edge_daemon *d)
{
	return d->tap->mtu;
}

const struct subnet *edge_tap_wanted(const struct edge_daemon *d)
{
	return &d->tap->wanted;
}

bool edge_tap_addressed(const struct edge_daemon *d)
{
	return subnet_is_set(&d->tap->applied);
}

void edge_tap_assign(struct edge_daemon *d, const struct subnet *address)
{
	d->tap->wanted = *address;
	d->tap->apply_due = 0;
}

void edge_tap_change_mac(struct edge_daemon *d, const uint8_t mac[static MAC_LEN])
{
	memcpy(d->tap->mac, mac, MAC_LEN);
	d->tap->mac_wanted = true;
	d->tap->apply_due = 0;
}

/* A MAC that stays the same over restarts, so that the ARP entries of others stay right. */
static void make_up_mac(const struct edge_conf *conf, uint8_t mac[static MAC_LEN])
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

bool edge_tap_new(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap = calloc(1, sizeof(*t));
	if (!t)
		return false;
	t->apply_due = t->reopen_due = UINT64_MAX;
	if (mac_is_null(d->conf.mac))
		make_up_mac(&d->conf, t->mac);
	else
		memcpy(t->mac, d->conf.mac, MAC_LEN);
	return true;
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
	struct edge_tap *t = d->tap;
	unsigned ifindex = tap_ifindex(t->device);
	if (link_set_mac(d->nl, ifindex, t->mac) == 0)
		return 0;
	/* Some kernels want it down for that. */
	return link_set_up(d->nl, ifindex, false) < 0 || link_set_mac(d->nl, ifindex, t->mac) < 0
	       || link_set_up(d->nl, ifindex, true) < 0 ? -1 : 0;
}

static bool has_address(struct edge_daemon *d, const struct subnet *address)
{
	struct edge_tap *t = d->tap;
	struct subnet own[EDGE_OWN_ADDRESSES_MAX];
	int n = address_list(d->nl, tap_ifindex(t->device), own, EDGE_OWN_ADDRESSES_MAX);
	for (int i = 0; i < n; i++)
		if (subnet_equal(&own[i], address))
			return true;
	return false;
}

/* Is the overlay address on another device of this host? */
static bool address_elsewhere(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	struct addr ip = { .family = ADDR_V4, .port = 1 };
	struct route_info info;
	memcpy(ip.ip, t->wanted.ip, 4);
	return !has_address(d, &t->wanted) && route_lookup(d->nl, &ip, &info) == 0 && info.local;
}

/* 0, or -1 with errno and the kernel's words. */
static int put_address(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	unsigned ifindex = tap_ifindex(t->device);
	if (subnet_is_set(&t->applied) && !subnet_equal(&t->applied, &t->wanted)
	    && address_delete(d->nl, ifindex, &t->applied) < 0)
		log_warn("cannot take the old address off %s", tap_name(t->device));
	t->applied = (struct subnet){ .prefix = 0 };
	if (!subnet_is_set(&t->wanted))
		return 0;
	if (address_add(d->nl, ifindex, &t->wanted) < 0)
		return -1;
	t->applied = t->wanted;
	return 0;
}

static bool failed(struct edge_daemon *d, const char *what, const char *value)
{
	struct edge_tap *t = d->tap;
	const char *words = netlink_words(d->nl);
	log_err("cannot set the %s %s of %s%s%s%s", what, value, tap_name(t->device), *words ? " (" : "", words,
	        *words ? ")" : "");
	return false;
}

/* A fresh device gets everything that does not need a supernode. */
static bool configure(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	char text[64];
	unsigned ifindex = tap_ifindex(t->device);
	t->mac_wanted = false;
	edge_frames_look_at_gro(d);
	if (set_mac(d) < 0)
		return failed(d, "MAC", mac_print(text, t->mac));
	snprintf(text, sizeof(text), "%u", t->mtu);
	if (link_set_mtu(d->nl, ifindex, t->mtu) < 0)
		return failed(d, "MTU", text);
	if (link_set_txqueuelen(d->nl, ifindex, d->conf.tx_queue_len) < 0)
		log_debug("cannot set the queue length of %s", tap_name(t->device));
	if (link_set_up(d->nl, ifindex, true) < 0)
		return failed(d, "state", "up");
	if (put_address(d) < 0)
		return failed(d, "address", subnet_print(text, &t->wanted));
	return true;
}

bool edge_tap_start(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	enum tap_error why;
	t->mtu = d->conf.mtu ? d->conf.mtu : EDGE_MTU_USUAL;
	t->wanted = d->conf.mode == ADDRESS_STATIC ? d->conf.address : (struct subnet){ .prefix = 0 };
	t->device = tap_open(d->conf.device, !d->conf.common.no_offload, &why);
	if (!t->device)
		return open_failed(d->conf.device, why);
	if (subnet_is_set(&t->wanted) && address_elsewhere(d)) {
		char text[SUBNET_TEXT];
		log_errx("the address %s is on another device of this host already; give another one with -a",
		         subnet_print(text, &t->wanted));
		return false;
	}
	if (loop_add(d->lp, tap_fd(t->device), LOOP_READ, edge_tap_readable, d) < 0) {
		log_err("cannot wait for the TAP %s", tap_name(t->device));
		return false;
	}
	edge_set_mtu(d->engine, t->mtu);
	return configure(d);
}

void edge_tap_tell_addresses(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	struct subnet own[EDGE_OWN_ADDRESSES_MAX];
	int n = address_list(d->nl, tap_ifindex(t->device), own, EDGE_OWN_ADDRESSES_MAX);
	if (n >= 0)
		edge_set_addresses(d->engine, d->now, own, (size_t)n);
}

static void apply_soon(struct edge_daemon *d, uint64_t at)
{
	struct edge_tap *t = d->tap;
	if (at < t->apply_due)
		t->apply_due = at;
}

static void routes_soon(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	if (edge_routes_any(d) && t->applied_at + REPAIR_MS < t->routes_due)
		t->routes_due = t->applied_at + REPAIR_MS;
}

void edge_tap_event(struct edge_daemon *d, const struct monitor_event *event)
{
	struct edge_tap *t = d->tap;
	switch (event->kind) {
	case MONITOR_LINK_UP:
		apply_soon(d, d->now);
		edge_frames_look_at_gro(d);
		edge_tap_linked(d->engine, d->now);
		break;
	case MONITOR_LINK_FEATURES:
		edge_frames_look_at_gro(d);
		break;
	case MONITOR_LINK_MASTER:
	case MONITOR_LINK_CARRIER:
		edge_tap_linked(d->engine, d->now);
		break;
	case MONITOR_LINK_DOWN:
		log_warnx("%s was set down; nothing is carried until it is up again", tap_name(t->device));
		break;
	case MONITOR_LINK_MAC:
		if (!mac_equal(event->mac, t->mac)) {
			memcpy(t->mac, event->mac, MAC_LEN);
			edge_set_mac(d->engine, d->now, t->mac);
		}
		break;
	case MONITOR_LINK_ROUTES:
		routes_soon(d);
		break;
	case MONITOR_ADDRESSES:
		edge_tap_tell_addresses(d);
		routes_soon(d);
		/* Not more often: whoever takes it away again and again shall not keep us busy. */
		if (subnet_is_set(&t->applied) && !has_address(d, &t->applied))
			apply_soon(d, t->applied_at + REPAIR_MS);
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
	struct edge_tap *t = d->tap;
	if (mtu == t->mtu || t->reopen_due != UINT64_MAX)
		return;
	if (link_set_mtu(d->nl, tap_ifindex(t->device), mtu) < 0) {
		log_warn("cannot set the MTU of %s to %u", tap_name(t->device), mtu);
		return;
	}
	log_info("MTU of %s: %u", tap_name(t->device), mtu);
	t->mtu = mtu;
	edge_set_mtu(d->engine, mtu);
}

static void apply(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	char text[SUBNET_TEXT];
	bool changed = !subnet_equal(&t->applied, &t->wanted);
	t->apply_due = UINT64_MAX;
	t->applied_at = d->now;
	if (t->mac_wanted && set_mac(d) < 0)
		log_warn("cannot set the MAC of %s", tap_name(t->device));
	t->mac_wanted = false;
	if (put_address(d) < 0)
		log_warn("cannot set the address %s of %s", subnet_print(text, &t->wanted), tap_name(t->device));
	else if (changed && subnet_is_set(&t->applied))
		log_info("address of %s: %s", tap_name(t->device), subnet_print(text, &t->applied));
	edge_tap_tell_addresses(d);
	edge_routes_pin(d);
	edge_routes_apply(d, false);
	if (subnet_is_set(&t->applied))
		edge_tap_ready(d->engine, d->now);
}

/* Somebody deleted the device. */
static void reopen(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	if (tap_reopen(t->device) < 0) {
		if (!t->reopen_noted)
			log_warn("cannot make %s again, trying once a second", tap_name(t->device));
		t->reopen_noted = true;
		t->reopen_due = d->now + REPAIR_MS;
		return;
	}
	t->reopen_due = UINT64_MAX;
	edge_underlay_own_link(d);
	edge_routes_lost(d);
	t->applied = (struct subnet){ .prefix = 0 };
	configure(d);
	if (loop_add(d->lp, tap_fd(t->device), LOOP_READ, edge_tap_readable, d) < 0)
		log_err("cannot wait for the TAP %s", tap_name(t->device));
	log_info("%s is there again", tap_name(t->device));
	apply(d);
}

static void check_routes(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	t->applied_at = d->now;
	t->routes_due = edge_routes_any(d) ? d->now + ROUTES_CHECK_MS : UINT64_MAX;
	edge_routes_apply(d, false);
}

uint64_t edge_tap_tick(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	if (t->reopen_due == UINT64_MAX && tap_gone(t->device)) {
		log_warnx("%s was deleted, making it again", tap_name(t->device));
		loop_remove(d->lp, tap_fd(t->device));
		t->reopen_noted = false;
		t->reopen_due = d->now;
	}
	if (d->now >= t->reopen_due)
		reopen(d);
	if (t->reopen_due != UINT64_MAX)
		return t->reopen_due;
	if (d->now >= t->apply_due)
		apply(d);
	if (d->now >= t->routes_due)
		check_routes(d);
	return t->routes_due < t->apply_due ? t->routes_due : t->apply_due;
}

void edge_tap_stop(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	if (!t)
		return;
	/* A device that was there before us stays, but not our address on it. */
	if (t->device && tap_existed(t->device) && subnet_is_set(&t->applied)
	    && address_delete(d->nl, tap_ifindex(t->device), &t->applied) < 0)
		log_warn("cannot take the address off %s", tap_name(t->device));
	if (t->device)
		loop_remove(d->lp, tap_fd(t->device));
	tap_close(t->device);
	free(t);
	d->tap = NULL;
}
