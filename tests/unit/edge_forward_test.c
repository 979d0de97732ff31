/* Frames: which go where, which go nowhere and are counted, and what the log says about that once. */
#include "core/arp.h"
#include "edge_fake.h"

#define SN (f->sn[0].addr)
static const uint8_t group[MAC_LEN] = { 1, 0, 0x5e, 1, 2, 3 }, lldp[MAC_LEN] = { 1, 0x80, 0xc2, 0, 0, 0x0e },
	ptp[MAC_LEN] = { 1, 0x1b, 0x19, 0, 0, 0 }, mld[MAC_LEN] = { 0x33, 0x33, 0, 0, 0, 0x16 },
	vrrp[MAC_LEN] = { 0, 0, 0x5e, 0, 1, 7 };
static const uint8_t ip_foreign[4] = { 192, 168, 77, 11 }, ip_link_local[4] = { 169, 254, 3, 4 }, ip_zero[4],
	ip_vrrp[4] = { 10, 9, 8, 100 };

static void out(struct fake *f, const uint8_t dst[MAC_LEN], const uint8_t src[MAC_LEN], const uint8_t ip_src[4])
{
	uint8_t frame[FRAME60];
	make_frame(frame, dst, src, ip_src, ip_b);
	fake_frame(f, frame, sizeof(frame));
}
static void in(struct fake *f, const uint8_t outer[MAC_LEN], const uint8_t dst[MAC_LEN], const uint8_t src[MAC_LEN],
               const uint8_t ip_dst[4])
{
	uint8_t frame[FRAME60];
	make_frame(frame, dst, src, ip_b, ip_dst);
	fake_packet(f, &SN, outer, mac_is_group(dst) ? dst : mac_a, &addr_b, frame, sizeof(frame));
}
static const uint8_t *outer_dst(const struct fake *f) { return sent_last(f, WIRE_PACKET)->data + 30; }

static void groups_go_to_the_supernode(void)
{
	const uint8_t *const dst[] = { mac_all, group, lldp, ptp, mld };
	struct fake *f = fake_with_peer(fake_new());
	for (size_t i = 0; i < 5; i++) {
		f->sent_n = 0;
		out(f, dst[i], mac_a, ip_a);
		CHECK_INT(f->sent_n, 1);
		CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, SN), 1);
		CHECK(mac_equal(outer_dst(f), dst[i]));
	}
	fake_end(f);
}

static void multicast_off(void)
{
	struct fake *f = fake_new();
	f->config.multicast = false;
	fake_registered(f);
	out(f, group, mac_a, ip_a);
	out(f, mld, mac_a, ip_a);
	out(f, lldp, mac_a, ip_a);
	CHECK_INT(dropped(f, EDGE_DROP_MULTICAST_OUT), 3);
	CHECK_INT(f->sent_n, 0);
	CHECK_INT(notes_with(f, "--no-multicast"), 1);
	out(f, mac_all, mac_a, ip_a);
	CHECK_INT(f->sent_n, 1);
	in(f, mac_b, group, mac_b, ip_a);
	in(f, mac_b, group, mac_b, ip_a);
	CHECK_INT(dropped(f, EDGE_DROP_MULTICAST_IN), 2);
	CHECK_INT(notes_with(f, "--no-multicast"), 2);
	in(f, mac_b, mac_all, mac_b, ip_a);
	CHECK_INT(f->frames_n, 1);
	fake_end(f);
}

