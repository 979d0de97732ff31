/* Membership of multicast groups at the supernode: whose reports count, who gets a frame, what sources are told
 * and when, and that all of it ends with the registration.
 */
#include "supernode_fake.h"

typedef uint8_t mac_t[MAC_LEN];
static const mac_t g1 = { 1, 0, 0x5e, 1, 1, 1 }, g2 = { 1, 0, 0x5e, 2, 2, 2 }, g6 = { 0x33, 0x33, 0, 1, 0, 6 };
static const mac_t mdns = { 1, 0, 0x5e, 0, 0, 0xfb };

static struct fake f;
static struct edge_like a, b, c;
static uint32_t number[256];    /* of the last report, by the last byte of the MAC */

static void forget_sent(void) { f.n = f.answered = 0; }

static void start_with(struct supernode_config config)
{
	fake_start(&f, config);
	a = edge_a(), b = edge_b(), c = edge_c();
	memset(number, 0, sizeof(number));
	do_register(&f, &a);
	do_register(&f, &b);
	do_register(&f, &c);
	forget_sent();
}

static void start(void) { start_with(fake_config()); }

static void report_once(const struct edge_like *e, uint32_t sequence, uint8_t flags, const mac_t *groups, size_t n)
{
	struct wire_message m = message_of(e, WIRE_GROUP_REPORT);
	m.group_report = (struct wire_group_report){
		.cookie = 0xc00 + sequence, .sequence = sequence, .flags = flags, .count = (uint16_t)n
	};
	memcpy(m.group_report.mac, e->mac, MAC_LEN);
	if (n)
		memcpy(m.group_report.group, groups, n * MAC_LEN);
	give_message(&f, &e->at, &m);
}

/* As an edge does: it goes on from the number that it is told. */
static void report_flags(const struct edge_like *e, uint8_t flags, const mac_t *groups, size_t n)
{
	uint32_t *mine = &number[e->mac[5]];
	report_once(e, ++*mine, flags, groups, n);
	if (!f.n || last_type(&f) != WIRE_GROUP_REPORT_ACK || read_message(last(&f)).group_ack.sequence == *mine)
		return;
	*mine = read_message(last(&f)).group_ack.sequence + 1;
	forget_sent();
	report_once(e, *mine, flags, groups, n);
}

static void report(const struct edge_like *e, const mac_t *groups, size_t n) { report_flags(e, 0, groups, n); }

static void query(const struct edge_like *e, const uint8_t *group, uint32_t cookie)
{
	struct wire_message m = message_of(e, WIRE_GROUP_QUERY);
	m.group_query.cookie = cookie;
	memcpy(m.group_query.mac, e->mac, MAC_LEN);
	memcpy(m.group_query.group, group, MAC_LEN);
	give_message(&f, &e->at, &m);
}

static void confirm(const struct edge_like *e, const struct wire_group_members *list)
{
	struct wire_message m = message_of(e, WIRE_GROUP_MEMBERS_ACK);
	m.members_ack = (struct wire_group_members_ack){ .cookie = list->cookie, .generation = list->generation };
	memcpy(m.members_ack.mac, e->mac, MAC_LEN);
	memcpy(m.members_ack.group, list->group, MAC_LEN);
	give_message(&f, &e->at, &m);
}

static struct wire_group_report_ack last_ack(void)
{
	CHECK_INT(last_type(&f), WIRE_GROUP_REPORT_ACK);
	return read_message(last(&f)).group_ack;
}

static struct wire_group_members last_members(void)
{
	CHECK_INT(last_type(&f), WIRE_GROUP_MEMBERS);
	return read_message(last(&f)).members;
}

static bool has(const struct wire_group_members *list, const struct edge_like *e)
{
	for (size_t i = 0; i < list->count; i++)
		if (mac_equal(list->member[i].mac, e->mac))
			return addr_equal(&list->member[i].socket, &e->at);
	return false;
}

