/* Membership and a crowd of hosts behind one TAP that join, leave and answer queries as their version of IGMP or MLD
 * has it, on two VLANs.  The slow, obvious model: what any host wants is wanted, at
 * any time; what none wants any more is gone within a second, or when there are hosts of IGMPv1, within 75 s.
 */
#include "core/membership.h"

#include "igmp_frames.h"

enum { HOSTS = 12, GROUPS = 6, ANSWERS_MAX = 4096, STEPS = 3000, AGE_MS = 75000 };

/* A host: its version decides what it sends.  0 to 2: IGMP, else MLD. */
enum kind { IGMP1, IGMP2, IGMP3, MLD1, MLD2, KINDS };
struct host_like {
	enum kind kind;
	uint16_t vlan;
	bool wants[GROUPS];
};
struct answer { uint64_t at; size_t host, group; };

struct crowd {
	struct membership *m;
	uint64_t now;
	struct host_like hosts[HOSTS];
	struct addr groups[2][GROUPS];          /* IPv4, IPv6 */
	uint64_t unwanted[2][GROUPS];           /* since when; UINT64_MAX: somebody wants it */
	struct answer answers[ANSWERS_MAX];
	size_t n;
};

static bool is_v6(const struct host_like *h) { return h->kind >= MLD1; }

static void send(struct crowd *c, size_t host, size_t group, bool leave, bool answer)
{
	const struct host_like *h = &c->hosts[host];
	const struct addr *ip = &c->groups[is_v6(h)][group];
	static const uint8_t report[KINDS] = { [IGMP1] = 0x12, [IGMP2] = 0x16, [MLD1] = 131 };
	static const uint8_t done[KINDS] = { [IGMP2] = 0x17, [MLD1] = 132 };
	struct igmp_frame f;
	struct layers e;
	if (h->kind == IGMP3 || h->kind == MLD2)
		f = frame_record(leave ? TO_IN : answer ? IS_EX : TO_EX, 0, ip);
	else if (leave && h->kind == IGMP1)
		return;
	else
		f = frame_plain(leave ? done[h->kind] : report[h->kind], ip);
	if (h->vlan)
		frame_tag(&f, 0x8100, h->vlan);
	CHECK(layers_view(&e, f.data, f.len));
	CHECK(!membership_from_tap(c->m, c->now, &e));
}

/* Each member answers for itself at random within the time given, one of IGMPv1 within 10 s. */
static void answer_later(struct crowd *c, size_t host, size_t group, uint32_t response_ms)
{
	uint32_t within = c->hosts[host].kind == IGMP1 ? 10000 : response_ms;
	if (!c->hosts[host].wants[group])
		return;
	CHECK(c->n < ANSWERS_MAX);
	c->answers[c->n++] = (struct answer){ c->now + test_random() % (within + 1), host, group };
}

static void hear(void *ctx, const struct buf *frame)
{
	struct crowd *c = ctx;
	struct layers e;
	struct igmp m;
	CHECK(layers_view(&e, frame->data, frame->len));
	igmp_view(&m, &e);
	if (m.kind != IGMP_QUERY)
		return;
	bool v6 = m.source.family == ADDR_V6, general = !addr_is_set(&m.group);
	uint16_t vlan = e.tags_len ? get_be16(frame->data + 14) : 0;
	struct rd r = e.payload;
	rd_take(&r, v6 ? 40 + 8 + 4 : 24 + 1);
	uint32_t response_ms = v6 ? rd_u16(&r) : rd_u8(&r) * 100u;
	for (size_t h = 0; h < HOSTS; h++)
		for (size_t g = 0; g < GROUPS; g++)
			if (is_v6(&c->hosts[h]) == v6 && c->hosts[h].vlan == vlan &&
			    (general || addr_equal(&m.group, &c->groups[v6][g])))
				answer_later(c, h, g, response_ms);
}

