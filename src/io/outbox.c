#define _GNU_SOURCE
#include "io/outbox.h"

#include <errno.h>
#include <stdlib.h>

#include "io/sockaddr.h"
#include "outbox_state.h"

struct outbox *outbox_new(int fd, int family, bool v4, bool v6, bool segment, uint64_t *counts)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->fd = fd;
	o->family = family;
	o->v4 = v4;
	o->v6 = v6;
	o->segment = segment;
	o->counts = counts;
	o->turn = 1;
	o->arena = calloc(1, ARENA);
	o->piece = calloc(PIECES, sizeof(*o->piece));
	o->part = calloc(PARTS, sizeof(*o->part));
	o->link = calloc(LINKS, sizeof(*o->link));
	o->message = calloc(UDP_SEND_MAX, sizeof(*o->message));
	o->destination = calloc(DESTINATIONS, sizeof(*o->destination));
	if (o->arena && o->piece && o->part && o->link && o->message && o->destination)
		return o;
	outbox_free(o);
	errno = ENOMEM;
	return NULL;
}

void outbox_fragments_itself(struct outbox *o)
{
	o->fragments = true;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	free(o->arena);
	free(o->piece);
	free(o->part);
	free(o->link);
	free(o->message);
	free(o->destination);
	free(o);
}

bool outbox_segments(const struct outbox *o)
{
	return o->segment;
}

bool outbox_batches(const struct outbox *o)
{
	return !o->single;
}

/* ---- control messages */

void outbox_control(struct message *m, int level, int type, const void *info, size_t len)
{
	struct cmsghdr c = { .cmsg_level = level, .cmsg_type = type };

	c.cmsg_len = (socklen_t)CMSG_LEN(len);
	memset(m->control + m->control_len, 0, CMSG_SPACE(len));
	memcpy(m->control + m->control_len, &c, sizeof(c));
	memcpy(m->control + m->control_len + CMSG_LEN(0), info, len);
	m->control_len += CMSG_SPACE(len);
}

