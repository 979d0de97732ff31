/* A supernode that may be gone: frames to groups come both ways, and each is taken once. */
#include "edge_fake.h"

#define SN (f->sn[0].addr)
static const uint8_t vrrp[MAC_LEN] = { 1, 0, 0x5e, 0, 0, 18 };

static void frame_of(uint8_t out[FRAME60], uint8_t number)
{
	make_frame(out, vrrp, mac_b, ip_b, ip_a);
	out[50] = number;
}
static void straight(struct fake *f, const struct addr *from, uint8_t number)
{
	uint8_t frame[FRAME60];
	frame_of(frame, number);
	fake_packet(f, from, mac_b, mac_all, NULL, frame, sizeof(frame));
}
static void relayed(struct fake *f, uint8_t number)
{
	uint8_t frame[FRAME60];
	frame_of(frame, number);
	fake_packet(f, &SN, mac_b, vrrp, &addr_b, frame, sizeof(frame));
}

/* Whichever is first. */
static void each_is_taken_once(void)
{
	struct fake *f = fake_with_peer(fake_new());
	size_t before = f->frames_n;
	straight(f, &addr_b, 1);
	relayed(f, 1);
	relayed(f, 2);
	straight(f, &addr_b, 2);
	CHECK_INT(f->frames_n - before, 2);
	CHECK_INT(dropped(f, EDGE_DROP_COPY), 2);
	straight(f, &addr_b, 3);                        /* the same bytes again and again, by each way as often */
	straight(f, &addr_b, 3);
	relayed(f, 3);
	relayed(f, 3);
	CHECK_INT(f->frames_n - before, 4);
	relayed(f, 3);                                  /* a third one has no twin */
	CHECK_INT(f->frames_n - before, 5);
	fake_end(f);
}

/* The next one of the same bytes is another, as VRRP sends once a second. */
static void a_second_later_it_is_another(void)
{
	struct fake *f = fake_with_peer(fake_new());
	size_t before = f->frames_n;
	straight(f, &addr_b, 1);
	f->now += 1000;
	relayed(f, 1);
	CHECK_INT(f->frames_n - before, 2);
	fake_end(f);
}

/* He would make us drop what comes by the supernode. */
static void a_stranger_cannot_be_first(void)
{
	struct fake *f = fake_with_peer(fake_new());
	straight(f, &stranger, 1);
	size_t before = f->frames_n;
	relayed(f, 1);
	CHECK_INT(f->frames_n - before, 1);
	CHECK_INT(dropped(f, EDGE_DROP_COPY), 0);
	fake_end(f);
}

/* Without such a copy nothing is compared: what a loop or a host sends twice comes twice. */
static void what_is_relayed_twice_comes_twice(void)
{
	struct fake *f = fake_with_peer(fake_new());
	size_t before = f->frames_n;
	relayed(f, 1);
	relayed(f, 1);
	CHECK_INT(f->frames_n - before, 2);
	fake_end(f);
}

int main(void)
{
	RUN(each_is_taken_once);
	RUN(a_second_later_it_is_another);
	RUN(a_stranger_cannot_be_first);
	RUN(what_is_relayed_twice_comes_twice);
	return test_done();
}
