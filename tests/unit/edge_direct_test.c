/* Many direct paths at a time. */
#include "edge_fake.h"

#define SN (f->sn[0].addr)

/* n peers with a direct path each. */
static struct fake *with_peers(unsigned n)
{
	struct fake *f = fake_new();
	f->config.peers_max = 2 * n;
	fake_registered(f);
	for (unsigned i = 0; i < n; i++) {
		uint8_t mac[MAC_LEN] = { 2, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i };
		struct addr public = v4(203, 0, (uint8_t)(i >> 8), (uint8_t)i, 5000);
		packet_from(f, &SN, mac, mac_a, &public);
		fake_register_ack(f, &public, mac, COOKIE_REGULAR);
		f->sent_n = f->answered_n = 0;
	}
	return f;
}
static size_t direct_registers(const struct fake *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->sent_n; i++)
		n += sent_type(&f->sent[i]) == WIRE_REGISTER && f->sent[i].to.ip[0] == 203;
	return n;
}

/* Each path costs a datagram, and questions to the kernel: not all of them at once. */
static void paths_are_looked_at_a_few_at_a_time(void)
{
	struct fake *f = with_peers(100);
	size_t asked = f->path_mtu_asked;
	f->now += 1500;
	edge_network_changed(f->e, f->now);
	size_t most = direct_registers(f);
	CHECK(most > 0 && most <= 32);
	CHECK(f->path_mtu_asked - asked <= 32);
	for (int i = 0; i < 20; i++) {
		size_t before = direct_registers(f);
		fake_run(f, 50);
		CHECK(direct_registers(f) - before <= 32);
	}
	CHECK_INT(direct_registers(f), 100);
	CHECK(f->path_mtu_asked - asked >= 100);
	fake_end(f);
}

static void broadcasts_go_to_direct_peers_while_no_supernode_answers(void)
{
	struct fake *f = with_peers(20);
	struct addr moved = v4(198, 51, 100, 9, 5000);
	packet_from(f, &SN, (uint8_t[]){ 2, 0, 0, 1, 0, 3 }, mac_a, &moved);    /* no longer direct */
	f->sn[0].up = false;
	fake_run(f, 5000);
	f->sent_n = f->answered_n = 0;
	frame_to(f, mac_all);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 19);
	fake_end(f);
}

int main(void)
{
	RUN(paths_are_looked_at_a_few_at_a_time);
	RUN(broadcasts_go_to_direct_peers_while_no_supernode_answers);
	return test_done();
}