/* To whom a frame from e to dst went: bits 1 a, 2 b, 4 c; each once. */
static unsigned reached(const struct edge_like *e, const uint8_t *dst)
{
	const struct edge_like *all[] = { &a, &b, &c };
	unsigned bits = 0;
	forget_sent();
	do_packet(&f, e, dst, TRANSFORM_NULL, "frame", 5);
	for (size_t i = 0; i < f.n; i++)
		for (unsigned k = 0; k < 3; k++)
			if (addr_equal(&f.sent[i].to, &all[k]->at)) {
				CHECK(!(bits & 1u << k));
				bits |= 1u << k;
			}
	forget_sent();
	return bits;
}

static void frames_go_to_members_and_to_those_who_never_report(void)
{
	start();
	CHECK_INT(reached(&a, g1), 6);
	report(&c, NULL, 0);
	CHECK_INT(last_ack().sequence, number[c.mac[5]]);
	CHECK_INT(reached(&a, g1), 2);                  /* b has not reported: as n2n */
	report(&b, &g2, 1);
	CHECK_INT(reached(&a, g1), 0);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_GROUP_UNWANTED), 1);
	CHECK_INT(reached(&a, g2), 2);
	CHECK_INT(reached(&b, g2), 1);                  /* a, who never reports; not back to b */
	CHECK_INT(reached(&a, mdns), 6);
	CHECK_INT(reached(&a, (mac_t){ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }), 6);
	report(&c, (mac_t[]){ { 1, 0, 0x5e, 1, 1, 1 }, { 0x33, 0x33, 0, 1, 0, 6 } }, 2);
	CHECK_INT(reached(&b, g1), 5);
	CHECK_INT(reached(&b, g6), 5);
	CHECK_INT(reached(&b, g2), 1);
	report_flags(&c, GROUP_REPORT_ALL, NULL, 0);
	CHECK_INT(reached(&b, g2), 5);
	CHECK_INT(counts(&f)->relayed_group, 3 + 0 + 1 + 1 + 2 + 2 + 1 + 2);
	fake_stop(&f);
}

static void the_latest_report_counts(void)
{
	start();
	report(&a, &g1, 1);
	uint32_t first = last_ack().sequence, epoch = last_ack().epoch;
	uint64_t old = dropped(&f, SUPERNODE_DROP_GROUP_OLD);
	report_once(&a, first - 1, 0, &g2, 1);          /* overtaken on its way */
	CHECK_INT(last_ack().sequence, first);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_GROUP_OLD), old + 1);
	CHECK_INT(reached(&b, g1) & 1, 1);
	report_once(&a, first + 3, 0, &g2, 1);          /* two were lost */
	struct wire_group_report_ack ack = last_ack();
	CHECK(ack.sequence == first + 3 && ack.cookie == 0xc00 + first + 3 && ack.epoch == epoch);
	CHECK(mac_equal(ack.mac, a.mac) && !ack.flags);
	CHECK_INT(reached(&b, g1) & 1, 0);
	report_once(&a, first + 3, 0, &g2, 1);          /* a copy is acknowledged as the first was */
	CHECK_INT(last_ack().sequence, first + 3);
	CHECK_INT(reached(&b, g2) & 1, 1);
	fake_stop(&f);
}

static void reports_of_others_do_not_count(void)
{
	struct edge_like thief = edge_a(), stranger = edge_c();
	start();
	thief.at = stranger.at;
	report(&thief, NULL, 0);
	stranger.community = "Elsewhere";
	report(&stranger, NULL, 0);
	query(&thief, g1, 1);
	query(&stranger, g1, 1);
	CHECK_INT(f.n, 0);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_UNREGISTERED), 4);
	CHECK_INT(reached(&a, g1), 6);
	fake_stop(&f);
}

