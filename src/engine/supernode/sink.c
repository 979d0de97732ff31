#include "state.h"

static bool pays(struct sink *to, size_t bytes)
{
	if (to->trust == TRUST_CONFIRMED)
		return true;
	if (to->credit < bytes)
		return false;
	to->credit -= bytes;
	return true;
}

bool sink_send(struct supernode *sn, struct sink *to, const struct buf *b)
{
	if (!pays(to, b->len))
		return false;
	sn_send_buf(sn, &to->endpoint, &to->local, b);
	return true;
}

enum supernode_drop sink_tell(struct supernode *sn, struct sink *to, const struct wire_message *m)
{
	uint8_t mem[EMIT_ROOM];
	struct buf b = emit_encode(mem, m);
	if (!b.len)
		return SUPERNODE_DROP_NO_ROOM;
	return sink_send(sn, to, &b) ? DROP_NONE : SUPERNODE_DROP_CLAIMED;
}

bool sink_relay(struct supernode *sn, struct sink *to, const struct burst_header *header, const struct burst *burst)
{
	if (!pays(to, burst->bytes + burst->n * header->len))
		return false;
	sn->info.counts.datagrams_out += burst->n;
	sn->info.counts.bytes_out += burst->bytes + burst->n * header->len;
	emit_burst(&sn->host, &to->endpoint, &to->local, header, burst);
	to->frames += burst->n;
	to->bytes += burst->bytes;
	return true;
}
