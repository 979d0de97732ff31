/* Membership messages: every field at its offset, what must be refused, how much fits.
 * That they decode and encode, cut or not, is in the tests of the other messages.
 */
#include "core/wire.h"
#include "test.h"
#include "vectors.h"

static const uint8_t mac_a[] = { 2, 0, 0, 0, 0, 0xa1 }, mac_b[] = { 2, 0, 0, 0, 0, 0xb2 };
static const uint8_t group[] = { 1, 0, 0x5e, 0x0a, 0x0a, 0x0a };

static struct wire_message decoded(const char *name)
{
	struct vector v = vector_named("groups.txt", name);
	struct wire_message m;
	CHECK_INT(wire_get(&m, v.data, v.len), WIRE_GOOD);
	return m;
}

static enum wire_error with(const char *name, size_t at, uint8_t byte)
{
	struct vector v = vector_named("groups.txt", name);
	struct wire_message m;
	v.data[at] = byte;
	return wire_get(&m, v.data, v.len);
}

static bool can_be_said(const struct wire_message *m)
{
	uint8_t out[VECTOR_MAX];
	return wire_put(out, sizeof(out), m) != 0;
}

static void report_fields(void)
{
	struct wire_message m = decoded("report");
	const struct wire_group_report *r = &m.group_report;
	CHECK_INT(m.type, WIRE_GROUP_REPORT);
	CHECK_INT(r->cookie, 0x11223344);
	CHECK(mac_equal(r->mac, mac_a));
	CHECK_INT(r->sequence, 7);
	CHECK_INT(r->flags, 0);
	CHECK_INT(r->count, 3);
	CHECK(mac_equal(r->group[0], group));
	CHECK(mac_equal(r->group[2], (const uint8_t[]){ 0x33, 0x33, 0, 1, 2, 3 }));
	CHECK_INT(decoded("report-all").group_report.flags, GROUP_REPORT_ALL);
	CHECK_INT(decoded("report-none").group_report.count, 0);
}

static void report_ack_fields(void)
{
	struct wire_message m = decoded("report-ack");
	CHECK_INT(m.type, WIRE_GROUP_REPORT_ACK);
	CHECK_INT(m.flags, WIRE_FROM_SUPERNODE);
	CHECK_INT(m.group_ack.cookie, 0x11223344);
	CHECK(mac_equal(m.group_ack.mac, mac_a));
	CHECK_INT(m.group_ack.sequence, 7);
	CHECK_INT(m.group_ack.epoch, 0xe90c0001);
	CHECK(!m.group_ack.no_epoch);
	CHECK_INT(decoded("report-ack-all").group_ack.flags, GROUP_ACK_STORED_ALL);
	m = decoded("report-ack-short");
	CHECK_INT(m.group_ack.sequence, 7);
	CHECK(m.group_ack.no_epoch && !m.group_ack.epoch);
}

static void query_fields(void)
{
	struct wire_message m = decoded("query");
	CHECK_INT(m.type, WIRE_GROUP_QUERY);
	CHECK_INT(m.group_query.cookie, 0x55667788);
	CHECK(mac_equal(m.group_query.mac, mac_a));
	CHECK(mac_equal(m.group_query.group, group));
}

static void members_fields(void)
{
	struct wire_message m = decoded("members");
	const struct wire_group_members *g = &m.members;
	CHECK_INT(m.type, WIRE_GROUP_MEMBERS);
	CHECK_INT(g->cookie, 0x55667788);
	CHECK(mac_equal(g->group, group));
	CHECK_INT(g->generation, 0xfffffffe);
	CHECK_INT(g->lease, 30);
	CHECK_INT(g->part, 0);
	CHECK_INT(g->parts, 1);
	CHECK_INT(g->count, 2);
	CHECK(mac_equal(g->member[0].mac, mac_b));
	CHECK_INT(g->member[0].socket.family, ADDR_V4);
	CHECK_INT(g->member[0].socket.port, 50002);
	CHECK_INT(g->member[1].socket.family, ADDR_V6);
	CHECK_INT(g->member[1].socket.ip[15], 5);
	CHECK_INT(decoded("members-relay").members.flags, GROUP_MEMBERS_RELAY);
	m = decoded("members-part");
	CHECK_INT(m.members.part, 2);
	CHECK_INT(m.members.parts, 3);
}

static void members_ack_fields(void)
{
	struct wire_message m = decoded("members-ack");
	CHECK_INT(m.type, WIRE_GROUP_MEMBERS_ACK);
	CHECK_INT(m.members_ack.cookie, 0x55667788);
	CHECK(mac_equal(m.members_ack.mac, mac_a));
	CHECK(mac_equal(m.members_ack.group, group));
	CHECK_INT(m.members_ack.generation, 0xfffffffe);
}

static void what_is_reserved_is_zero(void)
{
	CHECK_INT(with("report", 38, 0x02), WIRE_MALFORMED);
	CHECK_INT(with("report", 39, 1), WIRE_MALFORMED);
	CHECK_INT(with("report-ack", 38, 0x80), WIRE_MALFORMED);
	CHECK_INT(with("report-ack", 39, 1), WIRE_MALFORMED);
	CHECK_INT(with("members", 42, 0x02), WIRE_MALFORMED);
	CHECK_INT(with("members", 43, 1), WIRE_MALFORMED);
}

