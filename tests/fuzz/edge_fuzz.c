/* The edge's engine, driven by a stream of bytes: datagrams from several endpoints, sound ones and damaged
 * ones, frames from the TAP, time, names, changes of the host.  Whatever comes, what it sends decodes, goes
 * where a datagram may go, and is not more than its tables allow; the clock never stands still.
 */
#include "engine/edge/edge.h"
#include "fuzz.h"

enum { PEERS = 8, SUPERNODES = 3, SENT_PER_EVENT = 2000, GROUPS = 4 };

static const uint32_t classes[] = {
	COOKIE_REGULAR, COOKIE_LOCAL, COOKIE_MCAST, COOKIE_PORT, COOKIE_FORWARDED, COOKIE_IDENTIFY,
};
enum { CLASSES = sizeof(classes) / sizeof(*classes) };

struct world {
	const uint8_t *at, *end;
	struct edge *e;
	struct edge_config config;
	uint64_t now;
	uint32_t random, cookie;        /* cookie: of the last REGISTER_SUPER */
	uint32_t report_cookie, sequence, query_cookie;
	uint32_t asked[CLASSES];        /* cookie of the last REGISTER of each class */
	uint8_t mac[MAC_LEN];
	unsigned sent;                  /* since the last event */
	unsigned notes;
};

static const struct addr endpoints[] = {
	{ ADDR_V4, 7654, { 192, 0, 2, 1 } }, { ADDR_V4, 7654, { 192, 0, 2, 2 } }, { ADDR_V4, 7654, { 127, 0, 0, 1 } },
	{ ADDR_V4, 50001, { 192, 0, 2, 11 } }, { ADDR_V4, 50002, { 192, 0, 2, 12 } },
	{ ADDR_V4, 50003, { 192, 0, 2, 13 } }, { ADDR_V4, 4000, { 10, 9, 8, 7 } },
	{ ADDR_V6, 50004, { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4 } }, { ADDR_V4, 0, { 192, 0, 2, 9 } },
	{ ADDR_V4, 65530, { 203, 0, 113, 9 } }, { ADDR_NONE, 0, { 0 } },
};
enum { ENDPOINTS = sizeof(endpoints) / sizeof(*endpoints) };

static uint8_t take(struct world *w) { return w->at < w->end ? *w->at++ : 0; }
static const struct addr *take_endpoint(struct world *w) { return &endpoints[take(w) % ENDPOINTS]; }
static void take_mac(struct world *w, uint8_t mac[MAC_LEN])
{
	uint8_t which = take(w);
	memcpy(mac, (uint8_t[]){ 2, 0, 0, 0, 0, which }, MAC_LEN);
	if (which == 0xff)
		memset(mac, 0xff, MAC_LEN);
	if (which == 0xfe)
		memset(mac, 0, MAC_LEN);
	if (which == 0xfd)
		memcpy(mac, w->mac, MAC_LEN);
	if (which == 0xfc)
		memcpy(mac, (uint8_t[]){ 1, 0, 0x5e, 1, 2, 3 }, MAC_LEN);
}

