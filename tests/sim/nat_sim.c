/* The simulator by itself: what each kind of NAT lets through, that datagrams are lost, doubled and
 * overtaken as asked, that time is in order, and that the ledger would notice.
 */
#include "../unit/test.h"
#include "lib/ledger.h"
#include "lib/net.h"

struct box {                            /* a socket that remembers */
	struct udp *udp;
	unsigned got, copies;
	struct addr from;
	uint8_t last;
	unsigned overtaken;
};

static void boxed(void *ctx, const struct arrival *a)
{
	struct box *b = ctx;
	b->got++;
	b->copies += net_is_copy(b->udp->station->net);
	b->from = a->from;
	b->overtaken += a->datagram->data[0] < b->last;
	b->last = a->datagram->data[0];
}

static struct box box_open(struct station *st, uint16_t port)
{
	return (struct box){ .udp = udp_open(st, port) };
}

static void box_listen(struct box *b)
{
	b->udp->ctx = b;
	b->udp->arrived = boxed;
}

static void box_send(struct box *b, struct addr to, unsigned ttl)
{
	uint8_t byte = 1;
	udp_send(b->udp, &to, ttl, &byte, 1);
}

static struct addr box_addr(const struct box *b)
{
	struct addr a = b->udp->station->ip4;
	a.port = b->udp->port;
	return a;
}

/* What a NAT lets in that has seen its inside send to (server, port 1). */
struct passes { bool server_port1, server_port2, stranger, same_port_elsewhere; };

static struct passes probe(enum nat_kind kind)
{
	struct queue *q = queue_new(1000);
	struct net *net = net_new(q, test_random());
	struct station *inside = station_new(site_new(net, kind, 30000, false), STATION_V4);
	struct site *outside = site_new(net, NAT_NONE, 0, false);
	struct station *server = station_new(outside, STATION_V4), *other = station_new(outside, STATION_V4);
	struct box in = box_open(inside, 5000), o1 = box_open(other, 1);
	struct box s1 = box_open(server, 1), s2 = box_open(server, 2);
	struct passes p = { false, false, false, false };
	struct addr seen;
	box_listen(&in), box_listen(&s1), box_listen(&s2), box_listen(&o1);

	box_send(&in, box_addr(&s1), 0);
	queue_run(q, 2000);
	CHECK_INT(s1.got, 1);
	seen = s1.from;
	CHECK(addr_same_ip(&seen, &inside->ip4) == (kind == NAT_NONE));
	box_send(&s1, seen, 0), queue_run(q, 3000), p.server_port1 = in.got == 1, in.got = 0;
	box_send(&s2, seen, 0), queue_run(q, 4000), p.server_port2 = in.got == 1, in.got = 0;
	box_send(&o1, seen, 0), queue_run(q, 5000), p.stranger = in.got == 1, in.got = 0;

	box_send(&in, box_addr(&o1), 0);
	queue_run(q, 6000);
	CHECK_INT(o1.got, 1);
	p.same_port_elsewhere = addr_equal(&o1.from, &seen);

	queue_run(q, 60000);                    /* everything that was allowed has timed out by now */
	box_send(&s1, seen, 0);
	queue_run(q, 61000);
	CHECK_INT(in.got, kind == NAT_NONE);
	queue_free(q);
	net_free(net);
	return p;
}

static void kinds_let_in_what_they_should(void)
{
	struct passes p = probe(NAT_NONE);
	CHECK(p.server_port1 && p.server_port2 && p.stranger && p.same_port_elsewhere);
	p = probe(NAT_FULL_CONE);
	CHECK(p.server_port1 && p.server_port2 && p.stranger && p.same_port_elsewhere);
	p = probe(NAT_RESTRICTED);
	CHECK(p.server_port1 && p.server_port2 && !p.stranger && p.same_port_elsewhere);
	p = probe(NAT_PORT_RESTRICTED);
	CHECK(p.server_port1 && !p.server_port2 && !p.stranger && p.same_port_elsewhere);
	p = probe(NAT_SYMMETRIC);
	CHECK(p.server_port1 && !p.server_port2 && !p.stranger && !p.same_port_elsewhere);
}