static void routing_off_when_sending(void)
{
	struct fake *f = fake_registered(fake_new());
	out(f, mac_all, mac_a, ip_foreign);
	out(f, mac_b, mac_a, ip_foreign);
	CHECK_INT(dropped(f, EDGE_DROP_ROUTED_OUT), 2);
	CHECK_INT(f->sent_n, 0);
	CHECK_INT(notes_with(f, "start with -r"), 1);
	out(f, mac_all, mac_a, ip_link_local);
	out(f, mac_all, mac_a, ip_zero);
	out(f, mac_all, mac_a, ip_a);
	CHECK_INT(f->sent_n, 3);
	out(f, mac_all, mac_a, ip_vrrp);
	CHECK_INT(dropped(f, EDGE_DROP_ROUTED_OUT), 3);
	struct subnet own[2] = { { { 10, 9, 8, 1 }, 24 }, { { 10, 9, 8, 100 }, 32 } };
	edge_set_addresses(f->e, f->now, own, 2);
	out(f, mac_all, mac_a, ip_vrrp);
	CHECK_INT(f->sent_n, 4);
	uint8_t arp[ARP_FRAME_LEN];
	arp_gratuitous(arp, mac_a, ip_foreign);
	fake_frame(f, arp, sizeof(arp));                /* not IPv4 */
	CHECK_INT(f->sent_n, 5);
	fake_end(f);
}

/* Each of hundreds of virtual addresses is our own, and none beside them; those beyond the limit are not. */
static void many_own_addresses(void)
{
	enum { MANY = 600, LIMIT = 500 };
	struct fake *f = fake_new();
	struct subnet own[MANY];
	f->config.addresses_max = LIMIT;
	fake_registered(f);
	for (uint32_t i = 0; i < MANY; i++) {
		own[i].prefix = 16;
		put_be32(own[i].ip, 0x0a0a0000 + 1 + 7 * i);
	}
	for (int round = 0; round < 2; round++) {
		edge_set_addresses(f->e, f->now, own, round ? 1 : MANY);
		for (uint32_t i = 0; i < 7 * MANY; i++) {
			uint8_t ip[4];
			size_t sent = f->sent_n;
			put_be32(ip, 0x0a0a0000 + 1 + i);
			out(f, mac_all, mac_a, ip);
			CHECK_INT(f->sent_n - sent, i % 7 == 0 && i / 7 < (round ? 1 : LIMIT));
			f->sent_n = 0;
		}
	}
	fake_end(f);
}

static void routing_off_when_receiving(void)
{
	struct fake *f = fake_registered(fake_new());
	in(f, mac_b, mac_a, mac_b, ip_foreign);
	CHECK_INT(dropped(f, EDGE_DROP_ROUTED_IN), 1);
	CHECK_INT(f->frames_n, 0);
	in(f, mac_b, mac_all, mac_b, ip_foreign);
	in(f, mac_b, group, mac_b, ip_foreign);
	in(f, mac_b, mac_a, mac_b, ip_a);
	CHECK_INT(f->frames_n, 3);
	struct subnet own = { { 10, 9, 8, 100 }, 32 };
	edge_set_addresses(f->e, f->now, &own, 1);
	in(f, mac_b, mac_a, mac_b, ip_vrrp);
	CHECK_INT(f->frames_n, 4);
	CHECK_INT(notes_with(f, "start with -r"), 1);
	fake_end(f);
}

static void routing_on(void)
{
	struct fake *f = fake_new();
	f->config.routing = true;
	fake_registered(f);
	out(f, mac_all, mac_a, ip_foreign);
	in(f, mac_b, mac_a, mac_b, ip_foreign);
	CHECK_INT(f->sent_n, 3);                        /* and the contact with b */
	CHECK_INT(f->frames_n, 1);
	fake_end(f);
}

static void dhcp_without_routing(void)
{
	struct fake *f = fake_new();
	uint8_t frame[FRAME60];
	f->config.mode = ADDRESS_DHCP;
	fake_registered(f);
	out(f, mac_all, mac_a, ip_zero);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);
	make_frame(frame, mac_a, mac_b, ip_b, ip_a);
	put_be16(frame + 36, 68);
	fake_packet(f, &SN, mac_b, mac_a, &addr_b, frame, sizeof(frame));       /* an offer, to the address to be */
	CHECK_INT(f->frames_n, 1);
	fake_end(f);
}

