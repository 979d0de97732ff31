/* A train of frames (each behind two bytes of its length, or the one before it with a change), joined and cut again:
 * every byte that went in comes out, once, and what was joined has the checksums of frames that were.
 */
#include "core/checksum.h"
#include "core/coalesce.h"
#include "core/layers.h"
#include "core/segment.h"
#include "fuzz.h"

enum { FRAMES_MAX = 80 };

struct train { uint8_t *frame[FRAMES_MAX]; size_t len[FRAMES_MAX], count; bool out[FRAMES_MAX]; };

/* IPv4 identifications and header checksums may differ: those that are constant come out rising. */
static bool is_equal(const uint8_t *a, const uint8_t *b, size_t len, size_t joined)
{
	struct layers p;
	if (!memcmp(a, b, len))
		return true;
	if (joined == 1 || !layers_view(&p, a, len) || !p.transport || p.ipv6 || !(p.ip[IPV4_FRAGMENT] & 0x40))
		return false;
	size_t ip = layers_link_len(&p);
	return !memcmp(a, b, ip + 4) && !memcmp(a + ip + 6, b + ip + 6, 4) &&
	       !memcmp(a + ip + 12, b + ip + 12, len - ip - 12);
}

static void take_out(struct train *t, const uint8_t *frame, size_t len, size_t joined)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->out[i] && t->len[i] == len && is_equal(t->frame[i], frame, len, joined)) {
			t->out[i] = true;
			return;
		}
	fprintf(stderr, "a frame came out that did not go in\n");
	abort();
}

static void written(void *ctx, const struct coalesced *f)
{
	static uint8_t all[OFFLOAD_FRAME_MAX], one[OFFLOAD_FRAME_MAX];
	struct segment s;
	const uint8_t *payload;
	size_t len = 0, n = 0;
	for (size_t i = 0; i < f->pieces; i++) {
		FUZZ_CHECK(f->piece[i].len <= sizeof(all) - len);
		if (f->piece[i].len)
			memcpy(all + len, f->piece[i].data, f->piece[i].len);
		len += f->piece[i].len;
	}
	FUZZ_CHECK(len == f->len && (f->frames > 1) == (f->offload.kind != OFFLOAD_NONE));
	if (f->frames == 1) {
		take_out(ctx, all, len, 1);
		return;
	}
	FUZZ_CHECK(f->frames <= COALESCE_FRAMES_MAX && segment_begin(&s, all, len, &f->offload));
	FUZZ_CHECK(s.count == f->frames && s.header_len == f->offload.header_len);
	for (; segment_next(&s, one, &payload, &len); n++) {
		memcpy(one + s.header_len, payload, len);
		take_out(ctx, one, s.header_len + len, f->frames);
	}
	FUZZ_CHECK(n == f->frames);
}

/* Makes the frame go on after its forerunner in sequence, with right checksums, so that there is something to join. */
static void follow(uint8_t *frame, size_t len)
{
	struct layers p;
	if (!layers_view(&p, frame, len) || !p.transport)
		return;
	uint8_t *ip = frame + layers_link_len(&p), *transport = ip + p.ip_len;
	size_t bytes = p.transport_len + p.data_len;
	bool tcp = p.protocol == PROTOCOL_TCP;
	if (tcp)
		put_be32(transport + TCP_SEQ, get_be32(transport + TCP_SEQ) + (uint32_t)p.data_len);
	if (!p.ipv6) {
		put_be16(ip + IPV4_ID, (uint16_t)(get_be16(ip + IPV4_ID) + 1));
		put_be16(ip + IPV4_CHECKSUM, 0);
		put_be16(ip + IPV4_CHECKSUM, checksum_fold(checksum_add(0, ip, p.ip_len)));
	}
	uint8_t *field = transport + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
	uint64_t sum = checksum_pseudo(layers_addresses(&p), layers_addresses_len(&p), p.protocol, bytes);
	put_be16(field, 0);
	put_be16(field, checksum_fold(checksum_add(sum, transport, bytes)));
}

static void add(struct train *t, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = calloc(1, len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	t->frame[t->count] = copy;
	t->len[t->count++] = len;
}

/* 0: a frame, its length and bytes; else the last frame again, with this XORed in at some place, or made to follow. */
static void next(struct train *t, struct rd *r)
{
	uint8_t change = rd_u8(r), at = rd_u8(r);
	if (!t->count || !change) {
		size_t len = rd_u8(r) + 0u;
		const uint8_t *bytes = rd_take(r, len);
		if (bytes)
			add(t, bytes, len);
		return;
	}
	size_t len = t->len[t->count - 1];
	add(t, t->frame[t->count - 1], len);
	if (change & 1)
		follow(t->frame[t->count - 1], len);
	if (at < len)
		t->frame[t->count - 1][at] ^= (uint8_t)(change >> 1);
	if (change & 64)
		follow(t->frame[t->count - 1], len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct train t = { .count = 0 };
	struct coalesce_out out = { &t, written };
	static const struct coalesce_kinds kinds = { true, true, true };
	struct coalesce *c = coalesce_new(&out);
	struct rd r = rd_of(data, len);
	if (!c)
		abort();
	coalesce_set_kinds(c, &kinds);
	while (rd_left(&r) && t.count < FRAMES_MAX)
		next(&t, &r);
	for (size_t i = 0; i < t.count; i++)
		coalesce_put(c, t.frame[i], t.len[i]);
	coalesce_flush(c);
	for (size_t i = 0; i < t.count; i++) {
		FUZZ_CHECK(t.out[i]);
		free(t.frame[i]);
	}
	coalesce_free(c);
	return 0;
}
