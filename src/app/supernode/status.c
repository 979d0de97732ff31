/* What supernode status shows, for people and as JSON; a few rows per page. */
#include <inttypes.h>

#include "app/daemon/run.h"
#include "app/supernode/daemon.h"

enum { STAGE_HEAD, STAGE_COMMUNITIES, STAGE_EDGES, STAGE_COUNTS };

static void next_stage(struct status_page *page)
{
	page->stage++;
	page->cursor = page->rows = 0;
}

static void write_features(const struct supernode_daemon *d, struct status_page *page)
{
	struct udp_features u = udp_features(d->udp);
	const struct daemon_feature features[] = {
		{ "gro", u.gro }, { "segment", u.segment }, { "recvmmsg", u.recvmmsg }, { "sendmmsg", u.sendmmsg },
	};
	daemon_status_features(page, features, sizeof(features) / sizeof(features[0]));
}

static void write_head(struct supernode_daemon *d, uint64_t now, struct status_page *page)
{
	const struct supernode_info *info = supernode_info(d->engine);
	char mac[MAC_TEXT], age[32];
	if (page->json) {
		status_printf(page, "{\"program\":\"supernode\",\"version\":\"" CASTNET_VERSION "\",");
		daemon_status_uint(page, "uptime_s", (now - info->started) / 1000);
		daemon_status_uint(page, "port", udp_port(d->udp));
		daemon_status_mac(page, "mac", info->mac);
		status_printf(page, "\"open\":%s,", info->open ? "true" : "false");
		write_features(d, page);
		daemon_status_uint(page, "communities_n", info->communities);
		daemon_status_uint(page, "edges_n", info->edges);
		status_printf(page, "\"communities\":[");
	} else {
		status_printf(page, "supernode %s on UDP port %u, up %s, MAC %s\n", CASTNET_VERSION,
		              udp_port(d->udp),
		              status_age(age, now - info->started), mac_print(mac, info->mac));
		status_printf(page, "edges: %zu, communities: %zu, %s\n", info->edges, info->communities,
		              info->open ? "any community is accepted" : "communities of the file only");
		write_features(d, page);
	}
	next_stage(page);
}

static void community_row(struct status_page *page, const struct supernode_community_info *ci)
{
	char network[SUBNET_TEXT];
	if (page->json) {
		status_printf(page, "%s{", page->rows ? "," : "");
		daemon_status_string(page, "name", ci->name, COMMUNITY_LEN);
		daemon_status_subnet(page, "network", &ci->network);
		daemon_status_uint(page, "edges", ci->edges);
		status_printf(page, "\"fixed\":%s}", ci->fixed ? "true" : "false");
		return;
	}
	if (!page->rows)
		status_printf(page, "\ncommunities\n");
	status_printf(page, "  ");
	status_text(page, ci->name, COMMUNITY_LEN);
	status_printf(page, "  %s  %zu edges\n", subnet_print(network, &ci->network), ci->edges);
}

static void write_communities(struct supernode_daemon *d, struct status_page *page)
{
	struct supernode_community_info ci;
	for (; status_room(page); page->rows++) {
		if (!supernode_community_next(d->engine, &page->cursor, &ci)) {
			if (page->json)
				status_printf(page, "],\"edges\":[");
			next_stage(page);
			return;
		}
		community_row(page, &ci);
	}
}

static const char *interest_name(enum supernode_interest interest)
{
	static const char *const names[] = {
		[SUPERNODE_UNREPORTED] = "unreported", [SUPERNODE_ALL] = "all", [SUPERNODE_LIST] = "list",
	};
	return names[interest];
}

static void edge_row_json(struct status_page *page, uint64_t now, const struct supernode_edge_info *ei)
{
	status_printf(page, "%s{", page->rows ? "," : "");
	daemon_status_string(page, "community", ei->community, COMMUNITY_LEN);
	daemon_status_mac(page, "mac", ei->mac);
	daemon_status_subnet(page, "address", &ei->address);
	daemon_status_string(page, "description", ei->desc, DESC_LEN);
	daemon_status_addr(page, "endpoint", &ei->endpoint);
	daemon_status_addr(page, "preferred", &ei->preferred);
	daemon_status_uint(page, "registered_s", (now - ei->since) / 1000);
	daemon_status_uint(page, "last_seen_ms", now - ei->last_seen);
	status_printf(page, "\"wants\":\"%s\",", interest_name(ei->interest));
	daemon_status_uint(page, "groups", ei->groups);
	daemon_status_uint(page, "sources", ei->sources);
	daemon_status_uint(page, "frames_in", ei->frames_in);
	daemon_status_uint(page, "bytes_in", ei->bytes_in);
	daemon_status_uint(page, "frames_out", ei->frames_out);
	status_printf(page, "\"bytes_out\":%" PRIu64 "}", ei->bytes_out);
}

