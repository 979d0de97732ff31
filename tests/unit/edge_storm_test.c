/* What leaves in a storm, and what does not come round again. */
#include "core/query.h"
#include "edge_groups_fake.h"

#define SN (f->sn[0].addr)
static const uint8_t ptp[MAC_LEN] = { 1, 0x1b, 0x19, 0, 0, 0 }, host[MAC_LEN] = { 2, 0, 0, 0, 0xbb, 1 };

/* n frames of one flow, as one burst; the last one shorter. */
static void burst_out(struct fake *f, const uint8_t dst[MAC_LEN], size_t n)
{
	static uint8_t bytes[BURST_MAX][FRAME60 + 40];
	struct burst_frame frames[BURST_MAX];
	for (size_t i = 0; i < n; i++) {
		make_frame(bytes[i], dst, mac_a, ip_a, ip_b);
		frames[i] = (struct burst_frame){ .head = bytes[i], .head_len = sizeof(bytes[i]) - (i == n - 1 ? 30 : 0) };
	}
	edge_frames_from_tap(f->e, f->now, frames, n);
}
static const struct edge_counts *counts(const struct fake *f) { return &edge_info(f->e)->counts; }
static size_t packets(const struct fake *f) { return sent_count(f, 0, WIRE_PACKET); }

static struct fake *limited(enum edge_storm kind, uint32_t rate)
{
	struct fake *f = fake_new();
	f->config.storm[kind] = rate;
	return fake_registered(f);
}

static void a_burst_passes_in_part(void)
{
	struct fake *f = limited(STORM_BROADCAST, 100);
	burst_out(f, mac_all, 64);
	CHECK_INT(packets(f), 64);
	uint64_t bytes = counts(f)->bytes_out, frames = counts(f)->frames_out;
	CHECK_INT(dropped(f, EDGE_DROP_STORM_BROADCAST), 0);
	burst_out(f, mac_all, 64);
	CHECK_INT(packets(f), 100);
	CHECK_INT(dropped(f, EDGE_DROP_STORM_BROADCAST), 28);
	CHECK_INT(counts(f)->frames_out - frames, 36);
	CHECK_INT(counts(f)->bytes_out - bytes, 36 * 100);
	burst_out(f, mac_all, 10);
	CHECK_INT(packets(f), 100);
	CHECK_INT(dropped(f, EDGE_DROP_STORM_BROADCAST), 38);
	CHECK_INT(notes_with(f, "--storm-broadcast"), 1);
	f->now += 100;
	burst_out(f, mac_all, 64);
	CHECK_INT(packets(f), 110);
	fake_end(f);
}

static void each_kind_has_its_own_limit(void)
{
	struct fake *f = limited(STORM_MULTICAST, 10);
	burst_out(f, g1, 64);
	CHECK_INT(dropped(f, EDGE_DROP_STORM_MULTICAST), 54);
	burst_out(f, ptp, 64);
	CHECK_INT(dropped(f, EDGE_DROP_STORM_MULTICAST), 118);
	burst_out(f, mac_all, 64);
	burst_out(f, mac_b, 64);
	CHECK_INT(packets(f), 10 + 128);
	fake_end(f);
}

/* Not known: neither an edge nor behind one. */
static void unknown_unicast(void)
{
	struct fake *f = limited(STORM_UNICAST, 10);
	burst_out(f, host, 64);
	CHECK_INT(packets(f), 10);
	CHECK_INT(dropped(f, EDGE_DROP_STORM_UNICAST), 54);
	CHECK_INT(notes_with(f, "--storm-unicast"), 1);
	packet_from(f, &SN, mac_b, mac_a, &addr_b);     /* b is there: by way of the supernode, but known */
	burst_out(f, mac_b, 64);
	CHECK_INT(packets(f), 74);
	uint8_t frame[FRAME60];
	make_frame(frame, mac_all, host, ip_b, ip_a);   /* and host is behind c, of which nothing else is known */
	fake_packet(f, &SN, mac_c, mac_all, &addr_c, frame, sizeof(frame));
	burst_out(f, host, 64);
	CHECK_INT(packets(f), 138);
	CHECK_INT(dropped(f, EDGE_DROP_STORM_UNICAST), 54);
	fake_end(f);
}

