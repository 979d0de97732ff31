/* The golden vectors decode to what they say and encode to the same bytes.  Random messages are in
 * wire_random_test.c, what must be refused is in wire_refuse_test.c.
 */
#include "core/wire.h"
#include "test.h"
#include "vectors.h"

static const uint8_t mac_a[] = { 2, 0, 0, 0, 0, 0xa1 }, mac_b[] = { 2, 0, 0, 0, 0, 0xb2 };
static const uint8_t mac_sn[] = { 2, 0, 0, 0, 0x5a, 1 }, mac_null[MAC_LEN];
static const uint8_t broadcast[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const char *const good_files[] = { "v3-plain.txt", "v3-decrypted.txt", "v3-cipher.txt", "groups.txt" };

static bool is_v4(const struct addr *a, uint32_t ip, uint16_t port)
{
	struct addr want = { .family = ADDR_V4, .port = port };
	put_be32(want.ip, ip);
	return a->family == want.family && a->port == want.port && !memcmp(a->ip, want.ip, sizeof(want.ip));
}

static bool is_text(const uint8_t *field, size_t len, const char *text)
{
	uint8_t want[32] = { 0 };
	memcpy(want, text, strlen(text));
	return !memcmp(field, want, len);
}

/* Encodes whatever it is; a PACKET around a copy of its payload. */
static size_t encode(uint8_t out[static VECTOR_MAX], const struct wire_message *m)
{
	static uint8_t room[BUF_SIZE];
	if (m->type != WIRE_PACKET)
		return wire_put(out, VECTOR_MAX, m);
	struct buf b = buf_of(room, sizeof(room));
	memcpy(b.data, m->packet.payload, m->packet.payload_len);
	b.len = m->packet.payload_len;
	if (!wire_push_packet(&b, m))
		return 0;
	memcpy(out, b.data, b.len);
	return b.len;
}

static struct wire_message decoded(const char *name)
{
	static struct vector v;         /* a PACKET points into it */
	struct wire_message m;
	v = vector_named("v3-plain.txt", name);
	CHECK_INT(wire_get(&m, v.data, v.len), WIRE_GOOD);
	CHECK_INT(m.version, 3);
	CHECK(is_text(m.community, sizeof(m.community), "Intershop"));
	return m;
}

static void check_lossless(const struct vector *v)
{
	uint8_t again[VECTOR_MAX];
	struct wire_message m;
	bool good = wire_get(&m, v->data, v->len) == WIRE_GOOD;
	good = good && encode(again, &m) == v->len && !memcmp(again, v->data, v->len);
	CHECK(good);
	if (!good)
		printf("  vector %s\n", v->name);
}

static void vectors_decode_and_encode_to_the_same_bytes(void)
{
	for (size_t i = 0; i < sizeof(good_files) / sizeof(*good_files); i++) {
		struct vectors vs = vectors_open(good_files[i]);
		for (struct vector v; vectors_next(&vs, &v); )
			check_lossless(&v);
	}
}

static void register_super_fields(void)
{
	struct wire_message m = decoded("reg-09");
	const struct wire_register_super *reg = &m.reg_super;
	static const uint8_t token[16] = { 0x0a, 0x40, 0x4c, 0xbf, 0xa4, 0xa4, 0xab, 0x0b,
	                                   0x4f, 0x6b, 0x89, 0xc5, 0xe3, 0x45, 0x49, 0xfe };
	CHECK_INT(m.type, WIRE_REGISTER_SUPER);
	CHECK_INT(m.ttl, WIRE_TTL);
	CHECK_INT(m.flags, WIRE_SOCKET);
	CHECK_INT(reg->cookie, 0xfd4b099d);
	CHECK(mac_equal(reg->mac, mac_a));
	CHECK(is_v4(&reg->socket, 0xc000020b, 50001));
	CHECK_INT(subnet_ip(&reg->address), 0x0a090801);
	CHECK_INT(reg->address.prefix, 24);
	CHECK(is_text(reg->desc, DESC_LEN, "edge-one"));
	CHECK_INT(reg->auth.scheme, AUTH_SIMPLE_ID);
	CHECK_INT(reg->auth.len, 16);
	CHECK(!memcmp(reg->auth.token, token, sizeof(token)));
	for (size_t i = sizeof(token); i < TOKEN_MAX; i++)
		CHECK_INT(reg->auth.token[i], 0);
	CHECK_INT(reg->key_time, 0);
	m = decoded("reg-06");
	CHECK(mac_is_null(m.reg_super.mac));
	CHECK(!subnet_is_set(&m.reg_super.address));
	CHECK(!addr_is_set(&m.reg_super.socket));
}

static void register_super_ack_fields(void)
{
	struct wire_message m = decoded("reg-07");
	const struct wire_register_super_ack *ack = &m.super_ack;
	CHECK_INT(m.type, WIRE_REGISTER_SUPER_ACK);
	CHECK_INT(m.flags, WIRE_SOCKET | WIRE_FROM_SUPERNODE);
	CHECK_INT(ack->cookie, 0xb6c047e6);
	CHECK(mac_equal(ack->mac, mac_sn));
	CHECK_INT(subnet_ip(&ack->address), 0x0a8a10be);
	CHECK_INT(ack->address.prefix, 24);
	CHECK_INT(ack->lifetime, 15);
	CHECK(is_v4(&ack->socket, 0xc000020b, 50001));
	CHECK_INT(ack->auth.scheme, AUTH_NONE);
	CHECK_INT(ack->auth.len, 0);
	CHECK_INT(ack->count, 0);
	CHECK_INT(ack->key_time, 0);
}

/* Ports in the list are little-endian, unlike those of sockets. */
static void supernode_list_fields(void)
{
	struct wire_message m = decoded("fed-04");
	const struct wire_register_super_ack *ack = &m.super_ack;
	CHECK(is_v4(&ack->socket, 0xc000020c, 50002));
	CHECK_INT(ack->count, 1);
	CHECK(is_v4(&ack->list[0].addr, 0xc0000201, 7654));
	CHECK(mac_equal(ack->list[0].mac, mac_sn));
}

static void register_super_nak_fields(void)
{
	struct wire_message m = decoded("reg-04");
	CHECK_INT(m.type, WIRE_REGISTER_SUPER_NAK);
	CHECK_INT(m.flags, WIRE_SOCKET | WIRE_FROM_SUPERNODE);
	CHECK_INT(m.super_nak.cookie, 0xb3d7ec1d);
	CHECK(mac_equal(m.super_nak.mac, mac_a));
	CHECK_INT(m.super_nak.auth.scheme, AUTH_NONE);
}

static void unregister_super_fields(void)
{
	struct wire_message m = decoded("reg-05"), registered = decoded("reg-01");
	CHECK_INT(m.type, WIRE_UNREGISTER_SUPER);
	CHECK(mac_equal(m.unreg_super.mac, mac_a));
	CHECK_INT(m.unreg_super.auth.scheme, AUTH_SIMPLE_ID);
	CHECK(!memcmp(m.unreg_super.auth.token, registered.reg_super.auth.token, TOKEN_MAX));
}

static void register_fields(void)
{
	struct wire_message m = decoded("p2p-05");
	CHECK_INT(m.type, WIRE_REGISTER);
	CHECK_INT(m.ttl, 1);
	CHECK_INT(m.flags, WIRE_SOCKET | WIRE_FROM_SUPERNODE);
	CHECK_INT(m.reg.cookie, COOKIE_FORWARDED);
	CHECK(mac_equal(m.reg.src, mac_a));
	CHECK(mac_equal(m.reg.dst, mac_b));
	CHECK(is_v4(&m.reg.socket, 0xc000020b, 50001));
	CHECK_INT(subnet_ip(&m.reg.address), 0x0a090801);
	CHECK_INT(m.reg.address.prefix, 24);
	CHECK(is_text(m.reg.desc, DESC_LEN, "edge-one"));
	CHECK_INT(decoded("p2p-12").reg.cookie, COOKIE_LOCAL);
	m = decoded("p2p-01");
	CHECK_INT(m.reg.cookie, COOKIE_MCAST);
	CHECK(mac_equal(m.reg.dst, mac_null));
	CHECK(!addr_is_set(&m.reg.socket));
}

/* The destination comes first here and nowhere else. */
static void register_ack_fields(void)
{
	struct wire_message m = decoded("p2p-06");
	CHECK_INT(m.type, WIRE_REGISTER_ACK);
	CHECK_INT(m.flags, 0);
	CHECK_INT(m.reg_ack.cookie, COOKIE_REGULAR);
	CHECK(mac_equal(m.reg_ack.dst, mac_a));
	CHECK(mac_equal(m.reg_ack.src, mac_b));
	CHECK(!addr_is_set(&m.reg_ack.socket));
}

static void query_peer_fields(void)
{
	struct wire_message m = decoded("p2p-09");
	CHECK_INT(m.type, WIRE_QUERY_PEER);
	CHECK(mac_equal(m.query.src, mac_a));
	CHECK(mac_equal(m.query.target, mac_b));
	CHECK_INT(m.query.aflags, 0);
	CHECK(mac_is_null(decoded("p2p-07").query.target));
}

static void peer_info_fields(void)
{
	struct wire_message m = decoded("p2p-08");
	CHECK_INT(m.type, WIRE_PEER_INFO);
	CHECK_INT(m.flags, WIRE_FROM_SUPERNODE);
	CHECK(mac_equal(m.info.mac, mac_sn));
	CHECK(mac_is_null(m.info.target));
	CHECK(is_v4(&m.info.socket, 0xc000020b, 50001));
	CHECK(!addr_is_set(&m.info.preferred));
	CHECK_INT(m.info.load, 0);
	CHECK_INT(m.info.uptime, 9);
	CHECK_STR((const char *)m.info.version, "3.1.1");
	m = decoded("p2p-11");
	CHECK_INT(m.flags, WIRE_SOCKET | WIRE_FROM_SUPERNODE);
	CHECK(mac_equal(m.info.mac, mac_a));
	CHECK(mac_equal(m.info.target, mac_b));
	CHECK(is_v4(&m.info.socket, 0xc000020c, 50002));
	CHECK(is_v4(&m.info.preferred, 0xc000020c, 50002));
}

/* The load is little-endian, the uptime behind it is not. */
static void pong_byte_order(void)
{
	struct vector v = vector_named("v3-plain.txt", "p2p-08");
	struct wire_message m;
	v.data[46] = 1;
	v.data[50] = 1;
	CHECK_INT(wire_get(&m, v.data, v.len), WIRE_GOOD);
	CHECK_INT(m.info.load, 1);
	CHECK_INT(m.info.uptime, 0x01000009);
}

static void packet_fields(void)
{
	struct wire_message m = decoded("null-02");
	CHECK_INT(m.type, WIRE_PACKET);
	CHECK_INT(m.ttl, 1);
	CHECK_INT(m.flags, WIRE_SOCKET | WIRE_FROM_SUPERNODE);
	CHECK(mac_equal(m.packet.src, mac_a));
	CHECK(mac_equal(m.packet.dst, broadcast));
	CHECK(is_v4(&m.packet.socket, 0xc000020b, 50001));
	CHECK_INT(m.packet.compression, COMPRESSION_NONE);
	CHECK_INT(m.packet.transform, TRANSFORM_NULL);
	CHECK_INT(m.packet.payload_len, 42);
	CHECK(mac_equal(m.packet.payload, broadcast));
	m = decoded("null-01");
	CHECK(!addr_is_set(&m.packet.socket));
	CHECK_INT(m.packet.payload_len, 42);
}

static void user_password_fields(void)
{
	struct vector v = vector_named("v3-decrypted.txt", "up-11-plain");
	struct wire_message m;
	CHECK_INT(wire_get(&m, v.data, v.len), WIRE_GOOD);
	CHECK_INT(m.unreg_super.auth.scheme, AUTH_USER_PASSWORD);
	CHECK_INT(m.unreg_super.auth.len, 48);
	CHECK(!memcmp(m.unreg_super.auth.token, v.data + 28, 48));
	v = vector_named("v3-decrypted.txt", "up-08-plain");
	CHECK_INT(wire_get(&m, v.data, v.len), WIRE_GOOD);
	CHECK_INT(m.type, WIRE_RE_REGISTER_SUPER);
}

/* The supernode relays what it cannot read: the ids come out, compression before transform. */
static void ciphered_packets_are_packets(void)
{
	static const struct { const char *name; uint8_t compression, transform; } known[] = {
		{ "twofish-01", 1, 2 }, { "aes-01", 1, 3 }, { "chacha-01", 1, 4 }, { "speck-01", 1, 5 },
		{ "lzo-01", 2, 1 }, { "lzoaes-01", 2, 3 }, { "zstd-01", 3, 1 },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct vector v = vector_named("v3-cipher.txt", known[i].name);
		struct wire_message m;
		CHECK_INT(wire_get(&m, v.data, v.len), WIRE_GOOD);
		CHECK_INT(m.type, WIRE_PACKET);
		CHECK_INT(m.packet.compression, known[i].compression);
		CHECK_INT(m.packet.transform, known[i].transform);
		CHECK(m.packet.payload == v.data + 38);
	}
}

static void relaying_in_place_makes_null_02_of_null_01(void)
{
	static uint8_t room[BUF_SIZE];
	struct vector in = vector_named("v3-plain.txt", "null-01"), out = vector_named("v3-plain.txt", "null-02");
	struct buf b = buf_of(room, sizeof(room));
	struct wire_message m;
	memcpy(b.data, in.data, in.len);
	b.len = in.len;
	CHECK_INT(wire_get(&m, b.data, b.len), WIRE_GOOD);
	CHECK(buf_pull(&b, b.len - m.packet.payload_len));
	m.ttl--;
	m.flags |= WIRE_SOCKET | WIRE_FROM_SUPERNODE;
	m.packet.socket = (struct addr){ ADDR_V4, 50001, { 192, 0, 2, 11 } };
	CHECK(wire_push_packet(&b, &m));
	CHECK_INT(b.len, out.len);
	CHECK(!memcmp(b.data, out.data, out.len));
}

int main(void)
{
	RUN(vectors_decode_and_encode_to_the_same_bytes);
	RUN(register_super_fields);
	RUN(register_super_ack_fields);
	RUN(supernode_list_fields);
	RUN(register_super_nak_fields);
	RUN(unregister_super_fields);
	RUN(register_fields);
	RUN(register_ack_fields);
	RUN(query_peer_fields);
	RUN(peer_info_fields);
	RUN(pong_byte_order);
	RUN(packet_fields);
	RUN(user_password_fields);
	RUN(ciphered_packets_are_packets);
	RUN(relaying_in_place_makes_null_02_of_null_01);
	return test_done();
}
