/* Holds core/coalesce against the kernel's GRO (tests/netns/gso.sh): a train of frames is written to a TAP with NAPI,
 * one by one, and leaves by another of the same bridge as the super-frames that GRO made of it.  What core/coalesce
 * joins of the same train GRO must have joined too.
 *
 *	gro IN OUT tcp|udp	both exist, on one bridge; GRO of IN holds frames for some milliseconds
 *
 * GRO lets go what it holds at any tick of the clock, so a train goes again until the kernel has once joined what we do.
 */
#include "../unit/test.h"

#include "../unit/frames.h"
#include "core/segment.h"
#include "taps.h"

enum { ROUNDS = 60, TRIES = 40, TRAIN = 24, WAIT_MS = 2000, SKIPPED = 77 };
static bool udp;
static uint8_t payload[2000], train[TRAIN][2000];
static size_t train_len[TRAIN];
struct joins { bool joined[TRAIN]; size_t at; };        /* to the frame before */

static void note(struct joins *j, size_t frames)
{
	for (size_t i = 0; i < frames && j->at < TRAIN; i++)
		j->joined[j->at++] |= i > 0;
}

static void note_ours(void *ctx, const struct coalesced *f) { note(ctx, f->frames); }

static struct joins join_ourselves(void)
{
	struct joins j = { .at = 0 };
	struct coalesce_out to = { &j, note_ours };
	struct coalesce_kinds all = { true, true, true };
	struct coalesce *c = coalesce_new(&to);
	if (!c)
		abort();
	coalesce_set_kinds(c, &all);
	for (size_t i = 0; i < TRAIN; i++)
		coalesce_put(c, train[i], train_len[i]);
	coalesce_flush(c);
	coalesce_free(c);
	return j;
}

/* How many frames there are in what was read: 1, or as many as its payload says. */
static size_t frames_in(const uint8_t *bytes, size_t len)
{
	struct virtio_net_hdr header;
	struct segment s;
	memcpy(&header, bytes, sizeof(header));
	struct offload o = {
		.segment_len = header.gso_size,
		.kind = header.gso_type == VIRTIO_NET_HDR_GSO_UDP_L4 ? OFFLOAD_UDP :
		        header.gso_type == VIRTIO_NET_HDR_GSO_TCPV6 ? OFFLOAD_TCP6 : OFFLOAD_TCP4
	};
	if (header.gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return 1;
	return segment_begin(&s, bytes + sizeof(header), len - sizeof(header), &o) ? s.count : 0;
}

/* Adds what the kernel joins this time.  False: frames got lost. */
static bool join_by_kernel(struct joins *j)
{
	static uint8_t frame[sizeof(struct virtio_net_hdr) + OFFLOAD_FRAME_MAX];
	struct offload none = { .kind = OFFLOAD_NONE };
	for (size_t i = 0; i < TRAIN; i++) {
		struct coalesce_piece piece = { train[i], train_len[i] };
		if (!write_frame(&none, &piece, 1))
			return false;
	}
	for (j->at = 0; j->at < TRAIN; ) {
		struct pollfd ready = { .fd = out, .events = POLLIN };
		ssize_t n = poll(&ready, 1, WAIT_MS) > 0 ? read(out, frame, sizeof(frame)) : 0;
		size_t frames = n > (ssize_t)sizeof(struct virtio_net_hdr) ? frames_in(frame, (size_t)n) : 0;
		if (!frames)
			return false;
		note(j, frames);
	}
	return true;
}

/* Not the flow label: GRO would hold the frames before and behind as two flows, in an order of its own. */
static void change(struct model *m)
{
	switch (model_below(10)) {
	case 0: m->tos ^= 1; break;
	case 1: m->ttl--; break;
	case 2: m->tos ^= 4; break;
	case 3: m->id = (uint16_t)(m->id + 7); break;
	case 4: m->seq += 8; break;
	case 5: m->window++; break;
	case 6: m->ack++; break;
	case 7: m->option ^= 1; break;
	case 8: m->df = !m->df; break;
	default: m->tcp_options ^= 4; break;
	}
}

static void make_train(void)
{
	struct model m = model_random();
	/* A constant identification not with TCP: GRO joins, but no TAP takes SKB_GSO_TCP_FIXEDID, so it is cut again. */
	size_t len = 20 + model_below(1300), step = udp && m.df && model_below(2) ? 0 : 1;
	m.udp = udp;
	m.tags = 0;
	for (size_t i = 0; i < TRAIN; i++) {
		size_t n = model_below(12) ? len : 1 + model_below(1300), harm = model_below(60);
		if (!model_below(12))
			change(&m);
		uint8_t odd = (uint8_t)(harm < 8 && harm != 1 ? 1u << harm : 0);        /* any flag but SYN */
		m.flags = (uint8_t)((MODEL_ACK | (model_below(15) ? 0 : MODEL_PSH)) ^ odd);
		train_len[i] = model_frame(train[i], &m, payload + i, n);
		m.seq += (uint32_t)n;
		m.id = (uint16_t)(m.id + step);
	}
}

/* 0: there is nothing that only we join. */
static size_t joined_by_us_only(const struct joins *ours, const struct joins *kernels)
{
	size_t n = 0;
	for (size_t i = 0; i < TRAIN; i++)
		n += ours->joined[i] && !kernels->joined[i];
	return n;
}

static void gro_joins_what_we_join(void)
{
	size_t ours_in_all = 0, kernels_in_all = 0;
	for (int round = 0; round < ROUNDS && !test_failed_checks; round++) {
		make_train();
		struct joins ours = join_ourselves(), kernels = { .at = 0 };
		for (int i = 0; i < TRIES && (!i || joined_by_us_only(&ours, &kernels)); i++)
			CHECK(join_by_kernel(&kernels));
		CHECK_INT(joined_by_us_only(&ours, &kernels), 0);
		for (size_t i = 0; i < TRAIN; i++) {
			ours_in_all += ours.joined[i];
			kernels_in_all += kernels.joined[i];
		}
	}
	printf("  joins: %zu by coalesce, %zu by GRO\n", ours_in_all, kernels_in_all);
	CHECK(ours_in_all > (size_t)ROUNDS * TRAIN / 3);
}

/* The bridge forwards, and GRO joins at all, after the ports have come up. */
static bool does_gro(void)
{
	struct model m = { .udp = udp, .df = true, .host = 1, .ttl = 64, .flags = MODEL_ACK };
	struct joins j = { .at = 0 };
	for (size_t i = 0; i < TRAIN; i++, m.id++, m.seq += 100)
		train_len[i] = model_frame(train[i], &m, payload, 100);
	for (int i = 0; i < TRIES; i++) {
		bool whole = join_by_kernel(&j);
		for (size_t k = 0; whole && k < TRAIN; k++)
			if (j.joined[k])
				return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: gro IN OUT tcp|udp\n");
		return 2;
	}
	udp = !strcmp(argv[3], "udp");
	in = open_tap(argv[1], IFF_VNET_HDR | IFF_NAPI);
	out = open_tap(argv[2], IFF_VNET_HDR);
	unsigned offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | (udp ? TUN_F_USO4 | TUN_F_USO6 : 0u);
	model_fill(payload, sizeof(payload));
	if (ioctl(out, TUNSETOFFLOAD, offloads) || !does_gro())
		return SKIPPED;
	RUN(gro_joins_what_we_join);
	return test_done();
}
