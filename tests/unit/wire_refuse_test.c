/* What is cut, too long, padded wrongly, of another dialect or cannot be right does not decode; what cannot be
 * said does not encode.
 */
#include "core/wire.h"
#include "test.h"
#include "vectors.h"

static const char *const good_files[] = { "v3-plain.txt", "v3-decrypted.txt", "v3-cipher.txt", "groups.txt" };

/* Decodes from memory that is exactly as long, so that the sanitizer sees a look beyond. */
static enum wire_error get(struct wire_message *m, const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, data, len);
	enum wire_error error = wire_get(m, copy, len);
	free(copy);
	return error;
}

static void for_each_vector(void (*check)(const struct vector *v))
{
	for (size_t i = 0; i < sizeof(good_files) / sizeof(*good_files); i++) {
		struct vectors vs = vectors_open(good_files[i]);
		for (struct vector v; vectors_next(&vs, &v); )
			check(&v);
	}
}

static bool is_packet(const struct vector *v) { return (v->data[3] & 0x1f) == WIRE_PACKET; }
static size_t packet_header_len(const struct vector *v) { return v->data[3] & WIRE_SOCKET ? 46 : 38; }

static bool has_epoch_cut(const struct vector *v, size_t cut)
{
	return (v->data[3] & 0x1f) == WIRE_GROUP_REPORT_ACK && cut == 40;
}

/* A PACKET's payload has no length of its own: a cut in there is for the transform and the Ethernet view
 * to see.  A GROUP_REPORT_ACK may end before the epoch. */
static void check_cuts(const struct vector *v)
{
	for (size_t cut = 0; cut < v->len; cut++) {
		struct wire_message m;
		enum wire_error error = get(&m, v->data, cut), want = cut < WIRE_HEADER_LEN ? WIRE_SHORT : WIRE_MALFORMED;
		if (is_packet(v) && cut >= packet_header_len(v)) {
			want = WIRE_GOOD;
			CHECK_INT(m.packet.payload_len, cut - packet_header_len(v));
		}
		if (has_epoch_cut(v, cut))
			want = WIRE_GOOD;
		CHECK_INT(error, want);
		if (error != want)
			printf("  %s cut to %zu bytes\n", v->name, cut);
	}
}
static void every_truncation(void) { for_each_vector(check_cuts); }

static void check_one_more(const struct vector *v)
{
	struct vector more = *v;
	struct wire_message m;
	if (is_packet(v))
		return;
	more.data[more.len++] = 0;
	CHECK_INT(get(&m, more.data, more.len), WIRE_MALFORMED);
}
static void a_byte_too_many(void) { for_each_vector(check_one_more); }

static void check_foreign(const char *file)
{
	struct vectors vs = vectors_open(file);
	for (struct vector v; vectors_next(&vs, &v); ) {
		struct wire_message m;
		enum wire_error error = get(&m, v.data, v.len);
		CHECK_INT(error, WIRE_FOREIGN);
		if (error != WIRE_FOREIGN)
			printf("  vector %s\n", v.name);
	}
}
static void encrypted_headers(void) { check_foreign("v3-encrypted.txt"); }
static void n2n_v2_and_tcp_records(void) { check_foreign("foreign.txt"); }

/* The vector with one byte changed. */
static enum wire_error with(const char *name, size_t at, uint8_t byte)
{
	struct vector v = vector_named("v3-plain.txt", name);
	struct wire_message m;
	v.data[at] = byte;
	return get(&m, v.data, v.len);
}

static void headers_that_are_not_plain_v3(void)
{
	CHECK_INT(with("reg-01", 0, 4), WIRE_FOREIGN);
	CHECK_INT(with("reg-01", 0, 2), WIRE_FOREIGN);
	CHECK_INT(with("reg-01", 2, 0x01), WIRE_FOREIGN);
	CHECK_INT(with("reg-01", 3, 0x85), WIRE_FOREIGN);
	CHECK_INT(with("reg-01", 23, 'x'), WIRE_FOREIGN);
}

static void types_that_are_reserved_or_unknown(void)
{
	CHECK_INT(with("reg-01", 3, WIRE_PING), WIRE_UNKNOWN_TYPE);
	CHECK_INT(with("reg-01", 3, WIRE_DEREGISTER), WIRE_UNKNOWN_TYPE);
	CHECK_INT(with("reg-01", 3, WIRE_FEDERATION), WIRE_UNKNOWN_TYPE);
	for (unsigned type = 13; type < 32; type++) {
		if (type >= WIRE_GROUP_REPORT && type <= WIRE_GROUP_MEMBERS_ACK)
			continue;
		CHECK_INT(with("reg-01", 3, (uint8_t)type), WIRE_UNKNOWN_TYPE);
		CHECK_INT(with("reg-01", 3, (uint8_t)(type | WIRE_SOCKET | WIRE_FROM_SUPERNODE)), WIRE_UNKNOWN_TYPE);
	}
}

