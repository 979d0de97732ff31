#include "core/bytes.h"

#include "test.h"

static void integers_are_big_endian(void)
{
	const uint8_t in[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xf1, 2, 3, 4, 5, 6, 7, 8 };
	struct rd r = rd_of(in, sizeof(in));
	CHECK_INT(rd_u8(&r), 0x01);
	CHECK_INT(rd_u16(&r), 0x2345);
	CHECK_INT(rd_u32(&r), 0x6789abcd);
	CHECK(rd_u64(&r) == 0xf102030405060708u);
	CHECK(rd_done(&r));
	uint8_t out[sizeof(in)];
	struct wr w = wr_of(out, sizeof(out));
	wr_u8(&w, 0x01);
	wr_u16(&w, 0x2345);
	wr_u32(&w, 0x6789abcd);
	wr_u64(&w, 0xf102030405060708u);
	CHECK(!w.bad && w.at == w.end && !memcmp(in, out, sizeof(in)));
}

static void loads_and_stores_at_any_address(void)
{
	for (size_t at = 0; at < 8; at++) {
		uint8_t mem[16] = { 0 };
		put_be32(mem + at, 0xfedcba98);
		CHECK(get_be32(mem + at) == 0xfedcba98 && get_be16(mem + at) == 0xfedc);
		CHECK(mem[at + 4] == 0 && (!at || mem[at - 1] == 0));
		memcpy(mem + at, "\x08\x07\x06\x05\x04\x03\x02\xf1", 8);
		CHECK(get_le64(mem + at) == 0xf102030405060708u);
	}
}

static void first_bad_read_sticks(void)
{
	const uint8_t in[] = { 1, 2, 3 };
	struct rd r = rd_of(in, sizeof(in));
	uint8_t copy[4] = { 9, 9, 9, 9 };
	CHECK_INT(rd_u32(&r), 0);
	CHECK(r.bad && !rd_done(&r));
	CHECK_INT(rd_left(&r), 0);
	CHECK_INT(rd_u8(&r), 0);
	CHECK(!rd_take(&r, 0));
	rd_bytes(&r, copy, sizeof(copy));
	CHECK_INT(get_be32(copy), 0);
}

static void leftover_is_not_done(void)
{
	const uint8_t in[] = { 1, 2 };
	struct rd r = rd_of(in, sizeof(in));
	CHECK(!rd_done(&r));
	CHECK_INT(rd_u8(&r), 1);
	CHECK(!rd_done(&r));
	CHECK_INT(rd_left(&r), 1);
	CHECK(rd_take(&r, 1) == in + 1 && rd_done(&r));
	CHECK(rd_take(&r, 0) && rd_done(&r));
	CHECK(!rd_take(&r, 1) && !rd_done(&r));
}

static void first_bad_write_sticks_and_writes_nothing(void)
{
	uint8_t out[4] = { 7, 7, 7, 7 };
	struct wr w = wr_of(out, 3);
	wr_u8(&w, 1);
	wr_u32(&w, 0xffffffff);
	CHECK(w.bad);
	wr_u8(&w, 2);
	wr_u16(&w, 2);
	wr_zero(&w, 1);
	wr_bytes(&w, "x", 1);
	CHECK(!wr_take(&w, 0));
	CHECK(get_be32(out) == 0x01070707);
}

static void absurd_lengths_are_refused(void)
{
	uint8_t mem[8] = { 0 };
	struct rd r = rd_of(mem, sizeof(mem));
	struct wr w = wr_of(mem, sizeof(mem));
	CHECK(!rd_take(&r, SIZE_MAX) && r.bad);
	CHECK(!wr_take(&w, SIZE_MAX) && w.bad);
}

/* A reader and a writer over memory of exactly their size, so that ASan sees a step beyond it. */
static void random_steps_stay_inside(void)
{
	for (int n = 0; n < 2000; n++) {
		size_t size = 1 + test_random() % 24, taken = 0;
		uint8_t *mem = malloc(size), copy[8];
		if (!mem)
			abort();
		memset(mem, 0, size);
		struct rd r = rd_of(mem, size);
		struct wr w = wr_of(mem, size);
		bool bad = false;
		for (int step = 0; step < 8; step++) {
			size_t want = test_random() % sizeof(copy);
			rd_bytes(&r, copy, want);
			wr_bytes(&w, copy, want);
			bad = bad || taken + want > size;
			taken += bad ? 0 : want;
			CHECK(r.bad == bad && w.bad == bad);
			CHECK_INT(rd_left(&r), bad ? 0 : size - taken);
			CHECK_INT(w.at - mem, taken);
		}
		free(mem);
	}
}

int main(void)
{
	RUN(integers_are_big_endian);
	RUN(loads_and_stores_at_any_address);
	RUN(first_bad_read_sticks);
	RUN(leftover_is_not_done);
	RUN(first_bad_write_sticks_and_writes_nothing);
	RUN(absurd_lengths_are_refused);
	RUN(random_steps_stay_inside);
	return test_done();
}
