/* The edge: a TAP, a UDP socket, one engine between them. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/daemon/conf.h"
#include "app/daemon/run.h"
#include "app/edge/command.h"
#include "app/edge/daemon.h"
#include "app/edge/overlap.h"
#include "app/edge/trouble.h"
#include "io/secret.h"

enum {
	START_WAIT_MS = 10000,          /* for an address from the supernode before ready is said without it */
	SERVED_MS = 20,                 /* registered, and soon served */
	MTU_WAIT_MS = 500               /* for the first look-up, so that the MTU is right when ready is said */
};

static void stop(void *ctx, uint64_t now, int signo)
{
	(void)now;
	struct edge_daemon *d = ctx;
	log_info("ending: signal %d", signo);
	loop_stop(d->lp);
}

static void hang_up(void *ctx, uint64_t now, int signo)
{
	(void)signo;
	struct edge_daemon *d = ctx;
	d->now = now;
	daemon_reloading(now);
	log_reopen();
	char why[EDGE_WHY];
	bool good = edge_sessions_reload(d, why);
	if (good)
		log_info("reloaded: resolving names and registering again");
	else
		log_errx("reloaded, but the keys stay as they were: %s", why);
	edge_names_all_again(d);
	edge_underlay_look(d);
	edge_network_changed(d->engine, now);
	status_reloaded(d->status, good, good ? "resolving names and registering again" : why);
	sys_notify("READY=1");
}

static bool new_engine(struct edge_daemon *d)
{
	const struct edge_conf *conf = &d->conf;
	struct edge_config config = {
		.mac_made_up = mac_is_null(conf->mac), .mode = conf->mode, .address = conf->address,
		.interval_ms = conf->interval_ms, .p2p = conf->p2p, .multicast = conf->multicast, .routing = conf->routing,
		.mss_clamp = conf->mss_clamp,
		.groups_max = conf->no_groups ? 0 : EDGE_GROUPS_MAX, .fast_leave = conf->fast_leave,
		.arp_suppress = conf->arp_suppress,
		.discovery = conf->p2p && !conf->preferred_auto && !addr_is_set(&conf->preferred),
		.punch_ttl = conf->punch_ttl, .select = conf->select, .supernodes = conf->supernodes_n,
		.peers_max = conf->peers_max, .addresses_max = conf->addresses_max, .transform = edge_sessions_transform(d), .rules = conf->rules, .rules_n = conf->rules_n,
	};
	struct host host;
	if (edge_sessions_keys(d)) {
		size_t n;
		config.owner = edge_keys_identity(edge_sessions_keys(d))->owner;
		config.registration_key = edge_keys_of(edge_sessions_keys(d), &n)[0].rk;
		config.mac_made_up = false;
	}
	memcpy(config.mac, edge_tap_mac(d), MAC_LEN);
	config.previous = edge_previous_read(d);
	memcpy(config.storm, conf->storm, sizeof(config.storm));
	memcpy(config.community, conf->community, COMMUNITY_LEN);
	if (conf->mode != ADDRESS_STATIC)
		config.address = (struct subnet){ .prefix = 0 };
	if (conf->desc[0]) {
		memcpy(config.desc, conf->desc, DESC_LEN);
	} else {
		char name[65] = "";
		gethostname(name, sizeof(name) - 1);
		memcpy(config.desc, name, strnlen(name, DESC_LEN - 1));
	}
	edge_host_fill(&host, d);
	d->engine = config.transform ? edge_new(&config, &host, d->now) : NULL;
	if (!d->engine)
		log_errx("not enough memory for %zu peers; give a smaller number with --max-peers",
		         conf->peers_max);
	return d->engine != NULL;
}

/* All that would end the process, so that no route of ours stays: also those that mean a fault when the kernel sends
 * them, which then ends the process all the same. */
static bool catch_signals(struct edge_daemon *d)
{
	static const int ending[] = {
		SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXCPU, SIGSTKFLT,
		SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS,
	};
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (loop_signal(d->lp, ending[i], stop, d) < 0)
			return false;
	for (int rt = SIGRTMIN; rt <= SIGRTMAX; rt++)
		if (loop_signal(d->lp, rt, stop, d) < 0)
			return false;
	return loop_signal(d->lp, SIGHUP, hang_up, d) == 0;
}