static void zero_is_no_limit(void)
{
	struct fake *f = fake_registered(fake_new());
	for (int i = 0; i < 30; i++) {
		burst_out(f, mac_all, 64);
		burst_out(f, ptp, 64);
	}
	CHECK_INT(packets(f), 60 * 64);
	fake_end(f);
}

/* Members of a group have asked for what they get. */
static void members_get_all(void)
{
	struct fake *f = fake_new();
	f->config.groups_max = 8;
	f->config.storm[STORM_MULTICAST] = 100;
	fake_registered(f);
	burst_out(f, g1, 64);
	tell(f, g1, 1, 1, 1);
	size_t before = packets(f);
	for (int i = 0; i < 10; i++)
		burst_out(f, g1, 64);
	CHECK_INT(packets(f) - before, 640);
	CHECK_INT(dropped(f, EDGE_DROP_STORM_MULTICAST), 0);
	burst_out(f, ptp, 64);
	CHECK_INT(dropped(f, EDGE_DROP_STORM_MULTICAST), 28);
	fake_end(f);
}

static void tap(struct fake *f, const uint8_t dst[MAC_LEN], const uint8_t src[MAC_LEN])
{
	uint8_t frame[FRAME60];
	make_frame(frame, dst, src, ip_a, ip_b);
	fake_frame(f, frame, sizeof(frame));
}
static void net(struct fake *f, const uint8_t outer[MAC_LEN], const uint8_t src[MAC_LEN])
{
	uint8_t frame[FRAME60];
	make_frame(frame, mac_all, src, ip_b, ip_a);
	fake_packet(f, &SN, outer, mac_all, &addr_b, frame, sizeof(frame));
}

static void own_source_from_the_network(void)
{
	struct fake *f = fake_registered(fake_new());
	net(f, mac_b, mac_a);
	net(f, mac_b, mac_a);
	CHECK_INT(dropped(f, EDGE_DROP_OWN_SOURCE), 2);
	CHECK_INT(f->frames_n, 0);
	CHECK_INT(notes_with(f, "a frame of our own came from the network"), 1);
	fake_end(f);
}

static void an_edge_is_not_behind_us(void)
{
	struct fake *f = fake_with_peer(fake_new());
	tap(f, mac_all, mac_b);                         /* heard from the network a moment ago */
	tap(f, g1, mac_b);
	CHECK_INT(dropped(f, EDGE_DROP_LOOP_OUT), 2);
	CHECK_INT(packets(f), 0);
	CHECK_INT(notes_with(f, "came back from our own side"), 1);
	tap(f, mac_c, mac_b);
	CHECK_INT(packets(f), 1);
	size_t delivered = f->frames_n;
	net(f, mac_b, mac_b);                           /* what goes round the other way, which only this shows */
	CHECK_INT(dropped(f, EDGE_DROP_LOOP_IN), 1);
	packet_from(f, &addr_b, mac_b, mac_a, NULL);
	f->now += 200;
	net(f, mac_b, mac_b);
	CHECK_INT(f->frames_n - delivered, 2);
	fake_run(f, 75000);                             /* b has left long ago */
	f->sent_n = f->answered_n = 0;
	tap(f, mac_all, mac_b);
	CHECK_INT(packets(f), 1);
	fake_end(f);
}