static void filters(void)
{
	struct filter_rule rule;
	struct fake *f = fake_new();
	CHECK(filter_parse(&rule, "10.9.8.0/24,10.9.8.2/32,UDP-"));
	f->config.rules = &rule;
	f->config.rules_n = 1;
	fake_registered(f);
	memset(&rule, 0, sizeof(rule));                 /* copied */
	out(f, mac_b, mac_a, ip_a);
	CHECK_INT(dropped(f, EDGE_DROP_FILTER_OUT), 1);
	CHECK_INT(f->sent_n, 0);
	in(f, mac_b, mac_all, mac_b, ip_b);
	CHECK_INT(dropped(f, EDGE_DROP_FILTER_IN), 1);
	in(f, mac_b, mac_a, mac_b, ip_a);
	CHECK_INT(f->frames_n, 1);
	fake_end(f);
}

static void hosts_behind_an_edge(void)
{
	static const uint8_t host[MAC_LEN] = { 2, 0, 0, 0, 0xbb, 1 };
	struct fake *f = fake_with_peer(fake_new());
	packet_from(f, &f->sn[0].addr, mac_c, mac_a, &addr_c);
	fake_register_ack(f, &addr_c, mac_c, COOKIE_REGULAR);
	in(f, mac_b, mac_all, host, ip_b);
	frame_to(f, host);
	CHECK(mac_equal(outer_dst(f), mac_b));
	CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &addr_b));     /* by b's direct path */
	CHECK_INT(sent_count(f, 0, WIRE_QUERY_PEER), 0);
	in(f, mac_c, mac_all, host, ip_b);                              /* it moved */
	frame_to(f, host);
	CHECK(mac_equal(outer_dst(f), mac_c));
	out(f, mac_all, host, ip_a);                                    /* now it lives here */
	frame_to(f, host);
	CHECK(mac_equal(outer_dst(f), host));
	fake_end(f);
}

static void host_behind_is_forgotten(void)
{
	struct fake *f = fake_with_peer(fake_new());
	in(f, mac_b, mac_all, vrrp, ip_b);
	fake_run(f, 290000);
	frame_to(f, vrrp);
	CHECK(mac_equal(outer_dst(f), mac_b));
	fake_run(f, 25000);
	frame_to(f, vrrp);
	CHECK(mac_equal(outer_dst(f), vrrp));
	fake_end(f);
}

static void nobody_takes_an_edges_mac(void)
{
	struct fake *f = fake_with_peer(fake_new());
	in(f, mac_c, mac_all, mac_b, ip_b);             /* c claims that b is behind it */
	frame_to(f, mac_b);
	CHECK(mac_equal(outer_dst(f), mac_b));
	CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &addr_b));
	in(f, mac_c, mac_all, mac_a, ip_b);             /* or that we are */
	CHECK_INT(dropped(f, EDGE_DROP_OWN_SOURCE), 1);
	fake_end(f);
}

static void many_hosts_behind_edges(void)
{
	struct fake *f = fake_new();
	f->config.peers_max = 4;
	fake_with_peer(f);
	for (unsigned i = 0; i < 100; i++, f->now++)
		in(f, mac_b, mac_all, (uint8_t[]){ 2, 1, 1, 1, 1, (uint8_t)i }, ip_b);
	frame_to(f, (uint8_t[]){ 2, 1, 1, 1, 1, 99 });
	CHECK(mac_equal(outer_dst(f), mac_b));
	frame_to(f, (uint8_t[]){ 2, 1, 1, 1, 1, 3 });
	CHECK(!mac_equal(outer_dst(f), mac_b));
	fake_end(f);
}

