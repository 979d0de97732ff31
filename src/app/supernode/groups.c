/* What supernode status groups shows: the registry of multicast groups, each with its members. */
#include "app/daemon/run.h"
#include "app/supernode/daemon.h"

/* cursor: behind the group that is being written; rows: 0 before its first line, else 1 + its next member. */
enum { STAGE_HEAD, STAGE_FIRST, STAGE_MORE, STAGE_DONE };

static void write_head(struct page *page)
{
	page_either(page, "{\"program\":\"supernode\",\"groups\":[", "");
	page->stage = STAGE_FIRST;
}

static void write_end(struct page *page)
{
	if (page->json)
		page_printf(page, "]}\n");
	else if (page->stage == STAGE_FIRST)
		page_printf(page, "no edge has reported a multicast group, and none asks for one\n");
	page->stage = STAGE_DONE;
}

static void group_row(struct page *page, const struct supernode_group_info *gi)
{
	const struct value row[] = {
		value_text("community", gi->community, COMMUNITY_LEN),
		value_mac("group", gi->mac),
		value_uint("members_n", gi->members),
		value_uint("everything_n", gi->everything),
		value_uint("sources_n", gi->sources),
		value_uint("frames", gi->frames),
		value_uint("copies", gi->copies),
		value_uint("unwanted", gi->unwanted),
	};
	page_row_begin(page, page->stage == STAGE_FIRST, row, sizeof(row) / sizeof(row[0]),
	               "  {group=group:17}  {members=members_n:7}  {want all=everything_n:10}  {sources=sources_n:7}  "
	               "{frames=frames:10}  {copies=copies:10}  {unwanted=unwanted:8}  {community=community}\n");
	page_either(page, "\"members\":[", "");
}

static void member_row(struct page *page, size_t place, const uint8_t *mac)
{
	char text[MAC_TEXT];
	if (page->json)
		page_printf(page, "%s\"%s\"", place ? "," : "", mac_print(text, mac));
	else
		page_printf(page, "      %s\n", mac_print(text, mac));
}

static bool next_group(const struct supernode *sn, struct page *page)
{
	struct supernode_group_info gi;
	if (!supernode_group_next(sn, &page->cursor, &gi))
		return false;
	group_row(page, &gi);
	page->stage = STAGE_MORE;
	page->rows = 1;
	return true;
}

static void next_member(const struct supernode *sn, struct page *page)
{
	uint8_t mac[MAC_LEN];
	size_t place = page->rows - 1;
	if (supernode_group_member(sn, page->cursor, &place, mac)) {
		member_row(page, page->rows - 1, mac);
		page->rows++;
		return;
	}
	page_either(page, "]}", "");
	page->rows = 0;
}

bool supernode_groups_write(struct supernode_daemon *d, struct page *page)
{
	if (page->stage == STAGE_HEAD)
		write_head(page);
	while (page_room(page)) {
		if (page->rows)
			next_member(d->engine, page);
		else if (!next_group(d->engine, page)) {
			write_end(page);
			return false;
		}
	}
	return true;
}
