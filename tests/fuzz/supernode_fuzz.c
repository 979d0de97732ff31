/* A byte stream drives a supernode: datagrams of a handful of edges and strangers, sound or spoilt, time
 * that passes, community files.  Whatever comes, strangers get no more than they sent, nothing crosses
 * from one community into another, peers are told no loopback address, and the tables agree.
 */
#include "fuzz.h"
#include "engine/supernode/supernode.h"

enum { ACTORS = 8, EDGES_MAX = 12, COMMUNITY_EDGES_MAX = 6, COMMUNITIES_MAX = 4, LOADS_MAX = 8, GROUPS_MAX = 12 };

struct world {
	const uint8_t *at, *end;                /* the rest of the input */
	struct supernode *sn;
	uint64_t now, random;
	const struct addr *from;                /* of the datagram that is being handled; NULL: a tick */
	size_t in[ACTORS], out_as_stranger[ACTORS];
	size_t sent;                            /* datagrams of this event */
	unsigned loads;
};

static const struct addr place[ACTORS] = {
	{ ADDR_V4, 50001, { 192, 0, 2, 11 } }, { ADDR_V4, 50002, { 192, 0, 2, 12 } },
	{ ADDR_V4, 50003, { 192, 0, 2, 12 } }, { ADDR_V4, 50004, { 127, 0, 0, 1 } },
	{ ADDR_V6, 50005, { 0x20, 1, 0xd, 0xb8, [15] = 5 } }, { ADDR_V6, 50006, { [15] = 1 } },
	{ ADDR_V4, 50007, { 127, 0, 0, 1 } }, { ADDR_V4, 0, { 192, 0, 2, 13 } },
};
static const uint8_t supernode_mac[MAC_LEN] = { 2, 0, 0, 0, 0, 0xf };

static unsigned next(struct world *w) { return w->at < w->end ? *w->at++ : 0; }

static size_t actor_at(const struct addr *a)
{
	for (size_t i = 0; i < ACTORS; i++)
		if (addr_equal(a, &place[i]))
			return i;
	return ACTORS;
}

/* Is there an edge at that endpoint (in that community; with that MAC)?  NULL: any. */
static bool registered(const struct world *w, const struct addr *a, const uint8_t *community, const uint8_t *mac)
{
	struct supernode_edge_info e;
	for (size_t at = 0; supernode_edge_next(w->sn, &at, &e); )
		if (addr_equal(&e.endpoint, a) && (!community || !memcmp(e.community, community, COMMUNITY_LEN))
		    && (!mac || mac_equal(e.mac, mac)))
			return true;
	return false;
}

/* A message between members, from src: within the community, and from where the datagram came. */
static void check_relayed(const struct world *w, const struct addr *to, const struct wire_message *m,
                          const uint8_t *src, const struct addr *told)
{
	FUZZ_CHECK(registered(w, to, m->community, NULL));
	FUZZ_CHECK(!addr_is_loopback(told));
	if (src && !mac_equal(src, supernode_mac))
		FUZZ_CHECK(w->from && registered(w, w->from, m->community, src));
}

static void check_message(const struct world *w, const struct addr *to, const struct wire_message *m)
{
	switch (m->type) {
	case WIRE_PACKET:
		check_relayed(w, to, m, m->packet.src, &m->packet.socket);
		break;
	case WIRE_REGISTER:
		check_relayed(w, to, m, m->reg.src, &m->reg.socket);
		break;
	case WIRE_PEER_INFO:
		if (!mac_is_null(m->info.target)) {
			check_relayed(w, to, m, NULL, &m->info.socket);
			FUZZ_CHECK(addr_is_set(&m->info.socket) && !addr_is_loopback(&m->info.preferred));
		}
		break;
	case WIRE_GROUP_REPORT_ACK:
		FUZZ_CHECK(registered(w, to, m->community, m->group_ack.mac));
		break;
	case WIRE_GROUP_MEMBERS:
		FUZZ_CHECK(registered(w, to, m->community, NULL));
		for (size_t i = 0; i < m->members.count; i++)
			FUZZ_CHECK(!addr_is_loopback(&m->members.member[i].socket));
		break;
	default:
		FUZZ_CHECK(m->type == WIRE_REGISTER_SUPER_ACK || m->type == WIRE_REGISTER_SUPER_NAK);
	}
}

