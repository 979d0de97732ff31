/* What a datagram costs the supernode, in stretches of code without a branch: by how much a stranger's is dearer than a
 * relayed PACKET, and that it does not depend on how many edges, groups, communities and expressions there are.
 */
#include "supernode_fake.h"

static struct fake f;
static uint64_t steps;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void) { steps++; }

enum { MANY = 16000, FEW = 200, STRANGER_MAX = 5 };

static struct edge_like edge_number(uint32_t i)
{
	struct edge_like e = { .at = addr_of("192.0.2.11:0"), .mac = { 2 }, .token = 7, .desc = "edge" };
	put_be32(e.mac + 2, i);
	put_be32(e.at.ip, 0x0a630000 + i);
	e.at.port = 50000;
	e.address.prefix = 16;
	put_be32(e.address.ip, 0x0a000000 + i);
	return e;
}

/* Two edges to talk to each other, and more beside them. */
static void start(size_t edges, const char *file)
{
	struct supernode_config config = fake_config();
	struct text why = { .len = 0 };
	config.communities_max = 4096;
	config.edges_max = config.community_edges_max = MANY + 400;
	config.groups_max = 65536;
	fake_start(&f, config);
	if (file)
		CHECK(supernode_load_communities(f.sn, f.now, file, strlen(file), &why));
	for (uint32_t i = 1; i <= edges; i++) {
		struct edge_like e = edge_number(i);
		do_register(&f, &e);
	}
	CHECK_INT(supernode_info(f.sn)->edges, edges);
}

static uint64_t cost_of(const struct edge_like *e, const uint8_t *data, size_t len)
{
	uint8_t mem[BUF_SIZE];
	struct buf b = buf_of(mem, sizeof(mem));
	struct endpoint from = endpoint_udp(&e->at);
	memcpy(b.data, data, len);
	b.len = len;
	uint64_t before = steps;
	supernode_from_net(f.sn, f.now, &from, &here, &b);
	return steps - before;
}

static uint64_t cost(const struct edge_like *e, const struct wire_message *m)
{
	uint8_t data[WIRE_CONTROL_MAX];
	size_t len = wire_put(data, sizeof(data), m);
	CHECK(len != 0);
	return cost_of(e, data, len);
}

static uint64_t packet_cost(void)
{
	struct edge_like a = edge_number(1), b = edge_number(2);
	uint8_t mem[BUF_SIZE];
	struct buf p = buf_of(mem, sizeof(mem));
	struct wire_message m = message_of(&a, WIRE_PACKET);
	memcpy(m.packet.src, a.mac, MAC_LEN);
	memcpy(m.packet.dst, b.mac, MAC_LEN);
	m.packet.compression = COMPRESSION_NONE;
	m.packet.transform = TRANSFORM_NULL;
	memset(p.data, 0, p.len = 64);
	CHECK(wire_push_packet(&p, &m));
	uint64_t was = counts(&f)->relayed_unicast, c = cost_of(&a, p.data, p.len);
	CHECK_INT(counts(&f)->relayed_unicast, was + 1);
	return c;
}

static uint64_t register_cost(struct edge_like *e)
{
	struct wire_message m = message_of(e, WIRE_REGISTER_SUPER);
	m.reg_super.cookie = ++e->cookie;
	m.reg_super.address = e->address;
	memcpy(m.reg_super.mac, e->mac, MAC_LEN);
	memcpy(m.reg_super.desc, e->desc, strlen(e->desc));
	token_of(&m.reg_super.auth, e);
	return cost(e, &m);
}

static uint64_t unregister_cost(const struct edge_like *e)
{
	struct wire_message m = message_of(e, WIRE_UNREGISTER_SUPER);
	memcpy(m.unreg_super.mac, e->mac, MAC_LEN);
	token_of(&m.unreg_super.auth, e);
	return cost(e, &m);
}

/* Of strangers one after the other. */
static struct edge_like stranger(uint32_t i)
{
	struct edge_like e = edge_number(100000 + i);
	e.address = (struct subnet){ .prefix = 0 };
	return e;
}

static void keep_greatest(uint64_t *greatest, uint64_t c)
{
	if (c > *greatest)
		*greatest = c;
}

/* REGISTER_SUPER of a new one, again, and UNREGISTER_SUPER; and without a MAC, with descriptions that are the same. */
static uint64_t registering_cost(void)
{
	uint64_t greatest = 0;
	for (uint32_t i = 0; i < 300; i++) {
		struct edge_like e = stranger(i), nobody = e;
		memset(nobody.mac, 0, MAC_LEN);
		keep_greatest(&greatest, register_cost(&e));
		keep_greatest(&greatest, register_cost(&e));
		keep_greatest(&greatest, register_cost(&nobody));
		keep_greatest(&greatest, unregister_cost(&e));
	}
	return greatest;
}