/* With the endpoint and MAC of another: neither what it wants changes, nor what it never said (n2n). */
static void forged_reports_change_nothing(void)
{
	start();
	report(&b, &g1, 1);
	uint32_t stored = last_ack().sequence;
	for (uint32_t i = 0; i < 100; i++)
		report_once(&b, stored + 100 + i * 0x2000000, 0, NULL, 0);
	report_once(&b, stored - 1, 0, NULL, 0);
	CHECK_INT(reached(&a, g1), 6);
	for (uint32_t i = 0; i < 100; i++)
		report_once(&c, i * 0x2800000, 0, NULL, 0);
	CHECK_INT(reached(&a, g1), 6);
	struct edge_like again = b;             /* nor after a forged registration */
	again.token ^= 0xff;
	do_claim(&f, &again);
	report_once(&b, 1, 0, NULL, 0);
	CHECK_INT(reached(&a, g1), 6);
	report(&b, &g2, 1);                     /* and the edge itself goes on */
	CHECK_INT(reached(&a, g1), 4);
	fake_stop(&f);
}

static void without_room_a_report_is_stored_as_all(void)
{
	struct supernode_config config = fake_config();
	config.groups_max = 2;
	start_with(config);
	report(&b, (mac_t[]){ { 1, 0, 0x5e, 1, 1, 1 }, { 1, 0, 0x5e, 2, 2, 2 } }, 2);
	CHECK_INT(last_ack().flags, 0);
	report(&c, &g1, 1);
	CHECK_INT(last_ack().flags, GROUP_ACK_STORED_ALL);
	CHECK_INT(reached(&a, g2), 6);
	report(&b, &g6, 1);             /* another list in the same place */
	CHECK_INT(last_ack().flags, 0);
	CHECK_INT(reached(&a, g6), 6);
	report_once(&c, number[c.mac[5]], 0, &g1, 1);
	CHECK_INT(last_ack().flags, 0);
	CHECK_INT(reached(&a, g6), 2);
	fake_stop(&f);
}

static void sources_are_told_the_members(void)
{
	start();
	report(&b, &g1, 1);
	query(&a, g1, 77);
	struct wire_group_members list = last_members();
	CHECK(addr_equal(&last(&f)->to, &a.at) && list.cookie == 77 && mac_equal(list.group, g1));
	CHECK(list.lease == 30 && list.part == 0 && list.parts == 1 && !list.flags);
	CHECK(list.count == 2 && has(&list, &b) && has(&list, &c));     /* c never reports */
	report(&c, NULL, 0);
	query(&b, g1, 78);
	list = last_members();
	CHECK(list.count == 1 && has(&list, &a));                       /* not the source itself */
	report(&a, NULL, 0);
	query(&a, g2, 79);
	CHECK_INT(last_members().count, 0);
	size_t sent = f.n;
	query(&a, mdns, 80);
	CHECK_INT(f.n, sent);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_GROUP_FLOODED), 1);
	fake_stop(&f);
}

static void members_on_loopback_are_told_as_others_reach_them(void)
{
	struct addr outward = addr_of("198.51.100.7:1");
	start();
	b.at = addr_of("127.0.0.1:50002");
	do_register(&f, &b);
	supernode_set_outward(f.sn, false, &outward);
	query(&a, g1, 1);
	struct wire_group_members list = last_members();
	for (size_t i = 0; i < list.count; i++)
		CHECK(!addr_is_loopback(&list.member[i].socket) && addr_is_endpoint(&list.member[i].socket));
	fake_stop(&f);
}

/* Of the datagrams since the last look: how many pushes went to e. */
static size_t pushes_to(const struct edge_like *e)
{
	size_t n = 0;
	for (size_t i = 0; i < f.n; i++)
		n += read_message(&f.sent[i]).type == WIRE_GROUP_MEMBERS && addr_equal(&f.sent[i].to, &e->at);
	forget_sent();
	return n;
}

static void settle(void)
{
	report(&b, NULL, 0);
	report(&c, NULL, 0);
	report(&a, NULL, 0);
	fake_wait(&f, 1000);
	forget_sent();
}

