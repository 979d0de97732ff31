#include "core/emit.h"

void emit_begin(struct wire_message *m, enum wire_type type, uint16_t flags, const uint8_t community[static COMMUNITY_LEN])
{
	m->version = WIRE_V3;
	m->ttl = WIRE_TTL;
	m->type = (uint8_t)type;
	m->flags = flags;
	memcpy(m->community, community, COMMUNITY_LEN);
}

struct buf emit_encode(uint8_t mem[static EMIT_ROOM], const struct wire_message *m)
{
	struct buf b = buf_of(mem, EMIT_ROOM);
	b.len = wire_put(b.data, buf_tailroom(&b), m);
	return b;
}

bool emit_header(struct burst_header *header, const struct wire_message *m)
{
	header->len = wire_put_packet(header->bytes, sizeof(header->bytes), m);
	return header->len != 0;
}

/* One datagram in one piece; false: it would not fit. */
static bool assemble(struct buf *b, const struct burst_header *header, const struct burst_frame *f)
{
	struct wr w = wr_of(b->data, buf_tailroom(b));
	wr_bytes(&w, header->bytes, header->len);
	wr_bytes(&w, f->head, f->head_len);
	if (f->body_len)
		wr_bytes(&w, f->body, f->body_len);
	b->len = (size_t)(w.at - b->data);
	return !w.bad;
}

void emit_copies(const struct host *host, const struct endpoint *to, const struct addr *local,
                 const struct burst_header *header, const struct burst *burst)
{
	uint8_t mem[BUF_SIZE];
	for (size_t i = 0; i < burst->n; i++) {
		struct buf b = buf_of(mem, sizeof(mem));
		if (assemble(&b, header, &burst->frame[i]))
			host->send(host->ctx, to, local, &b);
	}
}

void emit_burst(const struct host *host, const struct endpoint *to, const struct addr *local,
                const struct burst_header *header, const struct burst *burst)
{
	if (host->send_burst)
		host->send_burst(host->ctx, to, local, header, burst);
	else
		emit_copies(host, to, local, header, burst);
}
