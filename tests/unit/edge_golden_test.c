/* What the edge says is what n2n 3.1.1 says, byte for byte apart from the random fields. */
#include "core/token.h"
#include "edge_fake.h"

enum { NOTHING = 0, COOKIE_RANDOM = 1, TOKEN_RANDOM = 2, CLASS_RANDOM = 4 };

static void blank(uint8_t *data, size_t len, unsigned random_fields)
{
	if (random_fields & COOKIE_RANDOM)
		memset(data + 24, 0, 4);
	if (random_fields & CLASS_RANDOM)       /* what n2n ranks it by stays */
		put_be32(data + 24, class_of(get_be32(data + 24)));
	if (random_fields & TOKEN_RANDOM)       /* the 16 bytes after scheme 1, length 16 */
		for (size_t i = 24; i + 20 <= len; i++)
			if (!memcmp(data + i, "\0\1\0\x10", 4)) {
				memset(data + i + 4, 0, 16);
				return;
			}
}

static bool same(const struct sent *s, const char *name, unsigned random_fields)
{
	struct vector v = vector_named("v3-plain.txt", name);
	struct sent copy = *s;
	blank(copy.data, copy.len, random_fields);
	blank(v.data, v.len, random_fields);
	return copy.len == v.len && !memcmp(copy.data, v.data, v.len);
}

static bool any_same(const struct fake *f, const struct addr *to, const char *name, unsigned random_fields)
{
	for (size_t i = 0; i < f->sent_n; i++)
		if (addr_equal(&f->sent[i].to, to) && same(&f->sent[i], name, random_fields))
			return true;
	return false;
}

static void vector_in(struct fake *f, const struct addr *from, const char *name)
{
	struct vector v = vector_named("v3-plain.txt", name);
	fake_bytes(f, from, false, v.data, v.len);
}

static void registers_and_leaves(void)
{
	struct fake *f = fake_new();
	fake_start(f);
	CHECK_INT(f->sent_n, 1);
	CHECK(same(&f->sent[0], "reg-01", COOKIE_RANDOM | TOKEN_RANDOM));
	CHECK(addr_equal(&f->sent[0].to, &f->sn[0].addr));
	fake_run(f, 10);
	struct sent first = f->sent[0];
	edge_stop(f->e, f->now);
	const struct sent *bye = &f->sent[f->sent_n - 1];
	CHECK(same(bye, "reg-05", TOKEN_RANDOM));
	CHECK(!memcmp(bye->data + 28, first.data + 59, 16));    /* the same token */
	CHECK(addr_equal(&bye->to, &f->sn[0].addr));
	struct wire_message m = sent_message(&first);
	CHECK(token_is_marked(&m.reg_super.auth));              /* supernodes of ours know that we answer */
	fake_end(f);
}

static void asks_for_an_address(void)
{
	struct fake *f = fake_new();
	f->config.mode = ADDRESS_AUTO;
	f->sn[0].assigns = (struct subnet){ { 10, 138, 16, 190 }, 24 };
	fake_start(f);
	CHECK_INT(f->sent_n, 1);
	CHECK(same(&f->sent[0], "reg-06", COOKIE_RANDOM | TOKEN_RANDOM));
	fake_run(f, 10);
	CHECK_INT(f->assigned_n, 1);
	CHECK(subnet_equal(&f->assigned, &f->sn[0].assigns));
	CHECK(same(&f->sent[1], "reg-08", COOKIE_RANDOM | TOKEN_RANDOM));
	CHECK(memcmp(f->sent[0].data + 24, f->sent[1].data + 24, 4));   /* another cookie */
	CHECK(registered(f));
	fake_end(f);
}

static void tells_preferred_socket(void)
{
	struct fake *f = fake_new();
	fake_start(f);
	edge_set_preferred(f->e, f->now, &addr_a);
	CHECK(any_same(f, &f->sn[0].addr, "reg-09", COOKIE_RANDOM | TOKEN_RANDOM));
	fake_end(f);
}

static void discovers_on_the_lan(void)
{
	struct fake *f = fake_new();
	f->config.discovery = true;
	f->config.address = (struct subnet){ { 10, 9, 8, 2 }, 24 };
	memcpy(f->config.mac, mac_b, MAC_LEN);
	memcpy(f->config.desc, "edge-two", 9);
	fake_start(f);
	CHECK_INT(f->sent_n, 2);
	CHECK_INT(f->sent[1].how, SENT_LAN);
	CHECK(same(&f->sent[1], "p2p-01", CLASS_RANDOM));
	fake_end(f);
}

static void answers_on_the_lan(void)
{
	struct fake *f = fake_new();
	f->config.discovery = true;
	fake_registered(f);
	packet_from(f, &f->sn[0].addr, mac_b, mac_a, &addr_b);
	f->now += 1100;
	f->sent_n = 0;
	struct vector v = vector_named("v3-plain.txt", "p2p-01");
	fake_bytes(f, &addr_b, true, v.data, v.len);
	CHECK(any_same(f, &addr_b, "p2p-02", NOTHING));
	CHECK(any_same(f, &addr_b, "p2p-03", CLASS_RANDOM));
	fake_end(f);
}