static void changes_are_pushed_until_confirmed(void)
{
	start();
	settle();
	query(&a, g1, 5);
	uint32_t generation = last_members().generation;
	forget_sent();
	report(&b, &g1, 1);
	fake_wait(&f, 0);
	struct wire_group_members list = last_members();
	CHECK(list.count == 1 && has(&list, &b) && list.cookie == 5 && list.lease == 30);
	CHECK(list.generation != generation);
	CHECK_INT(pushes_to(&a), 1);
	fake_wait(&f, 249);
	CHECK_INT(pushes_to(&a), 0);
	fake_wait(&f, 1);
	CHECK_INT(pushes_to(&a), 1);
	confirm(&a, &list);
	fake_wait(&f, 20000);
	CHECK_INT(pushes_to(&a), 0);
	report(&b, NULL, 0);                    /* never confirmed: after a while it is left to the next query */
	fake_wait(&f, 9000);
	CHECK_INT(pushes_to(&a), 6);
	fake_wait(&f, 1000);
	report(&b, &g1, 1);
	fake_wait(&f, 1000);
	CHECK_INT(pushes_to(&a), 0);            /* the lease has ended */
	fake_stop(&f);
}

static void changes_within_50_ms_are_one(void)
{
	start();
	settle();
	query(&a, g1, 5);
	report(&b, &g1, 1);
	fake_wait(&f, 0);
	struct wire_group_members list = last_members();
	confirm(&a, &list);
	forget_sent();
	fake_wait(&f, 10);
	report(&b, NULL, 0);
	fake_wait(&f, 10);
	report(&c, &g1, 1);
	fake_wait(&f, 29);
	CHECK_INT(pushes_to(&a), 0);
	fake_wait(&f, 1);
	list = last_members();
	CHECK(list.count == 1 && has(&list, &c));
	CHECK_INT(pushes_to(&a), 1);
	confirm(&a, &list);
	fake_wait(&f, 60);
	report(&c, NULL, 0);
	report(&c, &g1, 1);                     /* as it was: no news */
	fake_wait(&f, 5000);
	CHECK_INT(pushes_to(&a), 0);
	fake_stop(&f);
}

static void a_new_edge_has_a_moment_to_report(void)
{
	struct edge_like d = edge_c();
	start();
	settle();
	query(&a, g1, 5);
	forget_sent();
	d.at = addr_of("192.0.2.14:50004");
	d.mac[5] = 0xd4;
	d.address = subnet_of("10.9.8.4");
	do_register(&f, &d);
	fake_wait(&f, 49);
	report(&d, NULL, 0);
	fake_wait(&f, 5000);
	CHECK_INT(pushes_to(&a), 0);
	d.token = 0xdd;                         /* restarted, and does not report */
	do_register(&f, &d);
	fake_wait(&f, 50);
	struct wire_group_members list = last_members();
	CHECK(list.count == 1 && has(&list, &d));
	fake_stop(&f);
}

static void membership_ends_with_the_registration(void)
{
	struct wire_group_members list;
	start();
	settle();
	query(&a, g1, 5);
	report(&b, &g1, 1);
	uint32_t epoch = last_ack().epoch;
	fake_wait(&f, 0);
	b.at = addr_of("192.0.2.99:60000");     /* moved */
	do_register(&f, &b);
	fake_wait(&f, 60);
	list = last_members();
	CHECK(list.count == 1 && has(&list, &b));
	b.token = 0xbb;                         /* another program there, that never reports */
	do_register(&f, &b);
	fake_wait(&f, 60);
	CHECK_INT(reached(&a, g2) & 2, 2);
	number[b.mac[5]] = 3;
	report(&b, &g1, 1);                     /* and now it does: numbers begin anew */
	CHECK_INT(last_ack().sequence, number[b.mac[5]]);
	CHECK(last_ack().epoch != epoch);
	CHECK_INT(reached(&a, g2) & 2, 0);
	do_unregister(&f, &b);                  /* young: it is asked first */
	fake_wait(&f, 2560);
	CHECK_INT(last_members().count, 0);
	do_unregister(&f, &a);
	do_unregister(&f, &c);
	fake_wait(&f, 60000);
	struct supernode_group_info info;
	CHECK(!supernode_group_next(f.sn, &(size_t){ 0 }, &info));
	fake_stop(&f);
}