static bool open_loop(struct edge_daemon *d)
{
	d->lp = loop_new();
	if (d->lp)
		loop_busy_poll(d->lp, d->conf.common.busy_poll_us);
	if (d->lp && catch_signals(d))
		return true;
	log_err("cannot set up the event loop");
	return false;
}

static bool open_sockets(struct edge_daemon *d)
{
	struct udp_config config = {
		.bind = d->conf.bind, .tos = d->conf.tos, .pmtu_discovery = d->conf.pmtu_discovery,
		.offload = !d->conf.common.no_offload, .busy_poll_us = d->conf.common.busy_poll_us,
	};
	d->udp = daemon_udp_open(&config);
	if (!d->udp)
		return false;
	udp_set_way(d->udp, edge_ways_for_udp, d);
	d->nl = netlink_open();
	if (!d->nl || loop_add(d->lp, udp_fd(d->udp), LOOP_READ, edge_udp_ready, d) < 0) {
		log_err("cannot open a netlink socket");
		return false;
	}
	if (!d->conf.p2p || d->conf.preferred_auto || addr_is_set(&d->conf.preferred))
		return true;
	d->lan = lan_open();
	if (!d->lan || loop_add(d->lp, lan_fd(d->lan), LOOP_READ, edge_lan_ready, d) < 0)
		log_warn("peers on the same LAN will not be discovered: cannot open UDP port %d", LAN_PORT);
	return true;
}

static bool new_parts(struct edge_daemon *d)
{
	if (edge_tap_new(d) && edge_routes_new(d) && edge_names_new(d) && edge_underlay_new(d) && edge_ways_new(d) && edge_trouble_new(d))
		return true;
	log_errx("not enough memory");
	return false;
}

static void open_status(struct edge_daemon *d)
{
	char name[STATUS_NAME_MAX];
	snprintf(name, sizeof(name), "edge-%s", edge_tap_name(d));
	d->status = status_open(d->lp, name, edge_status_write, d);
	if (!d->status)
		log_warn("edge status will not work: cannot make a socket in /run/castnet");
}

static bool open_all(struct edge_daemon *d)
{
	d->now = d->started = loop_now();
	d->previous_fd = -1;
	if (!edge_sessions_open(d) || !new_parts(d) || !open_loop(d) || !open_sockets(d) || !edge_management_open(d) || !new_engine(d)
	    || !edge_frames_open(d) || edge_overlap_refused(d) || !edge_tap_start(d))
		return false;
	edge_routes_sweep(d);
	if (!edge_routes_apply(d, true) || !edge_underlay_open(d))
		return false;
	edge_tap_tell_addresses(d);
	if (d->conf.mode != ADDRESS_AUTO)
		edge_tap_ready(d->engine, d->now);
	open_status(d);
	edge_previous_open(d);
	if (d->conf.common.identity.uid != geteuid())
		status_keep(d->status);
	if (!daemon_drop_privileges(&d->conf.common.identity) || !edge_names_open(d))
		return false;
	if (!edge_sessions_watch(d))
		return false;
	if (edge_sessions_keys(d))
		secret_process();
	edge_underlay_look(d);
	return true;
}

/* Is there something that ready has to wait for?  NULL: no. */
static const char *missing(struct edge_daemon *d)
{
	if (d->conf.wait_registered && !edge_is_served(d->engine, d->now))
		return "registration";
	if (d->conf.mode == ADDRESS_AUTO && !edge_tap_addressed(d))
		return "address";
	return edge_routes_complete(d) ? NULL : "route";
}

/* Names are answered in no time when they are numbers or in /etc/hosts. */
static bool mtu_may_change(const struct edge_daemon *d)
{
	return !d->conf.mtu && !edge_names_failed(d) && !edge_underlay_known(d) && d->now < d->started + MTU_WAIT_MS;
}