/* The supernode looks names up to the first zero but would relay all 20 bytes. */
static void communities_with_something_behind_the_name(void)
{
	CHECK_INT(with("reg-01", 22, 'x'), WIRE_MALFORMED);
	CHECK_INT(with("null-01", 14, 'x'), WIRE_MALFORMED);
	CHECK_INT(with("reg-01", 13, 'x'), WIRE_GOOD);
}

static void tokens_that_do_not_fit_their_scheme(void)
{
	struct vector v = vector_named("v3-plain.txt", "reg-01");
	struct wire_message m;
	CHECK_INT(with("reg-01", 56, AUTH_NONE), WIRE_MALFORMED);
	CHECK_INT(with("reg-01", 56, AUTH_USER_PASSWORD), WIRE_MALFORMED);
	CHECK_INT(with("reg-01", 56, 4), WIRE_MALFORMED);
	CHECK_INT(with("reg-01", 57, 1), WIRE_MALFORMED);
	/* A length that the datagram has and the token has not: n2n copies it. */
	for (size_t len = 0; len < 80; len++) {
		memset(v.data + 59, 0, sizeof(v.data) - 59);
		v.data[58] = (uint8_t)len;
		CHECK_INT(get(&m, v.data, 63 + len), len == 16 ? WIRE_GOOD : WIRE_MALFORMED);
	}
}

static void more_supernodes_than_44(void)
{
	struct vector v = vector_named("v3-plain.txt", "reg-02");
	struct wire_message m;
	for (size_t k = 0; k < 60; k++) {
		memset(v.data + 53, 0, sizeof(v.data) - 53);
		v.data[53] = (uint8_t)k;
		CHECK_INT(get(&m, v.data, 58 + 26 * k), k <= 44 ? WIRE_GOOD : WIRE_MALFORMED);
	}
	CHECK_INT(with("reg-02", 53, 1), WIRE_MALFORMED);
}

static void sockets_that_are_neither_ipv4_nor_ipv6(void)
{
	CHECK_INT(with("reg-02", 41, 0x40), WIRE_MALFORMED);    /* TCP */
	CHECK_INT(with("reg-02", 42, 0x01), WIRE_MALFORMED);
	CHECK_INT(with("null-02", 36, 0x40), WIRE_MALFORMED);
	CHECK_INT(with("reg-02", 41, 0x80), WIRE_MALFORMED);    /* twelve bytes are missing */
}

static void ipv4_mapped_addresses(void)
{
	struct vector v = vector_named("v3-plain.txt", "p2p-05");
	uint8_t mapped[20] = { 0x80, 0, 0x1d, 0xe6, [14] = 0xff, 0xff, 192, 0, 2, 1 };
	struct wire_message m;
	memmove(v.data + 60, v.data + 48, v.len - 48);
	memcpy(v.data + 40, mapped, sizeof(mapped));
	CHECK_INT(get(&m, v.data, v.len + 12), WIRE_MALFORMED);
	v.data[40 + 13] = 1;
	CHECK_INT(get(&m, v.data, v.len + 12), WIRE_GOOD);
	CHECK_INT(m.reg.socket.family, ADDR_V6);
}

static void prefixes_longer_than_32(void)
{
	CHECK_INT(with("reg-01", 38, 32), WIRE_GOOD);
	CHECK_INT(with("reg-01", 38, 33), WIRE_MALFORMED);
	CHECK_INT(with("reg-02", 38, 255), WIRE_MALFORMED);
	CHECK_INT(with("p2p-01", 44, 33), WIRE_MALFORMED);
}

static void a_null_socket_keeps_its_port(void)
{
	struct vector v = vector_named("v3-plain.txt", "p2p-10");
	uint8_t again[VECTOR_MAX];
	struct wire_message m;
	memset(v.data + 42, 0, 4);
	CHECK_INT(get(&m, v.data, v.len), WIRE_GOOD);
	CHECK_INT(m.info.socket.family, ADDR_V4);
	CHECK_INT(m.info.socket.port, 50002);
	CHECK(addr_is_unspecified(&m.info.socket));
	CHECK_INT(wire_put(again, sizeof(again), &m), v.len);
	CHECK(!memcmp(again, v.data, v.len));
}

/* What an entry's sender left in its memory does not spoil the message; an entry that names no host comes
 * out as none. */
static void list_entries_are_taken_or_ignored(void)
{
	static const uint8_t junk[12] = "memory here";
	struct vector v = vector_named("v3-plain.txt", "fed-04"), u = v;
	struct wire_message m;
	uint8_t again[VECTOR_MAX];
	u.data[54 + 1] = 0x77;
	memcpy(u.data + 54 + 8, junk, sizeof(junk));
	CHECK_INT(get(&m, u.data, u.len), WIRE_GOOD);
	CHECK_INT(wire_put(again, sizeof(again), &m), v.len);
	CHECK(!memcmp(again, v.data, v.len));
	static const struct { size_t at, len; uint8_t bytes[20]; } none[] = {
		{ 0, 1, { 7 } },                                        /* unknown family */
		{ 2, 2, { 0 } },                                        /* no port */
		{ 4, 4, { 0 } },                                        /* no address */
		{ 0, 20, { 10, 0, 1, 1, [14] = 0xff, 0xff, 192, 0, 2, 1 } },    /* IPv4-mapped */
	};
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		u = v;
		memcpy(u.data + 54 + none[i].at, none[i].bytes, none[i].len);
		CHECK_INT(get(&m, u.data, u.len), WIRE_GOOD);
		CHECK_INT(m.super_ack.count, 1);
		CHECK(!addr_is_set(&m.super_ack.list[0].addr));
	}
}

