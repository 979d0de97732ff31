#include "core/buf.h"

#include "test.h"

static void starts_empty_with_room_around(void)
{
	static uint8_t mem[BUF_SIZE];
	struct buf b = buf_of(mem, sizeof(mem));
	CHECK(b.data == mem + BUF_HEADROOM && b.len == 0);
	CHECK_INT(buf_tailroom(&b), BUF_FRAME_MAX + BUF_TAILROOM);
	b.len = BUF_FRAME_MAX;
	CHECK_INT(buf_tailroom(&b), BUF_TAILROOM);
}

static void pushes_into_the_headroom_only(void)
{
	uint8_t mem[BUF_HEADROOM + 10] = { 0 };
	struct buf b = buf_of(mem, sizeof(mem));
	b.len = 10;
	CHECK(!buf_push(&b, BUF_HEADROOM + 1));
	CHECK(b.len == 10 && b.data == mem + BUF_HEADROOM);
	CHECK(buf_push(&b, 38) == mem + BUF_HEADROOM - 38);
	CHECK_INT(b.len, 48);
	CHECK(buf_push(&b, BUF_HEADROOM - 38) == mem);
	CHECK(!buf_push(&b, 1) && !buf_push(&b, SIZE_MAX));
	CHECK(buf_push(&b, 0) == mem && b.len == sizeof(mem) && buf_tailroom(&b) == 0);
}

static void pulls_what_is_there(void)
{
	uint8_t mem[BUF_HEADROOM + 10] = { 0 };
	struct buf b = buf_of(mem, sizeof(mem));
	b.len = 10;
	CHECK(!buf_pull(&b, 11) && !buf_pull(&b, SIZE_MAX));
	CHECK(b.len == 10 && b.data == mem + BUF_HEADROOM);
	CHECK(buf_pull(&b, 4) && b.len == 6 && b.data == mem + BUF_HEADROOM + 4);
	CHECK(buf_push(&b, 4) == mem + BUF_HEADROOM && b.len == 10);
	CHECK(buf_pull(&b, 10) && b.len == 0 && !buf_pull(&b, 1));
	CHECK_INT(buf_tailroom(&b), 0);
}

static void small_memory_is_all_headroom(void)
{
	uint8_t mem[20];
	struct buf b = buf_of(mem, sizeof(mem));
	CHECK(b.len == 0 && b.data == mem + sizeof(mem));
	CHECK_INT(buf_tailroom(&b), 0);
	CHECK(!buf_push(&b, 21) && buf_push(&b, 20) == mem);
}

int main(void)
{
	RUN(starts_empty_with_room_around);
	RUN(pushes_into_the_headroom_only);
	RUN(pulls_what_is_there);
	RUN(small_memory_is_all_headroom);
	return test_done();
}
