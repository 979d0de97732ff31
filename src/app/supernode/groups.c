/* What supernode status groups shows: the registry of multicast groups, each with its members. */
#include <inttypes.h>

#include "app/daemon/run.h"
#include "app/supernode/daemon.h"

/* cursor: behind the group that is being written; rows: 0 before its first line, else 1 + its next member. */
enum { STAGE_HEAD, STAGE_FIRST, STAGE_MORE, STAGE_DONE };

static void write_head(struct status_page *page)
{
	if (page->json)
		status_printf(page, "{\"program\":\"supernode\",\"groups\":[");
	page->stage = STAGE_FIRST;
}

static void write_end(struct status_page *page)
{
	if (page->json)
		status_printf(page, "]}\n");
	else if (page->stage == STAGE_FIRST)
		status_printf(page, "no edge has reported a multicast group, and none asks for one\n");
	page->stage = STAGE_DONE;
}

static void group_json(struct status_page *page, const struct supernode_group_info *gi)
{
	status_printf(page, "%s{", page->stage == STAGE_FIRST ? "" : ",");
	daemon_status_string(page, "community", gi->community, COMMUNITY_LEN);
	daemon_status_mac(page, "group", gi->mac);
	daemon_status_uint(page, "members_n", gi->members);
	daemon_status_uint(page, "everything_n", gi->everything);
	daemon_status_uint(page, "sources_n", gi->sources);
	daemon_status_uint(page, "frames", gi->frames);
	daemon_status_uint(page, "copies", gi->copies);
	daemon_status_uint(page, "unwanted", gi->unwanted);
	status_printf(page, "\"members\":[");
}

static void group_text(struct status_page *page, const struct supernode_group_info *gi)
{
	char mac[MAC_TEXT];
	if (page->stage == STAGE_FIRST)
		status_printf(page, "  %-17s  %-7s  %-10s  %-7s  %-10s  %-10s  %-8s  %s\n", "group", "members",
		              "want all", "sources", "frames", "copies", "unwanted", "community");
	status_printf(page, "  %-17s  %-7zu  %-10zu  %-7zu  %-10" PRIu64 "  %-10" PRIu64 "  %-8" PRIu64 "  ",
	              mac_print(mac, gi->mac), gi->members, gi->everything, gi->sources, gi->frames, gi->copies,
	              gi->unwanted);
	status_text(page, gi->community, COMMUNITY_LEN);
	status_printf(page, "\n");
}

static void member_row(struct status_page *page, size_t place, const uint8_t *mac)
{
	char text[MAC_TEXT];
	if (page->json)
		status_printf(page, "%s\"%s\"", place ? "," : "", mac_print(text, mac));
	else
		status_printf(page, "      %s\n", mac_print(text, mac));
}

static bool next_group(const struct supernode *sn, struct status_page *page)
{
	struct supernode_group_info gi;
	if (!supernode_group_next(sn, &page->cursor, &gi))
		return false;
	(page->json ? group_json : group_text)(page, &gi);
	page->stage = STAGE_MORE;
	page->rows = 1;
	return true;
}

static void next_member(const struct supernode *sn, struct status_page *page)
{
	uint8_t mac[MAC_LEN];
	size_t place = page->rows - 1;
	if (supernode_group_member(sn, page->cursor, &place, mac)) {
		member_row(page, page->rows - 1, mac);
		page->rows++;
		return;
	}
	if (page->json)
		status_printf(page, "]}");
	page->rows = 0;
}

bool supernode_groups_write(struct supernode_daemon *d, struct status_page *page)
{
	if (page->stage == STAGE_HEAD)
		write_head(page);
	while (status_room(page)) {
		if (page->rows)
			next_member(d->engine, page);
		else if (!next_group(d->engine, page)) {
			write_end(page);
			return false;
		}
	}
	return true;
}