static bool is_wanted(const struct crowd *c, size_t v6, size_t group)
{
	for (size_t h = 0; h < HOSTS; h++)
		if (is_v6(&c->hosts[h]) == v6 && c->hosts[h].wants[group])
			return true;
	return false;
}

static bool is_listed(const struct crowd *c, const struct addr *group)
{
	const uint8_t (*macs)[MAC_LEN];
	uint8_t mac[MAC_LEN];
	group_mac(mac, group);
	for (size_t n = membership_macs(c->m, &macs), i = 0; i < n; i++)
		if (mac_equal(macs[i], mac))
			return true;
	return false;
}

static void check_set(struct crowd *c, bool v1)
{
	for (size_t v6 = 0; v6 < 2; v6++)
		for (size_t g = 0; g < GROUPS; g++) {
			bool wanted = is_wanted(c, v6, g), listed = is_listed(c, &c->groups[v6][g]);
			if (wanted)
				c->unwanted[v6][g] = UINT64_MAX;
			else if (c->unwanted[v6][g] == UINT64_MAX)
				c->unwanted[v6][g] = c->now;
			CHECK(!wanted || listed || membership_wants_all(c->m));
			CHECK(wanted || !listed || c->now <= c->unwanted[v6][g] + (v1 && !v6 ? AGE_MS : 1000));
		}
}

/* To the given time, from answer to deadline to answer. */
static void run_to(struct crowd *c, uint64_t then, bool v1)
{
	for (;;) {
		uint64_t due = membership_tick(c->m, c->now);
		size_t next = ANSWERS_MAX;
		for (size_t i = 0; i < c->n; i++)
			if (c->answers[i].at <= due && c->answers[i].at <= then) {
				due = c->answers[i].at;
				next = i;
			}
		check_set(c, v1);
		if (due > then)
			break;
		c->now = due;
		if (next == ANSWERS_MAX)
			continue;
		struct answer a = c->answers[next];
		c->answers[next] = c->answers[--c->n];
		if (c->hosts[a.host].wants[a.group])
			send(c, a.host, a.group, false, true);
	}
	c->now = then;
	membership_tick(c->m, c->now);
}

static void fake_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	memset(bytes, 9, len);
}

static void run_crowd(bool v1)
{
	static struct crowd c;
	struct membership_config config = { .fast_leave = false };
	struct host host = { .ctx = &c, .inject = hear, .random = fake_random };
	memset(&c, 0, sizeof(c));
	c.now = 1000;
	c.m = membership_new(&config, &host, c.now);
	for (size_t g = 0; g < GROUPS; g++) {
		c.groups[0][g] = ip_of("239.1.2.0");
		c.groups[1][g] = ip_of("ff15::1:0");
		c.groups[0][g].ip[3] = c.groups[1][g].ip[15] = (uint8_t)g;
		c.unwanted[0][g] = c.unwanted[1][g] = 0;
	}
	for (size_t h = 0; h < HOSTS; h++) {
		c.hosts[h].kind = (enum kind)(h % KINDS);
		c.hosts[h].vlan = h >= HOSTS / 2 ? 5 : 0;
		if (c.hosts[h].kind == IGMP1 && !v1)
			c.hosts[h].kind = IGMP2;
	}
	for (size_t step = 0; step < STEPS; step++) {
		size_t h = test_random() % HOSTS, g = test_random() % GROUPS;
		bool join = !c.hosts[h].wants[g];
		c.hosts[h].wants[g] = join;
		send(&c, h, g, !join, false);
		run_to(&c, c.now + test_random() % (step % 50 ? 700 : 100000), v1);
	}
	CHECK(membership_generation(c.m) > 100);
	CHECK(!membership_wants_all(c.m));
	membership_free(c.m);
}

static void nobody_is_lost(void) { run_crowd(false); }
static void nor_with_hosts_of_igmpv1(void) { run_crowd(true); }

int main(void)
{
	RUN(nobody_is_lost);
	RUN(nor_with_hosts_of_igmpv1);
	return test_done();
}
