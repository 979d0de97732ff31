/* The supernode: one UDP socket, one engine. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/daemon/conf.h"
#include "app/daemon/run.h"
#include "app/supernode/daemon.h"

enum { SETTLE_MS = 200 };       /* changes of the network come in bursts */

static void host_send(void *ctx, const struct endpoint *to, const struct addr *local, const struct buf *datagram)
{
	struct supernode_daemon *d = ctx;
	udp_send(d->udp, &to->addr, local, datagram);
}

static void host_burst(void *ctx, const struct endpoint *to, const struct addr *local,
                            const struct burst_header *header, const struct burst *burst)
{
	struct supernode_daemon *d = ctx;
	udp_send_burst(d->udp, &to->addr, local, header, burst);
}

static void host_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	sys_random(bytes, len);
}

static void host_note(void *ctx, enum note_level level, const char *line)
{
	struct supernode_daemon *d = ctx;
	daemon_note(d->now, level, line);
}

static void udp_ready(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct supernode_daemon *d = ctx;
	struct udp_message *in;
	d->now = now;
	size_t n = udp_receive(d->udp, &in), bytes = 0;
	for (size_t i = 0; i < n; i++) {
		bytes += in[i].train.len;
		struct endpoint from = endpoint_udp(&in[i].from);
		supernode_train_from_net(d->engine, now, &from, &in[i].local, &in[i].train);
	}
	loop_carried(d->lp, bytes);
}

/* The host's own addresses as others see them, for edges that came by loopback. */
static void learn_outward(struct supernode_daemon *d)
{
	d->outward_due = UINT64_MAX;
	for (int v6 = 0; d->nl && v6 < 2; v6++) {
		struct addr a;
		unsigned ifindex;
		if (!outward_address(d->nl, v6, 0, &a, &ifindex))
			a = (struct addr){ .family = ADDR_NONE };
		supernode_set_outward(d->engine, v6, &a);
	}
}

static void network_changed(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct supernode_daemon *d = ctx;
	struct monitor_event event;
	d->now = now;
	monitor_read(d->monitor);
	while (monitor_next(d->monitor, &event))
		if (d->outward_due == UINT64_MAX)
			d->outward_due = now + SETTLE_MS;
}

static uint64_t outward_tick(struct supernode_daemon *d)
{
	if (d->now >= d->outward_due)
		learn_outward(d);
	return d->outward_due;
}

static void hang_up(void *ctx, uint64_t now, int signo)
{
	(void)signo;
	struct supernode_daemon *d = ctx;
	d->now = now;
	daemon_reloading(now);
	log_reopen();
	char sentence[STATUS_SENTENCE];
	bool good = supernode_read_communities(d, sentence) == 0;
	if (good)
		log_info("reloaded: %s", sentence);
	else
		log_errx("not reloaded, the communities stay as they were: %s", sentence);
	status_reloaded(d->status, good, sentence);
	learn_outward(d);
	sys_notify("READY=1");
}

static void stop(void *ctx, uint64_t now, int signo)
{
	(void)now;
	struct supernode_daemon *d = ctx;
	log_info("ending: signal %d", signo);
	loop_stop(d->lp);
}

static struct supernode *new_engine(struct supernode_daemon *d)
{
	const struct supernode_conf *conf = &d->conf;
	struct host host = {
		.ctx = d, .send = host_send, .send_burst = host_burst, .random = host_random, .note = host_note
	};
	struct supernode_config config = {
		.auto_min = conf->auto_min, .auto_max = conf->auto_max, .auto_prefix = conf->auto_prefix,
		.spoofing_protection = conf->spoofing_protection, .communities_max = conf->communities_max,
		.edges_max = conf->edges_max, .community_edges_max = conf->community_edges_max,
		.source_edges_max = conf->source_edges_max, .flood_max = conf->flood_max,
		.groups_max = conf->groups_max, .group_members_max = conf->group_members_max,
	};
	memcpy(config.mac, conf->mac, MAC_LEN);
	if (mac_is_null(config.mac)) {
		sys_random(config.mac, MAC_LEN);
		config.mac[0] = (uint8_t)((config.mac[0] & 0xfe) | 0x02);
	}
	const char *version = conf->version[0] ? conf->version : "castnet " CASTNET_VERSION;
	memcpy(config.version, version, strnlen(version, VERSION_LEN - 1));
	d->now = loop_now();
	struct supernode *engine = supernode_new(&config, &host, d->now);
	if (!engine)
		log_errx("not enough memory for %zu edges and %zu communities", conf->edges_max,
		         conf->communities_max);
	return engine;
}

