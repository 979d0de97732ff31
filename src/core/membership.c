#include "core/membership.h"

#include <stdlib.h>

#include "core/query.h"
#include "membership_state.h"

const char *const membership_count_names[MEMBERSHIP_COUNT_MAX] = {
#define X(name, text) text,
	MEMBERSHIP_COUNTS(X)
#undef X
};

/* ---- life */

/* Not the TAP's: a bridge does not take frames from its own.  And none that a stranger could guess: who sees a frame
 * come from it by another edge concludes that both are in one bridge. */
static void draw_query_mac(struct membership *m)
{
	m->host.random(m->host.ctx, m->query_mac, MAC_LEN);
	query_mark_mac(m->query_mac);
}

struct membership *membership_new(const struct membership_config *config, const struct host *host, uint64_t now)
{
	struct membership *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->by_ip = table_new(MEMBERSHIP_GROUPS_MAX);
	if (!m->by_ip) {
		free(m);
		return NULL;
	}
	m->config = *config;
	m->host = *host;
	m->host.random(m->host.ctx, &m->key, sizeof(m->key));
	draw_query_mac(m);
	m->info.vlans = 1;
	m->due = now;
	vlans_start(m, now);
	m->all = m->info.asking = true;
	return m;
}

void membership_free(struct membership *m)
{
	if (!m)
		return;
	table_free(m->by_ip);
	free(m);
}

void membership_link_up(struct membership *m, uint64_t now)
{
	vlans_start(m, now);
	groups_keep(m, now + ANSWERS_AGAIN_MS);
}

/* Those that were there before have asked already, and are silent for up to two minutes.  At first a supernode does not
 * know what others want who have come with us, and everybody would hear what is told. */
void membership_network_up(struct membership *m, uint64_t now)
{
	m->unknown_from = now + SETTLED_MS;
	m->unknown_until = now + UNKNOWN_MS;
	m->tell_due = m->unknown_from;
	due_by(m, m->tell_due);
}

static void tell_tick(struct membership *m, uint64_t now)
{
	if (!m->tell_due || now < m->tell_due)
		return;
	m->tell_due = 0;
	groups_untold(m);
	vlans_ask(m, now);
}

/* A suspended machine, or a stopped process: that nobody was heard meanwhile says nothing, but much may have changed. */
static void woke_up(struct membership *m, uint64_t now, uint64_t slept)
{
	vlans_slept(m, slept);
	groups_slept(m, slept);
	put_off(&m->vlans_full_until, slept);
	put_off(&m->groups_full_until, slept);
	put_off(&m->router_until, slept);
	put_off(&m->remote_router_until, slept);
	put_off(&m->unknown_until, slept);
	m->due = now;
	membership_link_up(m, now);
}

static void notice_sleep(struct membership *m, uint64_t now)
{
	if (now > m->due && now - m->due >= JUMP_MS)
		woke_up(m, now, now - m->due);
}

/* ---- the set */

static bool wants_all(const struct membership *m, uint64_t now)
{
	return m->answers_until > now || m->vlans_full_until > now || m->groups_full_until > now || m->router_until > now ||
	       m->macs_n > MEMBERSHIP_MACS_MAX;
}

/* What anything above may have changed, seen from outside. */
static void settle(struct membership *m, uint64_t now)
{
	bool all = wants_all(m, now);
	if (all != m->all || (m->macs_changed && !all))
		m->generation++;
	m->all = all;
	m->macs_changed = false;
	m->info.router = m->router_until > now;
	m->info.remote_router = m->remote_router_until > now;
	m->info.asking = m->answers_until > now;
	m->info.overflow = all && !m->info.router && !m->info.asking;
}

uint32_t membership_generation(const struct membership *m)
{
	return m->generation;
}

bool membership_wants_all(const struct membership *m)
{
	return m->all;
}

size_t membership_macs(const struct membership *m, const uint8_t (**macs)[MAC_LEN])
{
	*macs = m->macs;
	return m->all ? 0 : m->macs_n;
}

/* ---- frames */

/* True: a router that we have not heard of yet may have to know. */
static bool heard_records(struct membership *m, uint64_t now, const struct vlan *v, struct igmp *message)
{
	struct igmp_record record;
	bool unknown = m->unknown_from <= now && now < m->unknown_until, news = false;
	while (igmp_next(message, &record)) {
		if (v)
			group_record(m, now, v, message->version, &record);
		news |= unknown && group_is_news(m, now, v, &record);
	}
	return news;
}

static size_t family_of(const struct igmp *message)
{
	return message->source.family == ADDR_V6 ? FAMILY_V6 : FAMILY_V4;
}

static void router_heard(struct membership *m, const struct igmp *message, uint64_t until)
{
	m->router[family_of(message)] = message->source;
	m->router_until = until > m->router_until ? until : m->router_until;
	due_by(m, m->router_until);
}

/* What comes from a proxy, another edge in our bridge for one, tells of no router. */
static void query_heard(struct membership *m, uint64_t now, struct vlan *v, const struct igmp *query)
{
	size_t family = family_of(query);
	v->querier_until[family] = now + query->silence_ms;
	router_heard(m, query, v->querier_until[family] + GRACE_MS);
}

