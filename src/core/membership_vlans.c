/* The VLANs behind the TAP, and what is asked on them. */
#include "core/query.h"
#include "membership_state.h"

static void inject(struct membership *m, size_t (*put)(uint8_t *, const struct query *), const struct query *q)
{
	uint8_t mem[BUF_HEADROOM + QUERY_FRAME_MAX + BUF_TAILROOM];
	struct buf frame = buf_of(mem, sizeof(mem));
	frame.len = put(frame.data, q);
	m->host.inject(m->host.ctx, &frame);
}

static struct query query_on(const struct membership *m, const struct vlan *v, uint8_t family, uint32_t response_ms)
{
	return (struct query){
		.src = m->query_mac, .tags = v->tags, .tags_len = v->tags_len, .family = family,
		.response_ms = response_ms, .interval_s = QUERY_INTERVAL_MS / 1000
	};
}

/* The advertisement is for snooping switches behind the TAP, a Linux bridge for one: once they have heard a querier
 * they send reports, and groups without a member on their side, to ports with routers only.  A query from 0.0.0.0
 * makes ours such a port with some of them, and there is none while another querier is active.
 */
static void ask_all(struct membership *m, uint64_t now, struct vlan *v)
{
	static const uint8_t families[FAMILIES] = { [FAMILY_V4] = ADDR_V4, [FAMILY_V6] = ADDR_V6 };
	for (size_t f = 0; f < FAMILIES; f++) {
		struct query q = query_on(m, v, families[f], v->hurried ? HURRIED_RESPONSE_MS : QUERY_RESPONSE_MS);
		inject(m, query_put_advertisement, &q);
		if (v->querier_until[f] > now)
			continue;
		inject(m, query_put, &q);
		count(m, MEMBERSHIP_INJECTED);
	}
	v->ask_due = now + (v->hurried ? HURRIED_INTERVAL_MS : QUERY_INTERVAL_MS);
	if (v->hurried)
		v->hurried--;
}

void vlan_ask_about(struct membership *m, const struct vlan *v, const struct addr *group)
{
	struct query q = query_on(m, v, group->family, LEAVE_RESPONSE_MS);
	q.group = group;
	inject(m, query_put, &q);
	count(m, MEMBERSHIP_INJECTED);
}

static void hurry(struct membership *m, uint64_t now, struct vlan *v)
{
	v->hurried = HURRIED_QUERIES;
	v->ask_due = now;
	due_by(m, now);
}

/* Of what hosts have joined before we could hear it nothing may be lost. */
static void await_answers(struct membership *m, uint64_t now)
{
	m->answers_until = now + ANSWERS_MS;
	due_by(m, m->answers_until);
}

void vlans_ask(struct membership *m, uint64_t now)
{
	m->vlans[0].used = true;
	for (size_t i = 0; i < MEMBERSHIP_VLANS_MAX; i++)
		if (m->vlans[i].used)
			hurry(m, now, &m->vlans[i]);
}

void vlans_start(struct membership *m, uint64_t now)
{
	vlans_ask(m, now);
	await_answers(m, now);
}

void vlans_slept(struct membership *m, uint64_t ms)
{
	for (size_t i = 0; i < MEMBERSHIP_VLANS_MAX; i++) {
		struct vlan *v = &m->vlans[i];
		put_off(&v->heard, ms);
		for (size_t f = 0; f < FAMILIES; f++)
			put_off(&v->querier_until[f], ms);
	}
}

/* The tags of a frame as a name of its VLAN: without the priority, which changes from frame to frame. */
static void read_tags(struct vlan *v, const struct layers *frame)
{
	struct rd r = rd_of(frame->src, MAC_LEN + frame->tags_len);
	rd_take(&r, MAC_LEN);
	v->tags_len = frame->tags_len;
	rd_bytes(&r, v->tags, v->tags_len);
	for (size_t at = 2; at < v->tags_len; at += 4)
		v->tags[at] &= 0x0f;
}

static struct vlan *vlan_add(struct membership *m, uint64_t now, const struct vlan *named)
{
	for (size_t i = 0; i < MEMBERSHIP_VLANS_MAX; i++) {
		struct vlan *v = &m->vlans[i];
		if (v->used)
			continue;
		*v = *named;
		v->used = true;
		v->heard = now;
		m->info.vlans++;
		hurry(m, now, v);
		await_answers(m, now);
		return v;
	}
	m->vlans_full_until = now + VLAN_SILENCE_MS;
	due_by(m, m->vlans_full_until);
	count(m, MEMBERSHIP_VLANS_FULL);
	return NULL;
}

struct vlan *vlan_heard(struct membership *m, uint64_t now, const struct layers *frame)
{
	struct vlan named = { .tags_len = 0 };
	if (!frame->tags_len)
		return &m->vlans[0];
	read_tags(&named, frame);
	for (size_t i = 1; i < MEMBERSHIP_VLANS_MAX; i++) {
		struct vlan *v = &m->vlans[i];
		if (!v->used || v->tags_len != named.tags_len || memcmp(v->tags, named.tags, sizeof(v->tags)))
			continue;
		v->heard = now;
		return v;
	}
	return vlan_add(m, now, &named);
}

uint16_t vlan_number(const struct vlan *v)
{
	return v->tags_len ? get_be16(v->tags + 2) & 0x0fff : 0;
}

uint64_t vlans_tick(struct membership *m, uint64_t now)
{
	uint64_t due = NEVER;
	for (size_t i = 0; i < MEMBERSHIP_VLANS_MAX; i++) {
		struct vlan *v = &m->vlans[i];
		if (i && v->used && now - v->heard >= VLAN_SILENCE_MS) {
			v->used = false;
			m->info.vlans--;
		}
		if (!v->used)
			continue;
		if (v->ask_due <= now)
			ask_all(m, now, v);
		due = earlier(due, v->ask_due);
	}
	return due;
}
