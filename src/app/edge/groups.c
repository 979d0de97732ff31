/* What edge status groups shows: who wants which multicast group, how each is reached, and what was sent. */
#include <inttypes.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"

/* cursor: behind the group that is being written; rows: 0 before its first line, else 1 + its next member. */
enum { STAGE_HEAD, STAGE_FIRST, STAGE_MORE, STAGE_COUNTS, STAGE_DONE };

static const char *state_of(const struct edge_groups_info *info)
{
	return !info->on ? "off" : info->old_supernode ? "supernode without groups" : info->acknowledged ? "reported"
	                                                                                 : "not reported yet";
}

static void head_json(struct status_page *page, const struct edge_groups_info *info)
{
	status_printf(page, "{\"program\":\"edge\",\"state\":\"%s\",", state_of(info));
	daemon_status_uint(page, "wanted", info->wanted);
	status_printf(page, "\"wants_all\":%s,", info->wants_all ? "true" : "false");
	if (info->membership)
		status_printf(page, "\"router\":%s,\"remote_router\":%s,", info->membership->router ? "true" : "false",
		              info->membership->remote_router ? "true" : "false");
	status_printf(page, "\"groups\":[");
}

static void head_text(struct status_page *page, const struct edge_groups_info *info)
{
	if (!info->on) {
		status_printf(page, "groups are off (--no-groups): multicast goes to every edge\n");
		return;
	}
	status_printf(page, "%s; wanted here: ", state_of(info));
	if (info->wants_all)
		status_printf(page, "all groups%s\n", info->membership->router ? ", for a multicast router" :
		              info->membership->asking ? ", until hosts have answered what they have joined" : "");
	else
		status_printf(page, "%zu group%s\n", info->wanted, info->wanted == 1 ? "" : "s");
	if (info->membership && info->membership->remote_router)
		status_printf(page, "a multicast router or querier is in the overlay: IGMP and MLD are carried\n");
}

/* How the members have it: as the next frame would go, as far as can be said now. */
static const char *way_of(const struct edge_group_info *gi)
{
	if (!gi->listed && !gi->frames_out)
		return "-";                     /* nobody here sends to it */
	return !gi->listed || gi->relay ? "by the relay" : gi->members ? "to members" : "to nobody";
}

static void group_json(struct status_page *page, const struct edge_group_info *gi)
{
	status_printf(page, "%s{", page->stage == STAGE_FIRST ? "" : ",");
	daemon_status_mac(page, "group", gi->mac);
	status_printf(page, "\"local\":%s,\"listed\":%s,\"relay\":%s,\"held\":%s,", gi->local ? "true" : "false",
	              gi->listed ? "true" : "false", gi->relay ? "true" : "false", gi->held ? "true" : "false");
	daemon_status_uint(page, "members_n", gi->members);
	daemon_status_uint(page, "direct_n", gi->direct);
	daemon_status_uint(page, "frames_in", gi->frames_in);
	daemon_status_uint(page, "bytes_in", gi->bytes_in);
	daemon_status_uint(page, "frames_out", gi->frames_out);
	daemon_status_uint(page, "bytes_out", gi->bytes_out);
	daemon_status_uint(page, "copies", gi->copies);
	daemon_status_uint(page, "suppressed", gi->suppressed);
	status_printf(page, "\"members\":[");
}

static void group_text(struct status_page *page, const struct edge_group_info *gi)
{
	char mac[MAC_TEXT], in[48], out[48], members[48];
	if (page->stage == STAGE_FIRST)
		status_printf(page, "\n  %-17s  %-4s  %-12s  %-16s  %-19s  %-19s  %-10s  %s\n", "group", "here", "sent",
		              "members, direct", "frames in", "frames out", "copies", "suppressed");
	snprintf(in, sizeof(in), "%" PRIu64 "/%" PRIu64 " B", gi->frames_in, gi->bytes_in);
	snprintf(out, sizeof(out), "%" PRIu64 "/%" PRIu64 " B", gi->frames_out, gi->bytes_out);
	snprintf(members, sizeof(members), gi->listed && !gi->relay ? "%zu, %zu" : "-", gi->members, gi->direct);
	status_printf(page, "  %-17s  %-4s  %-12s  %-16s  %-19s  %-19s  %-10" PRIu64 "  %" PRIu64 "\n",
	              mac_print(mac, gi->mac), gi->local ? "yes" : "no", way_of(gi), members, in, out, gi->copies,
	              gi->suppressed);
}

static void member_row(struct status_page *page, bool first, const struct edge_group_member *m)
{
	char mac[MAC_TEXT], endpoint[ADDR_TEXT];
	if (!page->json) {
		status_printf(page, "      %s  %-7s  %s\n", mac_print(mac, m->mac), m->direct ? "direct" : "relayed",
		              addr_print(endpoint, &m->endpoint));
		return;
	}
	status_printf(page, "%s{", first ? "" : ",");
	daemon_status_mac(page, "mac", m->mac);
	daemon_status_addr(page, "endpoint", &m->endpoint);
	status_printf(page, "\"path\":\"%s\"}", m->direct ? "direct" : "relayed");
}

static bool next_group(const struct edge *e, struct status_page *page)
{
	struct edge_group_info gi;
	if (!edge_group_next(e, &page->cursor, &gi))
		return false;
	(page->json ? group_json : group_text)(page, &gi);
	page->stage = STAGE_MORE;
	page->rows = 1;
	return true;
}

static void next_member(const struct edge *e, struct status_page *page)
{
	struct edge_group_member m;
	size_t place = page->rows - 1;
	if (edge_group_member(e, page->cursor, &place, &m)) {
		member_row(page, page->rows == 1, &m);
		page->rows++;
		return;
	}
	if (page->json)
		status_printf(page, "]}");
	page->rows = 0;
}

static void write_groups(struct edge_daemon *d, struct status_page *page)
{
	while (status_room(page)) {
		if (page->rows)
			next_member(d->engine, page);
		else if (!next_group(d->engine, page)) {
			if (page->json)
				status_printf(page, "],");
			page->stage = STAGE_COUNTS;
			return;
		}
	}
}

static void write_counts(struct status_page *page, const struct edge_groups_info *info)
{
	static const struct membership_info none;
	const struct membership_info *mi = info->membership ? info->membership : &none;
	status_printf(page, page->json ? "\"igmp\":{" : "\nIGMP and MLD\n");
	daemon_status_counts(page, membership_count_names, mi->counts, MEMBERSHIP_COUNT_MAX);
	status_printf(page, page->json ? "},\"refused\":{" : "\nIGMP and MLD refused\n");
	daemon_status_counts(page, igmp_refusal_names, mi->refused, IGMP_REFUSED_MAX);
	if (page->json)
		status_printf(page, "}}\n");
	page->stage = STAGE_DONE;
}

bool edge_groups_write(struct edge_daemon *d, struct status_page *page)
{
	struct edge_groups_info info;
	edge_groups_info(d->engine, &info);
	if (page->stage == STAGE_HEAD) {
		(page->json ? head_json : head_text)(page, &info);
		page->stage = STAGE_FIRST;
	}
	if (page->stage == STAGE_FIRST || page->stage == STAGE_MORE)
		write_groups(d, page);
	if (page->stage == STAGE_COUNTS && page->len < STATUS_PAGE / 2)
		write_counts(page, &info);
	return page->stage != STAGE_DONE;
}