/* To an IPv4 destination IP_PKTINFO is right on a dual-stack socket too. */
static void set_source(struct message *m, const struct addr *to, const struct addr *local, unsigned ifindex)
{
	static const uint8_t link_local[2] = { 0xfe, 0x80 };    /* useless without its interface */
	bool wish = addr_is_set(local) && !addr_is_unspecified(local) &&
	            (local->family == ADDR_V4 || memcmp(local->ip, link_local, sizeof(link_local)));

	m->control_len = 0;
	m->source_may_go = wish && !ifindex;
	if (to->family == ADDR_V4 && (wish || ifindex)) {
		struct in_pktinfo info = { .ipi_ifindex = (int)ifindex };
		if (wish)
			memcpy(&info.ipi_spec_dst, local->ip, 4);
		outbox_control(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else if (to->family == ADDR_V6 && (wish || ifindex)) {
		struct in6_pktinfo info = { .ipi6_ifindex = ifindex };
		if (wish)
			memcpy(&info.ipi6_addr, local->ip, 16);
		outbox_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
}

/* ---- parts */

static const uint8_t *store(struct outbox *o, const void *bytes, size_t len)
{
	uint8_t *at = o->arena + o->used;
	if (len)
		memcpy(at, bytes, len);
	o->used += len;
	return at;
}

/* Joins the piece before when it goes on there. */
static void add_piece(struct outbox *o, struct part *p, const uint8_t *at, size_t len)
{
	struct iovec *last = p->pieces ? &o->piece[o->pieces - 1] : NULL;

	if (!len)
		return;
	p->bytes += len;
	if (last && (const uint8_t *)last->iov_base + last->iov_len == at) {
		last->iov_len += len;
		return;
	}
	o->piece[o->pieces++] = (struct iovec){ (void *)(uintptr_t)at, len };
	p->pieces++;
}

static void add_frame(struct outbox *o, struct part *p, const struct burst_header *header, const struct burst_frame *f)
{
	bool copy = burst_frame_len(f) <= COPY_MAX;

	/* A short head goes with its header, whatever the body. */
	if (copy || f->body_len) {
		const uint8_t *at = store(o, header->bytes, header->len);
		store(o, f->head, f->head_len);
		if (copy)
			store(o, f->body, f->body_len);
		add_piece(o, p, at, header->len + f->head_len + (copy ? f->body_len : 0));
		if (!copy)
			add_piece(o, p, f->body, f->body_len);
		return;
	}
	add_piece(o, p, p->header, p->header_len);
	add_piece(o, p, f->head, f->head_len);
}

/* Arena that the frames need at most. */
static size_t arena_for(const struct burst_header *header, const struct burst_frame *frame, size_t n)
{
	size_t sum = header->len;
	for (size_t i = 0; i < n; i++) {
		const struct burst_frame *f = &frame[i];
		if (burst_frame_len(f) <= COPY_MAX)
			sum += header->len + burst_frame_len(f);
		else if (f->body_len)
			sum += header->len + f->head_len;
	}
	return sum;
}

static struct part *same_part(struct outbox *o, const struct burst_header *header, const struct burst_frame *frame,
                              size_t n)
{
	struct part *p = o->parts ? &o->part[o->parts - 1] : NULL;
	size_t each = header->len + burst_frame_len(&frame[0]), last = header->len + burst_frame_len(&frame[n - 1]);
	bool same = p && p->n == n && p->first == frame[0].head && p->last == frame[n - 1].head &&
	            p->each == each && p->bytes == (n - 1) * each + last &&
	            p->header_len == header->len && !memcmp(p->header, header->bytes, header->len);
	return same ? p : NULL;
}

static struct part *part_of(struct outbox *o, const struct burst_header *header, const struct burst_frame *frame,
                            size_t n)
{
	struct part *p = same_part(o, header, frame, n);
	if (p)
		return p;
	p = &o->part[o->parts++];
	*p = (struct part){
		.piece = &o->piece[o->pieces], .n = n, .each = header->len + burst_frame_len(&frame[0]),
		.first = frame[0].head, .last = frame[n - 1].head, .header_len = header->len,
	};
	p->header = store(o, header->bytes, header->len);
	for (size_t i = 0; i < n; i++)
		add_frame(o, p, header, &frame[i]);
	return p;
}

/* ---- messages */

static struct destination *destination_of(struct outbox *o, const struct addr *to)
{
	const uint8_t *ip = to->ip + (to->family == ADDR_V6 ? 12 : 0);
	uint32_t h = (get_be32(ip) ^ (uint32_t)to->port << 16 ^ to->port) * 0x9e3779b1u;
	struct destination *d = &o->destination[h >> 24];

	_Static_assert(DESTINATIONS == 256, "the upper 8 bits of the hash");
	if (!addr_equal(&d->to, to))
		*d = (struct destination){ .to = *to };
	return d;
}

static bool may_join(const struct outbox *o, const struct message *m, const struct part *p, const struct addr *local,
                     unsigned ifindex)
{
	bool shorter = p->n == 1 && p->each < m->each;
	return o->segment && p->each && !m->full && (p->each == m->each || shorter) && m->n + p->n <= BURST_MAX &&
	       m->bytes + p->bytes <= DATAGRAM_MAX && addr_equal(&m->local, local) && m->ifindex == ifindex;
}

static struct message *message_new(struct outbox *o, const struct addr *to, const struct addr *local, unsigned ifindex,
                                   const struct part *p)
{
	struct message *m = &o->message[o->messages++];
	struct sockaddr_storage ss;

	m->to_len = addr_to_sockaddr(&ss, to, o->family);
	memcpy(&m->to, &ss, sizeof(m->to));
	m->local = *local;
	m->ifindex = ifindex;
	m->first = m->last = 0;
	m->n = m->bytes = 0;
	m->each = p->each;
	m->full = false;
	set_source(m, to, local, ifindex);
	return m;
}

static void message_add(struct outbox *o, struct message *m, const struct part *p)
{
	uint16_t link = (uint16_t)++o->links;   /* index + 1 */

	o->link[link - 1] = (struct link){ .part = (uint16_t)(p - o->part) };
	if (m->last)
		o->link[m->last - 1].next = link;
	else
		m->first = link;
	m->last = link;
	m->n += p->n;
	m->bytes += p->bytes;
	m->full = m->bytes < m->n * m->each;
}

static void put_part(struct outbox *o, const struct addr *to, const struct addr *local, unsigned ifindex,
                     const struct part *p)
{
	static const struct addr none;
	struct destination *d = destination_of(o, to);
	struct message *m = d->turn == o->turn ? d->message : NULL;

	if (!local || local->family != to->family)
		local = &none;
	if (!m || !may_join(o, m, p, local, ifindex)) {
		m = message_new(o, to, local, ifindex, p);
		m->destination = d;
		d->turn = o->turn;
		d->message = m;
	}
	message_add(o, m, p);
}

static bool reachable(struct outbox *o, const struct addr *to, size_t n)
{
	if (to->family == ADDR_V4 ? o->v4 : to->family == ADDR_V6 && o->v6)
		return true;
	o->counts[UDP_NO_FAMILY] += n;
	return false;
}

static bool has_room(const struct outbox *o, size_t arena, size_t frames)
{
	return o->messages < UDP_SEND_MAX && o->parts < PARTS && o->links < LINKS && arena <= ARENA - o->used &&
	       3 * frames <= PIECES - PIECES_OF_ONE - o->pieces;
}

void outbox_put_burst(struct outbox *o, const struct addr *to, const struct addr *local, unsigned ifindex,
                      const struct burst_header *header, const struct burst *burst)
{
	size_t each = header->len + burst_frame_len(&burst->frame[0]), most = each ? DATAGRAM_MAX / each : 1;

	if (!reachable(o, to, burst->n))
		return;
	if (!most) {
		o->counts[UDP_TOO_BIG] += burst->n;
		return;
	}
	for (size_t at = 0, n; at < burst->n; at += n) {
		n = burst->n - at < most ? burst->n - at : most;
		n = n < BURST_MAX ? n : BURST_MAX;
		if (!has_room(o, arena_for(header, burst->frame + at, n), n))
			outbox_flush(o);
		put_part(o, to, local, ifindex, part_of(o, header, burst->frame + at, n));
	}
}

void outbox_put(struct outbox *o, const struct addr *to, const struct addr *local, unsigned ifindex,
                const struct buf *datagram)
{
	if (!reachable(o, to, 1))
		return;
	if (datagram->len > DATAGRAM_MAX) {
		o->counts[UDP_TOO_BIG]++;
		return;
	}
	if (!has_room(o, datagram->len, 1))
		outbox_flush(o);
	struct part *p = &o->part[o->parts++];
	*p = (struct part){ .piece = &o->piece[o->pieces], .n = 1, .each = datagram->len };
	const uint8_t *at = store(o, datagram->data, datagram->len);
	add_piece(o, p, at, datagram->len);
	put_part(o, to, local, ifindex, p);
}
