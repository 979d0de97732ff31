/* What edge status groups shows: who wants which multicast group, how each is reached, and what was sent. */
#include <arpa/inet.h>
#include <stdio.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"

/* cursor: behind the group that is being written; rows: 0 before its first line, else 1 + its next member. */
enum { STAGE_HEAD, STAGE_FIRST, STAGE_MORE, STAGE_COUNTS, STAGE_DONE };

static const char *state_of(const struct edge_groups_info *info)
{
	return !info->on ? "off" : info->old_supernode ? "supernode without groups" : info->acknowledged ? "reported"
	                                                                                 : "not reported yet";
}

static void head_text(struct page *page, const struct edge_groups_info *info)
{
	if (!info->on) {
		page_printf(page, "groups are off (--no-groups): multicast goes to every edge\n");
		return;
	}
	page_printf(page, "%s; wanted here: ", state_of(info));
	if (info->wants_all)
		page_printf(page, "all groups%s\n", info->membership->router ? ", for a multicast router" :
		            info->membership->asking ? ", until hosts have answered what they have joined" : "");
	else
		page_printf(page, "%zu group%s\n", info->wanted, info->wanted == 1 ? "" : "s");
	if (info->membership && info->membership->remote_router)
		page_printf(page, "a multicast router or querier is in the overlay: IGMP and MLD are carried\n");
}

static void write_head(struct page *page, const struct edge_groups_info *info)
{
	const struct membership_info *mi = info->membership;
	const struct value about[] = {
		value_word("program", "edge"),
		value_word("state", state_of(info)),
		value_uint("wanted", info->wanted),
		value_bool("wants_all", info->wants_all),
		value_if(mi, value_bool("router", mi && mi->router)),
		value_if(mi, value_bool("remote_router", mi && mi->remote_router)),
	};
	page_either(page, "{", "");
	page_members(page, about, sizeof(about) / sizeof(about[0]), "");
	if (!page->json)
		head_text(page, info);
	page_either(page, "\"groups\":[", "");
	page->stage = STAGE_FIRST;
}

/* How the members have it: as the next frame would go, as far as can be said now. */
static const char *way_of(const struct edge_group_info *gi)
{
	if (!gi->listed && !gi->frames_out)
		return "-";                     /* nobody here sends to it */
	return !gi->listed || gi->relay ? "by the relay" : gi->members ? "to members" : "to nobody";
}

static const char *ip_print(char out[static ADDR_TEXT], const struct addr *a)
{
	return inet_ntop(a->family == ADDR_V4 ? AF_INET : AF_INET6, a->ip, out, ADDR_TEXT);
}

enum { GROUP_ADDRESSES_TEXT = EDGE_GROUP_ADDRESSES * (ADDR_TEXT + 4) + 8 };

/* "239.1.1.1, 239.129.1.1": those that hosts here have joined; in JSON each in quotes. */
static void write_addresses(char out[static GROUP_ADDRESSES_TEXT], bool json, const struct edge_group_info *gi)
{
	const char *quote = json ? "\"" : "";
	char text[ADDR_TEXT];
	size_t len = 0;
	out[0] = 0;
	for (size_t i = 0; i < gi->addresses_n && i < EDGE_GROUP_ADDRESSES; i++)
		len += (size_t)snprintf(out + len, GROUP_ADDRESSES_TEXT - len, "%s%s%s%s", i ? json ? "," : ", " : "", quote,
		                        ip_print(text, &gi->addresses[i]), quote);
	if (!json && gi->addresses_n > EDGE_GROUP_ADDRESSES)
		snprintf(out + len, GROUP_ADDRESSES_TEXT - len, " ...");
	if (!json && !gi->addresses_n)
		snprintf(out, GROUP_ADDRESSES_TEXT, "-");
}