static void outgoing_datagrams_keep_a_mapping_alive(void)
{
	struct nat *n = nat_new(NAT_PORT_RESTRICTED, 30000, test_random());
	struct addr inner = { ADDR_V4, 5000, { 192, 168, 1, 1 } }, got;
	struct addr remote = { ADDR_V4, 7654, { 11, 0, 0, 1 } };
	uint16_t port = nat_out(n, 1000, &inner, &remote);
	CHECK(port != 0);
	CHECK_INT(nat_out(n, 30999, &inner, &remote), port);
	CHECK(nat_in(n, 60998, port, &remote, &got));
	CHECK(addr_equal(&got, &inner));
	CHECK(!nat_in(n, 60999, port, &remote, &got));
	CHECK(nat_out(n, 61000, &inner, &remote) != 0);
	nat_reboot(n);
	CHECK(!nat_in(n, 61001, port, &remote, &got));
	nat_free(n);
}

static void short_ttl_opens_the_nat_and_goes_no_further(void)
{
	struct queue *q = queue_new(1000);
	struct net *net = net_new(q, test_random());
	struct station *inside = station_new(site_new(net, NAT_FULL_CONE, 30000, false), STATION_V4);
	struct station *server = station_new(site_new(net, NAT_NONE, 0, false), STATION_V4);
	struct box in = box_open(inside, 5000), out = box_open(server, 1);
	box_listen(&in), box_listen(&out);
	box_send(&in, box_addr(&out), 3);
	queue_run(q, 2000);
	CHECK_INT(out.got, 0);
	box_send(&in, box_addr(&out), 0);
	queue_run(q, 3000);
	CHECK_INT(out.got, 1);
	queue_free(q);
	net_free(net);
}

static void lan_multicast_stays_in_its_site(void)
{
	struct queue *q = queue_new(1000);
	struct net *net = net_new(q, test_random());
	struct site *home = site_new(net, NAT_SYMMETRIC, 30000, true), *away = site_new(net, NAT_NONE, 0, true);
	struct box a = box_open(station_new(home, STATION_V4), 0), b = box_open(station_new(home, STATION_V4), 0);
	struct box c = box_open(station_new(away, STATION_V4), 0);
	box_listen(&a), box_listen(&b), box_listen(&c);
	udp_send_lan(a.udp, (const uint8_t *)"x", 1);
	queue_run(q, 2000);
	CHECK_INT(a.got, 1);                    /* as IP_MULTICAST_LOOP does */
	CHECK_INT(b.got, 1);
	CHECK_INT(c.got, 0);
	box_send(&b, a.from, 0);
	queue_run(q, 3000);
	CHECK_INT(a.got, 2);
	queue_free(q);
	net_free(net);
}

static void partitions_and_moves(void)
{
	struct queue *q = queue_new(1000);
	struct net *net = net_new(q, test_random());
	struct site *left = site_new(net, NAT_NONE, 0, false), *right = site_new(net, NAT_NONE, 0, false);
	struct box a = box_open(station_new(left, STATION_V4 | STATION_V6), 1);
	struct box b = box_open(station_new(right, STATION_V4), 2);
	struct addr was = box_addr(&a);
	box_listen(&a), box_listen(&b);
	site_partition(left, 2, ~4u);
	site_partition(right, 4, UINT32_MAX);
	box_send(&a, box_addr(&b), 0), box_send(&b, box_addr(&a), 0);
	queue_run(q, 2000);
	CHECK_INT(b.got, 1);
	CHECK_INT(a.got, 0);
	site_partition(left, 1, UINT32_MAX);
	site_move(left);
	box_send(&b, was, 0);
	queue_run(q, 3000);
	CHECK_INT(a.got, 0);
	box_send(&b, box_addr(&a), 0);
	queue_run(q, 4000);
	CHECK_INT(a.got, 1);
	queue_free(q);
	net_free(net);
}