/* Many edges in one group: the list comes in parts, and beyond a limit not at all. */
static struct edge_like crowd(size_t i)
{
	struct edge_like e = edge_c();
	e.at = (struct addr){ i % 2 ? ADDR_V4 : ADDR_V6, (uint16_t)(1000 + i), { 0x20, 1, 0xd, 0xb8 } };
	put_be16(e.mac + 4, (uint16_t)(0x1000 + i));
	put_be16(e.address.ip + 2, (uint16_t)(0x1000 + i));
	e.token = (uint8_t)i;
	return e;
}

static void long_lists_come_in_parts(void)
{
	struct supernode_config config = fake_config();
	enum { CROWD = 150 };
	bool seen[CROWD] = { false };
	config.edges_max = config.community_edges_max = 256;
	config.groups_max = 512;
	config.group_members_max = CROWD;
	start_with(config);
	settle();
	for (size_t i = 0; i < CROWD; i++) {
		struct edge_like e = crowd(i);
		do_register(&f, &e);
		report(&e, &g1, 1);
	}
	forget_sent();
	query(&a, g1, 9);
	struct wire_group_members list = last_members();
	size_t parts = list.parts;
	CHECK(parts > 1 && f.n == parts);
	for (size_t p = 0; p < f.n; p++) {
		list = read_message(&f.sent[p]).members;
		CHECK(list.part == p && list.parts == parts && f.sent[p].len <= 1200);
		for (size_t i = 0; i < list.count; i++)
			seen[get_be16(list.member[i].mac + 4) - 0x1000] = true;
	}
	for (size_t i = 0; i < CROWD; i++)
		CHECK(seen[i]);
	confirm(&a, &list);
	forget_sent();
	report(&b, &g1, 1);                     /* one too many */
	fake_wait(&f, 0);
	list = last_members();
	CHECK(list.flags == GROUP_MEMBERS_RELAY && !list.count && list.parts == 1);
	confirm(&a, &list);
	forget_sent();
	report(&c, &g1, 1);                     /* nothing that a source could see */
	fake_wait(&f, 1000);
	CHECK_INT(pushes_to(&a), 0);
	fake_stop(&f);
}

static void without_room_for_a_lease_the_relay_is_used(void)
{
	struct supernode_config config = fake_config();
	config.groups_max = 1;
	start_with(config);
	query(&a, g1, 1);
	CHECK_INT(last_members().flags, 0);
	query(&b, g2, 2);
	struct wire_group_members list = last_members();
	CHECK(list.flags == GROUP_MEMBERS_RELAY && list.cookie == 2 && mac_equal(list.group, g2));
	CHECK_INT(counts(&f)->group_refused, 1);
	fake_wait(&f, 30000);
	query(&b, g2, 3);
	CHECK_INT(last_members().flags, 0);
	fake_stop(&f);
}

/* Random reports, restarts and departures of a few edges, beside the obvious model of who wants what. */
enum { EDGES = 6, GROUPS = 5 };
struct model { bool there, list, wants[GROUPS]; };

static void model_step(struct edge_like *e, struct model *m)
{
	mac_t groups[GROUPS];
	size_t n = 0;
	switch (test_random() % 8) {
	case 0:
		do_unregister(&f, e);
		*m = (struct model){ .there = false };
		return;
	case 1:
		e->token++;                     /* restarted; a fresh token is accepted from the same socket */
		do_register(&f, e);
		*m = (struct model){ .there = true };
		return;
	case 2:
		if (!m->there)
			return;
		e->at.port = (uint16_t)(e->at.port + EDGES);
		do_register(&f, e);
		m->list = false;                /* its next registration comes with a report */
		return;
	default:
		memset(m->wants, 0, sizeof(m->wants));
		for (uint8_t g = 0; g < GROUPS; g++)
			if (test_random() % 2) {
				m->wants[g] = true;
				memcpy(groups[n++], (mac_t){ 1, 0, 0x5e, 1, 0, g }, MAC_LEN);
			}
		report(e, (const mac_t *)groups, n);
		m->list = m->there;
	}
}

