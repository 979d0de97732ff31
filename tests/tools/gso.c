/* Holds core/segment and core/coalesce against the kernel's own segmentation (tests/netns/gso.sh): super-frames are
 * written to one TAP of a bridge, and what the kernel makes of them is read from another that takes none.
 *
 *	gso IN OUT tcp|udp	both exist, on one bridge; exit status 77: this kernel takes no such super-frame
 */
#include "../unit/test.h"

#include "../unit/frames.h"
#include "core/segment.h"
#include "taps.h"

enum { ROUNDS = 400, WAIT_MS = 2000, TRAIN = 40, SKIPPED = 77 };
static bool udp;
static uint8_t payload[65535], super[OFFLOAD_FRAME_MAX], train[TRAIN][1700];
static size_t train_len[TRAIN], train_count, train_seen;

static struct model any_headers(void)
{
	struct model m = model_random();
	m.udp = udp;
	return m;
}

/* True when the bridge forwards, after its ports have come up. */
static bool is_connected(void)
{
	struct offload none = { .kind = OFFLOAD_NONE };
	struct model m = any_headers();
	struct coalesce_piece piece = { super, model_frame(super, &m, payload, 100) };
	uint8_t frame[2000];
	for (int i = 0; i < 100; i++)
		if (write_frame(&none, &piece, 1) && read_frame(frame, sizeof(frame), 50)) {
			while (read_frame(frame, sizeof(frame), 100))
				;
			return true;
		}
	return false;
}

static bool takes_super_frames(void)
{
	struct offload o;
	struct model m = { .udp = udp, .host = 1, .ttl = 64, .flags = MODEL_ACK };
	struct coalesce_piece piece = { super, model_super(super, &o, &m, payload, 200, 100) };
	uint8_t frame[2000];
	if (!write_frame(&o, &piece, 1))
		return false;
	return read_frame(frame, sizeof(frame), WAIT_MS) && read_frame(frame, sizeof(frame), WAIT_MS);
}

static void check_cut(const struct model *m, size_t len, size_t segment_len)
{
	struct offload o;
	struct segment s;
	size_t super_len = model_super(super, &o, m, payload, len, segment_len), n;
	uint8_t header[SEGMENT_HEADER_MAX], frame[2000];
	const uint8_t *data;
	struct coalesce_piece piece = { super, super_len };
	CHECK(write_frame(&o, &piece, 1));
	CHECK(segment_begin(&s, super, super_len, &o));
	while (!test_failed_checks && segment_next(&s, header, &data, &n)) {
		CHECK_INT(read_frame(frame, sizeof(frame), WAIT_MS), s.header_len + n);
		CHECK(!memcmp(frame, header, s.header_len));
		CHECK(!memcmp(frame + s.header_len, data, n));
	}
	if (test_failed_checks)
		printf("  tags %u, IPv6 %d, IP options %zu, flags %02x, %zu bytes by %zu\n", m->tags, m->ipv6,
		       m->ip_options, m->flags, len, segment_len);
}

static void segment_is_the_kernels(void)
{
	for (int round = 0; round < ROUNDS && !test_failed_checks; round++) {
		struct model m = any_headers();
		size_t segment_len = 50 + model_below(1400);
		m.tcp_options = 4 * model_below(11);
		m.ip_options = model_below(3) ? 0 : (m.ipv6 ? 8 : 4) * (1 + model_below(3));
		m.flags = (uint8_t)(MODEL_ACK | (test_random() & (MODEL_FIN | MODEL_PSH | MODEL_ECE | MODEL_CWR)));
		check_cut(&m, 1 + model_below(segment_len * 40), segment_len);
	}
}

static void super_frame_is_taken(void *ctx, const struct coalesced *f)
{
	uint8_t frame[2000];
	size_t *joined = ctx;
	CHECK(write_frame(&f->offload, f->piece, f->pieces));
	for (size_t i = 0; i < f->frames && !test_failed_checks; i++, train_seen++) {
		size_t len = read_frame(frame, sizeof(frame), WAIT_MS);
		CHECK_INT(len, train_len[train_seen]);
		CHECK(!memcmp(frame, train[train_seen], len));
	}
	*joined += f->frames - 1;
}

/* A train of one flow: what the kernel cuts the joined ones into is what they were. */
static void coalesced_is_taken_by_the_kernel(void)
{
	size_t joined = 0;
	struct coalesce_out to = { &joined, super_frame_is_taken };
	struct coalesce_kinds all = { true, true, true };
	struct coalesce *c = coalesce_new(&to);
	if (!c)
		abort();
	coalesce_set_kinds(c, &all);
	for (int round = 0; round < ROUNDS && !test_failed_checks; round++) {
		struct model m = any_headers();
		size_t len = 20 + model_below(1400);
		train_seen = 0;
		for (train_count = 0; train_count < TRAIN; train_count++) {
			size_t n = model_below(20) ? len : 1 + model_below(1400);
			m.flags = (uint8_t)(MODEL_ACK | (model_below(20) ? 0 : MODEL_PSH));
			train_len[train_count] = model_frame(train[train_count], &m, payload + train_count, n);
			m.seq += (uint32_t)n;
			m.id++;
			coalesce_put(c, train[train_count], train_len[train_count]);
		}
		coalesce_flush(c);
		CHECK_INT(train_seen, train_count);
	}
	CHECK(joined > (size_t)ROUNDS * TRAIN / 2);
	coalesce_free(c);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: gso IN OUT tcp|udp\n");
		return 2;
	}
	udp = !strcmp(argv[3], "udp");
	in = open_tap(argv[1], IFF_VNET_HDR);
	out = open_tap(argv[2], 0);
	model_fill(payload, sizeof(payload));
	if (!is_connected()) {
		fprintf(stderr, "gso: nothing comes from %s to %s\n", argv[1], argv[2]);
		return 1;
	}
	if (!takes_super_frames())
		return SKIPPED;
	RUN(segment_is_the_kernels);
	RUN(coalesced_is_taken_by_the_kernel);
	return test_done();
}