/* What is good to have, but no reason not to run. */
static void open_extras(struct supernode_daemon *d)
{
	char name[STATUS_NAME_MAX];
	d->nl = netlink_open();
	d->monitor = monitor_open(0);
	if (!d->nl || !d->monitor || loop_add(d->lp, monitor_fd(d->monitor), LOOP_READ, network_changed, d) < 0)
		log_warn("changes of this host's addresses will not be seen");
	learn_outward(d);
	snprintf(name, sizeof(name), "supernode-%u", udp_port(d->udp));
	d->status = status_open(d->lp, name, supernode_status_write, d);
	if (!d->status)
		log_warn("supernode status will not work: cannot make a socket in /run/castnet");
}

static bool open_all(struct supernode_daemon *d)
{
	d->lp = loop_new();
	if (!d->lp || loop_signal(d->lp, SIGTERM, stop, d) < 0 || loop_signal(d->lp, SIGINT, stop, d) < 0
	    || loop_signal(d->lp, SIGHUP, hang_up, d) < 0) {
		log_err("cannot set up the event loop");
		return false;
	}
	d->udp = daemon_udp_open(&(struct udp_config){
		.bind = d->conf.bind, .offload = !d->conf.common.no_offload, .busy_poll_us = d->conf.common.busy_poll_us,
	});
	loop_busy_poll(d->lp, d->conf.common.busy_poll_us);
	if (!d->udp)
		return false;
	if (loop_add(d->lp, udp_fd(d->udp), LOOP_READ, udp_ready, d) < 0) {
		log_err("cannot wait for the UDP socket");
		return false;
	}
	if (!supernode_management_open(d))
		return false;
	open_extras(d);
	if (d->conf.common.identity.uid != geteuid())
		status_keep(d->status);
	return daemon_drop_privileges(&d->conf.common.identity);
}

static void run(struct supernode_daemon *d)
{
	for (uint64_t due = 0; !loop_stopped(d->lp); ) {
		d->now = loop_wait(d->lp, due);
		uint64_t management_due = supernode_management_tick(d);
		due = supernode_tick(d->engine, d->now);
		due = management_due < due ? management_due : due;
		uint64_t outward_due = outward_tick(d);
		due = outward_due < due ? outward_due : due;
		uint64_t status_due = d->status ? status_tick(d->status, d->now) : UINT64_MAX;
		due = status_due < due ? status_due : due;
		log_tick(d->now);
		udp_flush(d->udp);
	}
}

static void close_all(struct supernode_daemon *d)
{
	status_close(d->status);
	management_close(d->management);
	monitor_close(d->monitor);
	netlink_close(d->nl);
	udp_close(d->udp);
	supernode_free(d->engine);
	if (d->lp)
		loop_free(d->lp);
}

static int first_communities(struct supernode_daemon *d)
{
	char sentence[STATUS_SENTENCE];
	int status = supernode_read_communities(d, sentence);
	if (status)
		log_errx("%s", sentence);
	return status;
}

int main(int argc, char **argv)
{
	static struct supernode_daemon d;
	struct conf c;
	sys_open_streams();
	int status = daemon_command("supernode", argc, argv);
	if (status >= 0)
		return status;
	status = daemon_conf_answer(&c, supernode_conf_parse(&c, &d.conf, (size_t)(argc - 1), argv + 1));
	if (status >= 0)
		return status;

	daemon_start(&c, d.conf.common.foreground, d.conf.common.log_level);
	d.engine = new_engine(&d);
	if (!d.engine)
		return CONF_EXIT_SYSTEM;
	status = first_communities(&d);
	if (status == 0 && d.conf.common.check_only)
		return daemon_checked();
	if (status == 0 && !open_all(&d))
		status = CONF_EXIT_SYSTEM;
	if (status == 0) {
		char at[ADDR_TEXT];
		struct addr bound = d.conf.bind;
		bound.port = udp_port(d.udp);
		log_info("castnet supernode " CASTNET_VERSION ", UDP port %u%s%s", bound.port,
		         addr_is_set(&bound) ? " on " : "", addr_is_set(&bound) ? addr_print(at, &bound) : "");
		daemon_ready();
		run(&d);
		sys_notify("STOPPING=1");
	}
	close_all(&d);
	return status;
}