static bool is_supernode(const struct addr *a)
{
	return addr_equal(a, &endpoints[0]) || addr_equal(a, &endpoints[1]) || addr_equal(a, &endpoints[2]);
}
/* The class is what the cookie is above. */
static void remember_asked(struct world *w, uint32_t cookie)
{
	size_t best = CLASSES;
	for (size_t i = 0; i < CLASSES; i++)
		if (classes[i] <= cookie && (best == CLASSES || classes[i] > classes[best]))
			best = i;
	FUZZ_CHECK(best < CLASSES);
	w->asked[best] = cookie;
}
static void check_datagram(struct world *w, const struct buf *b)
{
	struct wire_message m;
	FUZZ_CHECK(wire_get(&m, b->data, b->len) == WIRE_GOOD);
	FUZZ_CHECK(m.ttl == WIRE_TTL && !(m.flags & WIRE_FROM_SUPERNODE));
	FUZZ_CHECK(!memcmp(m.community, w->config.community, COMMUNITY_LEN));
	FUZZ_CHECK(b->data >= b->start && b->data + b->len <= b->end);
	if (m.type == WIRE_REGISTER_SUPER)
		w->cookie = m.reg_super.cookie;
	if (m.type == WIRE_REGISTER)
		remember_asked(w, m.reg.cookie);
	if (m.type == WIRE_GROUP_REPORT)
		w->report_cookie = m.group_report.cookie, w->sequence = m.group_report.sequence;
	if (m.type == WIRE_GROUP_QUERY)
		w->query_cookie = m.group_query.cookie;
	if (m.type == WIRE_REGISTER || m.type == WIRE_REGISTER_ACK)
		FUZZ_CHECK(w->config.p2p || m.type == WIRE_REGISTER_ACK);
	FUZZ_CHECK(++w->sent < SENT_PER_EVENT);
}
static void world_send(void *ctx, const struct endpoint *to, const struct addr *local, const struct buf *b)
{
	(void)local;
	check_datagram(ctx, b);
	FUZZ_CHECK(endpoint_is_set(to) && to->addr.ip[0] != 224);
	/* a REGISTER_ACK answers whoever asked; the TAP's own subnet may have been told later */
	if ((b->data[3] & 0x1f) != WIRE_REGISTER_ACK)
		FUZZ_CHECK(is_supernode(&to->addr) || addr_is_endpoint(&to->addr));
}
static void world_send_ttl(void *ctx, const struct endpoint *to, uint8_t ttl, const struct buf *b)
{
	check_datagram(ctx, b);
	FUZZ_CHECK(ttl > 1 && addr_is_endpoint(&to->addr));
}
static void world_send_lan(void *ctx, const struct buf *b)
{
	struct world *w = ctx;
	FUZZ_CHECK(w->config.discovery && w->config.p2p);
	check_datagram(ctx, b);
}
static void world_deliver(void *ctx, const struct buf *b)
{
	struct world *w = ctx;
	struct layers view;
	FUZZ_CHECK(layers_view(&view, b->data, b->len));
	FUZZ_CHECK(w->config.multicast || !mac_is_group(view.dst) || mac_is_broadcast(view.dst));
	FUZZ_CHECK(!mac_equal(view.src, w->mac));
}
static void world_inject(void *ctx, const struct buf *b)
{
	struct layers view;
	world_deliver(ctx, b);
	FUZZ_CHECK(layers_view(&view, b->data, b->len));
}
/* Long frames fit or not, by where they go. */
static size_t world_path_mtu(void *ctx, const struct addr *to)
{
	(void)ctx;
	return to->port & 1 ? 576 : to->port & 2 ? 0 : 1500;
}
static void world_random(void *ctx, void *bytes, size_t len)
{
	struct world *w = ctx;
	for (size_t i = 0; i < len; i++) {
		w->random = w->random * 1664525u + 1013904223u;
		((uint8_t *)bytes)[i] = (uint8_t)(w->random >> 24);
	}
}
static bool world_reachable(void *ctx, const struct addr *to)
{
	(void)ctx;
	return to->ip[0] != 203 || to->port != 65535;
}
static void world_note(void *ctx, enum note_level level, const char *line)
{
	struct world *w = ctx;
	(void)level;
	for (const char *c = line; *c; c++)
		FUZZ_CHECK((*c & 0x80) || (*c >= ' ' && *c < 127));
	w->notes++;
}
static void world_assigned(void *ctx, const struct subnet *address)
{
	(void)ctx;
	FUZZ_CHECK(subnet_is_set(address) && address->prefix && address->prefix <= 32);
}
static void world_mac_changed(void *ctx, const uint8_t mac[static MAC_LEN])
{
	struct world *w = ctx;
	FUZZ_CHECK((mac[0] & 3) == 2);
	memcpy(w->mac, mac, MAC_LEN);
}
static void world_resolve(void *ctx, size_t i)
{
	struct world *w = ctx;
	FUZZ_CHECK(i < w->config.supernodes);
}

