/* Which supernode, and how soon the edge is back when one goes or returns. */
#include "edge_fake.h"

enum { BACK_MS = 5000 };

static size_t current(const struct fake *f) { return edge_info(f->e)->supernode; }

/* Down for a while, whatever the phase of the edge's timers. */
static void back_within_five_seconds(void)
{
	for (uint64_t phase = 0; phase < 20000; phase += 970)
		for (uint64_t down = 100; down < 60000; down = down * 3 / 2 + 113) {
			struct fake *f = fake_registered(fake_new());
			fake_run(f, phase);
			f->sn[0].up = false;
			fake_run(f, down);
			f->sn[0].up = true;
			f->sn[0].booted = f->now;
			f->sent_n = f->answered_n = 0;
			fake_run(f, BACK_MS);
			CHECK(registered(f));
			CHECK(sent_count_to(f, 0, WIRE_REGISTER_SUPER, f->sn[0].addr) > 0);
			fake_end(f);
		}
}

/* The same with two that are both down. */
static void back_within_five_seconds_of_two(void)
{
	for (size_t which = 0; which < 2; which++)
		for (uint64_t down = 10000; down < 100000; down += 3710) {
			struct fake *f = fake_new();
			f->config.supernodes = 2;
			fake_registered(f);
			f->sn[0].up = f->sn[1].up = false;
			fake_run(f, down);
			CHECK(!registered(f));
			f->sn[which].up = true;
			f->sent_n = f->answered_n = 0;
			fake_run(f, BACK_MS);
			CHECK(registered(f));
			CHECK_INT(current(f), which);
			fake_end(f);
		}
}

static void restart_shows_in_the_uptime(void)
{
	struct fake *f = fake_registered(fake_new());
	fake_run(f, 10000);
	f->sn[0].booted = f->now;                       /* too fast to be missed */
	f->sent_n = f->answered_n = 0;
	fake_run(f, 3100);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), 1);
	CHECK(registered(f));
	CHECK(!noted(f, "lost"));
	fake_end(f);
}

static void lost_and_back_are_noted_once(void)
{
	struct fake *f = fake_registered(fake_new());
	f->sn[0].up = false;
	fake_run(f, 30000);
	CHECK(!registered(f));
	CHECK_INT(edge_info(f->e)->registered_since, 0);
	CHECK_INT(notes_with(f, "lost supernode 192.0.2.1:7654"), 1);
	f->sent_n = f->answered_n = 0;
	f->sn[0].up = true;
	fake_run(f, BACK_MS);
	CHECK_INT(notes_with(f, "supernode is back: 192.0.2.1:7654"), 1);
	CHECK_INT(f->notes_n, 3);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);    /* announced again */
	CHECK(f->resolved_asked[0] >= 1);               /* the name may have moved */
	fake_end(f);
}

static void one_lost_answer_is_no_loss(void)
{
	struct fake *f = fake_registered(fake_new());
	f->sn[0].up = false;
	fake_run(f, 5000);                              /* a PONG and one or two ACKs */
	f->sn[0].up = true;
	fake_run(f, 2000);
	CHECK(registered(f));
	CHECK(!noted(f, "lost"));
	fake_end(f);
}

static void fails_over_and_moves_back(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 3;
	fake_registered(f);
	CHECK_INT(current(f), 0);
	f->sn[0].up = false;
	fake_run(f, 9000);
	CHECK_INT(current(f), 1);
	CHECK(registered(f));
	CHECK(noted(f, "moved to supernode 192.0.2.2:7654"));
	fake_run(f, 60000);
	CHECK_INT(current(f), 1);
	f->sn[0].up = true;
	f->sent_n = f->answered_n = 0;
	fake_run(f, 35000);
	CHECK_INT(current(f), 0);
	CHECK(noted(f, "moved to supernode 192.0.2.1:7654"));
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[1].addr), 0);        /* others may not have moved yet */
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, f->sn[0].addr), 2);
	fake_run(f, 60000);
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[1].addr), 1);
	fake_end(f);
}

/* The old one is left only when the new one has acknowledged. */
static void moves_back_without_a_gap(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 9000);
	f->sn[0].up = f->sn[0].deaf = true;
	f->sent_n = f->answered_n = 0;
	while (!sent_count_to(f, 0, WIRE_REGISTER_SUPER, f->sn[0].addr) && f->sent_n < 100)
		fake_run(f, 100);
	frame_to(f, mac_all);
	CHECK(addr_equal(&f->sent[f->sent_n - 1].to, &f->sn[1].addr));
	CHECK(registered(f));
	struct wire_message m = fake_ack(f, &f->sn[0], get_be32(sent_last(f, WIRE_REGISTER_SUPER)->data + 24));
	fake_message(f, &f->sn[0].addr, &m);
	CHECK_INT(current(f), 0);
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[1].addr), 0);
	f->sn[0].deaf = false;
	fake_run(f, 60000);
	CHECK_INT(current(f), 0);
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[1].addr), 1);
	fake_end(f);
}