/* null-02 is from a1; here b2 sends it, and a1 hears it. */
static void contacts_who_is_heard(void)
{
	struct fake *f = fake_registered(fake_new());
	packet_from(f, &f->sn[0].addr, mac_b, mac_all, &addr_b);
	CHECK_INT(f->sent_n, 2);
	CHECK(same(&f->sent[0], "p2p-03", CLASS_RANDOM));
	CHECK(addr_equal(&f->sent[0].to, &addr_b));
	CHECK(same(&f->sent[1], "p2p-04", NOTHING));
	CHECK(addr_equal(&f->sent[1].to, &f->sn[0].addr));
	fake_end(f);
}

static void acknowledges_direct_register_only(void)
{
	struct fake *f = fake_new();
	f->config.address = (struct subnet){ { 10, 9, 8, 2 }, 24 };
	memcpy(f->config.mac, mac_b, MAC_LEN);
	fake_registered(f);
	vector_in(f, &f->sn[0].addr, "p2p-05");
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 0);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_a), 1);
	vector_in(f, &addr_a, "p2p-03");
	CHECK(any_same(f, &addr_a, "p2p-06", NOTHING));
	fake_end(f);
}

static void pings(void)
{
	struct fake *f = fake_registered(fake_new());
	fake_run(f, 3000);
	CHECK(any_same(f, &f->sn[0].addr, "p2p-07", NOTHING));
	vector_in(f, &f->sn[0].addr, "p2p-08");         /* with remnants behind the version */
	struct edge_supernode_info info;
	edge_supernode_info(f->e, 0, &info);
	CHECK(!memcmp(info.version, "3.1.1", 6));
	CHECK_INT(info.uptime_s, 9);
	fake_end(f);
}

static void asks_for_a_peer(void)
{
	struct fake *f = fake_registered(fake_new());
	frame_to(f, mac_b);
	CHECK(any_same(f, &f->sn[0].addr, "p2p-04", NOTHING));
	CHECK(any_same(f, &f->sn[0].addr, "p2p-09", NOTHING));
	size_t before = f->sent_n;
	vector_in(f, &f->sn[0].addr, "p2p-10");         /* with remnants of an earlier PONG */
	CHECK_INT(f->sent_n, before + 1);
	CHECK(same(&f->sent[before], "p2p-03", CLASS_RANDOM));
	fake_end(f);
}

static void tries_the_preferred_socket(void)
{
	struct fake *f = fake_registered(fake_new());
	frame_to(f, mac_b);
	size_t before = f->sent_n;
	vector_in(f, &f->sn[0].addr, "p2p-11");
	CHECK_INT(f->sent_n, before + 2);
	CHECK(same(&f->sent[before], "p2p-12", CLASS_RANDOM));
	CHECK(same(&f->sent[before + 1], "p2p-03", CLASS_RANDOM));
	fake_end(f);
}

static void frame_gives(struct fake *f, const char *name, size_t header, const struct addr *to)
{
	struct vector v = vector_named("v3-plain.txt", name);
	f->sent_n = 0;
	fake_frame(f, v.data + header, v.len - header);
	CHECK(any_same(f, to, name, NOTHING));
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);
}

static void sends_frames(void)
{
	struct fake *f = fake_registered(fake_new());
	frame_gives(f, "null-01", 38, &f->sn[0].addr);
	frame_gives(f, "null-03", 38, &f->sn[0].addr);
	frame_gives(f, "null-06", 38, &f->sn[0].addr);
	fake_end(f);
}

static void sends_frames_directly(void)
{
	struct fake *f = fake_with_peer(fake_new());
	frame_gives(f, "p2p-13", 38, &addr_b);
	fake_end(f);
}

static void receives_frames(void)
{
	static const char *const names[] = { "null-02", "null-04", "null-07" };
	struct fake *f = fake_new();
	f->config.address = (struct subnet){ { 10, 9, 8, 2 }, 24 };
	memcpy(f->config.mac, mac_b, MAC_LEN);
	fake_registered(f);
	for (size_t i = 0; i < 3; i++) {
		struct vector v = vector_named("v3-plain.txt", names[i]);
		f->frames_n = 0;
		vector_in(f, &f->sn[0].addr, names[i]);
		CHECK_INT(f->frames_n, 1);
		CHECK_INT(f->frame[0].len, v.len - 46);
		CHECK(!memcmp(f->frame[0].data, v.data + 46, v.len - 46));
	}
	vector_in(f, &addr_a, "p2p-13");
	CHECK_INT(f->frames_n, 2);
	fake_end(f);
}

static void announces_its_address_twice(void)
{
	struct fake *f = fake_new();
	fake_start(f);
	fake_run(f, 10);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 0);    /* no TAP yet */
	edge_tap_ready(f->e, f->now);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);
	CHECK(same(&f->sent[f->sent_n - 1], "null-08", NOTHING));
	CHECK(same(&f->sent[f->sent_n - 2], "null-08", NOTHING));
	fake_run(f, 60000);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);    /* not with every ACK */
	fake_end(f);
}

int main(void)
{
	RUN(registers_and_leaves);
	RUN(asks_for_an_address);
	RUN(tells_preferred_socket);
	RUN(discovers_on_the_lan);
	RUN(answers_on_the_lan);
	RUN(contacts_who_is_heard);
	RUN(acknowledges_direct_register_only);
	RUN(pings);
	RUN(asks_for_a_peer);
	RUN(tries_the_preferred_socket);
	RUN(sends_frames);
	RUN(sends_frames_directly);
	RUN(receives_frames);
	RUN(announces_its_address_twice);
	return test_done();
}