/* It answers, talks, and its address goes over to us and back once or twice (VRRP, a VM that moves). */
static void a_host_may_move(void)
{
	struct fake *f = fake_registered(fake_new());
	for (int i = 0; i < 3; i++) {
		net(f, mac_b, host);
		net(f, mac_b, host);
		tap(f, mac_all, host);
		tap(f, mac_all, host);
	}
	CHECK_INT(packets(f), 6);
	for (int i = 0; i < 60; i++) {                  /* two masters at a time, each once a second */
		f->now += 500;
		net(f, mac_b, host);
		f->now += 500;
		tap(f, mac_all, host);
	}
	CHECK_INT(packets(f), 66);
	CHECK_INT(dropped(f, EDGE_DROP_LOOP_OUT), 0);
	fake_end(f);
}

static void what_goes_round_is_stopped(void)
{
	struct fake *f = fake_registered(fake_new());
	for (unsigned i = 0; i < 1000; i++) {
		net(f, mac_b, host);
		tap(f, mac_all, host);
		f->now += i % 2;
	}
	CHECK(packets(f) <= 8);
	CHECK(dropped(f, EDGE_DROP_LOOP_OUT) >= 992);
	CHECK_INT(notes_with(f, "came back from our own side"), 1);
	size_t before = packets(f), delivered = f->frames_n;
	net(f, mac_b, host);
	net(f, mac_b, host);
	CHECK_INT(f->frames_n, delivered);
	CHECK(dropped(f, EDGE_DROP_LOOP_IN) >= 990);
	tap(f, mac_c, host);                            /* to one host: it does not multiply */
	CHECK_INT(packets(f), before + 1);
	tap(f, mac_all, mac_a);                         /* others are not concerned */
	CHECK_INT(packets(f), before + 2);
	f->now += 1000;                                 /* the loop is gone */
	tap(f, mac_all, host);
	CHECK_INT(packets(f), before + 3);
	frame_to(f, host);
	CHECK(mac_equal(sent_last(f, WIRE_PACKET)->data + 30, host));   /* not behind b */
	fake_end(f);
}

/* An edge that has put its queries into its TAP. */
static struct fake *asking(const uint8_t own[MAC_LEN])
{
	struct fake *f = fake_new();
	memcpy(f->config.mac, own, MAC_LEN);
	f->config.groups_max = 8;
	fake_registered(f);
	CHECK(f->injected_n >= 4);                      /* advertisement and query, of IPv4 and of IPv6 */
	f->sent_n = f->answered_n = 0;
	return f;
}

/* One of those, round by another edge and back: there are two edges in one bridge. */
static struct fake *bridged(const uint8_t own[MAC_LEN], const uint8_t other[MAC_LEN], size_t which)
{
	struct fake *f = asking(own);
	CHECK(!mac_equal(f->injected[which].data + MAC_LEN, own));
	fake_packet(f, &SN, other, mac_all, &addr_b, f->injected[which].data, f->injected[which].len);
	CHECK_INT(dropped(f, EDGE_DROP_OWN_SOURCE), 1);
	CHECK_INT(f->frames_n, 0);
	return f;
}

static void of_two_edges_in_a_bridge_one_carries_groups(void)
{
	struct fake *f = bridged(mac_b, mac_a, 1);
	CHECK_INT(notes_with(f, "on our own side too"), 1);
	tap(f, mac_all, mac_b);
	tap(f, g1, host);
	CHECK_INT(dropped(f, EDGE_DROP_LOOP_OUT), 2);
	CHECK_INT(packets(f), 0);
	net(f, mac_c, mac_c);
	CHECK_INT(dropped(f, EDGE_DROP_LOOP_IN), 1);
	tap(f, mac_c, host);                            /* unicast goes on */
	packet_from(f, &SN, mac_c, mac_b, &addr_c);
	CHECK_INT(packets(f), 1);
	CHECK_INT(f->frames_n, 1);
	f->now += 75000;
	tap(f, mac_all, mac_b);
	CHECK_INT(dropped(f, EDGE_DROP_LOOP_OUT), 2);
	fake_end(f);
	f = bridged(mac_a, mac_b, 1);                   /* the other one */
	CHECK_INT(notes_with(f, "on our own side too"), 0);
	tap(f, mac_all, mac_a);
	CHECK_INT(packets(f), 1);
	net(f, mac_c, mac_c);
	CHECK_INT(f->frames_n, 1);
	fake_end(f);
}

