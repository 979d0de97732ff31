/* For the tests of groups at an edge: a host behind the TAP that joins and leaves (IGMPv2), and a supernode that
 * says what it is told to.
 */
#ifndef EDGE_GROUPS_FAKE_H
#define EDGE_GROUPS_FAKE_H

#include "core/checksum.h"
#include "edge_fake.h"

static const uint8_t g1[MAC_LEN] = { 1, 0, 0x5e, 1, 1, 1 }, g2[MAC_LEN] = { 1, 0, 0x5e, 2, 2, 2 };

/* Who is at 192.0.2.(10 + i), has the MAC 02:00:00:00:00:(10 + i). */
static inline struct wire_group_member member_at(uint8_t i)
{
	return (struct wire_group_member){ { 2, 0, 0, 0, 0, (uint8_t)(0x10 + i) }, v4(192, 0, 2, (uint8_t)(100 + i), 5000) };
}

/* type: 0x16 report, 0x17 leave, 0x11 query */
static inline size_t igmp_frame(uint8_t out[FRAME60], uint8_t type, const uint8_t group[MAC_LEN], const uint8_t src[MAC_LEN])
{
	static const uint8_t routers[] = { 1, 0, 0x5e, 0, 0, 2 }, all[] = { 1, 0, 0x5e, 0, 0, 1 };
	uint8_t ip[4] = { 239, group[3], group[4], group[5] }, *dst = out + 30;
	memset(out, 0, FRAME60);
	memcpy(out, type == 0x17 ? routers : type == 0x11 ? all : group, MAC_LEN);
	memcpy(out + 6, src, MAC_LEN);
	memcpy(out + 12, (uint8_t[]){ 8, 0, 0x46, 0xc0, 0, 32, 0, 0, 0, 0, 1, 2, 0, 0, 10, 9, 8, 1 }, 18);
	memcpy(dst, type == 0x17 ? (uint8_t[]){ 224, 0, 0, 2 } : type == 0x11 ? (uint8_t[]){ 224, 0, 0, 1 } : ip, 4);
	memcpy(out + 34, (uint8_t[]){ 0x94, 4, 0, 0 }, 4);
	put_be16(out + 24, checksum_fold(checksum_add(0, out + 14, 24)));
	out[38] = type;
	if (type == 0x11)
		out[39] = 100;
	else
		memcpy(out + 42, ip, 4);
	put_be16(out + 40, checksum_fold(checksum_add(0, out + 38, 8)));
	return FRAME60;
}

static inline void igmp(struct fake *f, uint8_t type, const uint8_t group[MAC_LEN])
{
	uint8_t frame[FRAME60];
	fake_frame(f, frame, igmp_frame(frame, type, group, mac_a));
}
static inline void join(struct fake *f, const uint8_t group[MAC_LEN]) { igmp(f, 0x16, group); }

/* A report and its ACK. */
static inline struct wire_group_report last_report(const struct fake *f)
{
	return sent_message(sent_last(f, WIRE_GROUP_REPORT)).group_report;
}
static inline void ack_report(struct fake *f, const struct fake_supernode *sn, uint32_t cookie, uint32_t sequence,
                              uint32_t epoch)
{
	struct wire_message m = fake_head(f, WIRE_GROUP_REPORT_ACK, WIRE_FROM_SUPERNODE);
	m.group_ack = (struct wire_group_report_ack){ .cookie = cookie, .sequence = sequence, .epoch = epoch };
	memcpy(m.group_ack.mac, mac_a, MAC_LEN);
	fake_message(f, &sn->addr, &m);
}
static inline void ack_last(struct fake *f, uint32_t epoch)
{
	struct wire_group_report r = last_report(f);
	ack_report(f, &f->sn[0], r.cookie, r.sequence, epoch);
}

