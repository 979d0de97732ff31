/* What may be joined is what segment.c cuts into the same bytes again, and never more than the kernel's GRO joins
 * (held against Linux 6.18 by tests/netns/gso.sh).  One thing does not come back: the identifications of IPv4 packets
 * with DF that are all the same become consecutive, as with GRO.  They mean nothing there (RFC 6864, section 4.1).
 */
#include "core/coalesce.h"
#include "core/checksum.h"
#include "core/layers.h"

#include <stdlib.h>

enum {
	FLOWS = 8,
	PACKET_MAX = 65535,             /* bytes from the IP header on */
	HEADER_MAX = 14 + 8 + IPV6_MIN + 60,
	IPV4_RESERVED = 0x80, IPV4_DF = 0x40    /* of the byte at IPV4_FRAGMENT */
};

struct flow {
	uint64_t key;                   /* differs: another flow */
	struct layers first;            /* of the first frame, out.piece[0] */
	size_t payload_len;             /* of all frames */
	uint32_t next_seq;
	uint8_t ends;                   /* FIN and PSH of the last frame */
	bool verified;                  /* the first frame: only when a second one comes */
	bool fixed_id;
	uint8_t header[HEADER_MAX];
	struct coalesced out;           /* payloads from piece[1] on */
};
struct coalesce {
	struct coalesce_out out;
	struct coalesce_kinds kinds;
	struct flow *last;              /* that a frame was put to, or NULL */
	size_t open;
	struct flow *flow[FLOWS];       /* the open ones in the order of opening, then those that are free */
	struct flow slot[FLOWS];
	struct coalesced alone;
};

struct coalesce *coalesce_new(const struct coalesce_out *out)
{
	struct coalesce *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->out = *out;
	for (size_t i = 0; i < FLOWS; i++)
		c->flow[i] = &c->slot[i];
	return c;
}

void coalesce_free(struct coalesce *c)
{
	free(c);
}

void coalesce_set_kinds(struct coalesce *c, const struct coalesce_kinds *kinds)
{
	coalesce_flush(c);
	c->kinds = *kinds;
}

/* ---- what may be joined */

static bool has_valid_checksums(const struct layers *p)
{
	size_t len = p->transport_len + p->data_len;
	if (!p->ipv6 && checksum_fold(checksum_add(0, p->ip, p->ip_len)))
		return false;
	uint64_t sum = checksum_pseudo(layers_addresses(p), layers_addresses_len(p), p->protocol, len);
	return !checksum_fold(checksum_add(sum, p->transport, len));
}

/* The kernel's IPv4 multicast router drops a packet with DF that is longer than the MTU of the way out, be it a
 * super-frame whose pieces are not; and Linux sends with DF unless told otherwise.  Who is a router, perhaps behind a
 * bridge, cannot be known.  Unicast, IPv6 and what has no DF it cuts. */
static bool is_routable_joined(const struct layers *p)
{
	return p->ipv6 || (layers_addresses(p)[4] & 0xf0) != 0xe0 || !(p->ip[IPV4_FRAGMENT] & IPV4_DF);
}

/* Nothing in this frame alone forbids to join it.  FIN and PSH may be on the last frame. */
static bool is_joinable(const struct coalesce *c, const struct layers *p)
{
	if (!p->data_len || p->padding || p->ip_len != (p->ipv6 ? IPV6_MIN : IPV4_MIN))
		return false;
	if (!p->ipv6 && p->ip[IPV4_FRAGMENT] & IPV4_RESERVED)
		return false;
	if (p->protocol == PROTOCOL_UDP)
		return c->kinds.udp && is_routable_joined(p) && get_be16(p->transport + UDP_CHECKSUM) &&
		       get_be16(p->transport + UDP_LEN) == UDP_MIN + p->data_len;
	return (p->ipv6 ? c->kinds.tcp6 : c->kinds.tcp4) && !(p->transport[TCP_FLAGS - 1] & 15) &&
	       (p->transport[TCP_FLAGS] & ~(TCP_FIN | TCP_PSH)) == TCP_ACK;
}

static uint8_t ending_flags(const struct layers *p)
{
	return p->protocol == PROTOCOL_TCP ? p->transport[TCP_FLAGS] & (TCP_FIN | TCP_PSH) : 0;
}

static bool same(const uint8_t *a, const uint8_t *b, size_t n) { return !memcmp(a, b, n); }