/* It answers PING and relays for others, but not for us. */
static void deaf_supernode_is_left_alone(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->sn[0].deaf = true;
	fake_start(f);
	fake_run(f, 15000);
	CHECK_INT(current(f), 1);
	CHECK(registered(f));
	f->sent_n = f->answered_n = 0;
	for (int i = 0; i < 300; i++) {
		fake_run(f, 1000);
		CHECK(registered(f));
		CHECK_INT(current(f), 1);
	}
	CHECK(sent_count_to(f, 0, WIRE_REGISTER_SUPER, f->sn[0].addr) <= 3 * 300 / 10);
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[1].addr), 0);
	fake_end(f);
}

static void one_supernode_under_two_names(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	memcpy(f->sn[1].mac, f->sn[0].mac, MAC_LEN);
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 9000);
	f->sn[0].up = true;
	f->sent_n = f->answered_n = 0;
	fake_run(f, 35000);
	CHECK_INT(current(f), 0);
	CHECK_INT(sent_count(f, 0, WIRE_UNREGISTER_SUPER), 0);
	fake_end(f);
}

static void every_address_of_a_name_is_tried(void)
{
	struct fake *f = fake_new();
	struct addr addrs[3] = { v4(203, 0, 113, 1, 7654), v4(203, 0, 113, 2, 7654), f->sn[0].addr };
	f->e = edge_new(&f->config, &f->host, f->now);
	edge_supernode_resolved(f->e, f->now, 0, addrs, 3);
	fake_run(f, 4000);
	CHECK(registered(f));
	CHECK(sent_count_to(f, 0, WIRE_REGISTER_SUPER, addrs[0]) > 0);
	struct edge_supernode_info info;
	edge_supernode_info(f->e, 0, &info);
	CHECK(addr_equal(&info.addr, &f->sn[0].addr));
	CHECK_INT(info.state, SUPERNODE_REGISTERED);
	fake_end(f);
}

static void name_that_resolves_late(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->e = edge_new(&f->config, &f->host, f->now);
	edge_supernode_resolved(f->e, f->now, 0, NULL, 0);
	fake_run(f, 20000);
	CHECK_INT(f->sent_n, 0);
	CHECK(f->resolved_asked[0] >= 4 && f->resolved_asked[0] <= 8);
	fake_resolved(f, 1);
	fake_run(f, 100);
	CHECK(registered(f));
	CHECK_INT(current(f), 1);
	fake_resolved(f, 0);
	fake_run(f, 35000);
	CHECK_INT(current(f), 0);
	fake_end(f);
}

static void first_name_is_waited_for_a_moment(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->e = edge_new(&f->config, &f->host, f->now);
	fake_resolved(f, 1);
	fake_run(f, 500);
	CHECK_INT(f->sent_n, 0);
	fake_run(f, 600);
	CHECK_INT(current(f), 1);
	CHECK(registered(f));
	fake_end(f);
}

static void name_that_moves(void)
{
	struct fake *f = fake_registered(fake_new());
	struct addr old = f->sn[0].addr;
	edge_supernode_resolved(f->e, f->now, 0, &f->sn[1].addr, 1);
	fake_run(f, 100);
	CHECK(registered(f));
	frame_to(f, mac_all);
	CHECK(addr_equal(&f->sent[f->sent_n - 1].to, &f->sn[1].addr));
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, old), 1);
	edge_supernode_resolved(f->e, f->now, 0, NULL, 0);      /* cannot be resolved just now */
	fake_run(f, 30000);
	CHECK(registered(f));
	fake_end(f);
}

static void name_that_moves_to_a_dead_address(void)
{
	struct fake *f = fake_registered(fake_new());
	struct addr dead = v4(203, 0, 113, 1, 7654);
	edge_supernode_resolved(f->e, f->now, 0, &dead, 1);
	fake_run(f, 60000);
	CHECK(registered(f));                           /* the old one still serves */
	CHECK(!noted(f, "lost"));
	fake_end(f);
}

static void refused_supernode_addresses(void)
{
	struct fake *f = fake_new();
	f->unreachable = v4(203, 0, 113, 77, 7654);     /* would leave by the TAP */
	struct addr addrs[5] = { v4(10, 9, 8, 7, 7654), v4(224, 0, 0, 5, 7654), v4(0, 0, 0, 0, 7654),
		f->unreachable, v4(127, 0, 0, 1, 7654) };
	f->e = edge_new(&f->config, &f->host, f->now);
	edge_supernode_resolved(f->e, f->now, 0, addrs, 5);
	CHECK_INT(f->sent_n, 1);
	CHECK(addr_equal(&f->sent[0].to, &addrs[4]));   /* on this very host: allowed */
	CHECK_INT(dropped(f, EDGE_DROP_ENDPOINT_REFUSED), 4);
	CHECK_INT(notes_with(f, "cannot be used"), 1);
	fake_end(f);
}

