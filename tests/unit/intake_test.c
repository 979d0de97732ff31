/* Trains into arrivals: what goes together, where it ends, and that no byte is lost or taken twice. */
#include "core/emit.h"
#include "core/intake.h"
#include "test.h"

enum { HEADER = WIRE_PACKET_OVERHEAD_MIN, LEN = 10, EACH = HEADER + LEN, MANY = 80 };

static uint8_t bytes[MANY * EACH];

static void put(size_t i, uint8_t src, uint8_t first)
{
	struct wire_message m;
	struct burst_header header;
	static const uint8_t name[COMMUNITY_LEN] = "Intershop";
	emit_begin(&m, WIRE_PACKET, 0, name);
	m.packet = (struct wire_packet){ .src = { 2, 0, 0, 0, 0, src }, .dst = { 2, 0, 0, 0, 0, 0xff },
	                                 .compression = COMPRESSION_NONE, .transform = TRANSFORM_NULL };
	CHECK(emit_header(&header, &m));
	CHECK_INT(header.len, HEADER);
	memcpy(bytes + i * EACH, header.bytes, HEADER);
	memset(bytes + i * EACH + HEADER, first, LEN);
}

static struct intake train_of(size_t len, size_t each)
{
	const struct train train = { bytes, len, each };
	return intake_of(&train);
}

static void packets_with_one_header_are_one_arrival(void)
{
	struct arrival a;
	for (uint8_t i = 0; i < 5; i++)
		put(i, i < 3 ? 1 : 2, i);
	struct intake in = train_of(5 * EACH - 4, EACH);
	CHECK(intake_next(&in, &a));
	CHECK_INT(a.error, WIRE_GOOD);
	CHECK_INT(a.datagrams, 3);
	CHECK_INT(a.len, EACH);
	CHECK_INT(a.burst.n, 3);
	CHECK_INT(a.burst.bytes, 3 * LEN);
	for (uint8_t i = 0; i < 3; i++)
		CHECK(a.burst.frame[i].head == bytes + i * EACH + HEADER && a.burst.frame[i].head_len == LEN);
	CHECK(intake_next(&in, &a));
	CHECK_INT(a.m.packet.src[5], 2);
	CHECK_INT(a.burst.n, 2);
	CHECK_INT(a.burst.frame[1].head_len, LEN - 4);
	CHECK_INT(a.burst.bytes, 2 * LEN - 4);
	CHECK(!intake_next(&in, &a));
}

static void a_last_one_shorter_than_a_header_is_for_itself(void)
{
	struct arrival a;
	put(0, 1, 0);
	put(1, 1, 1);
	struct intake in = train_of(EACH + HEADER - 1, EACH);
	CHECK(intake_next(&in, &a));
	CHECK_INT(a.datagrams, 1);
	CHECK(intake_next(&in, &a));
	CHECK_INT(a.error, WIRE_MALFORMED);
	CHECK_INT(a.datagrams, 1);
	CHECK_INT(a.len, HEADER - 1);
	CHECK(!intake_next(&in, &a));
}

static void long_trains_come_in_parts(void)
{
	struct arrival a;
	size_t n = 0, at = 0;
	for (uint8_t i = 0; i < MANY; i++)
		put(i, 1, i);
	for (struct intake in = train_of(sizeof(bytes), EACH); intake_next(&in, &a); n += a.datagrams)
		for (size_t i = 0; i < a.burst.n; i++)
			CHECK_INT(a.burst.frame[i].head[0], at++);
	CHECK_INT(n, MANY);
	CHECK_INT(at, MANY);
}

static void other_messages_come_one_by_one(void)
{
	struct arrival a;
	struct wire_message m;
	uint8_t mem[EMIT_ROOM];
	size_t n = 0;
	emit_begin(&m, WIRE_QUERY_PEER, 0, (const uint8_t[COMMUNITY_LEN]){ "Intershop" });
	m.query = (struct wire_query_peer){ .src = { 2, 1 } };
	struct buf b = emit_encode(mem, &m);
	CHECK(b.len != 0);
	for (size_t i = 0; i < 3; i++)
		memcpy(bytes + i * b.len, b.data, b.len);
	for (struct intake in = train_of(3 * b.len, b.len); intake_next(&in, &a); n++) {
		CHECK_INT(a.error, WIRE_GOOD);
		CHECK_INT(a.m.type, WIRE_QUERY_PEER);
		CHECK_INT(a.datagrams, 1);
		CHECK_INT(a.len, b.len);
	}
	CHECK_INT(n, 3);
}

static void an_empty_train_is_one_datagram(void)
{
	struct arrival a;
	struct intake in = train_of(0, 0);
	CHECK(intake_next(&in, &a));
	CHECK_INT(a.error, WIRE_SHORT);
	CHECK_INT(a.datagrams, 1);
	CHECK(!intake_next(&in, &a));
}

int main(void)
{
	RUN(packets_with_one_header_are_one_arrival);
	RUN(a_last_one_shorter_than_a_header_is_for_itself);
	RUN(long_trains_come_in_parts);
	RUN(other_messages_come_one_by_one);
	RUN(an_empty_train_is_one_datagram);
	return test_done();
}
