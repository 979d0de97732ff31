/* What edge status shows, for people and as JSON; a few rows per page. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"
#include "io/tap.h"

enum { STAGE_HEAD, STAGE_SUPERNODES, STAGE_PEERS, STAGE_SESSIONS, STAGE_COUNTS };

static void write_features(const struct edge_daemon *d, struct page *page)
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

static void write_head(struct edge_daemon *d, uint64_t now, struct page *page)
{
	const struct edge_info *info = edge_info(d->engine);
	const struct conf_endpoint *ep = &d->conf.supernodes[info->supernode];
	const char *state = edge_tap_state(d);
	char why[EDGE_TROUBLE_TEXT];
	const struct value about[] = {
		value_word("program", "edge"),
		value_word("version", CASTNET_VERSION),
		value_bool("encrypted", edge_sessions_keys(d)),
		value_said("frames", edge_sessions_keys(d) ? "encrypted" : "PLAIN"),
		value_seconds("uptime_s", now - info->started),
		value_uint("pid", (uint64_t)getpid()),
		value_word("device", edge_tap_name(d)),
		value_word("device_state", state),
		value_text("community", info->community, COMMUNITY_LEN),
		value_text("description", info->desc, DESC_LEN),
		value_mac("mac", info->mac),
		value_subnet("address", &info->address),
		value_uint("addresses_beyond", edge_tap_addresses_beyond(d)),
		value_uint("mtu", mtu_now(d)),
		value_uint("port", udp_port(d->udp)),
		value_addr("public_endpoint", &info->public_endpoint),
		value_bool("registered", info->registered),
		value_if(info->registered, value_seconds("registered_s", now - info->registered_since)),
		value_if(!info->registered, value_word("reason", edge_trouble_word(d))),
		value_if(!info->registered, value_text("reason_text", edge_trouble(d, why), sizeof(why))),
	};
	size_t n = sizeof(about) / sizeof(about[0]);
	page_either(page, "{", "");
	page_members(page, about, n, "edge {version}, {frames}, process {pid}, up {uptime_s}, community {community}\n"
	             "{device}: address {address}, MAC {mac}, MTU {mtu}, UDP port {port}\n");
	if (!page->json && strcmp(state, "up"))
		page_printf(page, "%s %s\n", edge_tap_name(d), !strcmp(state, "moved")
		            ? "was MOVED to another network namespace: address, MAC and routes there are yours to set"
		            : !strcmp(state, "gone") ? "was DELETED, and cannot be made again yet" : "is DOWN: nothing is carried");
	if (!page->json && edge_tap_addresses_beyond(d))
		page_members(page, about, n, "{addresses_beyond} more addresses do not count as own: see --max-addresses\n");
	if (!page->json) {
		bool v6 = strchr(ep->host, ':') != NULL;
		page_printf(page, "%s %s%s%s:%u", info->registered ? "registered with" : "NOT registered, trying", v6 ? "[" : "", ep->host,
		            v6 ? "]" : "", ep->port);
		page_members(page, about, n, info->registered ? " for {registered_s}, seen there as {public_endpoint}\n" : "\n");
		if (!info->registered)
			page_printf(page, "%s\n", why);
	}
	write_features(d, page);
	page_either(page, "\"supernodes\":[", "\nsupernodes\n");
	page_next_stage(page);
}

static const char *state_name(enum supernode_state state)
{
	static const char *const names[] = {
		[SUPERNODE_UNRESOLVED] = "unresolved", [SUPERNODE_STANDBY] = "standby", [SUPERNODE_TRYING] = "trying",
		[SUPERNODE_REGISTERED] = "registered",
		[SUPERNODE_MOVING] = "moving",
	};
	return names[state];
}

static void supernode_row(struct edge_daemon *d, uint64_t now, struct page *page, size_t i)
{
	const struct conf_endpoint *ep = &d->conf.supernodes[i];
	struct edge_supernode_info si;
	edge_supernode_info(d->engine, i, &si);
	const struct value row[] = {
		value_text("host", ep->host, sizeof(ep->host)),
		value_uint("port", ep->port),
		value_addr("endpoint", &si.addr),
		value_mac("mac", si.mac),
		value_text("version", si.version, VERSION_LEN),
		value_if(si.last_seen, value_ms("last_seen_ms", now - si.last_seen)),
		value_if(si.last_seen, value_uint("uptime_s", si.uptime_s)),
		value_if(si.rtt_ms != UINT64_MAX, value_uint("rtt_ms", si.rtt_ms)),
		value_if(si.path_mtu, value_uint("path_mtu", si.path_mtu)),
		value_word("state", state_name(si.state)),
	};
	char template[160];
	bool v6 = strchr(ep->host, ':') != NULL;
	snprintf(template, sizeof(template), "  %s{host}%s:{port}  {endpoint}  {state}, seen %s%s%s%s\n", v6 ? "[" : "", v6 ? "]" : "",
	         si.last_seen ? "{last_seen_ms} ago" : "never", si.rtt_ms != UINT64_MAX ? ", {rtt_ms} ms" : "",
	         si.path_mtu ? ", path MTU {path_mtu}" : "", si.version[0] ? ", version {version}" : "");
	page_row(page, !page->rows, row, sizeof(row) / sizeof(row[0]), template);
}

static void write_supernodes(struct edge_daemon *d, uint64_t now, struct page *page)
{
	for (; page->rows < d->conf.supernodes_n; page->rows++) {
		if (!page_room(page))
			return;
		supernode_row(d, now, page, page->rows);
	}
	page_either(page, "],\"peers\":[", "");
	page_next_stage(page);
}

enum { SILENT_MS = 1000, IDLE_MS = 5000 };      /* after a question; without one */