static void peer_table_is_bounded(void)
{
	struct fake *f = fake_new();
	struct edge_peer_info p;
	f->config.peers_max = 3;
	fake_with_peer(f);
	for (uint8_t i = 1; i <= 3; i++, f->now++)
		packet_from(f, &SN, (uint8_t[]){ 2, 0, 0, 0, 0, i }, mac_a, &addr_c);
	CHECK_INT(dropped(f, EDGE_DROP_PEERS_FULL), 1);
	CHECK(is_direct(f, mac_b));                     /* a direct one stays */
	CHECK(!peer_info(f, (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, &p));      /* the longest silent went */
	CHECK(peer_info(f, (uint8_t[]){ 2, 0, 0, 0, 0, 2 }, &p));
	CHECK(peer_info(f, (uint8_t[]){ 2, 0, 0, 0, 0, 3 }, &p));
	CHECK_INT(f->frames_n, 3);
	fake_end(f);
	f = fake_new();
	f->config.peers_max = 1;
	fake_with_peer(f);
	packet_from(f, &SN, mac_c, mac_a, &addr_c);     /* no record, but the frame arrives */
	frame_to(f, mac_c);
	CHECK_INT(f->frames_n, 1);
	CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &SN));
	CHECK(is_direct(f, mac_b));
	fake_end(f);
}

/* Said once for each, counted each time; what the supernode asks in plain is nobody's. */
static void peers_with_another_transform(void)
{
	struct fake *f = fake_registered(fake_new());
	struct vector v = vector_named("v3-plain.txt", "null-04");
	v.data[29] = 0xb2;
	for (uint8_t i = 0; i < 2; i++) {
		v.data[45] = 3;
		fake_bytes(f, &SN, false, v.data, v.len);
		v.data[45] = 32;
		fake_bytes(f, &SN, false, v.data, v.len);
	}
	CHECK_INT(dropped(f, EDGE_DROP_TRANSFORM), 4);
	CHECK_INT(notes_with(f, "encrypts with n2n's AES (-A3), so nothing is taken from it; "), 1);
	CHECK_INT(notes_with(f, "start this edge with that key, by --key-file or -k"), 1);
	memcpy(v.data + 24, f->sn[0].mac, MAC_LEN);
	v.data[45] = 5;
	fake_bytes(f, &SN, false, v.data, v.len);
	CHECK_INT(notes_with(f, "SPECK"), 0);
	fake_end(f);
}

static void datagrams_that_are_not_for_us(void)
{
	struct fake *f = fake_registered(fake_new());
	struct vector v = vector_named("v3-plain.txt", "null-04");      /* from a, which we are */
	fake_bytes(f, &SN, false, v.data, v.len);
	CHECK_INT(dropped(f, EDGE_DROP_SELF), 1);
	v.data[29] = 0xb2;
	v.data[44] = 2;                                                 /* LZO */
	fake_bytes(f, &SN, false, v.data, v.len);
	CHECK_INT(dropped(f, EDGE_DROP_COMPRESSION), 1);
	v.data[44] = 1;
	v.data[45] = 3;                                                 /* AES */
	fake_bytes(f, &SN, false, v.data, v.len);
	CHECK_INT(dropped(f, EDGE_DROP_TRANSFORM), 1);
	v.data[45] = 1;
	fake_bytes(f, &stranger, false, v.data, v.len);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_SUPERNODE), 1);
	v.data[4] = 'i';
	fake_bytes(f, &SN, false, v.data, v.len);
	CHECK_INT(dropped(f, EDGE_DROP_COMMUNITY), 1);
	v.data[4] = 'I';
	fake_bytes(f, &SN, false, v.data, 23);
	CHECK_INT(dropped(f, EDGE_DROP_SHORT), 1);
	fake_bytes(f, &SN, false, v.data, 45);
	CHECK_INT(dropped(f, EDGE_DROP_MALFORMED), 1);
	fake_bytes(f, &SN, false, v.data, 46 + 13);
	CHECK_INT(dropped(f, EDGE_DROP_FRAME_SHORT), 1);
	v.data[3] = 9;
	fake_bytes(f, &SN, false, v.data, v.len);
	CHECK_INT(dropped(f, EDGE_DROP_UNKNOWN_TYPE), 1);
	v.data[0] = 2;
	fake_bytes(f, &SN, false, v.data, v.len);
	CHECK_INT(dropped(f, EDGE_DROP_FOREIGN), 1);
	CHECK_INT(f->frames_n, 0);
	fake_end(f);
}

