/* Every type with random fields and endpoints of both families comes back as it was sent. */
#include "core/wire.h"
#include "test.h"

enum { ROUNDS = 2000, PAYLOAD_MAX = 64 };
static uint8_t payload[PAYLOAD_MAX];

static void random_bytes(void *to, size_t len)
{
	for (uint8_t *p = to; len--; )
		*p++ = (uint8_t)test_random();
}

static struct addr random_addr(void)
{
	struct addr a = { .family = test_random() & 1 ? ADDR_V6 : ADDR_V4, .port = (uint16_t)(test_random() | 1) };
	random_bytes(a.ip, addr_ip_len(&a));
	a.ip[0] |= 1;           /* not null, not IPv4-mapped */
	return a;
}

static struct addr flagged_addr(const struct wire_message *m)
{
	return m->flags & WIRE_SOCKET ? random_addr() : (struct addr){ 0 };
}

static struct subnet random_subnet(void)
{
	struct subnet s = { .prefix = (uint8_t)(test_random() % 33) };
	random_bytes(s.ip, sizeof(s.ip));
	return s;
}

static struct wire_auth random_auth(void)
{
	static const uint16_t len[] = { 0, 16, 48 };
	struct wire_auth auth = { .scheme = (uint16_t)(test_random() % 3) };
	auth.len = len[auth.scheme];
	random_bytes(auth.token, auth.len);
	return auth;
}

static bool same_auth(const struct wire_auth *a, const struct wire_auth *b)
{
	return a->scheme == b->scheme && a->len == b->len && !memcmp(a->token, b->token, TOKEN_MAX);
}

/* The structs are filled with random bytes first; what random bytes cannot be is set after that. */
static void fill_register(struct wire_message *m)
{
	m->reg.socket = flagged_addr(m);
	m->reg.address = random_subnet();
}
static bool same_register(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_register *a = &x->reg, *b = &y->reg;
	return a->cookie == b->cookie && mac_equal(a->src, b->src) && mac_equal(a->dst, b->dst) &&
	       addr_equal(&a->socket, &b->socket) && subnet_equal(&a->address, &b->address) &&
	       !memcmp(a->desc, b->desc, DESC_LEN);
}

static void fill_register_ack(struct wire_message *m) { m->reg_ack.socket = flagged_addr(m); }
static bool same_register_ack(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_register_ack *a = &x->reg_ack, *b = &y->reg_ack;
	return a->cookie == b->cookie && mac_equal(a->src, b->src) && mac_equal(a->dst, b->dst) &&
	       addr_equal(&a->socket, &b->socket);
}

static void fill_packet(struct wire_message *m)
{
	random_bytes(payload, sizeof(payload));
	m->packet.socket = flagged_addr(m);
	m->packet.payload = payload;
	m->packet.payload_len = test_random() % PAYLOAD_MAX;
}
static bool same_packet(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_packet *a = &x->packet, *b = &y->packet;
	return mac_equal(a->src, b->src) && mac_equal(a->dst, b->dst) && addr_equal(&a->socket, &b->socket) &&
	       a->compression == b->compression && a->transform == b->transform &&
	       a->payload_len == b->payload_len && !memcmp(a->payload, b->payload, a->payload_len);
}

static void fill_register_super(struct wire_message *m)
{
	m->reg_super.socket = flagged_addr(m);
	m->reg_super.address = random_subnet();
	m->reg_super.auth = random_auth();
}
static bool same_register_super(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_register_super *a = &x->reg_super, *b = &y->reg_super;
	return a->cookie == b->cookie && mac_equal(a->mac, b->mac) && addr_equal(&a->socket, &b->socket) &&
	       subnet_equal(&a->address, &b->address) && !memcmp(a->desc, b->desc, DESC_LEN) &&
	       same_auth(&a->auth, &b->auth) && a->key_time == b->key_time;
}

static void fill_super_ack(struct wire_message *m)
{
	struct wire_register_super_ack *ack = &m->super_ack;
	ack->address = random_subnet();
	ack->socket = random_addr();
	ack->auth = random_auth();
	ack->count = (uint8_t)(test_random() % (WIRE_SUPERNODES_MAX + 1));
	for (size_t i = 0; i < ack->count; i++)
		ack->list[i].addr = test_random() % 8 ? random_addr() : (struct addr){ 0 };
}
static bool same_super_ack(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_register_super_ack *a = &x->super_ack, *b = &y->super_ack;
	bool same = a->cookie == b->cookie && mac_equal(a->mac, b->mac) && subnet_equal(&a->address, &b->address) &&
	            a->lifetime == b->lifetime && addr_equal(&a->socket, &b->socket) &&
	            same_auth(&a->auth, &b->auth) && a->count == b->count && a->key_time == b->key_time;
	for (size_t i = 0; same && i < a->count; i++)
		same = addr_equal(&a->list[i].addr, &b->list[i].addr) && mac_equal(a->list[i].mac, b->list[i].mac);
	return same;
}