/* Addresses and ports are known to be the same. */
static bool same_link_and_ip(const struct flow *f, const struct layers *p, const uint8_t *frame)
{
	const struct layers *q = &f->first;
	const uint8_t *first = f->out.piece[0].data;
	if (layers_link_len(p) != layers_link_len(q) || !same(frame, first, 14))
		return false;
	if (layers_link_len(p) > 14 && !same(frame, first, layers_link_len(p)))
		return false;
	if (p->ipv6)                    /* traffic class, flow label; hop limit */
		return same(p->ip, q->ip, 4) && p->ip[7] == q->ip[7];
	/* Type of service; DF; time to live. */
	return same(p->ip, q->ip, 2) && same(p->ip + IPV4_FRAGMENT, q->ip + IPV4_FRAGMENT, 3);
}

/* Consecutive, or with DF all the same. */
static bool id_fits(struct flow *f, const struct layers *p)
{
	if (p->ipv6)
		return true;
	uint16_t step = (uint16_t)(get_be16(p->ip + IPV4_ID) - get_be16(f->first.ip + IPV4_ID));
	if (f->out.frames == 1)
		f->fixed_id = step == 0 && (p->ip[IPV4_FRAGMENT] & IPV4_DF);
	return step == (f->fixed_id ? 0 : f->out.frames);
}

/* All but sequence number, FIN, PSH and checksum are the same: acknowledgement, window, urgent pointer, options. */
static bool tcp_fits(const struct flow *f, const struct layers *p)
{
	const uint8_t *a = p->transport, *b = f->first.transport;
	return get_be32(a + TCP_SEQ) == f->next_seq && same(a + 8, b + 8, 4) && a[12] == b[12] &&
	       same(a + 14, b + 14, 2) && same(a + 18, b + 18, 2) &&
	       (p->transport_len == TCP_MIN || same(a + TCP_MIN, b + TCP_MIN, p->transport_len - TCP_MIN));
}

/* The frame goes on where the flow ends.  If not the flow is to be written. */
static bool fits(struct flow *f, const struct layers *p, const uint8_t *frame)
{
	size_t len = p->ip_len + p->transport_len + f->payload_len + p->data_len;
	if (f->out.frames >= COALESCE_FRAMES_MAX || len > PACKET_MAX || p->data_len > f->first.data_len)
		return false;
	if (p->protocol == PROTOCOL_TCP && !tcp_fits(f, p))
		return false;
	if (!same_link_and_ip(f, p, frame) || !id_fits(f, p) || !has_valid_checksums(p))
		return false;
	return f->verified || (f->verified = has_valid_checksums(&f->first));
}

/* ---- writing */

static void write_alone(struct coalesce *c, const uint8_t *frame, size_t len)
{
	struct coalesced *out = &c->alone;
	out->frames = out->pieces = 1;
	out->len = len;
	out->piece[0] = (struct coalesce_piece){ frame, len };
	c->out.write(c->out.ctx, out);
}

static void patch_ip(const struct flow *f, uint8_t *ip, size_t len)
{
	if (f->first.ipv6) {
		put_be16(ip + IPV6_PAYLOAD_LEN, (uint16_t)(len - IPV6_MIN));
		return;
	}
	put_be16(ip + IPV4_TOTAL_LEN, (uint16_t)len);
	put_be16(ip + IPV4_CHECKSUM, 0);
	put_be16(ip + IPV4_CHECKSUM, checksum_fold(checksum_add(0, ip, IPV4_MIN)));
}

/* The first frame's headers become those of all, with the sum of the pseudo header for a checksum. */
static void make_super(struct flow *f)
{
	const struct layers *p = &f->first;
	size_t header_len = layers_headers_len(p), len = p->transport_len + f->payload_len;
	uint8_t *transport = f->header + layers_link_len(p) + p->ip_len;
	bool tcp = p->protocol == PROTOCOL_TCP;
	uint16_t checksum_at = tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
	uint64_t sum = checksum_pseudo(layers_addresses(p), layers_addresses_len(p), p->protocol, len);
	memcpy(f->header, f->out.piece[0].data, header_len);
	patch_ip(f, f->header + layers_link_len(p), p->ip_len + len);
	if (tcp)
		transport[TCP_FLAGS] |= f->ends;
	else
		put_be16(transport + UDP_LEN, (uint16_t)len);
	put_be16(transport + checksum_at, (uint16_t)~checksum_fold(sum));
	f->out.piece[0] = (struct coalesce_piece){ f->header, header_len };
	f->out.pieces = f->out.frames + 1;
	f->out.len = header_len + f->payload_len;
	f->out.offload = (struct offload){
		.kind = !tcp ? OFFLOAD_UDP : p->ipv6 ? OFFLOAD_TCP6 : OFFLOAD_TCP4, .checksum = true,
		.header_len = (uint16_t)header_len, .segment_len = (uint16_t)p->data_len,
		.csum_start = (uint16_t)(layers_link_len(p) + p->ip_len), .csum_offset = checksum_at
	};
}

