/* Forwarding leaves to control what changes a table or is a message: frames go first, and what is too much is counted. */
#include "edge_fake.h"

enum { MANY = 200, ERRANDS = 128 };

static void frames_go_first_and_the_queue_is_bounded(void)
{
	static uint8_t data[MANY][FRAME60];
	static struct burst_frame frame[MANY];
	struct fake *f = fake_registered(fake_new());
	uint64_t full = dropped(f, EDGE_DROP_ERRANDS_FULL);
	for (uint8_t i = 0; i < MANY; i++) {
		make_frame(data[i], (const uint8_t[]){ 2, 0, 0, 0, 7, i }, mac_a, ip_a, ip_b);
		frame[i] = (struct burst_frame){ .head = data[i], .head_len = FRAME60 };
	}
	edge_frames_from_tap(f->e, f->now, frame, MANY);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), MANY);
	for (size_t i = 0; i < MANY; i++)
		CHECK_INT(sent_type(&f->sent[i]), WIRE_PACKET);
	CHECK(sent_count(f, MANY, WIRE_QUERY_PEER) > 0);
	CHECK_INT(dropped(f, EDGE_DROP_ERRANDS_FULL) - full, MANY - ERRANDS);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER) > 0, 1);
	fake_end(f);
}

/* Nothing is left over for the next call, and what is known costs no errand. */
static void what_is_known_needs_nothing(void)
{
	struct fake *f = fake_with_peer(fake_new());
	for (int i = 0; i < MANY; i++)
		frame_to(f, mac_b);
	CHECK_INT(f->sent_n, MANY);
	for (int i = 0; i < MANY; i++)
		packet_from(f, &addr_b, mac_b, mac_a, NULL);
	CHECK_INT(f->sent_n, MANY);
	CHECK_INT(dropped(f, EDGE_DROP_ERRANDS_FULL), 0);
	fake_end(f);
}

/* The first frame of an edge counts for it too. */
static void a_new_peer_has_its_first_frame(void)
{
	struct edge_peer_info p;
	struct fake *f = fake_registered(fake_new());
	packet_from(f, &f->sn[0].addr, mac_c, mac_a, &addr_c);
	CHECK(peer_info(f, mac_c, &p) && p.frames_in == 1 && p.last_seen == f->now);
	CHECK_INT(f->frames_n, 1);
	fake_end(f);
}

/* What goes to a new edge in several bursts of one turn is all counted for it. */
static void a_new_peer_has_its_first_bursts(void)
{
	static const uint8_t other[MAC_LEN] = { 2, 0, 0, 0, 7, 1 };
	static uint8_t data[3][FRAME60];
	struct burst_frame frame[3];
	struct edge_peer_info p;
	struct fake *f = fake_registered(fake_new());
	for (int i = 0; i < 3; i++) {
		make_frame(data[i], i == 1 ? other : mac_c, mac_a, ip_a, ip_b);
		frame[i] = (struct burst_frame){ .head = data[i], .head_len = FRAME60 };
	}
	edge_frames_from_tap(f->e, f->now, frame, 3);
	packet_from(f, &f->sn[0].addr, mac_c, mac_a, &addr_c);
	CHECK(peer_info(f, mac_c, &p));
	CHECK_INT(p.frames_out, 2);
	CHECK_INT(p.bytes_out, 2 * FRAME60);
	frame_to(f, mac_c);
	CHECK(peer_info(f, mac_c, &p));
	CHECK_INT(p.frames_out, 3);
	fake_end(f);
}

int main(void)
{
	RUN(frames_go_first_and_the_queue_is_bounded);
	RUN(what_is_known_needs_nothing);
	RUN(a_new_peer_has_its_first_frame);
	RUN(a_new_peer_has_its_first_bursts);
	return test_done();
}
