#include "core/host.h"

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

void host_send_burst(const struct host *host, const struct endpoint *to, const struct addr *local,
                     const struct burst_header *header, const struct burst *burst)
{
	uint8_t mem[BUF_SIZE];
	if (host->send_burst) {
		host->send_burst(host->ctx, to, local, header, burst);
		return;
	}
	for (size_t i = 0; i < burst->n; i++) {
		struct buf b = buf_of(mem, sizeof(mem));
		if (assemble(&b, header, &burst->frame[i]))
			host->send(host->ctx, to, local, &b);
	}
}