static void fill_super_nak(struct wire_message *m) { m->super_nak.auth = random_auth(); }
static bool same_super_nak(const struct wire_message *x, const struct wire_message *y)
{
	return x->super_nak.cookie == y->super_nak.cookie && mac_equal(x->super_nak.mac, y->super_nak.mac) &&
	       same_auth(&x->super_nak.auth, &y->super_nak.auth);
}

static void fill_unregister(struct wire_message *m) { m->unreg_super.auth = random_auth(); }
static bool same_unregister(const struct wire_message *x, const struct wire_message *y)
{
	return mac_equal(x->unreg_super.mac, y->unreg_super.mac) &&
	       same_auth(&x->unreg_super.auth, &y->unreg_super.auth);
}

static void fill_nothing(struct wire_message *m) { (void)m; }
static bool same_query(const struct wire_message *x, const struct wire_message *y)
{
	return mac_equal(x->query.src, y->query.src) && mac_equal(x->query.target, y->query.target) &&
	       x->query.aflags == y->query.aflags;
}
static bool same_header(const struct wire_message *x, const struct wire_message *y)
{
	return x->version == y->version && x->ttl == y->ttl && x->type == y->type && x->flags == y->flags &&
	       !memcmp(x->community, y->community, COMMUNITY_LEN);
}

static void fill_info(struct wire_message *m)
{
	m->info.socket = random_addr();
	m->info.preferred = flagged_addr(m);
}
static bool same_info(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_peer_info *a = &x->info, *b = &y->info;
	return a->aflags == b->aflags && mac_equal(a->mac, b->mac) && mac_equal(a->target, b->target) &&
	       addr_equal(&a->socket, &b->socket) && addr_equal(&a->preferred, &b->preferred) &&
	       a->load == b->load && a->uptime == b->uptime && !memcmp(a->version, b->version, VERSION_LEN);
}

static void fill_report(struct wire_message *m)
{
	struct wire_group_report *r = &m->group_report;
	r->flags = test_random() % 8 ? 0 : GROUP_REPORT_ALL;
	r->count = r->flags ? 0 : (uint16_t)(test_random() % (WIRE_GROUPS_MAX + 1));
	for (size_t i = 0; i < r->count; i++) {
		r->group[i][0] = (uint8_t)(i | 1);
		r->group[i][1] = (uint8_t)i;
	}
}
static bool same_report(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_group_report *a = &x->group_report, *b = &y->group_report;
	return a->cookie == b->cookie && mac_equal(a->mac, b->mac) && a->sequence == b->sequence &&
	       a->flags == b->flags && a->count == b->count && !memcmp(a->group, b->group, (size_t)MAC_LEN * a->count);
}

static void fill_report_ack(struct wire_message *m)
{
	m->group_ack.flags &= GROUP_ACK_STORED_ALL;
	m->group_ack.no_epoch = m->group_ack.cookie & 1;
	m->group_ack.epoch = m->group_ack.no_epoch ? 0 : 0xe90c0001;
}
static bool same_report_ack(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_group_report_ack *a = &x->group_ack, *b = &y->group_ack;
	return a->cookie == b->cookie && mac_equal(a->mac, b->mac) && a->sequence == b->sequence &&
	       a->flags == b->flags && a->no_epoch == b->no_epoch && a->epoch == b->epoch;
}

static void fill_group_query(struct wire_message *m) { m->group_query.group[0] |= 1; }
static bool same_group_query(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_group_query *a = &x->group_query, *b = &y->group_query;
	return a->cookie == b->cookie && mac_equal(a->mac, b->mac) && mac_equal(a->group, b->group);
}

