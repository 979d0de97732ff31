/* What an edge answers on n2n's management port; the members are those of the specification, section 17. */
#include <inttypes.h>

#include "app/edge/daemon.h"

static bool stop_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct edge_daemon *d = p->ctx;
	return daemon_management_stop(d->lp, call, row);
}

static bool community_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct edge_daemon *d = p->ctx;
	if (call->cursor++)
		return false;
	management_string(row, "community", edge_info(d->engine)->community, COMMUNITY_LEN);
	return true;
}

static bool peer_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct edge_daemon *d = p->ctx;
	struct edge_peer_info pi;
	if (!edge_peer_next(d->engine, &call->cursor, &pi))
		return false;
	page_printf(row, ",\"mode\":\"%s\"", pi.direct ? "p2p" : "pSp");
	management_ip4addr(row, &pi.address);
	management_uint(row, "purgeable", 0);
	management_uint(row, "local", 0);
	management_mac(row, pi.mac);
	management_sockaddr(row, &pi.endpoint);
	management_string(row, "desc", pi.desc, DESC_LEN);
	management_time(row, call, "last_p2p", pi.direct ? pi.last_seen : 0);
	management_uint(row, "last_sent_query", 0);
	management_time(row, call, "last_seen", pi.last_seen);
	return true;
}

static unsigned current_as_n2n(enum supernode_state state)
{
	if (state == SUPERNODE_REGISTERED)
		return 1;
	return state == SUPERNODE_TRYING ? 2 : 0;
}

static bool supernode_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct edge_daemon *d = p->ctx;
	struct edge_supernode_info si;
	if (call->cursor == d->conf.supernodes_n)
		return false;
	edge_supernode_info(d->engine, call->cursor++, &si);
	management_string(row, "version", si.version, VERSION_LEN);
	management_uint(row, "purgeable", 1);
	management_uint(row, "current", current_as_n2n(si.state));
	management_mac(row, si.mac);
	management_sockaddr(row, &si.addr);
	if (si.rtt_ms != UINT64_MAX)
		page_printf(row, ",\"selection\":\"rtt = %6" PRIu64 " ms\"", si.rtt_ms);
	else
		page_printf(row, ",\"selection\":\"\"");
	management_time(row, call, "last_seen", si.last_seen);
	management_uint(row, "uptime", si.uptime_s);
	return true;
}

static bool timestamps_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct edge_daemon *d = p->ctx;
	if (call->cursor++)
		return false;
	management_time(row, call, "start_time", edge_info(d->engine)->started);
	management_time(row, call, "last_super", d->super.at);
	management_time(row, call, "last_p2p", d->p2p.at);
	return true;
}

/* Frames are not counted by kind on their way through the supernode: super_broadcast stays 0. */
static bool packets_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	struct edge_daemon *d = p->ctx;
	const struct edge_counts *n = &edge_info(d->engine)->counts;
	const struct { const char *type; uint64_t sent, received; } rows[] = {
		{ "transop", n->frames_out, n->frames_in }, { "p2p", n->direct_out, n->direct_in },
		{ "super", n->relayed_out, n->relayed_in }, { "super_broadcast", 0, 0 },
	};
	if (call->cursor == sizeof(rows) / sizeof(rows[0]))
		return false;
	size_t i = call->cursor++;
	daemon_management_packets(row, rows[i].type, rows[i].sent, &rows[i].received);
	return true;
}

static const struct management_method methods[] = {
	{ "help", MANAGEMENT_READ | MANAGEMENT_WRITE, management_help, "These methods" },
	{ "help.events", MANAGEMENT_READ, NULL, "Not in castnet" },
	{ "stop", MANAGEMENT_READ | MANAGEMENT_WRITE, stop_row, "w: end the edge" },
	{ "verbose", MANAGEMENT_READ | MANAGEMENT_WRITE, daemon_management_verbose,
	  "Level of the log; w with 0 to 3 sets it" },
	{ "communities", MANAGEMENT_READ, community_row, "The community of this edge" },
	{ "edges", MANAGEMENT_READ, peer_row, "Peers, and how each is reached" },
	{ "supernodes", MANAGEMENT_READ, supernode_row, "The supernodes of -l" },
	{ "timestamps", MANAGEMENT_READ, timestamps_row, "When it started, last heard of the supernode and of a peer" },
	{ "packetstats", MANAGEMENT_READ, packets_row, "Frames and packets counted" },
	{ "post.test", MANAGEMENT_READ, NULL, "Not in castnet" },
	{ "reload_communities", MANAGEMENT_READ | MANAGEMENT_WRITE, NULL, "For supernodes only" },
};

bool edge_management_open(struct edge_daemon *d)
{
	struct management_program program = {
		.edge = true, .methods = methods, .methods_n = sizeof(methods) / sizeof(methods[0]), .ctx = d,
	};
	return daemon_management_open(&d->management, d->lp, &d->conf.common.management, &program);
}

uint64_t edge_management_tick(struct edge_daemon *d)
{
	if (!d->management)
		return UINT64_MAX;
	const struct edge_counts *n = &edge_info(d->engine)->counts;
	daemon_watch(&d->super, d->now, n->acks);
	daemon_watch(&d->p2p, d->now, n->direct_in);
	return management_tick(d->management, d->now);
}