static void lists_beside_all_and_relay(void)
{
	CHECK_INT(with("report", 38, GROUP_REPORT_ALL), WIRE_MALFORMED);
	CHECK_INT(with("members", 42, GROUP_MEMBERS_RELAY), WIRE_MALFORMED);
	CHECK_INT(with("members-none", 42, GROUP_MEMBERS_RELAY), WIRE_GOOD);
}

static void groups_that_are_none_or_in_disorder(void)
{
	CHECK_INT(with("report", 42, 0x00), WIRE_MALFORMED);            /* unicast */
	CHECK_INT(with("report", 45 + 6, 0x0b), WIRE_GOOD);             /* 01:00:5e:0b:00:01 stands second */
	CHECK_INT(with("report", 45 + 6, 0x0a), WIRE_MALFORMED);        /* smaller than the first */
	struct vector v = vector_named("groups.txt", "report");
	struct wire_message m;
	memcpy(v.data + 48, v.data + 42, MAC_LEN);
	CHECK_INT(wire_get(&m, v.data, v.len), WIRE_MALFORMED);         /* twice the same */
	CHECK_INT(with("query", 34, 0x02), WIRE_MALFORMED);
	CHECK_INT(with("members", 28, 0x02), WIRE_MALFORMED);
	CHECK_INT(with("members-ack", 34, 0x02), WIRE_MALFORMED);
	CHECK_INT(with("members", 46, 0x03), WIRE_MALFORMED);           /* a group as member */
}

static void parts_that_cannot_be(void)
{
	CHECK_INT(with("members-part", 40, 3), WIRE_MALFORMED);
	CHECK_INT(with("members-part", 41, 2), WIRE_MALFORMED);
	CHECK_INT(with("members-none", 41, 0), WIRE_MALFORMED);
}

static void as_many_groups_as_fit(void)
{
	struct wire_message m = decoded("report"), back;
	uint8_t out[WIRE_CONTROL_MAX + 64];
	struct wire_group_report *r = &m.group_report;
	for (size_t i = 0; i < WIRE_GROUPS_MAX; i++)
		memcpy(r->group[i], (uint8_t[]){ 1, 0, 0x5e, 1, 0, (uint8_t)i }, MAC_LEN);
	r->count = WIRE_GROUPS_MAX;
	size_t len = wire_put(out, sizeof(out), &m);
	CHECK_INT(len, 42 + 6 * WIRE_GROUPS_MAX);
	CHECK_INT(wire_get(&back, out, len), WIRE_GOOD);
	CHECK(!memcmp(back.group_report.group, r->group, sizeof(r->group)));
	out[41]++;              /* says 201 and has them: refused before anything is copied */
	memset(out + len, 0xff, 6);
	CHECK_INT(wire_get(&back, out, len + 6), WIRE_MALFORMED);
	r->count++;
	CHECK(!can_be_said(&m));
}

static struct wire_message members_of(uint16_t count, uint8_t family)
{
	struct wire_message m = decoded("members-none");
	m.members.count = count;
	for (size_t i = 0; i < count; i++)
		m.members.member[i] = (struct wire_group_member){
			{ 2, 0, 0, 0, 0, (uint8_t)i }, { family, 7654, { 0x20, 1, 0xd, 0xb8 } }
		};
	return m;
}

static void as_many_members_as_fit(void)
{
	struct wire_message m = members_of(WIRE_MEMBERS_MAX, ADDR_V4);
	uint8_t out[VECTOR_MAX];
	CHECK_INT(wire_put(out, sizeof(out), &m), 46 + 14 * WIRE_MEMBERS_MAX);
	m.members.count++;
	CHECK(!can_be_said(&m));
	m = members_of(44, ADDR_V6);
	size_t len = wire_put(out, sizeof(out), &m);
	CHECK_INT(len, 46 + 26 * 44);
	CHECK_INT(wire_get(&m, out, len), WIRE_GOOD);
	CHECK_INT(m.members.member[43].mac[5], 43);
	m = members_of(45, ADDR_V6);
	CHECK(!can_be_said(&m));
	memcpy(out + len, out + len - 26, 26);
	out[45] = 45;
	CHECK_INT(wire_get(&m, out, len + 26), WIRE_MALFORMED);
}

static void what_cannot_be_said(void)
{
	struct wire_message m = decoded("report-all");
	m.group_report.count = 1;
	CHECK(!can_be_said(&m));
	m = decoded("report"), m.group_report.flags = 2;
	CHECK(!can_be_said(&m));
	m = decoded("report"), memcpy(m.group_report.group[1], m.group_report.group[0], MAC_LEN);
	CHECK(!can_be_said(&m));
	m = decoded("report-ack"), m.group_ack.flags = 2;
	CHECK(!can_be_said(&m));
	m = decoded("query"), m.group_query.group[0] = 2;
	CHECK(!can_be_said(&m));
	m = decoded("members"), m.members.member[0].mac[0] = 1;
	CHECK(!can_be_said(&m));
	m = decoded("members"), m.members.part = 1;
	CHECK(!can_be_said(&m));
	m = decoded("members-ack"), m.members_ack.group[0] = 2;
	CHECK(!can_be_said(&m));
}

int main(void)
{
	RUN(report_fields);
	RUN(report_ack_fields);
	RUN(query_fields);
	RUN(members_fields);
	RUN(members_ack_fields);
	RUN(what_is_reserved_is_zero);
	RUN(lists_beside_all_and_relay);
	RUN(groups_that_are_none_or_in_disorder);
	RUN(parts_that_cannot_be);
	RUN(as_many_groups_as_fit);
	RUN(as_many_members_as_fit);
	RUN(what_cannot_be_said);
	return test_done();
}
