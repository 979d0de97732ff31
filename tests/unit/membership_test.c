/* What is wanted behind a TAP, host by host; crowds are in membership_crowd_test.c. */
#include "core/membership.h"
#include "core/query.h"

#include "igmp_frames.h"

enum { SENT_MAX = 512, MINUTE = 60000 };

struct fake {
	struct membership *m;
	uint64_t now, due;
	struct { uint8_t data[QUERY_FRAME_MAX]; size_t len; } sent[SENT_MAX];
	size_t n;
};

static void fake_deliver(void *ctx, const struct buf *frame)
{
	struct fake *f = ctx;
	CHECK(frame->len <= QUERY_FRAME_MAX && f->n < SENT_MAX);
	memcpy(f->sent[f->n].data, frame->data, frame->len);
	f->sent[f->n++].len = frame->len;
}

static void fake_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	memset(bytes, 7, len);
}

static void tick(struct fake *f) { f->due = membership_tick(f->m, f->now); }

/* Everything that is due up to then. */
static void run_to(struct fake *f, uint64_t then)
{
	while (f->due <= then) {
		f->now = f->due > f->now ? f->due : f->now;
		tick(f);
		CHECK(f->due > f->now);
	}
	f->now = then;
	tick(f);
}

static void start(struct fake *f, bool fast_leave)
{
	struct membership_config config = { .mac = { 2, 0, 0, 0, 0, 1 }, .fast_leave = fast_leave };
	struct host host = { .ctx = f, .deliver = fake_deliver, .random = fake_random };
	memset(f, 0, sizeof(*f));
	f->now = 1000;
	f->m = membership_new(&config, &host, f->now);
	if (!f->m)
		abort();
	tick(f);
}

static bool from_tap(struct fake *f, const struct igmp_frame *frame)
{
	struct eth e;
	CHECK(eth_view(&e, frame->data, frame->len));
	bool passes = membership_from_tap(f->m, f->now, &e);
	tick(f);
	return passes;
}

static bool from_net(struct fake *f, const struct igmp_frame *frame)
{
	struct eth e;
	CHECK(eth_view(&e, frame->data, frame->len));
	bool passes = membership_from_net(f->m, f->now, &e);
	tick(f);
	return passes;
}

static bool send_plain(struct fake *f, uint8_t type, const char *group)
{
	struct addr ip = ip_of(group);
	struct igmp_frame frame = frame_plain(type, &ip);
	return from_tap(f, &frame);
}
static void send_record(struct fake *f, uint8_t type, uint8_t sources, const char *group)
{
	struct addr ip = ip_of(group);
	struct igmp_frame frame = frame_record(type, sources, &ip);
	CHECK(!from_tap(f, &frame));
}

static bool has(const struct fake *f, const char *group)
{
	const uint8_t (*macs)[MAC_LEN];
	struct addr ip = ip_of(group);
	uint8_t mac[MAC_LEN];
	size_t n = membership_macs(f->m, &macs);
	group_mac(mac, &ip);
	for (size_t i = 0; i < n; i++)
		if (mac_equal(macs[i], mac))
			return true;
	return false;
}

/* Queries about the group (NULL: general ones of the family) among what was sent; all is then forgotten. */
static size_t asked(struct fake *f, uint8_t family, const char *group)
{
	struct addr ip = group ? ip_of(group) : (struct addr){ 0 };
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct eth e;
		struct igmp m;
		CHECK(eth_view(&e, f->sent[i].data, f->sent[i].len));
		igmp_view(&m, &e);
		CHECK(m.kind == IGMP_QUERY || m.kind == IGMP_ROUTER);
		n += m.kind == IGMP_QUERY && m.source.family == family && addr_equal(&m.group, &ip);
	}
	f->n = 0;
	return n;
}

/* ---- single hosts */

static void asks_at_once_and_every_30_s(void)
{
	struct fake f;
	start(&f, false);
	for (uint64_t at[] = { 1000, 3500, 6000, 36000, 66000 }, i = 0; i < 5; i++) {
		run_to(&f, at[i] - 1);
		CHECK_INT(f.n, i ? 0 : 4);
		f.n = i ? f.n : 0;
		run_to(&f, at[i]);
		CHECK_INT(f.n, i ? 4 : 0);
		CHECK_INT(asked(&f, ADDR_V6, NULL), i > 0);
	}
	membership_link_up(f.m, f.now);
	tick(&f);
	CHECK_INT(asked(&f, ADDR_V4, NULL), 1);
	membership_free(f.m);
}