/* False: a report that nobody in the overlay wants to hear. */
static bool heard_from_tap(struct membership *m, uint64_t now, struct vlan *v, struct igmp *message)
{
	switch (message->kind) {
	case IGMP_REPORT:
		count(m, MEMBERSHIP_REPORTS);
		m->by_chance = heard_records(m, now, v, message) && m->remote_router_until <= now;
		return m->by_chance || m->remote_router_until > now;
	case IGMP_QUERY:
		count(m, MEMBERSHIP_QUERIES);
		if (v && !query_is_by_proxy(&message->source))
			query_heard(m, now, v, message);
		return true;
	case IGMP_ROUTER:
		count(m, MEMBERSHIP_ROUTERS);
		if (!query_is_by_proxy(&message->source))
			router_heard(m, message, now + ROUTER_MS);
		return true;
	case IGMP_SOLICITATION:
		return true;
	case IGMP_UNKNOWN:
		count(m, MEMBERSHIP_UNKNOWN);
		return true;
	case IGMP_REFUSED:
		m->info.refused[message->why]++;
		return true;
	case IGMP_NONE:
		break;
	}
	return true;
}

bool membership_is_querier(const struct membership *m, const uint8_t mac[static MAC_LEN])
{
	return mac_equal(mac, m->query_mac);
}

bool membership_is_own(const struct membership *m, const struct layers *frame)
{
	struct igmp message;
	if (!membership_is_querier(m, frame->src))
		return false;
	igmp_view(&message, frame);
	return (message.kind == IGMP_QUERY || message.kind == IGMP_ROUTER) && query_is_by_proxy(&message.source);
}

bool membership_from_tap(struct membership *m, uint64_t now, const struct layers *frame)
{
	struct igmp message;
	if (mac_equal(frame->src, m->query_mac))
		return false;                   /* our own, by a loop */
	m->by_chance = false;
	notice_sleep(m, now);
	struct vlan *v = vlan_heard(m, now, frame);
	igmp_view(&message, frame);
	bool passes = heard_from_tap(m, now, v, &message);
	if (!passes)
		count(m, MEMBERSHIP_KEPT);
	settle(m, now);
	return passes;
}

/* One that was not known yet may have begun just now, or have asked before we were there. */
static void remote_router_heard(struct membership *m, uint64_t now, uint64_t until)
{
	if (m->remote_router_until <= now)
		vlans_ask(m, now);
	m->remote_router_until = until > m->remote_router_until ? until : m->remote_router_until;
	due_by(m, m->remote_router_until);
}

/* False: a report that nobody behind the TAP wants to hear.  A query counts whoever sent it, but for edges: a snooping
 * switch that asks from 0.0.0.0 wants to hear the answers too. */
static bool heard_from_net(struct membership *m, uint64_t now, const struct igmp *message, bool by_edge)
{
	switch (message->kind) {
	case IGMP_REPORT:
		count(m, MEMBERSHIP_REMOTE_REPORTS);
		return m->router_until > now;
	case IGMP_QUERY:
		count(m, MEMBERSHIP_REMOTE_QUERIES);
		if (!by_edge)
			remote_router_heard(m, now, now + message->silence_ms);
		return true;
	case IGMP_ROUTER:
		count(m, MEMBERSHIP_REMOTE_ROUTERS);
		if (!query_is_by_proxy(&message->source))
			remote_router_heard(m, now, now + ROUTER_MS);
		return true;
	case IGMP_SOLICITATION:
		m->solicited = true;
		return true;
	case IGMP_REFUSED:
	case IGMP_UNKNOWN:
	case IGMP_NONE:
		break;
	}
	return true;
}

bool membership_router(const struct membership *m, uint64_t now, uint8_t family, struct addr *out)
{
	*out = m->router[family == ADDR_V6 ? FAMILY_V6 : FAMILY_V4];
	return m->router_until > now && out->family == family;
}

bool membership_solicited(struct membership *m)
{
	bool was = m->solicited;
	m->solicited = false;
	return was;
}

bool membership_by_chance(const struct membership *m)
{
	return m->by_chance;
}

bool membership_from_net(struct membership *m, uint64_t now, const struct layers *frame)
{
	struct igmp message;
	notice_sleep(m, now);
	igmp_view(&message, frame);
	bool by_edge = query_is_by_proxy(&message.source) && query_mac_is_marked(frame->src);
	bool passes = heard_from_net(m, now, &message, by_edge);
	if (!passes)
		count(m, MEMBERSHIP_KEPT_IN);
	settle(m, now);
	return passes;
}

uint64_t membership_tick(struct membership *m, uint64_t now)
{
	if (now < m->due)
		return m->due;
	notice_sleep(m, now);
	tell_tick(m, now);
	uint64_t due = groups_tick(m, now);
	due = earlier(due, vlans_tick(m, now));
	if (m->router_until > now)
		due = earlier(due, m->router_until);
	if (m->tell_due)
		due = earlier(due, m->tell_due);
	if (m->answers_until > now)
		due = earlier(due, m->answers_until);
	if (m->vlans_full_until > now)
		due = earlier(due, m->vlans_full_until);
	if (m->groups_full_until > now)
		due = earlier(due, m->groups_full_until);
	if (m->remote_router_until > now)
		due = earlier(due, m->remote_router_until);
	m->due = due;
	settle(m, now);
	return m->due;
}

/* ---- status */

const struct membership_info *membership_info(const struct membership *m)
{
	return &m->info;
}

bool membership_next(const struct membership *m, size_t *cursor, struct membership_group *out)
{
	while (*cursor < MEMBERSHIP_GROUPS_MAX) {
		const struct ip_group *g = &m->groups[(*cursor)++];
		if (!g->used)
			continue;
		*out = (struct membership_group){
			.group = g->ip, .vlan = vlan_number(&m->vlans[g->vlan]), .version = g->version,
			.leaving = g->leaving, .expires = g->expires
		};
		group_mac(out->mac, &g->ip);
		return true;
	}
	return false;
}
