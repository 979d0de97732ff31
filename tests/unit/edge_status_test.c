/* edge status groups: valid JSON and a table, page by page. */
#include "app/edge/daemon.h"
#include "edge_groups_fake.h"
#include "json.h"

static char whole[1 << 20];

static unsigned collect(struct edge_daemon *d, bool json)
{
	static struct page page;
	size_t len = 0;
	unsigned pages = 0;
	memset(&page, 0, sizeof(page));
	page.json = json;
	page.groups = true;
	for (bool more = true; more && pages < 1000; pages++) {
		page.len = 0;
		more = edge_status_write(d, 2000000, &page);
		CHECK(page.len < sizeof(page.text) - 1);
		CHECK(len + page.len < sizeof(whole));
		memcpy(whole + len, page.text, page.len);
		len += page.len;
	}
	whole[len] = 0;
	return pages;
}

static size_t count_of(const char *what)
{
	size_t n = 0;
	for (const char *at = whole; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static void shows_who_is_reached_how(void)
{
	struct fake *f = groups_start(fake_new());
	struct edge_daemon d = { .engine = f->e };
	join(f, g2);
	reach(f, 1, 1);
	send_frame(f, g1);
	tell(f, g1, 1, 1, 2);
	send_frame(f, g1);
	collect(&d, true);
	CHECK(is_json(whole));
	CHECK_INT(count_of("\"state\":\"not reported yet\""), 1);
	CHECK(strstr(whole, "\"group\":\"01:00:5e:01:01:01\",\"local\":false,\"listed\":true,\"relay\":false,\"held\":false,"
	             "\"members_n\":2,\"direct_n\":1,\"frames_in\":0,\"bytes_in\":0,\"frames_out\":2,\"bytes_out\":120,"
	             "\"copies\":3,\"suppressed\":0,"));
	CHECK(strstr(whole, "\"group\":\"01:00:5e:02:02:02\",\"local\":true,\"listed\":false,"));
	CHECK_INT(count_of("\"path\":\"direct\""), 1);
	CHECK_INT(count_of("\"path\":\"relayed\""), 1);
	CHECK(strstr(whole, "\"reports\":1,") && strstr(whole, "\"refused\":{"));
	collect(&d, false);
	CHECK(strstr(whole, "wanted here: 1 group\n"));
	CHECK(strstr(whole, "      02:00:00:00:00:11  direct   192.0.2.101:5000\n"));
	CHECK(strstr(whole, "      02:00:00:00:00:12  relayed  192.0.2.102:5000\n"));
	fake_end(f);
}

/* The group 128 higher in the second byte has the same MAC. */
static void join_twin(struct fake *f, const uint8_t group[MAC_LEN])
{
	uint8_t frame[FRAME60];
	size_t len = igmp_frame(frame, 0x16, group, mac_a);
	frame[31] |= 128;
	frame[43] |= 128;
	put_be16(frame + 24, 0);
	put_be16(frame + 24, checksum_fold(checksum_add(0, frame + 14, 24)));
	put_be16(frame + 40, 0);
	put_be16(frame + 40, checksum_fold(checksum_add(0, frame + 38, 8)));
	fake_frame(f, frame, len);
}

/* Two IP groups may share a MAC; what members say of themselves is shown with them. */
static void says_names_and_addresses(void)
{
	struct fake *f = groups_start(fake_new());
	struct edge_daemon d = { .engine = f->e };
	struct wire_group_member member = member_at(1);
	join(f, g2);
	join_twin(f, g2);
	fake_register(f, &f->sn[0].addr, member.mac, mac_a, COOKIE_FORWARDED, &member.socket);
	send_frame(f, g1);
	tell(f, g1, 1, 1, 2);
	collect(&d, true);
	CHECK(is_json(whole));
	CHECK(strstr(whole, "\"addresses\":[\"239.2.2.2\",\"239.130.2.2\"],"));
	CHECK(strstr(whole, "\"addresses\":[],"));
	CHECK_INT(count_of("\"address\":\"10.9.8.2/24\",\"description\":\"edge-two\""), 1);
	collect(&d, false);
	CHECK(strstr(whole, "  239.2.2.2, 239.130.2.2\n"));
	CHECK(strstr(whole, "  10.9.8.2/24         edge-two\n"));
	fake_end(f);
}

/* Nothing below it, no heading. */
static void empty_headings_are_left_out(void)
{
	static struct page page;
	static const char *const names[] = { "one", "two" };
	memset(&page, 0, sizeof(page));
	page_section(&page, "all", "All", names, (const uint64_t[]){ 0, 0 }, 2);
	CHECK_INT(page.len, 0);
	page_section(&page, "all", "All", names, (const uint64_t[]){ 0, 7 }, 2);
	CHECK(!strncmp(page.text, "\nAll\n  two ", 10));
	memset(&page, 0, sizeof(page));
	page.json = true;
	page_printf(&page, "{");
	page_section(&page, "all", "All", names, (const uint64_t[]){ 0, 0 }, 2);
	page_end(&page);
	CHECK(!strcmp(page.text, "{\"all\":{\"one\":0,\"two\":0}}\n"));
}

static void many_groups_take_many_pages(void)
{
	uint8_t group[MAC_LEN] = { 1, 0, 0x5e, 9, 0, 0 };
	struct fake *f = groups_start(fake_new());
	struct edge_daemon d = { .engine = f->e };
	for (uint8_t i = 0; i < 60; i++) {
		group[5] = i;
		send_frame(f, group);
		tell(f, group, 1, 1, 10);
	}
	CHECK(collect(&d, true) > 3);
	CHECK(is_json(whole));
	CHECK_INT(count_of("\"group\":\"01:"), 60);
	CHECK_INT(count_of("\"path\":"), 600);
	fake_end(f);
}

static void says_when_groups_are_off(void)
{
	struct fake *f = fake_registered(fake_new());
	struct edge_daemon d = { .engine = f->e };
	collect(&d, false);
	CHECK(strstr(whole, "--no-groups"));
	collect(&d, true);
	CHECK(is_json(whole) && strstr(whole, "\"state\":\"off\""));
	fake_end(f);
}

int main(void)
{
	RUN(shows_who_is_reached_how);
	RUN(says_names_and_addresses);
	RUN(empty_headings_are_left_out);
	RUN(many_groups_take_many_pages);
	RUN(says_when_groups_are_off);
	return test_done();
}