static void joins_age(void)
{
	struct fake f;
	start(&f, false);
	CHECK(!has(&f, "239.1.2.3") && membership_generation(f.m) == 0);
	CHECK(!send_plain(&f, 0x16, "239.1.2.3"));
	CHECK(has(&f, "239.1.2.3") && membership_generation(f.m) == 1);
	run_to(&f, 31000);
	send_plain(&f, 0x16, "239.1.2.3");
	send_plain(&f, 131, "ff15::1:3");
	CHECK_INT(membership_generation(f.m), 2);
	run_to(&f, 31000 + 74999);
	CHECK(has(&f, "239.1.2.3") && has(&f, "ff15::1:3"));
	run_to(&f, 31000 + 75000);
	CHECK(!has(&f, "239.1.2.3") && !has(&f, "ff15::1:3"));
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_EXPIRED], 2);
	membership_free(f.m);
}

static void a_leave_is_asked_about(void)
{
	struct fake f;
	start(&f, false);
	send_record(&f, TO_EX, 0, "239.1.2.3");
	f.n = 0;
	uint64_t then = f.now;
	send_record(&f, TO_IN, 0, "239.1.2.3");
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 1);
	send_record(&f, TO_IN, 0, "239.1.2.3");         /* said twice, as RFC 9776 has it */
	CHECK_INT(f.n, 0);
	run_to(&f, then + 500);
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 1);
	run_to(&f, then + 999);
	CHECK(has(&f, "239.1.2.3"));
	run_to(&f, then + 1000);
	CHECK(!has(&f, "239.1.2.3"));
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_LEFT], 1);
	membership_free(f.m);
}

static void another_member_answers(void)
{
	struct fake f;
	start(&f, false);
	send_plain(&f, 0x16, "239.1.2.3");
	send_plain(&f, 0x17, "239.1.2.3");
	f.n = 0;
	send_plain(&f, 0x16, "239.1.2.3");
	run_to(&f, f.now + 74999);
	CHECK(has(&f, "239.1.2.3"));
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 0);
	membership_free(f.m);
}

static void fast_leave(void)
{
	struct fake f;
	start(&f, true);
	send_plain(&f, 0x16, "239.1.2.3");
	send_record(&f, TO_EX, 0, "ff15::1:3");
	f.n = 0;
	send_plain(&f, 0x17, "239.1.2.3");
	CHECK(!has(&f, "239.1.2.3"));
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 1);          /* who still wants it says so */
	send_record(&f, BLOCK, 1, "ff15::1:3");                   /* no leave */
	CHECK(has(&f, "ff15::1:3"));
	CHECK_INT(asked(&f, ADDR_V6, "ff15::1:3"), 1);
	membership_free(f.m);
}

static void a_host_of_igmpv1_is_not_cut_off(void)
{
	struct fake f;
	start(&f, true);
	send_plain(&f, 0x12, "239.1.2.3");
	send_plain(&f, 0x16, "239.1.2.3");
	f.n = 0;
	send_plain(&f, 0x17, "239.1.2.3");
	run_to(&f, f.now + 5000);
	CHECK(has(&f, "239.1.2.3"));
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 0);
	membership_free(f.m);
}

static void the_last_source_is_left(void)
{
	struct fake f;
	start(&f, false);
	send_record(&f, ALLOW, 1, "232.1.2.3");
	CHECK(has(&f, "232.1.2.3"));
	send_record(&f, BLOCK, 1, "232.1.2.3");
	run_to(&f, f.now + 1000);
	CHECK(!has(&f, "232.1.2.3"));
	membership_free(f.m);
}

static void groups_share_a_mac(void)
{
	struct fake f;
	const uint8_t (*macs)[MAC_LEN];
	start(&f, true);
	send_plain(&f, 0x16, "239.1.2.3");
	send_plain(&f, 0x16, "238.129.2.3");
	send_plain(&f, 0x16, "224.1.1.1");
	CHECK_INT(membership_macs(f.m, &macs), 2);
	CHECK(memcmp(macs[0], macs[1], MAC_LEN) < 0);
	CHECK_INT(membership_generation(f.m), 2);
	send_plain(&f, 0x17, "239.1.2.3");
	CHECK(has(&f, "239.1.2.3"));
	send_plain(&f, 0x17, "238.129.2.3");
	CHECK(!has(&f, "239.1.2.3"));
	membership_free(f.m);
}