static void group_row(struct page *page, const struct edge_group_info *gi)
{
	char members[48] = "-", addresses[GROUP_ADDRESSES_TEXT];
	write_addresses(addresses, page->json, gi);
	if (gi->listed && !gi->relay)
		snprintf(members, sizeof(members), "%zu, %zu", gi->members, gi->direct);
	const struct value row[] = {
		value_mac("group", gi->mac),
		value_bool("local", gi->local),
		value_bool("listed", gi->listed),
		value_bool("relay", gi->relay),
		value_bool("held", gi->held),
		value_uint("members_n", gi->members),
		value_uint("direct_n", gi->direct),
		value_uint("frames_in", gi->frames_in),
		value_uint("bytes_in", gi->bytes_in),
		value_uint("frames_out", gi->frames_out),
		value_uint("bytes_out", gi->bytes_out),
		value_uint("copies", gi->copies),
		value_uint("suppressed", gi->suppressed),
		value_said("way", way_of(gi)),
		value_said("members", members),
		value_said("addresses", addresses),
	};
	page_row_begin(page, page->stage == STAGE_FIRST, row, sizeof(row) / sizeof(row[0]),
	               "  {group=group:17}  {here=local:4}  {sent=way:12}  {members, direct=members:16}  "
	               "{frames in=frames_in/bytes_in:19}  {frames out=frames_out/bytes_out:19}  {copies=copies:10}  "
	               "{suppressed=suppressed:10}  {IP groups=addresses}\n");
	if (page->json)
		page_printf(page, "\"addresses\":[%s],", addresses);
	page_either(page, "\"members\":[", "");
}

static void member_row(struct page *page, bool first, const struct edge_group_member *m)
{
	const struct value row[] = {
		value_mac("mac", m->mac),
		value_addr("endpoint", &m->endpoint),
		value_word("path", m->direct ? "direct" : "relayed"),
		value_if(subnet_is_set(&m->address), value_subnet("address", &m->address)),
		value_if(m->desc[0], value_text("description", m->desc, DESC_LEN)),
	};
	page_row(page, first, row, sizeof(row) / sizeof(row[0]), subnet_is_set(&m->address) || m->desc[0]
	         ? "      {mac}  {path:7}  {endpoint:21}  {address:18}  {description}\n" : "      {mac}  {path:7}  {endpoint}\n");
}

static bool next_group(const struct edge *e, struct page *page)
{
	struct edge_group_info gi;
	if (!edge_group_next(e, &page->cursor, &gi))
		return false;
	group_row(page, &gi);
	page->stage = STAGE_MORE;
	page->rows = 1;
	return true;
}

static void next_member(const struct edge *e, struct page *page)
{
	struct edge_group_member m;
	size_t place = page->rows - 1;
	if (edge_group_member(e, page->cursor, &place, &m)) {
		member_row(page, page->rows == 1, &m);
		page->rows++;
		return;
	}
	page_either(page, "]}", "");
	page->rows = 0;
}

static void write_groups(struct edge_daemon *d, struct page *page)
{
	while (page_room(page)) {
		if (page->rows)
			next_member(d->engine, page);
		else if (!next_group(d->engine, page)) {
			page_either(page, "],", "");
			page->stage = STAGE_COUNTS;
			return;
		}
	}
}

static void write_counts(struct page *page, const struct edge_groups_info *info)
{
	static const struct membership_info none;
	const struct membership_info *mi = info->membership ? info->membership : &none;
	page_section(page, "igmp", "IGMP and MLD", membership_count_names, mi->counts, MEMBERSHIP_COUNT_MAX);
	page_section(page, "refused", "IGMP and MLD refused", igmp_refusal_names, mi->refused, IGMP_REFUSED_MAX);
	page_end(page);
	page->stage = STAGE_DONE;
}

bool edge_groups_write(struct edge_daemon *d, struct page *page)
{
	struct edge_groups_info info;
	edge_groups_info(d->engine, &info);
	if (page->stage == STAGE_HEAD)
		write_head(page, &info);
	if (page->stage == STAGE_FIRST || page->stage == STAGE_MORE)
		write_groups(d, page);
	if (page->stage == STAGE_COUNTS && page->len < PAGE_SIZE_MAX / 2)
		write_counts(page, &info);
	return page->stage != STAGE_DONE;
}
