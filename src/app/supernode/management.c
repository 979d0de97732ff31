/* What a supernode answers on n2n's management port; the members are those of the specification, section 17. */
#include "app/supernode/daemon.h"

static bool stop_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct supernode_daemon *d = p->ctx;
	return daemon_management_stop(d->lp, call, row);
}

static bool reload_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct supernode_daemon *d = p->ctx;
	if (call->cursor++)
		return false;
	char sentence[STATUS_SENTENCE];
	bool good = supernode_read_communities(d, sentence) == 0;
	if (!good)
		log_errx("not reloaded: %s", sentence);
	log_info("management port: communities %s", good ? "reloaded" : "stay as they were");
	management_uint(row, "ok", !good);
	return true;
}

static bool community_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct supernode_daemon *d = p->ctx;
	struct supernode_community_info ci;
	if (!supernode_community_next(d->engine, &call->cursor, &ci))
		return false;
	management_string(row, "community", ci.name, COMMUNITY_LEN);
	management_uint(row, "purgeable", !ci.fixed);
	management_uint(row, "is_federation", 0);
	management_ip4addr(row, &ci.network);
	return true;
}

static bool edge_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct supernode_daemon *d = p->ctx;
	struct supernode_edge_info ei;
	if (!supernode_edge_next(d->engine, &call->cursor, &ei))
		return false;
	management_string(row, "community", ei.community, COMMUNITY_LEN);
	management_ip4addr(row, &ei.address);
	management_uint(row, "purgeable", 0);
	management_mac(row, ei.mac);
	management_sockaddr(row, &ei.endpoint);
	management_string(row, "proto", "UDP", 3);
	management_string(row, "desc", ei.desc, DESC_LEN);
	management_time(row, call, "last_seen", ei.last_seen);
	return true;
}

static bool timestamps_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct supernode_daemon *d = p->ctx;
	if (call->cursor++)
		return false;
	management_time(row, call, "start_time", supernode_info(d->engine)->started);
	management_time(row, call, "last_fwd", d->forwarded.at);
	management_time(row, call, "last_reg_super", d->registered.at);
	return true;
}

static uint64_t send_errors(const struct supernode_daemon *d)
{
	const uint64_t *n = udp_counts(d->udp);
	return n[UDP_NO_BUFFER] + n[UDP_UNREACHABLE] + n[UDP_REFUSED] + n[UDP_TOO_BIG] + n[UDP_NO_FAMILY]
	       + n[UDP_OTHER];
}

static bool packets_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct supernode_daemon *d = p->ctx;
	const struct supernode_counts *n = &supernode_info(d->engine)->counts;
	switch (call->cursor++) {
	case 0:
		daemon_management_packets(row, "forward", n->relayed_unicast, NULL);
		return true;
	case 1:
		daemon_management_packets(row, "broadcast", n->relayed_flood, NULL);
		return true;
	case 2:
		management_string(row, "type", "reg_super", 9);
		management_uint(row, "rx_pkt", n->registrations);
		management_uint(row, "nak", n->naks);
		return true;
	case 3:
		daemon_management_packets(row, "errors", send_errors(d), NULL);
		return true;
	default:
		return false;
	}
}

static const struct management_method methods[] = {
	{ "help", MANAGEMENT_READ | MANAGEMENT_WRITE, management_help, "These methods" },
	{ "stop", MANAGEMENT_READ | MANAGEMENT_WRITE, stop_row, "w: end the supernode" },
	{ "verbose", MANAGEMENT_READ | MANAGEMENT_WRITE, daemon_management_verbose,
	  "Level of the log; w with 0 to 3 sets it" },
	{ "reload_communities", MANAGEMENT_WRITE, reload_row, "Read the community file again" },
	{ "communities", MANAGEMENT_READ, community_row, "Communities and their networks" },
	{ "edges", MANAGEMENT_READ, edge_row, "Registered edges" },
	{ "timestamps", MANAGEMENT_READ, timestamps_row, "When it started, last forwarded, last heard a registration" },
	{ "packetstats", MANAGEMENT_READ, packets_row, "Datagrams counted" },
	{ "supernodes", MANAGEMENT_READ | MANAGEMENT_WRITE, NULL, "For edges only" },
};

bool supernode_management_open(struct supernode_daemon *d)
{
	struct management_program program = {
		.methods = methods, .methods_n = sizeof(methods) / sizeof(methods[0]), .ctx = d,
	};
	return daemon_management_open(&d->management, d->lp, &d->conf.common.management, &program);
}

uint64_t supernode_management_tick(struct supernode_daemon *d)
{
	if (!d->management)
		return UINT64_MAX;
	const struct supernode_counts *n = &supernode_info(d->engine)->counts;
	daemon_watch(&d->forwarded, d->now, n->relayed_unicast + n->relayed_flood);
	daemon_watch(&d->registered, d->now, n->registrations);
	return management_tick(d->management, d->now);
}