static void what_is_flooded_is_not_listed(void)
{
	struct fake f;
	start(&f, false);
	send_plain(&f, 0x16, "224.0.0.251");
	send_plain(&f, 0x16, "239.128.0.9");
	send_plain(&f, 131, "ff02::fb");
	send_plain(&f, 131, "ff02::1:ff00:1");
	CHECK_INT(membership_generation(f.m), 0);
	CHECK_INT(membership_info(f.m)->groups, 0);
	send_plain(&f, 131, "ff02::1:3");
	CHECK_INT(membership_generation(f.m), 1);
	membership_free(f.m);
}

/* ---- VLANs */

static void a_vlan_is_asked_too(void)
{
	struct fake f;
	struct addr ip = ip_of("239.1.2.3");
	struct igmp_frame join = frame_plain(0x16, &ip), leave = frame_plain(0x17, &ip);
	start(&f, false);
	from_tap(&f, &join);
	f.n = 0;
	frame_tag(&join, 0x8100, 0xe005);
	frame_tag(&leave, 0x8100, 5);
	from_tap(&f, &join);
	CHECK_INT(f.n, 4);                              /* a new one: asked at once */
	CHECK(!memcmp(f.sent[1].data + 12, "\x81\x00\x00\x05", 4));
	CHECK_INT(asked(&f, ADDR_V4, NULL), 1);
	CHECK_INT(membership_generation(f.m), 1);
	CHECK_INT(membership_info(f.m)->groups, 2);
	from_tap(&f, &leave);
	CHECK(!memcmp(f.sent[0].data + 12, "\x81\x00\x00\x05", 4));
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 1);
	run_to(&f, f.now + 1000);
	CHECK_INT(membership_info(f.m)->groups, 1);
	CHECK(has(&f, "239.1.2.3"));                    /* still wanted untagged */
	run_to(&f, f.now + 6 * MINUTE);
	CHECK_INT(membership_info(f.m)->vlans, 1);      /* silent for long: not asked any more */
	membership_free(f.m);
}

static void too_many_vlans(void)
{
	struct fake f;
	struct addr ip = ip_of("239.1.2.3");
	start(&f, false);
	for (uint16_t vlan = 1; vlan <= MEMBERSHIP_VLANS_MAX; vlan++) {
		CHECK(!membership_wants_all(f.m));
		struct igmp_frame join = frame_plain(0x16, &ip);
		frame_tag(&join, 0x8100, vlan);
		from_tap(&f, &join);
		f.n = 0;
	}
	CHECK(membership_wants_all(f.m) && membership_info(f.m)->overflow);
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_VLANS_FULL], 1);
	membership_free(f.m);
}

/* ---- everything */

static void join_many(struct fake *f, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		struct addr ip = ip_of("239.1.0.0");
		put_be16(ip.ip + 2, (uint16_t)(i * 41));
		struct igmp_frame frame = frame_plain(0x16, &ip);
		from_tap(f, &frame);
	}
}

static void more_than_200_groups_are_all(void)
{
	struct fake f;
	const uint8_t (*macs)[MAC_LEN];
	start(&f, false);
	join_many(&f, 0, 200);
	CHECK(!membership_wants_all(f.m));
	CHECK_INT(membership_macs(f.m, &macs), 200);
	for (size_t i = 1; i < 200; i++)
		CHECK(memcmp(macs[i - 1], macs[i], MAC_LEN) < 0);
	join_many(&f, 200, 300);
	CHECK(membership_wants_all(f.m));
	CHECK_INT(membership_macs(f.m, &macs), 0);
	CHECK_INT(membership_generation(f.m), 201);
	run_to(&f, f.now + 40000);
	join_many(&f, 0, 10);
	run_to(&f, f.now + 40000);
	CHECK(!membership_wants_all(f.m));
	CHECK_INT(membership_macs(f.m, &macs), 10);
	CHECK_INT(membership_generation(f.m), 202);
	membership_free(f.m);
}

static void no_room_is_all(void)
{
	struct fake f;
	start(&f, false);
	join_many(&f, 0, MEMBERSHIP_GROUPS_MAX + 1);
	CHECK_INT(membership_info(f.m)->groups, MEMBERSHIP_GROUPS_MAX);
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_GROUPS_FULL], 1);
	run_to(&f, f.now + 80000);
	CHECK_INT(membership_info(f.m)->groups, 0);
	CHECK(membership_wants_all(f.m));
	run_to(&f, f.now + 10000);
	CHECK(!membership_wants_all(f.m));
	membership_free(f.m);
}