static void say_ready(struct edge_daemon *d)
{
	d->ready = true;
	daemon_ready();
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Returns when to ask again. */
static uint64_t check_ready(struct edge_daemon *d)
{
	if (mtu_may_change(d))
		return d->started + MTU_WAIT_MS;
	const char *what = missing(d);
	uint64_t limit = d->conf.wait_registered ? d->conf.wait_ms : START_WAIT_MS;
	if (!what) {
		say_ready(d);
		return UINT64_MAX;
	}
	if (!limit || d->now < d->started + limit) {
		uint64_t look = edge_info(d->engine)->registered ? d->now + SERVED_MS : UINT64_MAX;
		return limit ? earlier(look, d->started + limit) : look;
	}
	if (d->conf.wait_registered) {
		char why[EDGE_TROUBLE_TEXT];
		log_errx("--wait=registered,%llu: not registered in that time: %s", (unsigned long long)(limit / 1000),
		         edge_trouble(d, why));
		d->status_code = CONF_EXIT_SYSTEM;
		loop_stop(d->lp);
		return UINT64_MAX;
	}
	char why[EDGE_TROUBLE_TEXT];
	log_warnx("no %s yet for %s after %d s: %s; going on, and trying on", what, edge_tap_name(d), START_WAIT_MS / 1000,
	          edge_trouble(d, why));
	say_ready(d);
	return UINT64_MAX;
}

/* The engine comes last: what is done before it may change its deadline.  What it asks the rim for is done at once. */
static uint64_t tick(struct edge_daemon *d)
{
	uint64_t due = edge_tap_tick(d);
	due = earlier(due, edge_names_tick(d));
	due = earlier(due, edge_underlay_tick(d));
	if (d->status)
		due = earlier(due, status_tick(d->status, d->now));
	due = earlier(due, edge_management_tick(d));
	due = earlier(due, edge_trouble_tick(d));
	d->noted = false;
	due = earlier(due, edge_tick(d->engine, d->now));
	if (!d->ready)
		due = earlier(due, check_ready(d));
	return d->noted ? d->now : due;
}

static void run(struct edge_daemon *d)
{
	for (uint64_t due = 0; !loop_stopped(d->lp); ) {
		d->now = loop_wait(d->lp, due);
		due = tick(d);
		log_tick(d->now);
		udp_flush(d->udp);
	}
}

/* Undoes whatever part of open_all() was done. */
static void close_all(struct edge_daemon *d)
{
	status_close(d->status);
	edge_previous_close(d);
	management_close(d->management);
	edge_names_close(d);
	edge_routes_remove(d);
	edge_tap_stop(d);
	edge_frames_close(d);
	edge_underlay_close(d);
	edge_ways_free(d);
	edge_trouble_free(d);
	netlink_close(d->nl);
	lan_close(d->lan);
	udp_close(d->udp);
	edge_free(d->engine);
	edge_sessions_close(d);
	if (d->lp)
		loop_free(d->lp);
}

/* Out of what ps shows. */
static void hide_phrase(const struct edge_conf *conf, int argc, char **argv)
{
	secret_wipe_words(argc, argv, conf->keys.phrase);
	secret_wipe_variable("N2N_KEY");
	secret_wipe_variable("N3N_KEY");
}

/* --check-config: what can be wrong with files of keys is said, and nothing is made. */
static bool keys_are_good(struct edge_conf *conf)
{
	char why[EDGE_WHY];
	if (!edge_keys_given(&conf->keys))
		return true;
	struct edge_keys *k = edge_keys_look(&conf->keys, (const uint8_t *)conf->community, why);
	if (!k)
		log_errx("%s", why);
	edge_keys_close(k);
	return k;
}

int main(int argc, char **argv)
{
	static struct edge_daemon d;
	struct conf c;
	sys_open_streams();
	int status = edge_command(argc, argv);
	if (status < 0)
		status = daemon_command("edge", argc, argv);
	if (status >= 0)
		return status;
	status = daemon_conf_answer(&c, edge_conf_parse(&c, &d.conf, (size_t)(argc - 1), argv + 1));
	hide_phrase(&d.conf, argc, argv);
	if (status >= 0)
		return status;

	daemon_start(&c, d.conf.common.foreground, d.conf.common.log_level);
	if (d.conf.common.check_only)
		return keys_are_good(&d.conf) ? daemon_checked() : CONF_EXIT_USAGE;
	if (open_all(&d)) {
		char mac[MAC_TEXT];
		log_info("castnet edge " CASTNET_VERSION ", %s with MAC %s, UDP port %u", edge_tap_name(&d),
		         mac_print(mac, edge_tap_mac(&d)), udp_port(d.udp));
		run(&d);
		sys_notify("STOPPING=1");
		edge_stop(d.engine, d.now);
		udp_flush(d.udp);
	} else if (!d.status_code) {
		d.status_code = CONF_EXIT_SYSTEM;
	}
	close_all(&d);
	return d.status_code;
}