static void each_query_and_advertisement_tells(void)
{
	for (size_t i = 0; i < 4; i++) {
		struct fake *f = bridged(mac_b, mac_a, i);
		CHECK_INT(notes_with(f, "on our own side too"), 1);
		fake_end(f);
	}
}

static bool carries_groups(struct fake *f)
{
	size_t before = packets(f);
	tap(f, mac_all, mac_b);
	return packets(f) == before + 1 && !notes_with(f, "on our own side too");
}

/* 52 bytes from anywhere: that the querier's MAC is near the TAP's would be known to all. */
static void the_querier_cannot_be_guessed(void)
{
	struct fake *f = asking(mac_b);
	const uint8_t *querier = f->injected[1].data + MAC_LEN;
	unsigned differ = 0;
	for (size_t i = 0; i < MAC_LEN; i++)
		differ += querier[i] != mac_b[i];
	CHECK(differ > 3);
	uint8_t first[MAC_LEN], guess[MAC_LEN];
	memcpy(first, querier, MAC_LEN);
	memcpy(guess, mac_b, MAC_LEN);
	for (int bit = 0; bit < 8; bit++) {
		guess[0] = mac_b[0] ^ (uint8_t)(1 << bit);
		net(f, mac_a, guess);
		CHECK(carries_groups(f));
	}
	fake_end(f);
	f = asking(mac_b);
	CHECK(!mac_equal(f->injected[1].data + MAC_LEN, first));        /* another with each start */
	fake_end(f);
}

/* Who has seen it cannot use it, but as a member that sends what we have sent. */
static void the_querier_is_not_believed_to_anybody(void)
{
	struct fake *f = asking(mac_b);
	uint8_t query[QUERY_FRAME_MAX], querier[MAC_LEN], other[FRAME60];
	size_t len = f->injected[1].len;
	memcpy(query, f->injected[1].data, len);
	memcpy(querier, query + MAC_LEN, MAC_LEN);
	fake_packet(f, &stranger, mac_a, mac_all, NULL, query, len);
	CHECK(carries_groups(f));
	net(f, mac_a, querier);                         /* no query */
	CHECK(carries_groups(f));
	igmp_frame(other, 0x11, g1, querier);           /* not of our kind: from an address */
	fake_packet(f, &SN, mac_a, mac_all, &addr_a, other, sizeof(other));
	CHECK(carries_groups(f));
	CHECK_INT(dropped(f, EDGE_DROP_STRANGER), 1);
	CHECK_INT(dropped(f, EDGE_DROP_OWN_SOURCE), 2);
	packet_from(f, &SN, mac_a, mac_b, &addr_c);
	fake_register_ack(f, &addr_c, mac_a, COOKIE_REGULAR);
	CHECK(is_direct(f, mac_a));
	fake_packet(f, &stranger, mac_a, mac_all, NULL, query, len);
	CHECK(carries_groups(f));
	fake_packet(f, &addr_c, mac_a, mac_all, NULL, query, len);      /* by the confirmed path */
	CHECK(!carries_groups(f));
	fake_end(f);
}

int main(void)
{
	RUN(a_burst_passes_in_part);
	RUN(each_kind_has_its_own_limit);
	RUN(unknown_unicast);
	RUN(zero_is_no_limit);
	RUN(members_get_all);
	RUN(own_source_from_the_network);
	RUN(an_edge_is_not_behind_us);
	RUN(a_host_may_move);
	RUN(what_goes_round_is_stopped);
	RUN(of_two_edges_in_a_bridge_one_carries_groups);
	RUN(each_query_and_advertisement_tells);
	RUN(the_querier_cannot_be_guessed);
	RUN(the_querier_is_not_believed_to_anybody);
	return test_done();
}