static void frames_of_odd_size(void)
{
	static uint8_t big[BUF_HEADROOM + BUF_FRAME_MAX + 1 + BUF_TAILROOM];
	struct fake *f = fake_registered(fake_new());
	struct buf b = buf_of(big, sizeof(big));
	fake_frame(f, mac_all, 6);
	CHECK_INT(dropped(f, EDGE_DROP_FRAME_SHORT), 1);
	b.len = BUF_FRAME_MAX + 1;
	memset(b.data, 0xff, 6);
	edge_from_tap(f->e, f->now, &b);
	CHECK_INT(dropped(f, EDGE_DROP_FRAME_LONG), 1);
	b.len--;
	edge_from_tap(f->e, f->now, &b);
	CHECK_INT(f->sent_n, 1);
	CHECK_INT(f->sent[0].len, BUF_FRAME_MAX + 38);
	fake_end(f);
}

/* One answer missing is no reason to leave the supernode; two are, until it answers again. */
static void groups_go_directly_without_supernode(void)
{
	struct fake *f = fake_with_peer(fake_new());
	f->sn[0].up = false;
	uint64_t sent[2] = { 0, 0 };
	for (int i = 0; i < 100; i++) {
		fake_run(f, 100);
		size_t before = f->sent_n;
		out(f, group, mac_a, ip_a);
		CHECK_INT(sent_count(f, before, WIRE_PACKET), 1);
		sent[0] += sent_count_to(f, before, WIRE_PACKET, SN);
		sent[1] += sent_count_to(f, before, WIRE_PACKET, addr_b);
	}
	CHECK(sent[0] >= 30 && sent[0] <= 70);
	CHECK(sent[1] >= 30);
	f->sn[0].up = true;
	fake_run(f, 5000);
	out(f, group, mac_a, ip_a);
	CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &SN));
	fake_end(f);
}

static void counts(void)
{
	struct fake *f = fake_with_peer(fake_new());
	struct edge_peer_info p;
	struct edge_counts before = edge_info(f->e)->counts;
	frame_to(f, mac_b);
	frame_to(f, mac_all);
	packet_from(f, &addr_b, mac_b, mac_a, NULL);
	const struct edge_counts *c = &edge_info(f->e)->counts;
	CHECK_INT(c->frames_out - before.frames_out, 2);
	CHECK_INT(c->bytes_out - before.bytes_out, 2 * FRAME60);
	CHECK_INT(c->direct_out - before.direct_out, 1);
	CHECK_INT(c->relayed_out - before.relayed_out, 1);
	CHECK_INT(c->direct_in - before.direct_in, 1);
	CHECK_INT(c->frames_in - before.frames_in, 1);
	CHECK_INT(c->bytes_in - before.bytes_in, FRAME60);
	CHECK(peer_info(f, mac_b, &p));
	CHECK_INT(p.frames_out, 1);
	CHECK_INT(p.frames_in, 2);
	CHECK_INT(p.bytes_in, 2 * FRAME60);
	CHECK(addr_equal(&p.endpoint, &addr_b));
	fake_end(f);
}

int main(void)
{
	RUN(groups_go_to_the_supernode);
	RUN(multicast_off);
	RUN(routing_off_when_sending);
	RUN(many_own_addresses);
	RUN(routing_off_when_receiving);
	RUN(routing_on);
	RUN(dhcp_without_routing);
	RUN(filters);
	RUN(hosts_behind_an_edge);
	RUN(host_behind_is_forgotten);
	RUN(nobody_takes_an_edges_mac);
	RUN(many_hosts_behind_edges);
	RUN(peer_table_is_bounded);
	RUN(peers_with_another_transform);
	RUN(datagrams_that_are_not_for_us);
	RUN(frames_of_odd_size);
	RUN(groups_go_directly_without_supernode);
	RUN(counts);
	return test_done();
}
