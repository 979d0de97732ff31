/* What edge status shows, for people and as JSON; a few rows per page. */
#include <inttypes.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"
#include "io/tap.h"

enum { STAGE_HEAD, STAGE_SUPERNODES, STAGE_PEERS, STAGE_COUNTS };

static void next_stage(struct status_page *page)
{
	page->stage++;
	page->cursor = page->rows = 0;
}

static void write_features(const struct edge_daemon *d, struct status_page *page)
{
	struct tap_features t = tap_features(edge_tap_device(d));
	struct udp_features u = udp_features(d->udp);
	const struct daemon_feature features[] = {
		{ "vnet_hdr", t.vnet_hdr }, { "tso", t.tso }, { "uso", t.uso }, { "gro", u.gro }, { "segment", u.segment },
		{ "recvmmsg", u.recvmmsg }, { "sendmmsg", u.sendmmsg },
	};
	daemon_status_features(page, features, sizeof(features) / sizeof(features[0]));
}

/* That of the device: others may have set it. */
static unsigned mtu_now(const struct edge_daemon *d)
{
	struct link_info link;
	return link_get(d->nl, edge_tap_ifindex(d), &link) < 0 ? edge_tap_mtu(d) : link.mtu;
}

static void head_json(struct edge_daemon *d, uint64_t now, struct status_page *page)
{
	const struct edge_info *info = edge_info(d->engine);
	status_printf(page, "{\"program\":\"edge\",\"version\":\"" CASTNET_VERSION "\",");
	daemon_status_uint(page, "uptime_s", (now - info->started) / 1000);
	daemon_status_string(page, "device", edge_tap_name(d), TAP_NAME);
	daemon_status_string(page, "community", info->community, COMMUNITY_LEN);
	daemon_status_string(page, "description", info->desc, DESC_LEN);
	daemon_status_mac(page, "mac", info->mac);
	daemon_status_subnet(page, "address", &info->address);
	daemon_status_uint(page, "mtu", mtu_now(d));
	daemon_status_uint(page, "port", udp_port(d->udp));
	daemon_status_addr(page, "public_endpoint", &info->public_endpoint);
	write_features(d, page);
	status_printf(page, "\"registered\":%s,", info->registered ? "true" : "false");
	if (info->registered)
		daemon_status_uint(page, "registered_s", (now - info->registered_since) / 1000);
	status_printf(page, "\"supernodes\":[");
}

static void head_text(struct edge_daemon *d, uint64_t now, struct status_page *page)
{
	const struct edge_info *info = edge_info(d->engine);
	const struct conf_endpoint *ep = &d->conf.supernodes[info->supernode];
	char mac[MAC_TEXT], address[SUBNET_TEXT], seen_as[ADDR_TEXT], age[32];
	status_printf(page, "edge %s, up %s, community ", CASTNET_VERSION, status_age(age, now - info->started));
	status_text(page, info->community, COMMUNITY_LEN);
	status_printf(page, "\n%s: address %s, MAC %s, MTU %u, UDP port %u\n", edge_tap_name(d),
	              subnet_print(address, &info->address), mac_print(mac, info->mac), mtu_now(d), udp_port(d->udp));
	if (info->registered)
		status_printf(page, "registered with %s:%u for %s, seen there as %s\n", ep->host, ep->port,
		              status_age(age, now - info->registered_since),
		              addr_print(seen_as, &info->public_endpoint));
	else
		status_printf(page, "NOT registered, trying %s:%u\n", ep->host, ep->port);
	write_features(d, page);
}

static const char *state_name(enum supernode_state state)
{
	static const char *const names[] = {
		[SUPERNODE_UNRESOLVED] = "unresolved", [SUPERNODE_STANDBY] = "standby", [SUPERNODE_TRYING] = "trying",
		[SUPERNODE_REGISTERED] = "registered",
	};
	return names[state];
}