/* A list from the supernode; members first to last. */
static inline struct wire_message list_of(const struct fake *f, const uint8_t group[MAC_LEN], uint32_t cookie,
                                          uint32_t generation, uint8_t first, uint8_t last)
{
	struct wire_message m = fake_head(f, WIRE_GROUP_MEMBERS, WIRE_FROM_SUPERNODE);
	m.members = (struct wire_group_members){ .cookie = cookie, .generation = generation, .lease = 30, .parts = 1 };
	memcpy(m.members.group, group, MAC_LEN);
	for (uint8_t i = first; i <= last; i++)
		m.members.member[m.members.count++] = member_at(i);
	return m;
}
static inline uint32_t query_cookie(const struct fake *f)
{
	return sent_message(sent_last(f, WIRE_GROUP_QUERY)).group_query.cookie;
}
static inline void tell(struct fake *f, const uint8_t group[MAC_LEN], uint32_t generation, uint8_t first, uint8_t last)
{
	struct wire_message m = list_of(f, group, query_cookie(f), generation, first, last);
	fake_message(f, &f->sn[0].addr, &m);
}

/* Registered, acknowledged, the first query of IGMP is answered, by nobody; nothing sent so far counts. */
static inline struct fake *groups_start(struct fake *f)
{
	f->config.groups_max = 64;
	fake_registered(f);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_REPORT), 0);
	fake_run(f, 300);
	ack_last(f, 1);
	fake_run(f, 2000);
	ack_last(f, 1);
	CHECK(!last_report(f).flags);
	f->sent_n = f->answered_n = 0;
	f->frames_n = 0;
	return f;
}

/* There is a confirmed direct path to these members. */
static inline void reach(struct fake *f, uint8_t first, uint8_t last)
{
	for (uint8_t i = first; i <= last; i++) {
		struct wire_group_member m = member_at(i);
		packet_from(f, &f->sn[0].addr, m.mac, mac_a, &m.socket);
		fake_register_ack(f, &m.socket, m.mac, COOKIE_REGULAR);
		CHECK(is_direct(f, m.mac));
	}
}
/* Their paths stay good while time goes by, because they answer. */
static inline void run_alive(struct fake *f, uint64_t ms, uint8_t first, uint8_t last)
{
	for (uint64_t end = f->now + ms; f->now < end; ) {
		fake_run(f, end - f->now < 500 ? end - f->now : 500);
		for (uint8_t i = first; i <= last; i++) {
			struct wire_group_member m = member_at(i);
			packet_from(f, &m.socket, m.mac, mac_a, NULL);
		}
	}
}

/* How the last frame went: PACKETs since then. */
struct went { size_t direct, relayed, to_group, to_member; };
static inline struct went send_frame(struct fake *f, const uint8_t group[MAC_LEN])
{
	struct went w = { 0 };
	size_t since = f->sent_n;
	frame_to(f, group);
	for (size_t i = since; i < f->sent_n; i++) {
		const struct sent *s = &f->sent[i];
		if (sent_type(s) != WIRE_PACKET)
			continue;
		bool relayed = addr_equal(&s->to, &f->sn[0].addr) || addr_equal(&s->to, &f->sn[1].addr);
		bool for_group = mac_equal(s->data + 30, group);
		w.direct += !relayed;
		w.relayed += relayed;
		w.to_group += relayed && for_group;
		w.to_member += relayed && !for_group;
		CHECK(relayed || for_group);
		CHECK(mac_equal(s->data + 38, group));
	}
	return w;
}
static inline bool went(struct went w, size_t direct, size_t to_group, size_t to_member)
{
	bool right = w.direct == direct && w.to_group == to_group && w.to_member == to_member;
	if (!right)
		printf("  %zu direct, %zu to the group, %zu to members\n", w.direct, w.to_group, w.to_member);
	return right;
}
static inline bool group_info(const struct fake *f, const uint8_t mac[MAC_LEN], struct edge_group_info *out)
{
	for (size_t at = 0; edge_group_next(f->e, &at, out); )
		if (mac_equal(out->mac, mac))
			return true;
	memset(out, 0, sizeof(*out));
	return false;
}

#endif
