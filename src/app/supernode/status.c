/* What supernode status shows, for people and as JSON; a few rows per page. */
#include <unistd.h>

#include "app/daemon/run.h"
#include "app/supernode/daemon.h"

enum { STAGE_HEAD, STAGE_COMMUNITIES, STAGE_EDGES, STAGE_COUNTS };

static void write_features(const struct supernode_daemon *d, struct page *page)
{
	struct udp_features u = udp_features(d->udp);
	const struct daemon_feature features[] = {
		{ "gro", u.gro }, { "segment", u.segment }, { "recvmmsg", u.recvmmsg }, { "sendmmsg", u.sendmmsg },
	};
	daemon_status_features(page, features, sizeof(features) / sizeof(features[0]));
}

static void write_head(struct supernode_daemon *d, uint64_t now, struct page *page)
{
	const struct supernode_info *info = supernode_info(d->engine);
	const struct value about[] = {
		value_word("program", "supernode"),
		value_word("version", CASTNET_VERSION),
		value_uint("pid", (uint64_t)getpid()),
		value_seconds("uptime_s", now - info->started),
		value_uint("port", udp_port(d->udp)),
		value_mac("mac", info->mac),
		value_bool("open", info->open),
		value_said("whom", info->open ? "any community is accepted" : "communities of the file only"),
		value_uint("communities_n", info->communities),
		value_uint("edges_n", info->edges),
		value_uint("confirmed_n", info->confirmed),
	};
	page_either(page, "{", "");
	page_members(page, about, sizeof(about) / sizeof(about[0]),
	             "supernode {version} on UDP port {port}, process {pid}, up {uptime_s}, MAC {mac}\n"
	             "edges: {edges_n}, communities: {communities_n}, {whom}\n"
	             "confirmed: {confirmed_n} edges have proved where they are\n");
	write_features(d, page);
	page_either(page, "\"communities\":[", "");
	page_next_stage(page);
}

static void community_row(struct page *page, const struct supernode_community_info *ci)
{
	const struct value row[] = {
		value_text("name", ci->name, COMMUNITY_LEN),
		value_subnet("network", &ci->network),
		value_uint("edges", ci->edges),
		value_bool("fixed", ci->fixed),
	};
	if (!page->rows)
		page_either(page, "", "\ncommunities\n");
	page_row(page, !page->rows, row, sizeof(row) / sizeof(row[0]), "  {name}  {network}  {edges} edges\n");
}

static void write_communities(struct supernode_daemon *d, struct page *page)
{
	struct supernode_community_info ci;
	for (; page_room(page); page->rows++) {
		if (!supernode_community_next(d->engine, &page->cursor, &ci)) {
			page_either(page, "],\"edges\":[", "");
			page_next_stage(page);
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

static void edge_row(struct page *page, uint64_t now, const struct supernode_edge_info *ei)
{
	const struct value row[] = {
		value_text("community", ei->community, COMMUNITY_LEN),
		value_mac("mac", ei->mac),
		value_subnet("address", &ei->address),
		value_text("description", ei->desc, DESC_LEN),
		value_addr("endpoint", &ei->endpoint),
		value_addr("preferred", &ei->preferred),
		value_bool("confirmed", ei->confirmed),
		value_seconds("registered_s", now - ei->since),
		value_ms("last_seen_ms", now - ei->last_seen),
		value_word("wants", interest_name(ei->interest)),
		value_uint("groups", ei->groups),
		value_uint("sources", ei->sources),
		value_uint("frames_in", ei->frames_in),
		value_uint("bytes_in", ei->bytes_in),
		value_uint("frames_out", ei->frames_out),
		value_uint("bytes_out", ei->bytes_out),
	};
	page_row(page, !page->rows, row, sizeof(row) / sizeof(row[0]),
	         "  {edge=mac:17}  {address=address:18}  {endpoint=endpoint:21}  {registered=registered_s:10}  "
	         "{seen=last_seen_ms:6}  {from it=frames_in/bytes_in:19}  {to it=frames_out/bytes_out:19}  "
	         "{community=community}, {description=description}\n");
}

static void write_edges(struct supernode_daemon *d, uint64_t now, struct page *page)
{
	struct supernode_edge_info ei;
	for (; page_room(page); page->rows++) {
		if (!supernode_edge_next(d->engine, &page->cursor, &ei)) {
			page_either(page, "],", "");
			page_next_stage(page);
			return;
		}
		edge_row(page, now, &ei);
	}
}

static void write_counts(struct supernode_daemon *d, struct page *page)
{
#define X(name) #name,
	static const char *const names[] = { SUPERNODE_COUNTS(X) };
#undef X
	const struct supernode_counts *n = &supernode_info(d->engine)->counts;
#define X(name) n->name,
	const uint64_t counts[] = { SUPERNODE_COUNTS(X) };
#undef X
	page_section(page, "counters", "counters", names, counts, sizeof(counts) / sizeof(counts[0]));
	page_section(page, "drops", "drops", supernode_drop_names, n->drops, SUPERNODE_DROP_MAX);
	page_section(page, "udp", "UDP", udp_count_names, udp_counts(d->udp), UDP_COUNT_MAX);
	daemon_status_end(page, d->management);
	page_next_stage(page);
}

bool supernode_status_write(void *ctx, uint64_t now, struct page *page)
{
	struct supernode_daemon *d = ctx;
	char age[32];
	if (page->check) {
		page_printf(page, "0 supernode: UDP port %u, up %s\n", udp_port(d->udp),
		            page_age(age, now - supernode_info(d->engine)->started));
		return false;
	}
	if (page->groups)
		return supernode_groups_write(d, page);
	if (page->stage == STAGE_HEAD)
		write_head(d, now, page);
	if (page->stage == STAGE_COMMUNITIES)
		write_communities(d, page);
	if (page->stage == STAGE_EDGES)
		write_edges(d, now, page);
	/* The counters are longer than a row: they get a page of their own. */
	if (page->stage == STAGE_COUNTS && page->len < PAGE_SIZE_MAX / 2)
		write_counts(d, page);
	return page->stage <= STAGE_COUNTS;
}
