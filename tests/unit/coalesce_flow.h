/* One flow of frames for the tests of coalesce.  Include after test.h. */
#ifndef COALESCE_FLOW_H
#define COALESCE_FLOW_H

#include "coalesced.h"

enum { ROOM = 2048, LEN = 1000 };
static uint8_t frame[100][ROOM], payload[65535];
static const struct model tcp4 = { .df = true, .host = 1, .ttl = 64, .flags = MODEL_ACK, .option = 1, .tcp_options = 12,
                                   .src_port = 1000, .dst_port = 2000, .seq = 0xfffffff0, .ack = 7, .window = 500 };

static inline struct model udp4(void)
{
	struct model m = tcp4;
	m.udp = true;
	m.df = false;
	return m;
}

static inline struct model tcp6(void)
{
	struct model m = tcp4;
	m.ipv6 = true;
	return m;
}

/* The i-th frame of this flow. */
static inline size_t make(size_t i, const struct model *flow, size_t len)
{
	struct model m = *flow;
	m.seq += (uint32_t)(i * LEN);
	m.id = (uint16_t)(m.id + i);
	return model_frame(frame[i], &m, payload + i * 8, len);
}

static inline void put(struct coalesce *c, size_t i, size_t len) { coalesce_put(c, frame[i], len); }

static inline void check_alone(size_t at, size_t i, size_t len)
{
	CHECK(at < written_count);
	if (at >= written_count)
		return;
	CHECK_INT(written[at].frames, 1);
	CHECK_INT(written[at].len, len);
	CHECK_INT(written[at].offload.checksum, false);
	CHECK(written[at].len == len && !memcmp(written[at].bytes, frame[i], len));
}

#endif