static void edge_row_text(struct status_page *page, uint64_t now, const struct supernode_edge_info *ei)
{
	char mac[MAC_TEXT], address[SUBNET_TEXT], endpoint[ADDR_TEXT], since[32], seen[32];
	if (!page->rows)
		status_printf(page, "\n  %-17s  %-18s  %-21s  %-10s  %-6s  %-19s  %-19s  %s\n", "edge",
		              "address", "endpoint",
		              "registered", "seen", "from it", "to it", "community, description");
	char in[48], out[48];
	snprintf(in, sizeof(in), "%" PRIu64 "/%" PRIu64 " B", ei->frames_in, ei->bytes_in);
	snprintf(out, sizeof(out), "%" PRIu64 "/%" PRIu64 " B", ei->frames_out, ei->bytes_out);
	status_printf(page, "  %-17s  %-18s  %-21s  %-10s  %-6s  %-19s  %-19s  ", mac_print(mac, ei->mac),
	              subnet_print(address, &ei->address), addr_print(endpoint, &ei->endpoint),
	              status_age(since, now - ei->since), status_age(seen, now - ei->last_seen), in, out);
	status_text(page, ei->community, COMMUNITY_LEN);
	status_printf(page, ", ");
	status_text(page, ei->desc, DESC_LEN);
	status_printf(page, "\n");
}

static void write_edges(struct supernode_daemon *d, uint64_t now, struct status_page *page)
{
	struct supernode_edge_info ei;
	for (; status_room(page); page->rows++) {
		if (!supernode_edge_next(d->engine, &page->cursor, &ei)) {
			if (page->json)
				status_printf(page, "],");
			next_stage(page);
			return;
		}
		if (page->json)
			edge_row_json(page, now, &ei);
		else
			edge_row_text(page, now, &ei);
	}
}

static void write_counts(struct supernode_daemon *d, struct status_page *page)
{
	const struct supernode_counts *n = &supernode_info(d->engine)->counts;
	static const char *const names[] = {
		"datagrams_in", "bytes_in", "datagrams_out", "bytes_out", "relayed_unicast", "relayed_flood",
		"relayed_group",
		"registrations", "acks", "naks", "queries", "pongs",
		"group_reports", "group_reports_as_all", "group_queries", "group_refused", "group_answers", "group_pushes",
	};
	const uint64_t counts[] = {
		n->datagrams_in, n->bytes_in, n->datagrams_out, n->bytes_out, n->relayed_unicast, n->relayed_flood,
		n->relayed_group,
		n->registrations, n->acks, n->naks, n->queries, n->pongs,
		n->group_reports, n->group_reports_as_all, n->group_queries, n->group_refused, n->group_answers,
		n->group_pushes,
	};
	status_printf(page, page->json ? "\"counters\":{" : "\ncounters\n");
	daemon_status_counts(page, names, counts, sizeof(counts) / sizeof(counts[0]));
	status_printf(page, page->json ? "},\"drops\":{" : "\ndrops\n");
	daemon_status_counts(page, supernode_drop_names, n->drops, SUPERNODE_DROP_MAX);
	status_printf(page, page->json ? "},\"udp\":{" : "\nUDP\n");
	daemon_status_counts(page, udp_count_names, udp_counts(d->udp), UDP_COUNT_MAX);
	daemon_status_end(page, d->management);
	next_stage(page);
}

bool supernode_status_write(void *ctx, uint64_t now, struct status_page *page)
{
	struct supernode_daemon *d = ctx;
	if (page->groups)
		return supernode_groups_write(d, page);
	if (page->stage == STAGE_HEAD)
		write_head(d, now, page);
	if (page->stage == STAGE_COMMUNITIES)
		write_communities(d, page);
	if (page->stage == STAGE_EDGES)
		write_edges(d, now, page);
	/* The counters are longer than a row: they get a page of their own. */
	if (page->stage == STAGE_COUNTS && page->len < STATUS_PAGE / 2)
		write_counts(d, page);
	return page->stage <= STAGE_COUNTS;
}
