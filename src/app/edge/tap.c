/* The TAP as the user wants it: made, and made again when somebody else changes it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"
#include "app/edge/device.h"
#include "io/monitor.h"
#include "io/tap.h"

enum {
	REPAIR_MS = 1000,               /* at most that often is a missing address set again */
	ROUTES_CHECK_MS = 30000         /* nobody tells of routes that went with an address */
};

struct edge_tap {
	struct tap *device;
	struct device dev;              /* what it is given */
	bool mac_wanted;                /* to be put on the device */
	uint64_t apply_due;             /* UINT64_MAX: nothing to do */
	uint64_t applied_at;            /* address or routes were last set, or seen to be there */
	uint64_t routes_due;            /* when to see whether they are there; UINT64_MAX: there are none */
	uint64_t reopen_due;            /* the device is gone; UINT64_MAX: it is not */
	bool reopen_noted;
	struct subnet *own;             /* all addresses of the device, as last read */
	size_t beyond;                  /* more than there is room for */
	bool away;                      /* in another network namespace */
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
	return d->tap->dev.mac;
}

unsigned edge_tap_mtu(const struct edge_daemon *d)
{
	return d->tap->dev.mtu;
}

const struct subnet *edge_tap_wanted(const struct edge_daemon *d)
{
	return &d->tap->dev.wanted;
}

bool edge_tap_addressed(const struct edge_daemon *d)
{
	return subnet_is_set(&d->tap->dev.applied);
}

void edge_tap_assign(struct edge_daemon *d, const struct subnet *address)
{
	d->tap->dev.wanted = *address;
	d->tap->apply_due = 0;
}

void edge_tap_change_mac(struct edge_daemon *d, const uint8_t mac[static MAC_LEN])
{
	memcpy(d->tap->dev.mac, mac, MAC_LEN);
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
	if (secure_mac_is_made(mac))
		mac[0] ^= 0x04;
}