static void a_querier_behind_the_tap(void)
{
	struct fake f;
	struct igmp_frame query = frame_query("10.9.9.9", NULL), proxy = frame_query("0.0.0.0", NULL);
	start(&f, false);
	CHECK(from_tap(&f, &proxy));
	CHECK(!membership_wants_all(f.m));
	CHECK(from_tap(&f, &query));
	CHECK(membership_wants_all(f.m) && membership_info(f.m)->router);
	f.n = 0;
	uint64_t heard = f.now;
	run_to(&f, heard + 254999);
	CHECK_INT(f.n, 9 * 3 + 3 * 1);                  /* advertisements, and MLD's queries */
	CHECK_INT(asked(&f, ADDR_V4, NULL), 0);
	run_to(&f, heard + 255000 + 30000);
	CHECK_INT(asked(&f, ADDR_V4, NULL), 1);
	CHECK(membership_wants_all(f.m));               /* until its question is answered */
	run_to(&f, heard + 255000 + 42000);
	CHECK(!membership_wants_all(f.m));
	membership_free(f.m);
}

static void routers_behind_the_tap(void)
{
	struct igmp_frame frames[] = { frame_pim_hello("10.9.9.9"), frame_pim_hello("fe80::9"), frame_query("fe80::9", NULL) };
	for (size_t i = 0; i < 3; i++) {
		struct fake f;
		start(&f, false);
		CHECK(from_tap(&f, &frames[i]));
		CHECK(membership_wants_all(f.m));
		run_to(&f, f.now + 5 * MINUTE);
		CHECK(!membership_wants_all(f.m));
		membership_free(f.m);
	}
}

/* ---- what crosses */

static void reports_cross_to_routers_only(void)
{
	struct addr ip = ip_of("239.1.2.3");
	struct igmp_frame report = frame_plain(0x16, &ip), wants[] = {
		frame_query("10.9.9.9", NULL), frame_query("0.0.0.0", NULL), frame_pim_hello("fe80::9") };
	for (size_t i = 0; i < 3; i++) {
		struct fake f;
		start(&f, false);
		CHECK(!from_tap(&f, &report));
		CHECK(!from_net(&f, &report));
		CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_KEPT], 1);
		CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_KEPT_IN], 1);
		CHECK(from_net(&f, &wants[i]));
		CHECK(from_tap(&f, &report));
		CHECK(!membership_wants_all(f.m));
		CHECK(!from_net(&f, &report));
		run_to(&f, f.now + 255000);
		CHECK(!from_tap(&f, &report));
		CHECK(from_tap(&f, &wants[i]));
		CHECK_INT(from_net(&f, &report), i != 1);
		membership_free(f.m);
	}
}

static void refused_messages_pass_and_are_counted(void)
{
	struct fake f;
	struct addr ip = ip_of("239.1.2.3");
	struct igmp_frame report = frame_plain(0x16, &ip);
	start(&f, false);
	frame_ip(&report)[31] ^= 1;
	CHECK(from_tap(&f, &report));
	CHECK_INT(membership_info(f.m)->refused[IGMP_REFUSED_CHECKSUM], 1);
	CHECK_INT(membership_generation(f.m), 0);
	membership_free(f.m);
}

static void own_queries_in_a_loop(void)
{
	struct fake f;
	struct igmp_frame loop;
	start(&f, false);
	for (size_t i = 0; i < 4; i++) {
		loop.len = f.sent[i].len;
		memcpy(loop.data, f.sent[i].data, loop.len);
		CHECK(!from_tap(&f, &loop));
	}
	CHECK(!membership_wants_all(f.m));
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_QUERIES], 0);
	membership_free(f.m);
}

int main(void)
{
	RUN(asks_at_once_and_every_30_s);
	RUN(joins_age);
	RUN(a_leave_is_asked_about);
	RUN(another_member_answers);
	RUN(fast_leave);
	RUN(a_host_of_igmpv1_is_not_cut_off);
	RUN(the_last_source_is_left);
	RUN(groups_share_a_mac);
	RUN(what_is_flooded_is_not_listed);
	RUN(a_vlan_is_asked_too);
	RUN(too_many_vlans);
	RUN(more_than_200_groups_are_all);
	RUN(no_room_is_all);
	RUN(a_querier_behind_the_tap);
	RUN(routers_behind_the_tap);
	RUN(reports_cross_to_routers_only);
	RUN(refused_messages_pass_and_are_counted);
	RUN(own_queries_in_a_loop);
	return test_done();
}