static void selects(enum edge_select how, size_t want)
{
	struct fake *f = fake_new();
	f->config.supernodes = 3;
	f->config.select = how;
	f->sn[0].mac[5] = 9;
	f->sn[0].load = 100;
	f->sn[1].load = 7;
	f->sn[2].load = 20;
	f->sn[1].mac[5] = 3;
	f->sn[2].mac[5] = 1;
	fake_start(f);
	CHECK_INT(sent_count(f, 0, WIRE_QUERY_PEER), 6);        /* each twice: a PONG is longer than a PING */
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), 0);
	f->answered_n = f->sent_n;
	fake_pong(f, &f->sn[0]);
	f->now += 40;
	fake_pong(f, &f->sn[2]);
	f->now += 10;
	fake_pong(f, &f->sn[1]);
	fake_run(f, 10);
	CHECK_INT(current(f), want);
	CHECK(registered(f));
	fake_end(f);
}
static void selects_by_load(void) { selects(SELECT_LOAD, 1); }
static void selects_by_mac(void) { selects(SELECT_MAC, 2); }
static void selects_by_rtt(void) { selects(SELECT_RTT, 0); }

/* VRRP takes 3 s of silence for a dead master: a restart must be noticed earlier where it matters. */
static void restart_is_noticed_sooner_while_it_relays(void)
{
	struct fake *f = fake_new();
	fake_registered(f);
	packet_from(f, &f->sn[0].addr, mac_b, mac_all, &addr_b);
	size_t before = f->sent_n;
	fake_run(f, 9999);
	CHECK_INT(sent_count(f, before, WIRE_QUERY_PEER), 10);
	before = f->sent_n;
	fake_run(f, 9000);                              /* nothing relayed for 10 s */
	CHECK_INT(sent_count(f, before, WIRE_QUERY_PEER), 3);
	frame_to(f, mac_all);
	f->sn[0].up = false;
	uint64_t since = f->now;
	before = f->sent_n;
	while (!sent_count(f, before, WIRE_REGISTER_SUPER) && f->now < since + 10000)
		fake_run(f, 100);
	CHECK(f->now <= since + 2000);
	fake_end(f);
}

/* After two, 76 bytes, no supernode of ours would send a stranger the 86 of a PONG. */
static void strangers_ping_thrice_over_ipv6(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->config.select = SELECT_MAC;
	for (size_t i = 0; i < 2; i++)
		f->sn[i].addr = (struct addr){ .family = ADDR_V6, .ip = { 0x20, 1, 0x0d, 0xb8, [15] = (uint8_t)(1 + i) },
		                               .port = 7654 };
	fake_start(f);
	CHECK_INT(sent_count(f, 0, WIRE_QUERY_PEER), 6);
	fake_end(f);
}

static void selects_among_those_that_answer(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 3;
	f->config.select = SELECT_MAC;
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 1100);
	CHECK_INT(current(f), 1);
	CHECK(registered(f));
	fake_end(f);
}

static void pong_that_nobody_asked_for(void)
{
	struct fake *f = fake_registered(fake_new());
	struct fake_supernode forged = f->sn[0];
	forged.addr = stranger;
	fake_pong(f, &forged);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_SUPERNODE), 1);
	fake_pong(f, &f->sn[0]);                        /* no PING went out yet */
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 1);
	fake_end(f);
}

int main(void)
{
	RUN(back_within_five_seconds);
	RUN(back_within_five_seconds_of_two);
	RUN(restart_shows_in_the_uptime);
	RUN(restart_is_noticed_sooner_while_it_relays);
	RUN(lost_and_back_are_noted_once);
	RUN(one_lost_answer_is_no_loss);
	RUN(fails_over_and_moves_back);
	RUN(moves_back_without_a_gap);
	RUN(deaf_supernode_is_left_alone);
	RUN(one_supernode_under_two_names);
	RUN(every_address_of_a_name_is_tried);
	RUN(name_that_resolves_late);
	RUN(first_name_is_waited_for_a_moment);
	RUN(name_that_moves);
	RUN(name_that_moves_to_a_dead_address);
	RUN(refused_supernode_addresses);
	RUN(selects_by_load);
	RUN(selects_by_mac);
	RUN(selects_by_rtt);
	RUN(strangers_ping_thrice_over_ipv6);
	RUN(selects_among_those_that_answer);
	RUN(pong_that_nobody_asked_for);
	return test_done();
}