/* An exact copy with the room that is promised and not a byte more, so that ASan sees what goes too far. */
static void give(struct world *w, const uint8_t *data, size_t len, const struct addr *from, bool lan)
{
	uint8_t *mem = malloc(BUF_HEADROOM + len + BUF_TAILROOM);
	FUZZ_CHECK(mem);
	struct buf b = buf_of(mem, BUF_HEADROOM + len + BUF_TAILROOM);
	if (len)
		memcpy(b.data, data, len);
	b.len = len;
	struct endpoint ep = { .kind = TRANSPORT_UDP };
	if (from)
		ep = endpoint_udp(from);
	if (!from)
		edge_from_tap(w->e, w->now, &b);
	else if (lan)
		edge_from_lan(w->e, w->now, &ep, &b);
	else
		edge_from_net(w->e, w->now, &ep, &b);
	free(mem);
}

static void damage(struct world *w, uint8_t *data, size_t *len)
{
	uint8_t kind = take(w);
	for (unsigned n = kind & 3; n-- && *len; ) {
		size_t at = take(w) % *len;
		data[at] = take(w);
	}
	if (kind & 4)
		*len -= take(w) % (*len + 1);
}

enum { FRAME_SHORT = 64, FRAME_LONG = 700 };

/* With the addresses that stand where IPv4 has them. */
static void make_arp(uint8_t *out, uint8_t operation)
{
	memcpy(out + 38, out + 30, 4);
	memmove(out + 28, out + 26, 4);
	memcpy(out + 14, (uint8_t[]){ 0, 1, 8, 0, 6, 4, 0, operation }, 8);
	memcpy(out + 22, out + 6, MAC_LEN);
}

static size_t make_frame(struct world *w, uint8_t *out, size_t longest)
{
	uint8_t kind = take(w);
	size_t len = kind & 16 ? longest : FRAME_SHORT;
	memset(out, 0, len);
	take_mac(w, out);
	take_mac(w, out + 6);
	put_be16(out + 12, kind & 1 ? ETHERTYPE_IPV4 : kind & 2 ? ETHERTYPE_ARP : ETHERTYPE_IPV6);
	out[14] = 0x45;
	put_be16(out + 16, (uint16_t)(len - ETH_HEADER_LEN));
	out[20] = kind & 32 ? 0x40 : 0;
	if (kind & 8)
		memcpy(out + 46, (uint8_t[]){ 0x60, 2, [8] = 2, 4, 0xff, 0xff }, 12);   /* SYN with an MSS */
	out[23] = kind & 4 ? 17 : 6;
	memcpy(out + 26, (uint8_t[]){ 10, 9, 8, take(w) }, 4);
	memcpy(out + 30, (uint8_t[]){ 10, 9, 8, take(w) }, 4);
	if ((kind & 3) == 2)
		make_arp(out, kind & 4 ? 1 : 2);
	return len;
}

static struct wire_message make_message(struct world *w)
{
	struct wire_message m;
	memset(&m, 0, sizeof(m));
	uint8_t flags = take(w);
	m.version = WIRE_V3;
	m.ttl = WIRE_TTL;
	uint8_t type = take(w);
	m.type = type < 0xe0 ? type % 13 : (uint8_t)(WIRE_GROUP_REPORT + type % 5);
	m.flags = (uint16_t)((flags & 1 ? WIRE_FROM_SUPERNODE : 0) | (flags & 2 ? WIRE_SOCKET : 0));
	memcpy(m.community, w->config.community, COMMUNITY_LEN);
	return m;
}

static void fill_registration(struct world *w, struct wire_message *m)
{
	uint32_t cookie = w->cookie + (take(w) == 0xff);
	if (m->type == WIRE_REGISTER_SUPER_NAK) {
		m->super_nak.cookie = cookie;
		take_mac(w, m->super_nak.mac);
		return;
	}
	m->super_ack.cookie = cookie;
	m->super_ack.mac[5] = take(w);
	m->super_ack.address = (struct subnet){ { 10, 9, 8, take(w) }, take(w) };
	m->super_ack.socket = *take_endpoint(w);
	if (!addr_is_set(&m->super_ack.socket))
		m->super_ack.socket = endpoints[0];
}

static void fill_between_edges(struct world *w, struct wire_message *m)
{
	uint8_t which = take(w);
	uint32_t class = classes[which % CLASSES], asked = w->asked[which % CLASSES];
	if (m->type == WIRE_REGISTER) {
		m->reg.cookie = class;
		take_mac(w, m->reg.src);
		take_mac(w, m->reg.dst);
		m->reg.socket = *take_endpoint(w);
		m->reg.address = (struct subnet){ { 10, 9, 8, take(w) }, 24 };
	} else {
		m->reg_ack.cookie = which < 0xf0 && asked ? asked : class;
		take_mac(w, m->reg_ack.dst);
		take_mac(w, m->reg_ack.src);
	}
}

