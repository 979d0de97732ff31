/* The supernode asks whether the holder of a record still lives. */
#include "edge_fake.h"

#define SN (f->sn[0].addr)

/* The supernode asks whether we live: also without p2p, and it becomes no peer. */
static void supernode_asks(void)
{
	for (int p2p = 0; p2p < 2; p2p++) {
		struct fake *f = fake_new();
		f->config.p2p = p2p;
		fake_registered(f);
		fake_register(f, &SN, f->sn[0].mac, mac_a, COOKIE_REGULAR, NULL);
		CHECK_INT(f->sent_n, 1);
		CHECK_INT(sent_count_to(f, 0, WIRE_REGISTER_ACK, SN), 1);
		packet_from(f, &SN, f->sn[0].mac, mac_a, &SN);  /* the ARP probe */
		CHECK_INT(f->frames_n, 1);
		frame_to(f, f->sn[0].mac);                      /* and the kernel's answer */
		CHECK_INT(f->sent_n, 2);
		CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &SN));
		struct edge_peer_info p;
		CHECK(!peer_info(f, f->sn[0].mac, &p));
		fake_end(f);
	}
}

/* It means the process that was here before. */
static void supernode_asks_before_we_are_registered(void)
{
	struct fake *f = fake_new();
	f->config.mode = ADDRESS_AUTO;
	f->sn[0].assigns = (struct subnet){ { 10, 9, 8, 1 }, 24 };
	fake_start(f);
	fake_register(f, &SN, f->sn[0].mac, mac_a, COOKIE_REGULAR, NULL);
	f->answered_n = 0;
	fake_answers(f);                                /* the address, then the registration */
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 0);
	CHECK(registered(f));
	fake_register(f, &SN, f->sn[0].mac, mac_a, COOKIE_REGULAR, NULL);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 1);
	fake_end(f);
	f = fake_new();
	f->config.supernodes = 2;
	fake_registered(f);
	fake_register(f, &f->sn[1].addr, f->sn[1].mac, mac_a, COOKIE_REGULAR, NULL);    /* we are not there */
	CHECK_INT(f->sent_n, 0);
	f->sn[0].up = f->sn[1].up = false;
	fake_run(f, 9000);
	while (edge_info(f->e)->supernode != 1)
		fake_run(f, 100);
	packet_from(f, &f->sn[1].addr, f->sn[1].mac, mac_a, &f->sn[1].addr);
	CHECK_INT(f->frames_n, 0);
	CHECK_INT(dropped(f, EDGE_DROP_UNREGISTERED_IN), 2);
	fake_end(f);
}

/* It knows us by another of its addresses: there we go. */
static void supernode_asks_elsewhere(void)
{
	struct fake *f = fake_new();
	struct addr both[2] = { v4(203, 0, 113, 1, 7654), SN };
	f->e = edge_new(&f->config, &f->host, f->now);
	edge_supernode_resolved(f->e, f->now, 0, both, 2);
	fake_run(f, 5000);
	CHECK(registered(f));
	f->sn[0].addr = both[0];                        /* the other one answers now, and refuses us */
	f->sn[0].nak = true;
	fake_run(f, 30000);
	CHECK(!registered(f));
	size_t before = f->sent_n;
	fake_register(f, &both[1], f->sn[0].mac, mac_a, COOKIE_REGULAR, NULL);
	CHECK_INT(sent_count_to(f, before, WIRE_REGISTER_ACK, both[1]), 1);
	CHECK_INT(sent_count_to(f, before, WIRE_REGISTER_SUPER, both[1]), 1);
	fake_end(f);
}

/* A better supernode, known by its name's other address, is asked there. */
static void supernode_asks_during_a_trial(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 9000);
	CHECK_INT(edge_info(f->e)->supernode, 1);
	f->sn[0].up = true;
	fake_run(f, 40000);
	CHECK_INT(edge_info(f->e)->supernode, 0);       /* registered there once */
	f->sn[0].up = false;
	fake_run(f, 9000);
	struct addr both[2] = { v4(203, 0, 113, 1, 7654), f->sn[0].addr };
	edge_supernode_resolved(f->e, f->now, 0, both, 2);
	f->sn[0].addr = both[0];
	f->sn[0].up = f->sn[0].deaf = true;
	size_t before = f->sent_n;
	for (int i = 0; i < 600 && !sent_count_to(f, before, WIRE_REGISTER_SUPER, both[0]); i++)
		fake_run(f, 100);
	CHECK_INT(sent_count_to(f, before, WIRE_REGISTER_SUPER, both[0]), 1);
	before = f->sent_n;                             /* the address that was lost has been asked before */
	fake_register(f, &both[1], f->sn[0].mac, mac_a, COOKIE_REGULAR, NULL);
	CHECK_INT(sent_count_to(f, before, WIRE_REGISTER_SUPER, both[1]), 1);
	CHECK(registered(f));                           /* still at the other one */
	fake_end(f);
}

/* A better one that has never registered this process wants to know first whether we are there. */
static void supernode_asks_before_it_takes_us(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 9000);
	CHECK_INT(edge_info(f->e)->supernode, 1);
	f->sn[0].up = f->sn[0].deaf = true;
	size_t before = f->sent_n;
	for (int i = 0; i < 600 && !sent_count_to(f, before, WIRE_REGISTER_SUPER, SN); i++)
		fake_run(f, 100);
	fake_register(f, &SN, f->sn[0].mac, mac_a, 4711, NULL);
	CHECK_INT(sent_count_to(f, before, WIRE_REGISTER_ACK, SN), 1);
	fake_run(f, 5000);                              /* it has not taken us: a question now is for somebody else */
	fake_register(f, &SN, f->sn[0].mac, mac_a, 4711, NULL);
	CHECK_INT(sent_count_to(f, before, WIRE_REGISTER_ACK, SN), 1);
	CHECK(registered(f));
	fake_end(f);
}

int main(void)
{
	RUN(supernode_asks);
	RUN(supernode_asks_before_we_are_registered);
	RUN(supernode_asks_elsewhere);
	RUN(supernode_asks_during_a_trial);
	RUN(supernode_asks_before_it_takes_us);
	return test_done();
}