/* A direct path over which nothing has come: 0: something has. */
static uint64_t silent_for(uint64_t now, const struct edge_peer_info *pi)
{
	bool silent = (pi->asked && now - pi->asked >= SILENT_MS) || now - pi->heard >= IDLE_MS;
	return pi->direct && silent ? now - pi->heard : 0;
}

static void peer_row(struct page *page, uint64_t now, const struct edge_peer_info *pi)
{
	char path[48], age[32];
	uint64_t silent = silent_for(now, pi);
	snprintf(path, sizeof(path), !pi->direct ? "relayed" : silent ? "direct, silent for %s" : "direct",
	         page_age(age, silent));
	const struct value row[] = {
		value_mac("mac", pi->mac),
		value_subnet("address", &pi->address),
		value_text("description", pi->desc, DESC_LEN),
		value_word("path", pi->direct ? "direct" : "relayed"),
		value_said("way", path),
		value_if(silent, value_ms("silent_ms", silent)),
		value_addr("endpoint", &pi->endpoint),
		value_if(pi->path_mtu, value_uint("path_mtu", pi->path_mtu)),
		value_ms("last_seen_ms", now - pi->last_seen),
		value_uint("frames_in", pi->frames_in),
		value_uint("bytes_in", pi->bytes_in),
		value_uint("frames_out", pi->frames_out),
		value_uint("bytes_out", pi->bytes_out),
	};
	page_row(page, !page->rows, row, sizeof(row) / sizeof(row[0]),
	         "  {peer=mac:17}  {name=description:16}  {address=address:18}  {path=way:7}  {endpoint=endpoint:21}  {MTU=path_mtu:5}  "
	         "{seen=last_seen_ms:6}  {frames in=frames_in/bytes_in:19}  {frames out=frames_out/bytes_out}\n");
}

