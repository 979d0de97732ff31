/* What decodes encodes to the same bytes; with a list of supernodes, to bytes that decode to the same
 * again (the padding of its entries is not kept). */
#include "core/wire.h"
#include "fuzz.h"

static size_t encode(uint8_t *out, size_t room, const struct wire_message *m)
{
	if (m->type != WIRE_PACKET)
		return wire_put(out, room, m);
	struct buf b = buf_of(out, room);
	FUZZ_CHECK(m->packet.payload_len <= buf_tailroom(&b));
	memcpy(b.data, m->packet.payload, m->packet.payload_len);
	b.len = m->packet.payload_len;
	FUZZ_CHECK(wire_push_packet(&b, m));
	memmove(out, b.data, b.len);
	return b.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t again[BUF_SIZE], twice[BUF_SIZE];
	struct wire_message m;
	if (len > BUF_FRAME_MAX || wire_get(&m, data, len) != WIRE_GOOD)
		return 0;
	FUZZ_CHECK(m.type == WIRE_PACKET || len <= WIRE_CONTROL_MAX);
	FUZZ_CHECK(encode(again, sizeof(again), &m) == len);
	if (m.type != WIRE_REGISTER_SUPER_ACK || !m.super_ack.count) {
		FUZZ_CHECK(!memcmp(again, data, len));
		return 0;
	}
	FUZZ_CHECK(wire_get(&m, again, len) == WIRE_GOOD);
	FUZZ_CHECK(encode(twice, sizeof(twice), &m) == len);
	FUZZ_CHECK(!memcmp(twice, again, len));
	return 0;
}