static void fill_members(struct wire_message *m)
{
	struct wire_group_members *g = &m->members;
	g->group[0] |= 1;
	g->parts = (uint8_t)(1 + test_random() % 255);
	g->part = (uint8_t)(test_random() % g->parts);
	g->flags = test_random() % 8 ? 0 : GROUP_MEMBERS_RELAY;
	g->count = g->flags ? 0 : (uint16_t)(test_random() % 45);       /* as many as fit when all are IPv6 */
	for (size_t i = 0; i < g->count; i++) {
		g->member[i].mac[0] &= 0xfe;
		g->member[i].socket = random_addr();
	}
}
static bool same_members(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_group_members *a = &x->members, *b = &y->members;
	bool same = a->cookie == b->cookie && mac_equal(a->group, b->group) && a->generation == b->generation &&
	            a->lease == b->lease && a->part == b->part && a->parts == b->parts && a->flags == b->flags &&
	            a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = mac_equal(a->member[i].mac, b->member[i].mac) &&
		       addr_equal(&a->member[i].socket, &b->member[i].socket);
	return same;
}

static void fill_members_ack(struct wire_message *m) { m->members_ack.group[0] |= 1; }
static bool same_members_ack(const struct wire_message *x, const struct wire_message *y)
{
	const struct wire_group_members_ack *a = &x->members_ack, *b = &y->members_ack;
	return a->cookie == b->cookie && mac_equal(a->mac, b->mac) && mac_equal(a->group, b->group) &&
	       a->generation == b->generation;
}

static const struct kind {
	enum wire_type type;
	void (*fill)(struct wire_message *m);
	bool (*same)(const struct wire_message *x, const struct wire_message *y);
} kinds[] = {
	{ WIRE_REGISTER, fill_register, same_register },
	{ WIRE_PACKET, fill_packet, same_packet },
	{ WIRE_REGISTER_ACK, fill_register_ack, same_register_ack },
	{ WIRE_REGISTER_SUPER, fill_register_super, same_register_super },
	{ WIRE_UNREGISTER_SUPER, fill_unregister, same_unregister },
	{ WIRE_REGISTER_SUPER_ACK, fill_super_ack, same_super_ack },
	{ WIRE_REGISTER_SUPER_NAK, fill_super_nak, same_super_nak },
	{ WIRE_PEER_INFO, fill_info, same_info },
	{ WIRE_QUERY_PEER, fill_nothing, same_query },
	{ WIRE_RE_REGISTER_SUPER, fill_nothing, same_header },
	{ WIRE_GROUP_REPORT, fill_report, same_report },
	{ WIRE_GROUP_REPORT_ACK, fill_report_ack, same_report_ack },
	{ WIRE_GROUP_QUERY, fill_group_query, same_group_query },
	{ WIRE_GROUP_MEMBERS, fill_members, same_members },
	{ WIRE_GROUP_MEMBERS_ACK, fill_members_ack, same_members_ack },
};

static void fill_header(struct wire_message *m, enum wire_type type)
{
	m->version = WIRE_V3;
	m->type = (uint8_t)type;
	m->flags = (uint16_t)(test_random() & (WIRE_SOCKET | WIRE_FROM_SUPERNODE));
	size_t used = test_random() % COMMUNITY_LEN;
	for (size_t i = 0; i < COMMUNITY_LEN; i++)
		m->community[i] = i < used ? (uint8_t)(1 + test_random() % 255) : 0;
}

static size_t encode(struct buf *b, const struct wire_message *m)
{
	if (m->type != WIRE_PACKET)
		return b->len = wire_put(b->data, buf_tailroom(b), m);
	memcpy(b->data, m->packet.payload, m->packet.payload_len);
	b->len = m->packet.payload_len;
	return wire_push_packet(b, m) ? b->len : 0;
}

static void check_kind(const struct kind *kind)
{
	static uint8_t room[BUF_SIZE];
	struct buf b = buf_of(room, sizeof(room));
	struct wire_message sent, got;
	random_bytes(&sent, sizeof(sent));
	fill_header(&sent, kind->type);
	kind->fill(&sent);
	memset(&got, 0x55, sizeof(got));
	bool good = encode(&b, &sent) && wire_get(&got, b.data, b.len) == WIRE_GOOD &&
	            same_header(&sent, &got) && kind->same(&sent, &got);
	CHECK(good);
	if (!good)
		printf("  type %d\n", kind->type);
}

static void every_type_comes_back_as_it_was_sent(void)
{
	for (size_t round = 0; round < ROUNDS; round++)
		check_kind(&kinds[round % (sizeof(kinds) / sizeof(*kinds))]);
}

int main(void)
{
	RUN(every_type_comes_back_as_it_was_sent);
	return test_done();
}