static void check_room(const struct vector *v)
{
	uint8_t out[VECTOR_MAX];
	struct wire_message m;
	CHECK_INT(wire_get(&m, v->data, v->len), WIRE_GOOD);
	if (is_packet(v)) {
		CHECK_INT(wire_put(out, sizeof(out), &m), 0);
		return;
	}
	memset(out, 0xa5, sizeof(out));
	CHECK_INT(wire_put(out, v->len - 1, &m), 0);
	CHECK_INT(out[v->len - 1], 0xa5);
	CHECK_INT(wire_put(out, v->len, &m), v->len);
}
static void room_that_is_too_small(void) { for_each_vector(check_room); }

static void messages_that_cannot_be_said(void)
{
	struct vector v = vector_named("v3-plain.txt", "reg-02");
	struct wire_message good, m;
	uint8_t out[VECTOR_MAX];
	CHECK_INT(wire_get(&good, v.data, v.len), WIRE_GOOD);
	m = good, m.version = 2;
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.type = WIRE_PING;
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.type = 32;
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.flags |= 0x80;
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.flags |= 1;
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, memset(m.community, 'x', COMMUNITY_LEN);
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.super_ack.count = WIRE_SUPERNODES_MAX + 1;
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.super_ack.auth.len = 1;
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.super_ack.address.prefix = 33;
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.super_ack.socket = (struct addr){ ADDR_V6, 1, { [10] = 0xff, 0xff, 192, 0, 2, 1 } };
	CHECK_INT(wire_put(out, sizeof(out), &m), 0);
	m = good, m.super_ack.socket = (struct addr){ 0 };
	CHECK_INT(wire_put(out, sizeof(out), &m), v.len);
}

static void the_longest_control_message_fits(void)
{
	uint8_t out[WIRE_CONTROL_MAX];
	struct wire_message m = { .version = WIRE_V3, .type = WIRE_REGISTER_SUPER_ACK };
	m.super_ack = (struct wire_register_super_ack){
		.socket.family = ADDR_V6, .auth = { .scheme = AUTH_USER_PASSWORD, .len = 48 }, .count = WIRE_SUPERNODES_MAX
	};
	CHECK_INT(wire_put(out, sizeof(out), &m), 24 + 10 + 5 + 2 + 20 + 4 + 48 + 1 + 44 * 26 + 4);
}

static void a_packet_without_headroom(void)
{
	uint8_t room[WIRE_PACKET_OVERHEAD + 4];
	struct wire_message m = { .version = WIRE_V3, .type = WIRE_PACKET, .flags = WIRE_SOCKET };
	m.packet = (struct wire_packet){ .socket.family = ADDR_V6, .compression = 1, .transform = 1 };
	struct buf b = { room + WIRE_PACKET_OVERHEAD - 1, 4, room, room + sizeof(room) };
	CHECK(!wire_push_packet(&b, &m));
	CHECK(b.data == room + WIRE_PACKET_OVERHEAD - 1 && b.len == 4);
	b.data++;
	m.version = 2;
	CHECK(!wire_push_packet(&b, &m));
	CHECK(b.data == room + WIRE_PACKET_OVERHEAD && b.len == 4);
	m.version = WIRE_V3;
	CHECK(wire_push_packet(&b, &m));
	CHECK(b.data == room && b.len == sizeof(room));
}

/* A QUERY_PEER is as long as the header of a PACKET. */
static void other_types_are_not_pushed(void)
{
	uint8_t room[BUF_HEADROOM];
	struct vector v = vector_named("v3-plain.txt", "p2p-07");
	struct buf b = buf_of(room, sizeof(room));
	struct wire_message m;
	CHECK_INT(wire_get(&m, v.data, v.len), WIRE_GOOD);
	CHECK(!wire_push_packet(&b, &m));
	CHECK(b.len == 0);
}

int main(void)
{
	RUN(every_truncation);
	RUN(a_byte_too_many);
	RUN(encrypted_headers);
	RUN(n2n_v2_and_tcp_records);
	RUN(headers_that_are_not_plain_v3);
	RUN(types_that_are_reserved_or_unknown);
	RUN(communities_with_something_behind_the_name);
	RUN(tokens_that_do_not_fit_their_scheme);
	RUN(more_supernodes_than_44);
	RUN(sockets_that_are_neither_ipv4_nor_ipv6);
	RUN(ipv4_mapped_addresses);
	RUN(prefixes_longer_than_32);
	RUN(a_null_socket_keeps_its_port);
	RUN(list_entries_are_taken_or_ignored);
	RUN(room_that_is_too_small);
	RUN(messages_that_cannot_be_said);
	RUN(the_longest_control_message_fits);
	RUN(a_packet_without_headroom);
	RUN(other_types_are_not_pushed);
	return test_done();
}