static void write_flow(struct coalesce *c, struct flow *f)
{
	size_t at = 0;
	while (c->flow[at] != f)
		at++;
	c->open--;
	memmove(&c->flow[at], &c->flow[at + 1], (c->open - at) * sizeof(c->flow[0]));
	c->flow[c->open] = f;
	if (c->last == f)
		c->last = NULL;
	if (f->out.frames > 1)
		make_super(f);
	c->out.write(c->out.ctx, &f->out);
}

void coalesce_flush(struct coalesce *c)
{
	while (c->open)
		write_flow(c, c->flow[0]);
}

/* ---- flows */

/* Of addresses and ports; other flows may have the same one. */
static uint64_t key_of(const struct layers *p)
{
	const uint8_t *addresses = layers_addresses(p);
	uint64_t key, part;
	uint32_t ports;
	memcpy(&ports, p->transport, sizeof(ports));
	memcpy(&key, addresses, sizeof(key));
	for (size_t at = 8; p->ipv6 && at < 32; at += 8) {
		memcpy(&part, addresses + at, sizeof(part));
		key = (key << 17 | key >> 47) ^ part;
	}
	return key + ports;
}

static bool is_flow(const struct flow *f, const struct layers *p, uint64_t key)
{
	const struct layers *q = &f->first;
	return f->key == key && p->ipv6 == q->ipv6 && p->protocol == q->protocol &&
	       same(p->transport, q->transport, 4) &&
	       (p->ipv6 ? same(layers_addresses(p), layers_addresses(q), 32) :
	                  same(layers_addresses(p), layers_addresses(q), 8));
}

static struct flow *find(const struct coalesce *c, const struct layers *p, uint64_t key)
{
	if (c->last && is_flow(c->last, p, key))
		return c->last;
	for (size_t i = 0; i < c->open; i++)
		if (is_flow(c->flow[i], p, key))
			return c->flow[i];
	return NULL;
}

static void open_flow(struct coalesce *c, const struct layers *p, uint64_t key, const uint8_t *frame, size_t len)
{
	if (c->open == FLOWS)
		write_flow(c, c->flow[0]);
	struct flow *f = c->last = c->flow[c->open++];
	f->key = key;
	f->first = *p;
	f->payload_len = p->data_len;
	f->verified = f->fixed_id = false;
	if (p->protocol == PROTOCOL_TCP)
		f->next_seq = get_be32(p->transport + TCP_SEQ) + (uint32_t)p->data_len;
	f->out.offload = (struct offload){ .kind = OFFLOAD_NONE };
	f->out.frames = f->out.pieces = 1;
	f->out.len = len;
	f->out.piece[0] = (struct coalesce_piece){ frame, len };
	f->out.piece[1] = (struct coalesce_piece){ p->data, p->data_len };
}

/* A shorter frame, or one that ends what the sender had to say, is the last. */
static void join(struct coalesce *c, struct flow *f, const struct layers *p)
{
	c->last = f;
	f->out.piece[++f->out.frames] = (struct coalesce_piece){ p->data, p->data_len };
	f->payload_len += p->data_len;
	f->next_seq += (uint32_t)p->data_len;
	f->ends = ending_flags(p);
	if (f->ends || p->data_len < f->first.data_len)
		write_flow(c, f);
}

void coalesce_put(struct coalesce *c, const uint8_t *frame, size_t len)
{
	struct layers p;
	if (!layers_view(&p, frame, len) || !p.transport) {     /* who knows whose order it is part of */
		coalesce_flush(c);
		write_alone(c, frame, len);
		return;
	}
	uint64_t key = key_of(&p);
	struct flow *f = find(c, &p, key);
	bool joinable = is_joinable(c, &p);
	if (f && joinable && fits(f, &p, frame)) {
		join(c, f, &p);
		return;
	}
	if (f)
		write_flow(c, f);
	if (joinable && !ending_flags(&p))
		open_flow(c, &p, key, frame, len);
	else
		write_alone(c, frame, len);
}