/* Says that it is a member, which it is not. */
static struct wire_message claim(const struct edge_like *e, enum wire_type type)
{
	struct wire_message m, header = message_of(e, type);
	static const uint8_t group[MAC_LEN] = { 1, 0, 0x5e, 1, 2, 3 };
	uint8_t *source = type == WIRE_REGISTER ? m.reg.src : type == WIRE_QUERY_PEER ? m.query.src :
	                  type == WIRE_GROUP_REPORT ? m.group_report.mac : type == WIRE_GROUP_QUERY ? m.group_query.mac :
	                  type == WIRE_GROUP_MEMBERS_ACK ? m.members_ack.mac : m.unreg_super.mac;
	memset(&m, 0, sizeof(m));
	m.version = header.version;
	m.ttl = header.ttl;
	m.type = header.type;
	memcpy(m.community, header.community, COMMUNITY_LEN);
	memcpy(source, e->mac, MAC_LEN);
	if (type == WIRE_GROUP_QUERY)
		memcpy(m.group_query.group, group, MAC_LEN);
	if (type == WIRE_GROUP_MEMBERS_ACK)
		memcpy(m.members_ack.group, group, MAC_LEN);
	return m;
}

/* The other kinds; QUERY_PEER for nobody is a PING. */
static uint64_t asking_cost(void)
{
	static const enum wire_type types[] = { WIRE_REGISTER, WIRE_QUERY_PEER, WIRE_GROUP_REPORT, WIRE_GROUP_QUERY,
	                                        WIRE_GROUP_MEMBERS_ACK, WIRE_UNREGISTER_SUPER };
	struct edge_like e = stranger(1);
	uint64_t greatest = 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct wire_message m = claim(&e, types[i]);
		keep_greatest(&greatest, cost(&e, &m));
		memcpy(m.community, "Unbeknown", 9);
		keep_greatest(&greatest, cost(&e, &m));
	}
	return greatest;
}

static void strangers_cost_little(void)
{
	start(FEW, NULL);
	uint64_t packet = packet_cost(), asking = asking_cost(), registering = registering_cost();
	CHECK(packet > 0);
	CHECK(asking <= STRANGER_MAX * packet);
	CHECK(registering <= STRANGER_MAX * packet);
	printf("  packet %llu, asking %llu, registering %llu steps\n", (unsigned long long)packet,
	       (unsigned long long)asking, (unsigned long long)registering);
	fake_stop(&f);
}

static void the_same_among_many(void)
{
	start(MANY, "Intershop 10.0.0.0/16\n");
	uint64_t packet = packet_cost(), asking = asking_cost(), registering = registering_cost();
	CHECK(asking <= STRANGER_MAX * packet);
	CHECK(registering <= STRANGER_MAX * packet);
	printf("  packet %llu, asking %llu, registering %llu steps\n", (unsigned long long)packet,
	       (unsigned long long)asking, (unsigned long long)registering);
	fake_stop(&f);
}

/* Edges that each send to a thousand groups. */
static void ask_groups(uint32_t edges)
{
	for (uint32_t i = 1; i <= edges; i++) {
		struct edge_like e = edge_number(i);
		struct wire_message m = message_of(&e, WIRE_GROUP_QUERY);
		memcpy(m.group_query.mac, e.mac, MAC_LEN);
		for (uint32_t g = 0; g < 1000; g++) {
			uint8_t mac[MAC_LEN] = { 1, 0, 0x5e, (uint8_t)i, (uint8_t)(g >> 8), (uint8_t)g };
			m.group_query.cookie = g;
			memcpy(m.group_query.group, mac, MAC_LEN);
			give_message(&f, &e.at, &m);
		}
	}
	fake_wait(&f, 10000);
}

static void groups_that_are_asked_do_not_count(void)
{
	start(100, NULL);
	ask_groups(60);
	uint64_t packet = packet_cost(), registering = registering_cost(), before = steps;
	CHECK(registering <= STRANGER_MAX * packet);
	supernode_tick(f.sn, f.now);
	CHECK(steps - before <= STRANGER_MAX * packet);
	fake_stop(&f);
}

/* Who comes to stay is told of to the sources of all groups, however many. */
static void news_reach_all_groups(void)
{
	enum { ASKED = 60 * 1000 };
	start(100, NULL);
	ask_groups(60);
	uint64_t pushed = counts(&f)->group_pushes;
	struct edge_like e = stranger(1);
	do_register(&f, &e);
	fake_wait(&f, 5000);
	CHECK(counts(&f)->group_pushes - pushed >= ASKED);
	fake_stop(&f);
}