static void the_audience_is_who_wants_it(void)
{
	struct edge_like edge[EDGES];
	struct model model[EDGES] = { 0 };
	struct supernode_config config = fake_config();
	config.spoofing_protection = false;
	start_with(config);
	do_unregister(&f, &b);
	do_unregister(&f, &c);
	for (size_t i = 0; i < EDGES; i++)
		edge[i] = crowd(i);
	for (int step = 0; step < 3000; step++) {
		size_t who = test_random() % EDGES, want = 0;
		model_step(&edge[who], &model[who]);
		if (step % 4 == 0)
			query(&a, (mac_t){ 1, 0, 0x5e, 1, 0, (uint8_t)(step % GROUPS) }, 1);
		fake_wait(&f, test_random() % 30);
		do_register(&f, &a);
		size_t g = test_random() % GROUPS;
		for (size_t i = 0; i < EDGES; i++)
			want += model[i].there && (!model[i].list || model[i].wants[g]);
		forget_sent();
		do_packet(&f, &a, (mac_t){ 1, 0, 0x5e, 1, 0, (uint8_t)g }, TRANSFORM_NULL, "frame", 5);
		CHECK_INT(f.n, want);
		for (size_t i = 0; i < f.n; i++)
			for (size_t k = 0; k < EDGES; k++)
				if (addr_equal(&f.sent[i].to, &edge[k].at))
					CHECK(model[k].there && (!model[k].list || model[k].wants[g]));
		forget_sent();
	}
	fake_stop(&f);
}

static void the_registry_can_be_seen(void)
{
	struct supernode_group_info info;
	struct supernode_edge_info e;
	size_t cursor = 0, place = 0;
	mac_t mac;
	start();
	report(&b, &g1, 1);
	report(&c, &g1, 1);
	query(&c, g1, 1);
	reached(&b, g1);
	CHECK(supernode_group_next(f.sn, &cursor, &info));
	CHECK(mac_equal(info.mac, g1) && info.members == 2 && info.everything == 1 && info.sources == 1);
	CHECK(info.frames == 1 && info.copies == 2 && !info.unwanted);
	CHECK(supernode_group_member(f.sn, cursor, &place, mac) && mac_equal(mac, b.mac));
	CHECK(supernode_group_member(f.sn, cursor, &place, mac) && mac_equal(mac, c.mac));
	CHECK(!supernode_group_member(f.sn, cursor, &place, mac));
	CHECK(!supernode_group_next(f.sn, &cursor, &info));
	CHECK(find_edge(&f, &a, &e) && e.interest == SUPERNODE_UNREPORTED);
	CHECK(find_edge(&f, &c, &e) && e.interest == SUPERNODE_LIST && e.groups == 1 && e.sources == 1);
	fake_stop(&f);
}

int main(void)
{
	RUN(frames_go_to_members_and_to_those_who_never_report);
	RUN(the_latest_report_counts);
	RUN(reports_of_others_do_not_count);
	RUN(forged_reports_change_nothing);
	RUN(without_room_a_report_is_stored_as_all);
	RUN(sources_are_told_the_members);
	RUN(members_on_loopback_are_told_as_others_reach_them);
	RUN(changes_are_pushed_until_confirmed);
	RUN(changes_within_50_ms_are_one);
	RUN(a_new_edge_has_a_moment_to_report);
	RUN(membership_ends_with_the_registration);
	RUN(long_lists_come_in_parts);
	RUN(without_room_for_a_lease_the_relay_is_used);
	RUN(the_audience_is_who_wants_it);
	RUN(the_registry_can_be_seen);
	return test_done();
}