static void fill_info(struct world *w, struct wire_message *m)
{
	take_mac(w, m->info.mac);
	take_mac(w, m->info.target);
	m->info.socket = *take_endpoint(w);
	m->info.preferred = *take_endpoint(w);
	m->info.uptime = take(w);
	m->info.load = take(w);
}

static void fill_groups(struct world *w, struct wire_message *m)
{
	static const uint8_t group[MAC_LEN] = { 1, 0, 0x5e, 1, 2, 3 };
	uint8_t what = take(w);
	if (m->type == WIRE_GROUP_REPORT_ACK) {
		m->group_ack = (struct wire_group_report_ack){ .cookie = w->report_cookie, .epoch = what & 3 };
		memcpy(m->group_ack.mac, w->mac, MAC_LEN);
		m->group_ack.sequence = w->sequence + (what >> 2 & 3) - 1;
		return;
	}
	m->members = (struct wire_group_members){ .cookie = w->query_cookie, .generation = what & 7, .lease = take(w) };
	memcpy(m->members.group, group, MAC_LEN);
	m->members.parts = (uint8_t)(1 + (what >> 3 & 3));
	m->members.part = (uint8_t)((what >> 5) % m->members.parts);
	uint8_t count = take(w);
	m->members.flags = count == 0xff;
	m->members.count = count == 0xff ? 0 : count % 8;
	for (size_t i = 0; i < m->members.count; i++) {
		take_mac(w, m->members.member[i].mac);
		m->members.member[i].mac[0] &= 0xfe;
		m->members.member[i].socket = *take_endpoint(w);
	}
}

static size_t encode(struct world *w, uint8_t out[static 256], struct wire_message *m)
{
	if (m->type == WIRE_PACKET) {
		uint8_t mem[512];
		struct buf b = buf_of(mem, sizeof(mem));
		take_mac(w, m->packet.src);
		take_mac(w, m->packet.dst);
		m->packet.socket = *take_endpoint(w);
		m->packet.compression = 1;
		m->packet.transform = 1;
		b.len = make_frame(w, b.data, FRAME_SHORT);
		if (!wire_push_packet(&b, m))
			return 0;
		memcpy(out, b.data, b.len);
		return b.len;
	}
	if (m->type == WIRE_REGISTER || m->type == WIRE_REGISTER_ACK)
		fill_between_edges(w, m);
	else if (m->type == WIRE_REGISTER_SUPER_ACK || m->type == WIRE_REGISTER_SUPER_NAK)
		fill_registration(w, m);
	else if (m->type == WIRE_PEER_INFO)
		fill_info(w, m);
	else if (m->type == WIRE_GROUP_REPORT_ACK || m->type == WIRE_GROUP_MEMBERS)
		fill_groups(w, m);
	return wire_put(out, 256, m);
}

static void datagram(struct world *w)
{
	uint8_t out[256];
	uint8_t how = take(w);
	const struct addr *from = &endpoints[(how >> 3) % (ENDPOINTS - 1)];
	struct wire_message m = make_message(w);
	size_t len = encode(w, out, &m);
	if (how & 1)
		damage(w, out, &len);
	give(w, out, len, from, (how & 6) == 6);
}

static void names(struct world *w)
{
	struct addr addrs[EDGE_ADDRS_MAX + 2];
	size_t i = take(w) % (SUPERNODES + 1), n = take(w) % (EDGE_ADDRS_MAX + 3);
	for (size_t k = 0; k < n; k++)
		addrs[k] = *take_endpoint(w);
	edge_supernode_resolved(w->e, w->now, i, addrs, n);
}

