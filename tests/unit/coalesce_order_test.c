/* How much is held at most, and in which order it comes out. */
#include "test.h"

#include "coalesce_flow.h"

static void no_more_than_64_frames(void)
{
	struct coalesce *c = written_by_coalesce();
	for (size_t i = 0; i < 66; i++)
		put(c, i, make(i, &tcp4, LEN));
	CHECK_INT(written_count, 1);
	coalesce_flush(c);
	CHECK(written_count == 2 && written[0].frames == COALESCE_FRAMES_MAX && written[1].frames == 2);
	written_forget();
	coalesce_free(c);
}

static void no_more_than_65535_bytes(void)
{
	struct coalesce *c = written_by_coalesce();
	static uint8_t big[3][OFFLOAD_FRAME_MAX];
	struct model m = udp4();
	for (size_t room = 65535 - 28; room <= 65535 - 27; room++) {
		for (size_t i = 0; i < 2; i++, m.id++)
			coalesce_put(c, big[i], model_frame(big[i], &m, payload, i ? room / 2 : room - room / 2));
		coalesce_flush(c);
		CHECK_INT(written_count, room == 65535 - 28 ? 1 : 2);
		written_forget();
	}
	coalesce_free(c);
}

static void a_frame_of_no_known_flow_comes_after_all_before_it(void)
{
	static const struct { size_t at; uint8_t value; } harm[] = { { 13, 6 }, { 20, 0x20 }, { 21, 1 }, { 23, 1 } };
	for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
		struct coalesce *c = written_by_coalesce();
		struct model other = tcp4;
		other.host = 2;
		put(c, 0, make(0, &tcp4, LEN));
		put(c, 1, make(1, &other, LEN));
		size_t len = make(2, &tcp4, LEN);
		frame[2][harm[i].at] = harm[i].value;
		put(c, 2, len);
		CHECK_INT(written_count, 3);
		check_alone(0, 0, len);
		check_alone(1, 1, len);
		check_alone(2, 2, len);
		written_forget();
		coalesce_free(c);
	}
}

/* An acknowledgement parts its own flow and no other. */
static void flows_do_not_hold_each_other_up(void)
{
	struct coalesce *c = written_by_coalesce();
	struct model other = tcp4;
	other.host = 2;
	put(c, 0, make(0, &tcp4, LEN));
	put(c, 1, make(1, &other, LEN));
	size_t len = make(2, &other, 0);
	put(c, 2, len);
	CHECK_INT(written_count, 2);
	check_alone(1, 2, len);
	written_forget();
	len = make(1, &tcp4, LEN);
	put(c, 1, len);
	coalesce_flush(c);
	CHECK_INT(written_count, 1);
	CHECK_INT(written[0].frames, 2);
	written_forget();
	coalesce_free(c);
}

static void oldest_first_when_there_are_too_many_and_in_the_end(void)
{
	struct coalesce *c = written_by_coalesce();
	size_t len = 0;
	for (size_t i = 0; i < 20; i++) {
		struct model m = tcp4;
		m.src_port = (uint16_t)(1000 + i);
		len = make(i, &m, LEN);
		put(c, i, len);
	}
	CHECK_INT(written_count, 12);
	coalesce_flush(c);
	for (size_t i = 0; i < 20; i++)
		check_alone(i, i, len);
	written_forget();
	coalesce_free(c);
}

static size_t writes_with(const struct coalesce_kinds *kinds, const struct model *m)
{
	struct coalesce *c = written_by_coalesce();
	put(c, 0, make(0, m, LEN));
	coalesce_set_kinds(c, kinds);
	CHECK_INT(written_count, 1);
	written_forget();
	put(c, 0, make(0, m, LEN));
	put(c, 1, make(1, m, LEN));
	coalesce_flush(c);
	size_t n = written_count;
	written_forget();
	coalesce_free(c);
	return n;
}

static void only_what_the_tap_takes(void)
{
	struct model m[] = { tcp4, tcp6(), udp4(), tcp6() };
	m[3].udp = true;
	for (size_t i = 0; i < 4; i++)
		for (unsigned on = 0; on < 8; on++) {
			struct coalesce_kinds kinds = { on & 1, on & 2, on & 4 };
			CHECK_INT(writes_with(&kinds, &m[i]), on >> (i < 2 ? i : 2) & 1 ? 1 : 2);
		}
}

int main(void)
{
	RUN(no_more_than_64_frames);
	RUN(no_more_than_65535_bytes);
	RUN(a_frame_of_no_known_flow_comes_after_all_before_it);
	RUN(flows_do_not_hold_each_other_up);
	RUN(oldest_first_when_there_are_too_many_and_in_the_end);
	RUN(only_what_the_tap_takes);
	return test_done();
}
