/* Membership with a fake TAP, for its unit tests: what is injected is recorded, and time is a number. */
#ifndef MEMBERSHIP_FAKE_H
#define MEMBERSHIP_FAKE_H

#include "core/membership.h"
#include "core/query.h"

#include "igmp_frames.h"

enum { SENT_MAX = 512, MINUTE = 60000 };

struct fake {
	struct membership *m;
	uint64_t now, due;
	uint32_t before;                /* generation */
	struct { uint8_t data[QUERY_FRAME_MAX]; size_t len; } sent[SENT_MAX];
	size_t n;
};

static inline void fake_deliver(void *ctx, const struct buf *frame)
{
	struct fake *f = ctx;
	CHECK(frame->len <= QUERY_FRAME_MAX && f->n < SENT_MAX);
	memcpy(f->sent[f->n].data, frame->data, frame->len);
	f->sent[f->n++].len = frame->len;
}

static inline void fake_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	memset(bytes, 7, len);
}

static inline void tick(struct fake *f) { f->due = membership_tick(f->m, f->now); }

/* Everything that is due up to then. */
static inline void run_to(struct fake *f, uint64_t then)
{
	while (f->due <= then) {
		f->now = f->due > f->now ? f->due : f->now;
		tick(f);
		CHECK(f->due > f->now);
	}
	f->now = then;
	tick(f);
}

static inline void begin(struct fake *f, bool fast_leave)
{
	struct membership_config config = { .fast_leave = fast_leave };
	struct host host = { .ctx = f, .inject = fake_deliver, .random = fake_random };
	memset(f, 0, sizeof(*f));
	f->now = 1000;
	f->m = membership_new(&config, &host, f->now);
	if (!f->m)
		abort();
	tick(f);
}

/* Whoever was asked at the start has answered: nobody has joined anything. */
static inline void start(struct fake *f, bool fast_leave)
{
	begin(f, fast_leave);
	CHECK(membership_wants_all(f->m));
	run_to(f, 3000);
	CHECK(!membership_wants_all(f->m));
	f->before = membership_generation(f->m);
}
static inline uint32_t changes(const struct fake *f) { return membership_generation(f->m) - f->before; }

static inline bool from_tap(struct fake *f, const struct igmp_frame *frame)
{
	struct layers e;
	CHECK(layers_view(&e, frame->data, frame->len));
	bool passes = membership_from_tap(f->m, f->now, &e);
	tick(f);
	return passes;
}

static inline bool from_net(struct fake *f, const struct igmp_frame *frame)
{
	struct layers e;
	CHECK(layers_view(&e, frame->data, frame->len));
	bool passes = membership_from_net(f->m, f->now, &e);
	tick(f);
	return passes;
}

static inline bool send_plain(struct fake *f, uint8_t type, const char *group)
{
	struct addr ip = ip_of(group);
	struct igmp_frame frame = frame_plain(type, &ip);
	return from_tap(f, &frame);
}
static inline void send_record(struct fake *f, uint8_t type, uint8_t sources, const char *group)
{
	struct addr ip = ip_of(group);
	struct igmp_frame frame = frame_record(type, sources, &ip);
	CHECK(!from_tap(f, &frame));
}

static inline bool has(const struct fake *f, const char *group)
{
	const uint8_t (*macs)[MAC_LEN];
	struct addr ip = ip_of(group);
	uint8_t mac[MAC_LEN];
	size_t n = membership_macs(f->m, &macs);
	group_mac(mac, &ip);
	for (size_t i = 0; i < n; i++)
		if (mac_equal(macs[i], mac))
			return true;
	return false;
}

/* Queries about the group (NULL: general ones of the family) among what was sent; all is then forgotten. */
static inline size_t asked(struct fake *f, uint8_t family, const char *group)
{
	struct addr ip = group ? ip_of(group) : (struct addr){ 0 };
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct layers e;
		struct igmp m;
		CHECK(layers_view(&e, f->sent[i].data, f->sent[i].len));
		igmp_view(&m, &e);
		CHECK(m.kind == IGMP_QUERY || m.kind == IGMP_ROUTER);
		n += m.kind == IGMP_QUERY && m.source.family == family && addr_equal(&m.group, &ip);
	}
	f->n = 0;
	return n;
}

#endif