bool edge_tap_new(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap = calloc(1, sizeof(*t));
	if (!t || !(t->own = calloc(d->conf.addresses_max, sizeof(*t->own))))
		return false;
	t->apply_due = t->reopen_due = UINT64_MAX;
	t->dev.tx_queue_len = d->conf.tx_queue_len;
	if (mac_is_null(d->conf.mac) && edge_sessions_keys(d))
		memcpy(t->dev.mac, edge_keys_identity(edge_sessions_keys(d))->mac, MAC_LEN);
	else if (mac_is_null(d->conf.mac))
		make_up_mac(&d->conf, t->dev.mac);
	else
		memcpy(t->dev.mac, d->conf.mac, MAC_LEN);
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
		if (geteuid() == 0)
			log_errx("cannot make the TAP '%s': root has no CAP_NET_ADMIN here; give this container that capability "
			         "(docker run --cap-add NET_ADMIN)", name);
		else
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

/* Is the overlay address on another device of this host? */
static bool address_elsewhere(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	struct addr ip = { .family = ADDR_V4, .port = 1 };
	struct route_info info;
	memcpy(ip.ip, t->dev.wanted.ip, 4);
	return !address_has(d->nl, t->dev.ifindex, &t->dev.wanted) && route_lookup(d->nl, &ip, &info) == 0 && info.local;
}

static void look_at_device(struct edge_tap *t)
{
	t->dev.ifindex = tap_ifindex(t->device);
	t->dev.name = tap_name(t->device);
}

static bool configure(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	t->mac_wanted = false;
	edge_frames_look_at_gro(d);
	return device_configure(&t->dev, d->nl);
}

bool edge_tap_start(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	enum tap_error why;
	t->dev.mtu = d->conf.mtu ? d->conf.mtu : edge_sessions_keys(d) ? EDGE_MTU_USUAL_SECURE : EDGE_MTU_USUAL;
	t->dev.wanted = d->conf.mode == ADDRESS_STATIC ? d->conf.address : (struct subnet){ .prefix = 0 };
	t->device = tap_open(d->conf.device, !d->conf.common.no_offload, &why);
	for (int waited = 0; !t->device && why == TAP_BUSY && waited < DAEMON_ENDING_MS; waited += DAEMON_ENDING_PAUSE_MS) {
		daemon_wait_for_ending();
		t->device = tap_open(d->conf.device, !d->conf.common.no_offload, &why);
	}
	if (!t->device)
		return open_failed(d->conf.device, why);
	look_at_device(t);
	if (subnet_is_set(&t->dev.wanted) && address_elsewhere(d)) {
		char text[SUBNET_TEXT];
		log_errx("the address %s is on another device of this host already; give another one with -a",
		         subnet_print(text, &t->dev.wanted));
		return false;
	}
	if (loop_add(d->lp, tap_fd(t->device), LOOP_READ, edge_tap_readable, d) < 0) {
		log_err("cannot wait for the TAP %s", tap_name(t->device));
		return false;
	}
	if (tap_existed(t->device))
		device_remember(&t->dev, d->nl);
	edge_set_mtu(d->engine, t->dev.mtu);
	return configure(d);
}

void edge_tap_tell_addresses(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	size_t max = d->conf.addresses_max;
	int n = address_list(d->nl, tap_ifindex(t->device), t->own, max);
	if (n < 0)
		return;
	size_t beyond = (size_t)n > max ? (size_t)n - max : 0;
	if (beyond > t->beyond)
		log_warnx("%s has %d addresses: %zu of them do not count as this host's own; raise --max-addresses", tap_name(t->device),
		          n, beyond);
	t->beyond = beyond;
	edge_set_addresses(d->engine, d->now, t->own, (size_t)n - beyond);
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

static void apply(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	char text[SUBNET_TEXT];
	bool changed = !subnet_equal(&t->dev.applied, &t->dev.wanted);
	t->apply_due = UINT64_MAX;
	t->applied_at = d->now;
	if (t->mac_wanted && device_put_mac(&t->dev, d->nl) < 0)
		log_warn("cannot set the MAC of %s", tap_name(t->device));
	t->mac_wanted = false;
	if (device_put_address(&t->dev, d->nl) < 0)
		log_warn("cannot set the address %s of %s", subnet_print(text, &t->dev.wanted), tap_name(t->device));
	else if (changed && subnet_is_set(&t->dev.applied))
		log_info("address of %s: %s", tap_name(t->device), subnet_print(text, &t->dev.applied));
	edge_tap_tell_addresses(d);
	edge_routes_pin(d);
	edge_routes_apply(d, false);
	if (subnet_is_set(&t->dev.applied))
		edge_tap_ready(d->engine, d->now);
}

/* It is another device, or lost all that we had set. */
static void begin_again(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	look_at_device(t);
	edge_underlay_own_link(d);
	edge_routes_lost(d);
	t->dev.applied = (struct subnet){ .prefix = 0 };
	t->dev.added = false;
	if (!configure(d))
		log_warnx("%s is not as it should be", tap_name(t->device));
	log_info("%s is there again", tap_name(t->device));
	apply(d);
}

static void gone_away(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	if (t->away || t->reopen_due != UINT64_MAX || tap_look(t->device) != TAP_ELSEWHERE)
		return;
	t->away = true;
	t->apply_due = UINT64_MAX;
	log_warnx("%s was moved to another network namespace: frames are carried on, but its address, MAC and routes there "
	          "are yours to set", tap_name(t->device));
}

static void come_back(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	if (!t->away || tap_look(t->device) != TAP_HERE)
		return;
	t->away = false;
	begin_again(d);
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
		if (!mac_equal(event->mac, t->dev.mac)) {
			memcpy(t->dev.mac, event->mac, MAC_LEN);
			edge_set_mac(d->engine, d->now, t->dev.mac);
		}
		break;
	case MONITOR_LINK_ROUTES:
		routes_soon(d);
		break;
	case MONITOR_ADDRESSES:
		edge_tap_tell_addresses(d);
		routes_soon(d);
		/* Not more often: whoever takes it away again and again shall not keep us busy. */
		if (subnet_is_set(&t->dev.applied) && !address_has(d->nl, t->dev.ifindex, &t->dev.applied))
			apply_soon(d, t->applied_at + REPAIR_MS);
		break;
	case MONITOR_LINK_REMOVED:
		gone_away(d);
		break;
	case MONITOR_UNDERLAY:
		come_back(d);
		break;
	case MONITOR_RESYNC:
		gone_away(d);
		come_back(d);
		apply_soon(d, d->now);
		break;
	default:
		break;
	}
}

void edge_tap_set_mtu(struct edge_daemon *d, unsigned mtu)
{
	struct edge_tap *t = d->tap;
	if (mtu == t->dev.mtu || t->away || t->reopen_due != UINT64_MAX)
		return;
	if (link_set_mtu(d->nl, tap_ifindex(t->device), mtu) < 0) {
		log_warn("cannot set the MTU of %s to %u", tap_name(t->device), mtu);
		return;
	}
	log_info("MTU of %s: %u", tap_name(t->device), mtu);
	t->dev.mtu = mtu;
	edge_set_mtu(d->engine, mtu);
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
	t->away = t->dev.remembered = false;
	if (loop_add(d->lp, tap_fd(t->device), LOOP_READ, edge_tap_readable, d) < 0)
		log_err("cannot wait for the TAP %s", tap_name(t->device));
	begin_again(d);
}

size_t edge_tap_addresses_beyond(const struct edge_daemon *d)
{
	return d->tap->beyond;
}

const char *edge_tap_state(struct edge_daemon *d)
{
	struct edge_tap *t = d->tap;
	struct link_info link;
	if (t->reopen_due != UINT64_MAX)
		return "gone";
	if (tap_look(t->device) == TAP_ELSEWHERE)
		return "moved";
	return link_get(d->nl, t->dev.ifindex, &link) == 0 && link.up ? "up" : "down";
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
	if (t->away)
		return UINT64_MAX;
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
	if (t->device && tap_existed(t->device))
		device_restore(&t->dev, d->nl);
	if (t->device)
		loop_remove(d->lp, tap_fd(t->device));
	tap_close(t->device);
	free(t->own);
	free(t);
	d->tap = NULL;
}