static void host_changed(struct world *w)
{
	struct subnet own[3] = { { { 10, 9, 8, take(w) }, 24 }, { { 10, 9, 8, 100 }, 32 }, { { 172, 16, 0, 1 }, 12 } };
	switch (take(w) % 6) {
	case 0:
		edge_set_addresses(w->e, w->now, own, take(w) % 4);
		break;
	case 1:
		w->mac[5] = take(w);
		edge_set_mac(w->e, w->now, w->mac);
		break;
	case 2:
		edge_set_preferred(w->e, w->now, take_endpoint(w));
		break;
	case 3:
		edge_tap_ready(w->e, w->now);
		break;
	case 4:
		edge_network_changed(w->e, w->now);
		break;
	default:
		break;
	}
}

static void event(struct world *w)
{
	static const uint64_t steps[] = { 1, 100, 1000, 3000, 11000, 61000 };
	uint8_t frame[FRAME_LONG], what = take(w);
	size_t len;
	switch (what % 8) {
	case 0: case 1: case 2:
		datagram(w);
		break;
	case 3: case 4:
		len = make_frame(w, frame, sizeof(frame));
		if (what & 0x80)
			damage(w, frame, &len);
		give(w, frame, len, NULL, false);
		break;
	case 5:
		names(w);
		break;
	case 6:
		host_changed(w);
		break;
	default:
		w->now += steps[what / 8 % 6];
		break;
	}
}

static void check_status(struct world *w)
{
	struct edge_peer_info peer;
	struct edge_supernode_info supernode;
	size_t peers = 0;
	for (size_t at = 0; edge_peer_next(w->e, &at, &peer); peers++)
		FUZZ_CHECK(!mac_is_group(peer.mac) && peer.last_seen <= w->now);
	FUZZ_CHECK(peers <= PEERS);
	struct edge_group_info group;
	struct edge_group_member member;
	for (size_t at = 0; edge_group_next(w->e, &at, &group); ) {
		size_t place = 0;
		while (edge_group_member(w->e, at, &place, &member))
			FUZZ_CHECK(!mac_is_group(member.mac));
		FUZZ_CHECK(place == group.members && place <= GROUPS * 16 && (!group.relay || !place));
	}
	for (size_t i = 0; i < w->config.supernodes; i++)
		edge_supernode_info(w->e, i, &supernode);
	FUZZ_CHECK(mac_equal(edge_info(w->e)->mac, w->mac));
}

static void configure(struct world *w)
{
	uint8_t flags = take(w), more = take(w);
	w->config = (struct edge_config){
		.community = "Intershop", .mac = { 2, 0, 0, 0, 0, 0xa1 }, .mac_made_up = flags & 1,
		.mode = (enum edge_address_mode)(flags >> 1 & 3) % 3, .address = { { 10, 9, 8, 1 }, 24 },
		.interval_ms = 20000, .p2p = !(flags & 8), .multicast = !(flags & 16), .routing = flags & 32,
		.discovery = flags & 64, .mss_clamp = true, .arp_suppress = !(more & 64), .storm = { 20, 20, 20 }, .punch_ttl = more & 3, .select = (enum edge_select)(more >> 2 & 3),
		.supernodes = 1 + (size_t)(more >> 4) % SUPERNODES, .peers_max = PEERS, .addresses_max = 8, .transform = &transform_null,
		.groups_max = flags & 128 ? 0 : GROUPS, .fast_leave = more & 128,
	};
	memcpy(w->mac, w->config.mac, MAC_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct world w = { .at = data, .end = data + len, .now = 1000000 };
	struct host host = {
		.ctx = &w, .send = world_send, .send_ttl = world_send_ttl, .send_lan = world_send_lan,
		.deliver = world_deliver, .random = world_random, .reachable = world_reachable, .note = world_note,
		.assigned = world_assigned, .inject = world_inject, .path_mtu = world_path_mtu, .mac_changed = world_mac_changed, .resolve = world_resolve,
	};
	configure(&w);
	w.e = edge_new(&w.config, &host, w.now);
	FUZZ_CHECK(w.e);
	while (w.at < w.end) {
		w.sent = 0;
		event(&w);
		uint64_t due = edge_tick(w.e, w.now);
		for (int again = 0; due <= w.now && again < 3; again++)
			due = edge_tick(w.e, w.now);
		FUZZ_CHECK(due > w.now);
		check_status(&w);
	}
	edge_stop(w.e, w.now);
	FUZZ_CHECK(edge_tick(w.e, w.now) == UINT64_MAX);
	edge_free(w.e);
	return 0;
}
