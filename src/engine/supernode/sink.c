#include "state.h"

void sink_send(struct supernode *sn, const struct sink *to, const struct buf *b)
{
	sn_send_buf(sn, &to->endpoint, &to->local, b);
}

enum supernode_drop sink_tell(struct supernode *sn, const struct sink *to, const struct wire_message *m)
{
	return sn_send(sn, &to->endpoint, &to->local, m, WIRE_CONTROL_MAX);
}

void sink_relay(struct supernode *sn, struct sink *to, const struct burst_header *header, const struct burst *burst)
{
	sn->info.counts.datagrams_out += burst->n;
	sn->info.counts.bytes_out += burst->bytes + burst->n * header->len;
	emit_burst(&sn->host, &to->endpoint, &to->local, header, burst);
	to->frames += burst->n;
	to->bytes += burst->bytes;
}