static void sent(void *ctx, const struct endpoint *ep, const struct addr *local, const struct buf *datagram)
{
	struct world *w = ctx;
	struct wire_message m;
	const struct addr *to = &ep->addr;
	size_t who = actor_at(to);
	(void)local;
	FUZZ_CHECK(who < ACTORS && to->port);
	FUZZ_CHECK(wire_get(&m, datagram->data, datagram->len) == WIRE_GOOD);
	check_message(w, to, &m);
	if (!registered(w, to, NULL, NULL)) {
		w->out_as_stranger[who] += datagram->len;
		FUZZ_CHECK(w->out_as_stranger[who] <= w->in[who]);
	}
	w->sent++;
	FUZZ_CHECK(w->sent <= 2 * EDGES_MAX + 2 + EDGES_MAX * GROUPS_MAX);
}

static void random_bytes(void *ctx, void *bytes, size_t len)
{
	struct world *w = ctx;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)((w->random = w->random * 6364136223846793005u + 1) >> 56);
}

static void noted(void *ctx, enum note_level level, const char *line)
{
	(void)ctx, (void)level;
	FUZZ_CHECK(*line);
	for (; *line; line++)
		FUZZ_CHECK(*line >= ' ' && *line <= '~');
}

static bool same_place(const struct supernode_edge_info *a, const struct supernode_edge_info *b)
{
	return mac_equal(a->mac, b->mac)
	       || (subnet_ip(&a->address) && subnet_ip(&a->address) != 0xffffffff
	           && subnet_ip(&a->address) == subnet_ip(&b->address));
}

static void check_edges(const struct world *w)
{
	struct supernode_edge_info a, b;
	size_t n = 0;
	for (size_t i = 0; supernode_edge_next(w->sn, &i, &a); n++) {
		FUZZ_CHECK(!mac_is_null(a.mac) && !mac_is_group(a.mac));
		for (size_t j = i; supernode_edge_next(w->sn, &j, &b); )
			FUZZ_CHECK(memcmp(a.community, b.community, COMMUNITY_LEN) || !same_place(&a, &b));
	}
	FUZZ_CHECK(n == supernode_info(w->sn)->edges && n <= EDGES_MAX);
}

static void check_communities(const struct world *w)
{
	struct supernode_community_info c, d;
	size_t n = 0, edges = 0;
	for (size_t i = 0; supernode_community_next(w->sn, &i, &c); n++) {
		FUZZ_CHECK(c.edges || c.fixed);
		FUZZ_CHECK(c.edges <= COMMUNITY_EDGES_MAX);
		edges += c.edges;
		for (size_t j = i; supernode_community_next(w->sn, &j, &d); )
			FUZZ_CHECK(memcmp(c.name, d.name, COMMUNITY_LEN));
	}
	FUZZ_CHECK(edges == supernode_info(w->sn)->edges);
	FUZZ_CHECK(n == supernode_info(w->sn)->communities && n <= COMMUNITIES_MAX);
}

static void put_auth(struct wire_auth *a, unsigned token)
{
	*a = (struct wire_auth){ .scheme = token & 7 ? AUTH_SIMPLE_ID : AUTH_NONE };
	if (a->scheme == AUTH_SIMPLE_ID) {
		a->len = 16;
		a->token[0] = (uint8_t)token;
	}
}

static void put_mac(uint8_t *mac, unsigned which)
{
	static const uint8_t other[4][MAC_LEN] = {
		{ 0 }, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 1, 0, 0x5e, 0, 0, 1 }, { 2, 0, 0, 0, 0, 0xf },
	};
	static const uint8_t edge[MAC_LEN] = { 2, 0, 0, 0, 0, 0 };
	which &= 15;
	memcpy(mac, which < 4 ? other[which] : edge, MAC_LEN);
	if (which >= 4)
		mac[5] = (uint8_t)(0xa0 + which);
}