static void supernode_json(struct edge_daemon *d, uint64_t now, struct status_page *page,
                           const struct edge_supernode_info *si)
{
	const struct conf_endpoint *ep = &d->conf.supernodes[page->rows];
	status_printf(page, "%s{", page->rows ? "," : "");
	daemon_status_string(page, "host", ep->host, sizeof(ep->host));
	daemon_status_uint(page, "port", ep->port);
	daemon_status_addr(page, "endpoint", &si->addr);
	daemon_status_mac(page, "mac", si->mac);
	daemon_status_string(page, "version", si->version, VERSION_LEN);
	if (si->last_seen) {
		daemon_status_uint(page, "last_seen_ms", now - si->last_seen);
		daemon_status_uint(page, "uptime_s", si->uptime_s);
	}
	if (si->rtt_ms != UINT64_MAX)
		daemon_status_uint(page, "rtt_ms", si->rtt_ms);
	if (si->path_mtu)
		daemon_status_uint(page, "path_mtu", si->path_mtu);
	status_printf(page, "\"state\":\"%s\"}", state_name(si->state));
}

static void supernode_text(struct edge_daemon *d, uint64_t now, struct status_page *page,
                           const struct edge_supernode_info *si)
{
	const struct conf_endpoint *ep = &d->conf.supernodes[page->rows];
	char endpoint[ADDR_TEXT], seen[32], rtt[32] = "";
	if (!page->rows)
		status_printf(page, "\nsupernodes\n");
	if (si->rtt_ms != UINT64_MAX)
		snprintf(rtt, sizeof(rtt), ", %" PRIu64 " ms", si->rtt_ms);
	status_printf(page, "  %s:%u  %s  %s, seen %s%s%s", ep->host, ep->port, addr_print(endpoint, &si->addr),
	              state_name(si->state), si->last_seen ? status_age(seen, now - si->last_seen) : "never",
	              si->last_seen ? " ago" : "", rtt);
	if (si->path_mtu)
		status_printf(page, ", path MTU %u", si->path_mtu);
	if (si->version[0]) {
		status_printf(page, ", version ");
		status_text(page, si->version, VERSION_LEN);
	}
	status_printf(page, "\n");
}

static void write_supernodes(struct edge_daemon *d, uint64_t now, struct status_page *page)
{
	for (; page->rows < d->conf.supernodes_n; page->rows++) {
		struct edge_supernode_info si;
		if (!status_room(page))
			return;
		edge_supernode_info(d->engine, page->rows, &si);
		(page->json ? supernode_json : supernode_text)(d, now, page, &si);
	}
	if (page->json)
		status_printf(page, "],\"peers\":[");
	next_stage(page);
}

static void peer_json(struct status_page *page, uint64_t now, const struct edge_peer_info *pi)
{
	status_printf(page, "%s{", page->rows ? "," : "");
	daemon_status_mac(page, "mac", pi->mac);
	daemon_status_subnet(page, "address", &pi->address);
	daemon_status_string(page, "description", pi->desc, DESC_LEN);
	daemon_status_string(page, "path", pi->direct ? "direct" : "relayed", 8);
	daemon_status_addr(page, "endpoint", &pi->endpoint);
	if (pi->path_mtu)
		daemon_status_uint(page, "path_mtu", pi->path_mtu);
	daemon_status_uint(page, "last_seen_ms", now - pi->last_seen);
	daemon_status_uint(page, "frames_in", pi->frames_in);
	daemon_status_uint(page, "bytes_in", pi->bytes_in);
	daemon_status_uint(page, "frames_out", pi->frames_out);
	status_printf(page, "\"bytes_out\":%" PRIu64 "}", pi->bytes_out);
}