static void quality_is_as_asked(void)
{
	struct queue *q = queue_new(1000);
	struct net *net = net_new(q, test_random());
	struct site *site = site_new(net, NAT_NONE, 0, false);
	struct box a = box_open(station_new(site, STATION_V4), 1), b = box_open(station_new(site, STATION_V4), 2);
	struct addr to = box_addr(&b);
	box_listen(&a), box_listen(&b);
	*net_quality(net) = (struct quality){ 10, 5, 100, 50, 100 };
	for (unsigned i = 0; i < 4000; i++) {
		uint8_t byte = (uint8_t)i;
		udp_send(a.udp, &to, 0, &byte, 1);
		queue_run(q, queue_now(q) + 1);
	}
	queue_run(q, queue_now(q) + 1000);
	CHECK(net_counts(net)->lost > 300 && net_counts(net)->lost < 500);
	CHECK(net_counts(net)->duplicated > 120 && net_counts(net)->duplicated < 250);
	CHECK_INT(b.copies, net_counts(net)->duplicated);
	CHECK_INT(b.got, 4000 - net_counts(net)->lost + b.copies);
	CHECK(b.overtaken > 200);
	queue_free(q);
	net_free(net);
}

struct order {
	struct queue *q;
	uint64_t last;
	unsigned n;
};

static void in_order(void *ctx, bool happens)
{
	struct order *o = ctx;
	if (!happens)
		return;
	CHECK(queue_now(o->q) >= o->last);
	o->last = queue_now(o->q);
	if (++o->n < 5000)
		queue_add(o->q, o->last + test_random() % 100, in_order, o);
}

static void time_is_in_order(void)
{
	struct order o = { .q = queue_new(3) };
	for (unsigned i = 0; i < 1000; i++)
		queue_add(o.q, test_random() % 1000, in_order, &o);
	queue_run(o.q, 5);                      /* events of the past happen, but not before now */
	CHECK_INT(queue_now(o.q), 5);
	queue_run(o.q, 1000000);
	CHECK(o.n >= 5000);
	CHECK_INT(queue_events(o.q), o.n);
	queue_free(o.q);
}

static void ledger_counts_copies_apart(void)
{
	struct ledger *l = ledger_new();
	struct entry_view ping = { FRAME_PING, 0, 1, 0, false }, pong = { FRAME_PONG, 1, 0, 0, false };
	struct entry_view group = { FRAME_BROADCAST, 0, LEDGER_GROUP, 0, false };
	uint32_t a = ledger_add(l, &ping, 0, 3), b = ledger_add(l, &pong, a, 3), c = ledger_add(l, &group, 0, 3);
	CHECK(!ledger_arrived(l, a, 1));
	ledger_got(l, a, 1, true);
	CHECK(ledger_arrived(l, a, 1));
	CHECK_INT(ledger_times(l, a, 1), 0);
	ledger_got(l, a, 1, false);
	ledger_got(l, a, 1, false);
	CHECK_INT(ledger_times(l, a, 1), 2);
	CHECK(!ledger_view(l, a).answered);
	ledger_got(l, b, 0, false);
	CHECK(ledger_view(l, a).answered);
	ledger_got(l, c, 2, false);
	CHECK_INT(ledger_times(l, c, 2), 1);
	CHECK(!ledger_arrived(l, c, 1));
	CHECK_INT(ledger_deliveries(l), 5);
	CHECK_INT(ledger_copies(l), 1);
	ledger_forget(l);
	CHECK(!ledger_knows(l, a));
	CHECK(ledger_add(l, &ping, 0, 3) > c);
	ledger_free(l);
}

int main(void)
{
	RUN(kinds_let_in_what_they_should);
	RUN(outgoing_datagrams_keep_a_mapping_alive);
	RUN(short_ttl_opens_the_nat_and_goes_no_further);
	RUN(lan_multicast_stays_in_its_site);
	RUN(partitions_and_moves);
	RUN(quality_is_as_asked);
	RUN(time_is_in_order);
	RUN(ledger_counts_copies_apart);
	return test_done();
}