static void fill_register_super(struct world *w, struct wire_register_super *r)
{
	unsigned what = next(w);
	*r = (struct wire_register_super){ .cookie = what };
	put_mac(r->mac, next(w));
	r->address = (struct subnet){ { 10, 9, 8, (uint8_t)(what & 7) }, 24 };
	if (!(what & 7))
		r->address = (struct subnet){ .prefix = 0 };
	r->desc[0] = (uint8_t)('a' + (what >> 3 & 3));
	r->socket = place[what >> 5];
	put_auth(&r->auth, next(w));
}

/* Groups 01:00:5e:01:00:00 to 0f, as many as there are bits. */
static void fill_report(struct world *w, struct wire_group_report *r)
{
	unsigned number = next(w), bits = next(w) | next(w) << 8;
	*r = (struct wire_group_report){ .cookie = number, .sequence = number };
	put_mac(r->mac, next(w));
	r->flags = bits == 0xffff;
	for (uint8_t g = 0; g < 16 && !r->flags; g++)
		if (bits & 1u << g)
			memcpy(r->group[r->count++], (uint8_t[]){ 1, 0, 0x5e, 1, 0, g }, MAC_LEN);
}

static void fill(struct world *w, struct wire_message *m)
{
	switch (m->type) {
	case WIRE_GROUP_REPORT:
		fill_report(w, &m->group_report);
		break;
	case WIRE_GROUP_QUERY:
	case WIRE_GROUP_MEMBERS_ACK:
		m->members_ack = (struct wire_group_members_ack){ .cookie = next(w) & 3, .group = { 1, 0, 0x5e, 1 } };
		put_mac(m->members_ack.mac, next(w));
		m->members_ack.group[5] = next(w) & 15;
		m->members_ack.generation = supernode_info(w->sn)->counts.group_pushes & 3;
		break;
	case WIRE_REGISTER_SUPER:
		fill_register_super(w, &m->reg_super);
		break;
	case WIRE_UNREGISTER_SUPER:
		put_mac(m->unreg_super.mac, next(w));
		put_auth(&m->unreg_super.auth, next(w));
		break;
	case WIRE_REGISTER:
		m->reg = (struct wire_register){ .cookie = COOKIE_FORWARDED };
		put_mac(m->reg.src, next(w));
		put_mac(m->reg.dst, next(w));
		break;
	case WIRE_REGISTER_ACK:
		m->reg_ack = (struct wire_register_ack){ .cookie = COOKIE_REGULAR };
		put_mac(m->reg_ack.src, next(w));
		put_mac(m->reg_ack.dst, next(w));
		break;
	case WIRE_QUERY_PEER:
		m->query = (struct wire_query_peer){ .aflags = 0 };
		put_mac(m->query.src, next(w));
		put_mac(m->query.target, next(w));
		break;
	default:
		m->packet = (struct wire_packet){ .compression = 1, .transform = (uint8_t)(1 + (next(w) & 1)) };
		put_mac(m->packet.src, next(w));
		put_mac(m->packet.dst, next(w));
	}
}

static void datagram(struct world *w)
{
	static const uint8_t group_types[4] = { WIRE_GROUP_REPORT, WIRE_GROUP_QUERY, WIRE_GROUP_REPORT, WIRE_GROUP_MEMBERS_ACK };
	static const uint8_t types[8] = { WIRE_REGISTER_SUPER, WIRE_REGISTER_SUPER, WIRE_PACKET, WIRE_QUERY_PEER,
		WIRE_REGISTER, WIRE_REGISTER_ACK, WIRE_UNREGISTER_SUPER, WIRE_PACKET };
	static const char *const names[] = { "one", "two", "three", "" };
	uint8_t mem[BUF_HEADROOM + 512];
	struct buf b = buf_of(mem, sizeof(mem));
	unsigned who = next(w) % ACTORS, what = next(w), spoilt = next(w);
	struct wire_message m = { .version = WIRE_V3, .ttl = WIRE_TTL, .type = types[what & 7] };
	if (what & 0x80)
		m.type = group_types[what & 3];
	m.flags = (uint16_t)((what & 0x20 ? WIRE_SOCKET : 0) | (what & 0x40 ? WIRE_FROM_SUPERNODE : 0));
	memcpy(m.community, names[what >> 3 & 3], strlen(names[what >> 3 & 3]));
	fill(w, &m);
	memset(b.data, 0x55, 64);
	if (m.type == WIRE_PACKET) {
		b.len = 42;
		FUZZ_CHECK(wire_push_packet(&b, &m));
	} else {
		b.len = wire_put(b.data, buf_tailroom(&b), &m);
	}
	if (spoilt & 1 && b.len)
		b.data[next(w) % b.len] ^= (uint8_t)next(w);
	if (spoilt & 2)
		b.len -= spoilt % (b.len + 1);
	w->from = &place[who];
	w->in[who] += b.len;
	struct endpoint from = endpoint_udp(w->from);
	supernode_from_net(w->sn, w->now, &from, spoilt & 4 ? NULL : &place[spoilt >> 5], &b);
	w->from = NULL;
}

