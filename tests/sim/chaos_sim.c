/* Random schedules: a random network, minutes of random faults under traffic, then everything is repaired,
 * and 30 simulated seconds later every pair must communicate.  Each schedule has its own seed:
 *	SEED=0x... SCHEDULES=1 chaos_sim     runs that one again, SIM_TRACE=1 shows every datagram
 */
#include "../unit/test.h"
#include "lib/evil.h"
#include "lib/world.h"

enum { SCHEDULES = 1000 };

static uint32_t pick(struct world *w, uint32_t n) { return rng_below(&w->rng, n); }
static bool chance(struct world *w, uint32_t permille) { return rng_chance(&w->rng, permille); }
static struct member *any(struct world *w) { return w->members[pick(w, (uint32_t)w->members_n)]; }

static void say(struct world *w, const char *what, unsigned id)
{
	if (w->trace)
		printf("%8llu  --- %s %u ---\n", (unsigned long long)world_now(w), what, id);
}

static struct member *random_edge(struct world *w, bool old_too)
{
	unsigned families = STATION_V4 | (chance(w, 200) ? STATION_V6 : 0);
	struct site *site;
	struct member *m;
	if (w->members_n && chance(w, 250))     /* another one on a LAN that is there */
		site = any(w)->station->site;
	else
		site = site_new(w->net, pick(w, NAT_KINDS), 30000 + pick(w, 30000), chance(w, 700));
	m = world_edge_at(w, pick(w, 3), station_new(site, families));
	m->old = old_too && chance(w, 250);
	if (!m->old && chance(w, 150))
		m->config.mode = ADDRESS_AUTO;
	m->config.p2p = !chance(w, 150);
	m->preferred = m->config.p2p && chance(w, 250);
	m->config.discovery = m->config.p2p && !m->preferred;
	m->config.punch_ttl = (uint8_t)(chance(w, 100) ? 4 : 0);
	return m;
}

static void bad_weather(struct world *w)
{
	*net_quality(w->net) = (struct quality){
		.delay_ms = pick(w, 80), .jitter_ms = pick(w, 60), .loss_permille = pick(w, 150),
		.duplicate_permille = pick(w, 100), .reorder_permille = pick(w, 200)
	};
}

static void partition(struct world *w)
{
	for (size_t i = 0; i < w->members_n; i++)
		if (chance(w, 300))
			site_partition(w->members[i]->station->site, 2, chance(w, 500) ? 2 : UINT32_MAX);
	if (chance(w, 300))
		site_partition(w->supers[pick(w, w->supers_n)]->station->site, 1, ~2u);
}

static void heal(struct world *w)
{
	for (size_t i = 0; i < w->members_n; i++)
		site_partition(w->members[i]->station->site, 1, UINT32_MAX);
	for (unsigned i = 0; i < w->supers_n; i++)
		site_partition(w->supers[i]->station->site, 1, UINT32_MAX);
}

static void restart(struct world *w, struct member *m)
{
	if (member_runs(m) && chance(w, 500))
		m->fixed_port = m->udp->port;
	if (chance(w, 300))
		member_stop(m);
	else
		member_crash(m);
	if (!chance(w, 300))
		member_start(m);
}

static void supernode_fault(struct world *w)
{
	struct super *s = w->supers[pick(w, w->supers_n)];
	say(w, s->engine ? "supernode ends" : "supernode starts", s->id);
	if (!s->engine || chance(w, 500)) {
		super_crash(s);
		super_start(s);
	} else {
		super_crash(s);
	}
}

static void host_fault(struct world *w, struct member *m)
{
	say(w, "host moves or NAT reboots", m->id);
	if (chance(w, 500) && site_nat(m->station->site)) {
		nat_reboot(site_nat(m->station->site));
		return;
	}
	site_move(m->station->site);
	for (size_t i = 0; i < w->members_n; i++)
		if (w->members[i]->station->site == m->station->site && !site_nat(m->station->site))
			member_moved(w->members[i]);
}

static void fault(struct world *w)
{
	struct member *m = any(w);
	switch (pick(w, 8)) {
	case 0:
		say(w, "partition", 0);
		partition(w);
		break;
	case 1:
		say(w, "heal", 0);
		heal(w);
		break;
	case 2:
		supernode_fault(w);
		break;
	case 3:
		host_fault(w, m);
		break;
	case 4:
		bad_weather(w);
		break;
	case 5:
		m->station->up = !m->station->up;
		say(w, m->station->up ? "station up" : "station down", m->id);
		break;
	default:
		say(w, "edge ends or restarts", m->id);
		restart(w, m);
		break;
	}
}

static void repair(struct world *w)
{
	say(w, "repair", 0);
	heal(w);
	*net_quality(w->net) = (struct quality){ .delay_ms = 10, .jitter_ms = 2 };
	for (unsigned i = 0; i < w->supers_n; i++)
		super_start(w->supers[i]);
	for (size_t i = 0; i < w->members_n; i++) {
		w->members[i]->station->up = true;
		member_start(w->members[i]);
	}
}

static unsigned schedule(uint64_t seed)
{
	struct world *w = world_new(seed);
	struct evil *e = NULL;
	unsigned supers = chance(w, 300) ? 2 : 1, edges = 4 + pick(w, 8), faults = 5 + pick(w, 20);
	unsigned failures;
	w->dns_ipv6_first = chance(w, 300);
	for (unsigned i = 0; i < supers; i++)
		world_super(w);
	for (unsigned i = 0; i < edges; i++)
		random_edge(w, supers == 1);
	if (chance(w, 250))
		e = evil_new(w, EVIL_ALL);
	world_start(w);
	world_traffic(w, 20 + pick(w, 400));
	if (e)
		evil_go(e, 50);
	while (faults--) {
		fault(w);
		world_run(w, chance(w, 200) ? pick(w, 40000) : pick(w, 5000));
	}
	if (e)
		evil_stop(e);
	repair(w);
	world_run(w, REPAIR_MS);
	world_check_all(w);
	failures = world_end(w);
	evil_free(e);
	return failures;
}

static void random_schedules(void)
{
	const char *given = getenv("SCHEDULES");
	unsigned n = given ? (unsigned)strtoul(given, NULL, 0) : SCHEDULES, failed = 0;
	for (unsigned i = 0; i < n && failed < 3; i++) {
		if (!schedule(test_seed + i))
			continue;
		failed++;
		printf("  again with: SEED=0x%" PRIx64 " SCHEDULES=1\n", test_seed + i);
	}
	CHECK_INT(failed, 0);
}

int main(void)
{
	RUN(random_schedules);
	return test_done();
}
