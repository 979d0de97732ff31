/* What fits which path: answers to frames that do not, and TCP connections that need not find out.  The path is that of
 * the datagrams; what the supernode sends on is as long as it can become, and its way taken for no worse than ours.
 */
#include "core/mss.h"
#include "core/too_big.h"
#include "state.h"

enum { IP4_UDP = 20 + 8, IP6_UDP = 40 + 8 };

/* Bytes around a frame. */
static size_t overhead(const struct edge *e, const struct addr *to, bool relayed)
{
	size_t packet = WIRE_PACKET_OVERHEAD_MIN;
	bool v6 = to->family == ADDR_V6;
	if (relayed)
		packet = v6 ? WIRE_PACKET_OVERHEAD : WIRE_PACKET_OVERHEAD_V4;
	return (v6 ? IP6_UDP : IP4_UDP) + packet + e->config.transform->overhead;
}

static void ask(struct edge *e, uint64_t now, struct path_mtu *pm, const struct addr *to, bool relayed)
{
	size_t around = overhead(e, to, relayed);
	pm->to = *to;
	pm->asked = now;
	pm->mtu = e->host.path_mtu ? e->host.path_mtu(e->host.ctx, to) : 0;
	pm->frame_max = pm->mtu > around ? pm->mtu - around : SIZE_MAX;
}

static bool is_old(const struct path_mtu *pm, uint64_t now, const struct addr *to)
{
	return !within(pm->asked, now, PATH_MTU_MS) || !addr_equal(&pm->to, to);
}

size_t path_mtu_direct(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *to)
{
	if (is_old(&p->path.mtu, now, &to->addr))
		ask(e, now, &p->path.mtu, &to->addr, false);
	return p->path.mtu.frame_max;
}

size_t path_mtu_relayed(struct edge *e, uint64_t now)
{
	if (is_old(&e->reg.path_mtu, now, &e->reg.to.addr))
		ask(e, now, &e->reg.path_mtu, &e->reg.to.addr, true);
	return e->reg.path_mtu.frame_max;
}

void path_mtu_clamp(struct edge *e, const struct layers *view, uint8_t *frame, size_t frame_max)
{
	size_t mtu = frame_max > layers_link_len(view) ? frame_max - layers_link_len(view) : 0;
	if (e->tap_mtu)
		mtu = smaller(mtu, e->tap_mtu);
	if (mss_clamp(frame, view, mtu))
		e->info.counts.mss_clamped++;
}

/* As often as a router would.  An answer that was not given is given to the next that does not fit. */
static void inject(struct edge *e, uint64_t now, uint8_t *answer, size_t len)
{
	const struct buf b = { .data = answer, .len = len, .start = answer, .end = answer + len };
	if (bucket_take(&e->answers, now, 1))
		e->host.inject(e->host.ctx, &b);
}

void path_mtu_exceeded(struct edge *e, uint64_t now, const struct layers *view, struct burst *burst, size_t frame_max)
{
	const struct burst_frame *last = &burst->frame[burst->n - 1];
	bool last_fits = burst_frame_len(last) <= frame_max;
	uint8_t answer[TOO_BIG_LEN];
	size_t too_long = burst->n - last_fits, len = too_big_answer(answer, &burst->frame[0], view, frame_max);
	if (!len) {
		e->info.counts.fragmented_out += too_long;
		return;
	}
	e->info.counts.drops[EDGE_DROP_TOO_BIG] += too_long;
	inject(e, now, answer, len);
	burst->frame = last;
	burst->n = last_fits;
	burst->bytes = last_fits ? burst_frame_len(last) : 0;
}

void edge_set_mtu(struct edge *e, unsigned mtu)
{
	e->tap_mtu = mtu;
}