static void load(struct world *w)
{
	static const char *const files[] = { "one\ntwo\nthree\n", "one 10.128.0.0/24\n", "t.*\n", "one\nthree 10.0.0.0/8\nt\\w+\n" };
	unsigned which = next(w);
	struct text why = { .len = 0 };
	char text[256];
	if (w->loads++ == LOADS_MAX)
		return;
	if (which & 0x80) {
		size_t len = which & 0x7f, left = (size_t)(w->end - w->at);
		fuzz_text(text, sizeof(text), w->at, len < left ? len : left);
		w->at += len < left ? len : left;
		if (!supernode_load_communities(w->sn, w->now, text, strlen(text), &why))
			FUZZ_CHECK(why.len && why.s[why.len - 1] != ' ');
	} else {
		FUZZ_CHECK(supernode_load_communities(w->sn, w->now, files[which & 3], strlen(files[which & 3]), &why));
	}
}

static void check_groups(const struct world *w)
{
	struct supernode_group_info g;
	struct supernode_edge_info e;
	size_t members = 0, sources = 0;
	for (size_t i = 0; supernode_group_next(w->sn, &i, &g); ) {
		uint8_t mac[MAC_LEN];
		size_t at_member = 0;
		FUZZ_CHECK(g.members || g.sources);
		while (supernode_group_member(w->sn, i, &at_member, mac))
			;
		FUZZ_CHECK(at_member == g.members);
		members += g.members;
		sources += g.sources;
	}
	FUZZ_CHECK(members <= GROUPS_MAX && sources <= GROUPS_MAX);
	for (size_t i = 0; supernode_edge_next(w->sn, &i, &e); ) {
		FUZZ_CHECK(!e.groups || e.interest == SUPERNODE_LIST);
		members -= e.groups;
		sources -= e.sources;
	}
	FUZZ_CHECK(!members && !sources);
}

static void event(struct world *w)
{
	unsigned what = next(w);
	w->sent = 0;
	if (what < 0xe0)
		datagram(w);
	else if (what < 0xf8)
		w->now += (uint64_t)(next(w) + 1) * 100;
	else if (what < 0xfb)
		supernode_set_outward(w->sn, what & 1, &place[what == 0xf8 ? 0 : 4]);
	else
		load(w);
	FUZZ_CHECK(supernode_tick(w->sn, w->now) > w->now);
	check_edges(w);
	check_communities(w);
	check_groups(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct world w = { .at = data, .end = data + len, .now = 1 };
	struct host host = { .ctx = &w, .send = sent, .random = random_bytes, .note = noted };
	struct supernode_config config = {
		.version = "fuzz", .auto_min = 0x0a800000, .auto_max = 0x0a800300, .auto_prefix = 24,
		.communities_max = COMMUNITIES_MAX, .edges_max = EDGES_MAX, .community_edges_max = COMMUNITY_EDGES_MAX,
		.groups_max = GROUPS_MAX, .group_members_max = 4,
	};
	memcpy(config.mac, supernode_mac, MAC_LEN);
	config.spoofing_protection = next(&w) != 'M';
	w.sn = supernode_new(&config, &host, w.now);
	FUZZ_CHECK(w.sn);
	while (w.at < w.end)
		event(&w);
	supernode_free(w.sn);
	return 0;
}