/* Whoever has left again before the sources hear of him is no news. */
static void who_has_left_again_is_no_news(void)
{
	start(100, NULL);
	ask_groups(60);
	uint64_t pushed = counts(&f)->group_pushes;
	for (uint32_t i = 0; i < 10; i++) {
		struct edge_like e = stranger(i);
		do_register(&f, &e);
		fake_wait(&f, 10);
		do_unregister(&f, &e);
		fake_wait(&f, 100);
	}
	CHECK_INT(counts(&f)->group_pushes, pushed);
	fake_stop(&f);
}

/* A file of so many expressions. */
static const char *expressions(unsigned n, const char *format)
{
	static char text[1 << 17];
	size_t len = 0;
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, format, i);
	return text;
}

static uint64_t unknown_name_cost(uint32_t i)
{
	char name[COMMUNITY_LEN];
	struct edge_like e = stranger(i);
	snprintf(name, sizeof(name), "site%u-x%u", i, i % 7);
	e.community = name;
	struct wire_message ping = claim(&e, WIRE_QUERY_PEER);
	uint64_t c = cost(&e, &ping), again = register_cost(&e);
	return c > again ? c : again;
}

static void unknown_names_cost_little(void)
{
	uint64_t few, many, packet;
	start(2, expressions(1, "site[0-9]+-%03u[a-z]*\nInter.*\n"));
	packet = packet_cost();
	few = unknown_name_cost(1);
	fake_stop(&f);
	start(2, expressions(200, "site[0-9]+-%03u[a-z]*\nInter.*\n"));
	many = 0;
	for (uint32_t i = 0; i < 1000; i++)
		keep_greatest(&many, unknown_name_cost(i));
	CHECK_INT(dropped(&f, SUPERNODE_DROP_COMMUNITY), 2000);
	CHECK(few <= 2 * packet);
	CHECK(many <= STRANGER_MAX * packet);
	printf("  packet %llu, unknown name %llu, %llu steps\n", (unsigned long long)packet, (unsigned long long)few,
	       (unsigned long long)many);
	fake_stop(&f);
}

/* Whatever the file: a second of unknown names takes no more than a share of it, and is counted. */
static void very_many_expressions(void)
{
	enum { NAMES = 20000 };
	start(2, expressions(3000, "site[0-9]+-%04u[a-z]*\nInter.*\n"));
	uint64_t before = steps;
	for (uint32_t i = 0; i < NAMES; i++)
		unknown_name_cost(i);
	CHECK(dropped(&f, SUPERNODE_DROP_COMMUNITY_BUSY) > NAMES);
	CHECK((steps - before) / NAMES < 2 * STRANGER_MAX * packet_cost());     /* two datagrams each */
	fake_stop(&f);
}

static bool lives(const struct edge_like *e)
{
	struct supernode_edge_info info;
	return find_edge(&f, e, &info);
}

/* One source that says names without end does not keep others out. */
static void honest_names_are_served(void)
{
	start(2, expressions(200, "site[0-9]+-%03u[a-z]*\nInter.*\n"));
	struct edge_like evil = stranger(1), late = stranger(1), honest = stranger(2);
	char name[COMMUNITY_LEN];
	evil.community = name;
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "nonesuch%u", i);
		register_cost(&evil);
	}
	CHECK(dropped(&f, SUPERNODE_DROP_COMMUNITY_BUSY) >= 9000);
	honest.community = "site7-100";
	do_register(&f, &honest);
	CHECK(lives(&honest));
	late.community = "site8-100";
	do_register(&f, &late);
	CHECK(!lives(&late));                   /* behind the same address */
	late.community = "site7-100";           /* which is there by now */
	do_register(&f, &late);
	CHECK(lives(&late));
	fake_wait(&f, 1000);
	late.community = "site8-100";
	do_register(&f, &late);
	CHECK(lives(&late));
	fake_stop(&f);
}

static void refused_names_are_forgotten_with_the_file(void)
{
	static const char other[] = "nonesuch.*\nInter.*\n";
	struct text why = { .len = 0 };
	start(2, expressions(200, "site[0-9]+-%03u[a-z]*\nInter.*\n"));
	struct edge_like e = stranger(1);
	e.community = "nonesuch1";
	do_register(&f, &e);
	CHECK(!lives(&e));
	CHECK(supernode_load_communities(f.sn, f.now, other, strlen(other), &why));
	do_register(&f, &e);
	CHECK(lives(&e));
	fake_stop(&f);
}

int main(void)
{
	RUN(strangers_cost_little);
	RUN(the_same_among_many);
	RUN(groups_that_are_asked_do_not_count);
	RUN(news_reach_all_groups);
	RUN(who_has_left_again_is_no_news);
	RUN(unknown_names_cost_little);
	RUN(very_many_expressions);
	RUN(honest_names_are_served);
	RUN(refused_names_are_forgotten_with_the_file);
	return test_done();
}
