/* n2n v3 bytes, castnet(7).  One get and one put per message; the cursors remember the first thing
 * that does not fit, so each is a straight line and wire_get and wire_put ask once.
 */
#include "core/wire.h"
#include "wire_codec.h"

enum {
	TYPE_MASK = 0x001f,
	PLAIN_BELOW = 0x0080,           /* flags and type of a plain header; above: encrypted, or noise */
	SOCKET_V4 = 0x0000,
	SOCKET_V6 = 0x8000,
	LINUX_AF_INET = 2,              /* in list entries, whatever system we run on */
	LINUX_AF_INET6 = 10,
	PREFIX_MAX = 32
};

static bool has_socket(const struct wire_message *m) { return m->flags & WIRE_SOCKET; }

/* Inside the datagram and inside the codec an IPv4-mapped address has one form only: IPv4. */
static bool is_v4_mapped(const uint8_t ip[static 16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	return !memcmp(ip, prefix, sizeof(prefix));
}

/* Community: what follows the name is zero, and at least one zero follows it. */
static bool is_padded(const uint8_t community[static COMMUNITY_LEN])
{
	size_t used = COMMUNITY_LEN;
	while (used && !community[used - 1])
		used--;
	return used < COMMUNITY_LEN && !memchr(community, 0, used);
}

/* The kind of any other socket (TCP, say) cannot be told to an engine: refused. */
void wire_get_socket(struct rd *r, struct addr *a)
{
	uint16_t kind = rd_u16(r);
	memset(a, 0, sizeof(*a));
	if (kind != SOCKET_V4 && kind != SOCKET_V6)
		r->bad = true;
	a->family = kind == SOCKET_V6 ? ADDR_V6 : ADDR_V4;
	a->port = rd_u16(r);
	rd_bytes(r, a->ip, addr_ip_len(a));
	if (a->family == ADDR_V6 && is_v4_mapped(a->ip))
		r->bad = true;
}

/* No address: 0.0.0.0, port 0. */
void wire_put_socket(struct wr *w, const struct addr *a)
{
	if (a->family == ADDR_V6 && is_v4_mapped(a->ip))
		w->bad = true;
	wr_u16(w, a->family == ADDR_V6 ? SOCKET_V6 : SOCKET_V4);
	wr_u16(w, a->port);
	wr_bytes(w, a->ip, addr_ip_len(a));
}

static void get_flagged_socket(struct rd *r, struct addr *a, const struct wire_message *m)
{
	if (has_socket(m))
		wire_get_socket(r, a);
	else
		memset(a, 0, sizeof(*a));
}

static void put_flagged_socket(struct wr *w, const struct addr *a, const struct wire_message *m)
{
	if (has_socket(m))
		wire_put_socket(w, a);
}

static void get_subnet(struct rd *r, struct subnet *s)
{
	rd_bytes(r, s->ip, sizeof(s->ip));
	s->prefix = rd_u8(r);
	if (s->prefix > PREFIX_MAX)
		r->bad = true;
}

static void put_subnet(struct wr *w, const struct subnet *s)
{
	if (s->prefix > PREFIX_MAX)
		w->bad = true;
	wr_bytes(w, s->ip, sizeof(s->ip));
	wr_u8(w, s->prefix);
}

static bool auth_fits(const struct wire_auth *a)
{
	static const uint16_t token_len[] = {
		[AUTH_NONE] = 0, [AUTH_SIMPLE_ID] = 16, [AUTH_USER_PASSWORD] = TOKEN_MAX, [AUTH_PROOF] = AUTH_PROOF_LEN
	};
	if (a->scheme == AUTH_PROOF && a->len == AUTH_CHALLENGE_LEN)
		return true;
	return a->scheme <= AUTH_PROOF && a->len == token_len[a->scheme];
}

static void get_auth(struct rd *r, struct wire_auth *a)
{
	memset(a, 0, sizeof(*a));
	a->scheme = rd_u16(r);
	a->len = rd_u16(r);
	if (auth_fits(a))
		rd_bytes(r, a->token, a->len);
	else
		r->bad = true;
}

static void put_auth(struct wr *w, const struct wire_auth *a)
{
	if (!auth_fits(a)) {
		w->bad = true;
		return;
	}
	wr_u16(w, a->scheme);
	wr_u16(w, a->len);
	wr_bytes(w, a->token, a->len);
}

static uint16_t rd_le16(struct rd *r)
{
	uint8_t low = rd_u8(r);
	return (uint16_t)(low | rd_u8(r) << 8);
}

static uint32_t rd_le32(struct rd *r)
{
	uint16_t low = rd_le16(r);
	return low | (uint32_t)rd_le16(r) << 16;
}

static void wr_le16(struct wr *w, uint16_t v)
{
	wr_u8(w, (uint8_t)v);
	wr_u8(w, (uint8_t)(v >> 8));
}

static void wr_le32(struct wr *w, uint32_t v)
{
	wr_le16(w, (uint16_t)v);
	wr_le16(w, (uint16_t)(v >> 16));
}

/* A list entry is an image of the sender's memory (5.5.1): what means nothing in it is not looked at,
 * and one that names no host does not spoil the message. */
static void get_supernode(struct rd *r, struct wire_supernode *s)
{
	struct addr a = { 0 };
	uint8_t family = rd_u8(r);
	rd_u8(r);
	a.family = family == LINUX_AF_INET6 ? ADDR_V6 : ADDR_V4;
	a.port = rd_le16(r);
	rd_bytes(r, a.ip, sizeof(a.ip));
	if (a.family == ADDR_V4)
		memset(a.ip + 4, 0, sizeof(a.ip) - 4);
	rd_bytes(r, s->mac, MAC_LEN);

	static const uint8_t null_ip[16];
	bool known = family == LINUX_AF_INET || (family == LINUX_AF_INET6 && !is_v4_mapped(a.ip));
	bool usable = known && a.port && memcmp(a.ip, null_ip, sizeof(null_ip));
	s->addr = usable ? a : (struct addr){ 0 };
}

static void put_supernode(struct wr *w, const struct wire_supernode *s)
{
	static const uint8_t family[] = { [ADDR_V4] = LINUX_AF_INET, [ADDR_V6] = LINUX_AF_INET6 };
	wr_u8(w, s->addr.family <= ADDR_V6 ? family[s->addr.family] : 0);
	wr_u8(w, 0);
	wr_le16(w, s->addr.port);
	wr_bytes(w, s->addr.ip, sizeof(s->addr.ip));
	wr_bytes(w, s->mac, MAC_LEN);
}

static void get_register(struct rd *r, struct wire_message *m)
{
	struct wire_register *reg = &m->reg;
	reg->cookie = rd_u32(r);
	rd_bytes(r, reg->src, MAC_LEN);
	rd_bytes(r, reg->dst, MAC_LEN);
	get_flagged_socket(r, &reg->socket, m);
	get_subnet(r, &reg->address);
	rd_bytes(r, reg->desc, DESC_LEN);
}

static void put_register(struct wr *w, const struct wire_message *m)
{
	const struct wire_register *reg = &m->reg;
	wr_u32(w, reg->cookie);
	wr_bytes(w, reg->src, MAC_LEN);
	wr_bytes(w, reg->dst, MAC_LEN);
	put_flagged_socket(w, &reg->socket, m);
	put_subnet(w, &reg->address);
	wr_bytes(w, reg->desc, DESC_LEN);
}

static void get_register_ack(struct rd *r, struct wire_message *m)
{
	struct wire_register_ack *ack = &m->reg_ack;
	ack->cookie = rd_u32(r);
	rd_bytes(r, ack->dst, MAC_LEN);
	rd_bytes(r, ack->src, MAC_LEN);
	get_flagged_socket(r, &ack->socket, m);
}

static void put_register_ack(struct wr *w, const struct wire_message *m)
{
	const struct wire_register_ack *ack = &m->reg_ack;
	wr_u32(w, ack->cookie);
	wr_bytes(w, ack->dst, MAC_LEN);
	wr_bytes(w, ack->src, MAC_LEN);
	put_flagged_socket(w, &ack->socket, m);
}

static void get_packet(struct rd *r, struct wire_message *m)
{
	struct wire_packet *p = &m->packet;
	rd_bytes(r, p->src, MAC_LEN);
	rd_bytes(r, p->dst, MAC_LEN);
	get_flagged_socket(r, &p->socket, m);
	p->compression = rd_u8(r);
	p->transform = rd_u8(r);
	p->payload_len = rd_left(r);
	p->payload = rd_take(r, p->payload_len);
}

static void put_packet(struct wr *w, const struct wire_message *m)
{
	const struct wire_packet *p = &m->packet;
	wr_bytes(w, p->src, MAC_LEN);
	wr_bytes(w, p->dst, MAC_LEN);
	put_flagged_socket(w, &p->socket, m);
	wr_u8(w, p->compression);
	wr_u8(w, p->transform);
}

static void get_register_super(struct rd *r, struct wire_message *m)
{
	struct wire_register_super *reg = &m->reg_super;
	reg->cookie = rd_u32(r);
	rd_bytes(r, reg->mac, MAC_LEN);
	get_flagged_socket(r, &reg->socket, m);
	get_subnet(r, &reg->address);
	rd_bytes(r, reg->desc, DESC_LEN);
	get_auth(r, &reg->auth);
	reg->key_time = rd_u32(r);
}

static void put_register_super(struct wr *w, const struct wire_message *m)
{
	const struct wire_register_super *reg = &m->reg_super;
	wr_u32(w, reg->cookie);
	wr_bytes(w, reg->mac, MAC_LEN);
	put_flagged_socket(w, &reg->socket, m);
	put_subnet(w, &reg->address);
	wr_bytes(w, reg->desc, DESC_LEN);
	put_auth(w, &reg->auth);
	wr_u32(w, reg->key_time);
}

static void get_register_super_ack(struct rd *r, struct wire_message *m)
{
	struct wire_register_super_ack *ack = &m->super_ack;
	ack->cookie = rd_u32(r);
	rd_bytes(r, ack->mac, MAC_LEN);
	get_subnet(r, &ack->address);
	ack->lifetime = rd_u16(r);
	wire_get_socket(r, &ack->socket);
	get_auth(r, &ack->auth);
	ack->count = rd_u8(r);
	if (ack->count > WIRE_SUPERNODES_MAX) {
		r->bad = true;
		return;
	}
	for (size_t i = 0; i < ack->count; i++)
		get_supernode(r, &ack->list[i]);
	ack->key_time = rd_u32(r);
}

static void put_register_super_ack(struct wr *w, const struct wire_message *m)
{
	const struct wire_register_super_ack *ack = &m->super_ack;
	wr_u32(w, ack->cookie);
	wr_bytes(w, ack->mac, MAC_LEN);
	put_subnet(w, &ack->address);
	wr_u16(w, ack->lifetime);
	wire_put_socket(w, &ack->socket);
	put_auth(w, &ack->auth);
	wr_u8(w, ack->count);
	if (ack->count > WIRE_SUPERNODES_MAX) {
		w->bad = true;
		return;
	}
	for (size_t i = 0; i < ack->count; i++)
		put_supernode(w, &ack->list[i]);
	wr_u32(w, ack->key_time);
}

static void get_register_super_nak(struct rd *r, struct wire_message *m)
{
	struct wire_register_super_nak *nak = &m->super_nak;
	nak->cookie = rd_u32(r);
	rd_bytes(r, nak->mac, MAC_LEN);
	get_auth(r, &nak->auth);
}

static void put_register_super_nak(struct wr *w, const struct wire_message *m)
{
	const struct wire_register_super_nak *nak = &m->super_nak;
	wr_u32(w, nak->cookie);
	wr_bytes(w, nak->mac, MAC_LEN);
	put_auth(w, &nak->auth);
}

static void get_unregister_super(struct rd *r, struct wire_message *m)
{
	get_auth(r, &m->unreg_super.auth);
	rd_bytes(r, m->unreg_super.mac, MAC_LEN);
}

static void put_unregister_super(struct wr *w, const struct wire_message *m)
{
	put_auth(w, &m->unreg_super.auth);
	wr_bytes(w, m->unreg_super.mac, MAC_LEN);
}

static void get_query_peer(struct rd *r, struct wire_message *m)
{
	struct wire_query_peer *q = &m->query;
	rd_bytes(r, q->src, MAC_LEN);
	rd_bytes(r, q->target, MAC_LEN);
	q->aflags = rd_u16(r);
}

static void put_query_peer(struct wr *w, const struct wire_message *m)
{
	const struct wire_query_peer *q = &m->query;
	wr_bytes(w, q->src, MAC_LEN);
	wr_bytes(w, q->target, MAC_LEN);
	wr_u16(w, q->aflags);
}

static void get_peer_info(struct rd *r, struct wire_message *m)
{
	struct wire_peer_info *info = &m->info;
	info->aflags = rd_u16(r);
	rd_bytes(r, info->mac, MAC_LEN);
	rd_bytes(r, info->target, MAC_LEN);
	wire_get_socket(r, &info->socket);
	get_flagged_socket(r, &info->preferred, m);
	info->load = rd_le32(r);
	info->uptime = rd_u32(r);
	rd_bytes(r, info->version, VERSION_LEN);
}

static void put_peer_info(struct wr *w, const struct wire_message *m)
{
	const struct wire_peer_info *info = &m->info;
	wr_u16(w, info->aflags);
	wr_bytes(w, info->mac, MAC_LEN);
	wr_bytes(w, info->target, MAC_LEN);
	wire_put_socket(w, &info->socket);
	put_flagged_socket(w, &info->preferred, m);
	wr_le32(w, info->load);
	wr_u32(w, info->uptime);
	wr_bytes(w, info->version, VERSION_LEN);
}

/* RE_REGISTER_SUPER is a header and nothing else. */
static void get_nothing(struct rd *r, struct wire_message *m) { (void)r, (void)m; }
static void put_nothing(struct wr *w, const struct wire_message *m) { (void)w, (void)m; }

static const struct codec *codec_of(unsigned type)
{
	static const struct codec codecs[] = {
		[WIRE_REGISTER] = { get_register, put_register },
		[WIRE_PACKET] = { get_packet, put_packet },
		[WIRE_REGISTER_ACK] = { get_register_ack, put_register_ack },
		[WIRE_REGISTER_SUPER] = { get_register_super, put_register_super },
		[WIRE_UNREGISTER_SUPER] = { get_unregister_super, put_unregister_super },
		[WIRE_REGISTER_SUPER_ACK] = { get_register_super_ack, put_register_super_ack },
		[WIRE_REGISTER_SUPER_NAK] = { get_register_super_nak, put_register_super_nak },
		[WIRE_PEER_INFO] = { get_peer_info, put_peer_info },
		[WIRE_QUERY_PEER] = { get_query_peer, put_query_peer },
		[WIRE_RE_REGISTER_SUPER] = { get_nothing, put_nothing },
		[WIRE_GROUP_REPORT] = { wire_get_group_report, wire_put_group_report },
		[WIRE_GROUP_REPORT_ACK] = { wire_get_group_report_ack, wire_put_group_report_ack },
		[WIRE_GROUP_QUERY] = { wire_get_group_query, wire_put_group_query },
		[WIRE_GROUP_MEMBERS] = { wire_get_group_members, wire_put_group_members },
		[WIRE_GROUP_MEMBERS_ACK] = { wire_get_group_members_ack, wire_put_group_members_ack },
	};
	return type < sizeof(codecs) / sizeof(*codecs) && codecs[type].get ? &codecs[type] : NULL;
}

enum wire_error wire_get(struct wire_message *m, const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	if (len < WIRE_HEADER_LEN)
		return WIRE_SHORT;
	m->version = rd_u8(&r);
	m->ttl = rd_u8(&r);
	uint16_t word = rd_u16(&r);
	m->type = word & TYPE_MASK;
	m->flags = (uint16_t)(word & ~TYPE_MASK);
	rd_bytes(&r, m->community, COMMUNITY_LEN);
	if (m->version != WIRE_V3 || word >= PLAIN_BELOW || m->community[COMMUNITY_LEN - 1])
		return WIRE_FOREIGN;
	const struct codec *codec = codec_of(m->type);
	if (!codec)
		return WIRE_UNKNOWN_TYPE;
	codec->get(&r, m);
	return rd_done(&r) && is_padded(m->community) ? WIRE_GOOD : WIRE_MALFORMED;
}

static void put_message(struct wr *w, const struct wire_message *m)
{
	const struct codec *codec = codec_of(m->type);
	uint16_t word = (uint16_t)(m->flags | m->type);
	if (!codec || m->version != WIRE_V3 || (m->flags & TYPE_MASK) || word >= PLAIN_BELOW ||
	    !is_padded(m->community)) {
		w->bad = true;
		return;
	}
	wr_u8(w, m->version);
	wr_u8(w, m->ttl);
	wr_u16(w, word);
	wr_bytes(w, m->community, COMMUNITY_LEN);
	codec->put(w, m);
}

size_t wire_put(uint8_t *out, size_t room, const struct wire_message *m)
{
	struct wr w = wr_of(out, room);
	if (m->type == WIRE_PACKET)
		return 0;
	put_message(&w, m);
	return w.bad ? 0 : (size_t)(w.at - out);
}

size_t wire_put_packet(uint8_t *out, size_t room, const struct wire_message *m)
{
	struct wr w = wr_of(out, room);
	if (m->type != WIRE_PACKET)
		return 0;
	put_message(&w, m);
	return w.bad ? 0 : (size_t)(w.at - out);
}

bool wire_push_packet(struct buf *b, const struct wire_message *m)
{
	uint8_t header[WIRE_PACKET_OVERHEAD];
	size_t len = wire_put_packet(header, sizeof(header), m);
	uint8_t *to = len ? buf_push(b, len) : NULL;
	if (to)
		memcpy(to, header, len);
	return to != NULL;
}