static void write_peers(struct edge_daemon *d, uint64_t now, struct page *page)
{
	struct edge_peer_info pi;
	for (; page_room(page); page->rows++) {
		if (!edge_peer_next(d->engine, &page->cursor, &pi)) {
			page_either(page, "],", page->rows ? "" : "\nno peers heard of yet\n");
			page_next_stage(page);
			return;
		}
		peer_row(page, now, &pi);
	}
}

static void write_tap_counts(struct edge_daemon *d, struct page *page)
{
	const char *names[TAP_COUNT_MAX + 2];
	const uint64_t rim[] = { edge_frames_bad(d), edge_frames_own(d) };
	uint64_t counts[TAP_COUNT_MAX + 2];
	memcpy(names, tap_count_names, TAP_COUNT_MAX * sizeof(names[0]));
	memcpy(counts, tap_counts(edge_tap_device(d)), TAP_COUNT_MAX * sizeof(counts[0]));
	memcpy(names + TAP_COUNT_MAX, (const char *const[]){ "tap_read_bad_offload", "tap_read_own_datagram" }, 2 * sizeof(names[0]));
	memcpy(counts + TAP_COUNT_MAX, rim, sizeof(rim));
	page_section(page, "tap", "TAP", names, counts, TAP_COUNT_MAX + 2);
}

static void write_counts(struct edge_daemon *d, struct page *page)
{
#define X(name) #name,
	static const char *const names[] = { EDGE_COUNTS(X) };
#undef X
	const struct edge_counts *n = &edge_info(d->engine)->counts;
#define X(name) n->name,
	const uint64_t counts[] = { EDGE_COUNTS(X) };
#undef X
	edge_sessions_write_counts(d, page);
	page_section(page, "counters", "counters", names, counts, sizeof(counts) / sizeof(counts[0]));
	page_section(page, "drops", "drops", edge_drop_names, n->drops, EDGE_DROP_FAULTS);
	page_section(page, "on_purpose", "not carried, on purpose", edge_drop_names + EDGE_DROP_FAULTS,
	             n->drops + EDGE_DROP_FAULTS, EDGE_DROP_MAX - EDGE_DROP_FAULTS);
	page_section(page, "udp", "UDP", udp_count_names, udp_counts(d->udp), UDP_COUNT_MAX);
	write_tap_counts(d, page);
	daemon_status_end(page, d->management);
	page_next_stage(page);
}

/* For monitoring: the exit status of edge status --check, and a sentence. */
static void write_check(struct edge_daemon *d, uint64_t now, struct page *page)
{
	const struct edge_info *info = edge_info(d->engine);
	const char *state = edge_tap_state(d);
	char why[EDGE_TROUBLE_TEXT], age[32], at[ADDR_TEXT];
	bool up = !strcmp(state, "up");
	if (!up)
		page_printf(page, "1 %s is %s\n", edge_tap_name(d), state);
	else if (!info->registered)
		page_printf(page, "1 %s: NOT registered: %s\n", edge_tap_name(d), edge_trouble(d, why));
	else
		page_printf(page, "0 %s: registered for %s, seen there as %s\n", edge_tap_name(d),
		            page_age(age, now - info->registered_since), addr_print(at, &info->public_endpoint));
}

bool edge_status_write(void *ctx, uint64_t now, struct page *page)
{
	struct edge_daemon *d = ctx;
	if (page->check) {
		write_check(d, now, page);
		return false;
	}
	if (page->groups)
		return edge_groups_write(d, page);
	if (page->stage == STAGE_HEAD)
		write_head(d, now, page);
	if (page->stage == STAGE_SUPERNODES)
		write_supernodes(d, now, page);
	if (page->stage == STAGE_PEERS)
		write_peers(d, now, page);
	if (page->stage == STAGE_SESSIONS)
		edge_sessions_write_peers(d, now, page);
	/* The counters are longer than a row: they get half a page. */
	if (page->stage == STAGE_COUNTS && page->len < PAGE_SIZE_MAX / 2)
		write_counts(d, page);
	return page->stage <= STAGE_COUNTS;
}