static void peer_text(struct status_page *page, uint64_t now, const struct edge_peer_info *pi)
{
	char mac[MAC_TEXT], address[SUBNET_TEXT], endpoint[ADDR_TEXT], seen[32], mtu[16] = "-", in[48], out[48];
	if (!page->rows)
		status_printf(page, "\n  %-17s  %-18s  %-7s  %-21s  %-5s  %-6s  %-19s  %-19s  %s\n", "peer", "address",
		              "path", "endpoint", "MTU", "seen", "frames in", "frames out", "description");
	if (pi->path_mtu)
		snprintf(mtu, sizeof(mtu), "%u", pi->path_mtu);
	snprintf(in, sizeof(in), "%" PRIu64 "/%" PRIu64 " B", pi->frames_in, pi->bytes_in);
	snprintf(out, sizeof(out), "%" PRIu64 "/%" PRIu64 " B", pi->frames_out, pi->bytes_out);
	status_printf(page, "  %-17s  %-18s  %-7s  %-21s  %-5s  %-6s  %-19s  %-19s  ", mac_print(mac, pi->mac),
	              subnet_print(address, &pi->address), pi->direct ? "direct" : "relayed",
	              addr_print(endpoint, &pi->endpoint), mtu, status_age(seen, now - pi->last_seen), in, out);
	status_text(page, pi->desc, DESC_LEN);
	status_printf(page, "\n");
}

static void write_peers(struct edge_daemon *d, uint64_t now, struct status_page *page)
{
	struct edge_peer_info pi;
	for (; status_room(page); page->rows++) {
		if (!edge_peer_next(d->engine, &page->cursor, &pi)) {
			if (page->json)
				status_printf(page, "],");
			else if (!page->rows)
				status_printf(page, "\nno peers heard of yet\n");
			next_stage(page);
			return;
		}
		(page->json ? peer_json : peer_text)(page, now, &pi);
	}
}

static void write_counts(struct edge_daemon *d, struct status_page *page)
{
	const struct edge_counts *n = &edge_info(d->engine)->counts;
	static const char *const names[] = {
		"frames_out", "bytes_out", "frames_in", "bytes_in", "direct_out", "relayed_out", "direct_in", "relayed_in",
		"fragmented_out", "mss_clamped", "registrations", "acks", "naks",
		"group_reports", "group_acks", "group_queries", "group_lists",
	};
	const uint64_t counts[] = {
		n->frames_out, n->bytes_out, n->frames_in, n->bytes_in, n->direct_out, n->relayed_out, n->direct_in,
		n->relayed_in, n->fragmented_out, n->mss_clamped, n->registrations, n->acks, n->naks,
		n->group_reports, n->group_acks, n->group_queries, n->group_lists,
	};
	status_printf(page, page->json ? "\"counters\":{" : "\ncounters\n");
	daemon_status_counts(page, names, counts, sizeof(counts) / sizeof(counts[0]));
	status_printf(page, page->json ? "},\"drops\":{" : "\ndrops\n");
	daemon_status_counts(page, edge_drop_names, n->drops, EDGE_DROP_MAX);
	status_printf(page, page->json ? "},\"udp\":{" : "\nUDP\n");
	daemon_status_counts(page, udp_count_names, udp_counts(d->udp), UDP_COUNT_MAX);
	status_printf(page, page->json ? "},\"tap\":{" : "\nTAP\n");
	daemon_status_counts(page, tap_count_names, tap_counts(edge_tap_device(d)), TAP_COUNT_MAX);
	if (page->json)
		status_printf(page, ",");
	uint64_t bad = edge_frames_bad(d);
	daemon_status_counts(page, (const char *const[]){ "tap_read_bad_offload" }, &bad, 1);
	daemon_status_end(page, d->management);
	next_stage(page);
}

bool edge_status_write(void *ctx, uint64_t now, struct status_page *page)
{
	struct edge_daemon *d = ctx;
	if (page->groups)
		return edge_groups_write(d, page);
	if (page->stage == STAGE_HEAD) {
		(page->json ? head_json : head_text)(d, now, page);
		next_stage(page);
	}
	if (page->stage == STAGE_SUPERNODES)
		write_supernodes(d, now, page);
	if (page->stage == STAGE_PEERS)
		write_peers(d, now, page);
	/* The counters are longer than a row: they get half a page. */
	if (page->stage == STAGE_COUNTS && page->len < STATUS_PAGE / 2)
		write_counts(d, page);
	return page->stage <= STAGE_COUNTS;
}
