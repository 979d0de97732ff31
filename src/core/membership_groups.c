/* The groups that are wanted behind the TAP, and the MACs that they need. */
#include "membership_state.h"

/* ---- MACs: how many groups need each */

/* Where the MAC stands, or would stand. */
static size_t mac_place(const struct membership *m, const uint8_t mac[static MAC_LEN])
{
	size_t low = 0, high = m->macs_n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (memcmp(m->macs[middle], mac, MAC_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool mac_is_at(const struct membership *m, size_t at, const uint8_t mac[static MAC_LEN])
{
	return at < m->macs_n && mac_equal(m->macs[at], mac);
}

bool membership_has(const struct membership *m, const uint8_t mac[static MAC_LEN])
{
	return mac_is_at(m, mac_place(m, mac), mac);
}

static void mac_needed(struct membership *m, const uint8_t mac[static MAC_LEN])
{
	size_t at = mac_place(m, mac), behind = m->macs_n - at;
	if (!mac_is_at(m, at, mac)) {
		memmove(m->macs[at + 1], m->macs[at], behind * sizeof(m->macs[0]));
		memmove(&m->uses[at + 1], &m->uses[at], behind * sizeof(m->uses[0]));
		memcpy(m->macs[at], mac, MAC_LEN);
		m->uses[at] = 0;
		m->macs_n++;
		m->macs_changed = true;
	}
	m->uses[at]++;
}

static void mac_released(struct membership *m, const uint8_t mac[static MAC_LEN])
{
	size_t at = mac_place(m, mac), behind = m->macs_n - at - 1;
	if (--m->uses[at])
		return;
	memmove(m->macs[at], m->macs[at + 1], behind * sizeof(m->macs[0]));
	memmove(&m->uses[at], &m->uses[at + 1], behind * sizeof(m->uses[0]));
	m->macs_n--;
	m->macs_changed = true;
}

/* ---- groups */

static uint64_t group_hash(const struct membership *m, uint8_t vlan, const struct addr *ip)
{
	uint8_t name[2 + sizeof(ip->ip)] = { vlan, ip->family };
	memcpy(name + 2, ip->ip, sizeof(ip->ip));
	return hash_keyed(&m->key, name, sizeof(name));
}

static struct ip_group *group_find(const struct membership *m, uint8_t vlan, const struct addr *ip)
{
	uint64_t hash = group_hash(m, vlan, ip);
	struct ip_group *g;
	for (size_t at = table_first(m->by_ip, hash); (g = table_next(m->by_ip, hash, &at)); )
		if (g->vlan == vlan && addr_equal(&g->ip, ip))
			return g;
	return NULL;
}

/* NULL: no room, and everything is wanted for as long as the group would have lived. */
static struct ip_group *group_add(struct membership *m, uint64_t now, uint8_t vlan, const struct addr *ip,
                               const uint8_t mac[static MAC_LEN])
{
	while (m->free_hint < MEMBERSHIP_GROUPS_MAX && m->groups[m->free_hint].used)
		m->free_hint++;
	struct ip_group *g = &m->groups[m->free_hint];
	if (m->free_hint == MEMBERSHIP_GROUPS_MAX || !table_add(m->by_ip, group_hash(m, vlan, ip), g)) {
		m->groups_full_until = now + FULL_MS;
		due_by(m, m->groups_full_until);
		count(m, MEMBERSHIP_GROUPS_FULL);
		return NULL;
	}
	*g = (struct ip_group){ .ip = *ip, .vlan = vlan, .used = true };
	mac_needed(m, mac);
	m->info.groups++;
	count(m, MEMBERSHIP_JOINED);
	return g;
}

static void group_remove(struct membership *m, struct ip_group *g, enum membership_count why)
{
	uint8_t mac[MAC_LEN];
	group_mac(mac, &g->ip);
	mac_released(m, mac);
	table_remove(m->by_ip, group_hash(m, g->vlan, &g->ip), g);
	g->used = false;
	m->free_hint = (size_t)(g - m->groups) < m->free_hint ? (size_t)(g - m->groups) : m->free_hint;
	m->info.groups--;
	count(m, why);
}

static void joined(struct membership *m, uint64_t now, uint8_t vlan, uint8_t version, const struct addr *ip,
                   const uint8_t mac[static MAC_LEN])
{
	struct ip_group *g = group_find(m, vlan, ip);
	if (!g)
		g = group_add(m, now, vlan, ip, mac);
	if (!g)
		return;
	g->version = version;
	g->leaving = false;
	g->expires = now + MEMBER_MS;
	if (version == 1 && ip->family == ADDR_V4)
		g->v1_until = now + OLDER_VERSION_MS;
	due_by(m, g->expires);
}

/* A host of IGMPv1 takes its time to answer, whatever it is asked; while there may be one a leave means nothing
 * (RFC 9776, 7.3.2).  A blocked source need not have been the last, so that is never more than a question. */
static void left(struct membership *m, uint64_t now, const struct vlan *v, const struct igmp_record *record)
{
	struct ip_group *g = group_find(m, (uint8_t)(v - m->vlans), &record->group);
	if (!g || g->leaving || g->v1_until > now)
		return;
	if (m->config.fast_leave && record->change == IGMP_LEAVE) {
		group_remove(m, g, MEMBERSHIP_LEFT);
		vlan_ask_about(m, v, &record->group);
		return;
	}
	g->leaving = true;
	g->asks_left = LEAVE_QUERIES;
	g->ask_due = now;
	g->expires = now + LEAVE_MS;
	due_by(m, now);
}

void group_record(struct membership *m, uint64_t now, const struct vlan *v, uint8_t version,
                  const struct igmp_record *record)
{
	uint8_t mac[MAC_LEN];
	group_mac(mac, &record->group);
	if (!group_is_snooped(mac))
		return;
	if (record->change == IGMP_JOIN)
		joined(m, now, (uint8_t)(v - m->vlans), version, &record->group, mac);
	else
		left(m, now, v, record);
}

bool group_is_news(struct membership *m, uint64_t now, const struct vlan *v, const struct igmp_record *record)
{
	uint8_t mac[MAC_LEN];
	group_mac(mac, &record->group);
	if (!group_is_snooped(mac))
		return false;
	struct ip_group *g = v ? group_find(m, (uint8_t)(v - m->vlans), &record->group) : NULL;
	if (record->change != IGMP_JOIN || !g)
		return true;
	if (!g->told)
		g->told = now;
	return now - g->told < TOLD_MS;
}

void groups_untold(struct membership *m)
{
	for (size_t i = 0; i < MEMBERSHIP_GROUPS_MAX; i++)
		m->groups[i].told = 0;
}

void groups_keep(struct membership *m, uint64_t until)
{
	for (size_t i = 0; i < MEMBERSHIP_GROUPS_MAX; i++) {
		struct ip_group *g = &m->groups[i];
		if (!g->leaving && g->expires < until)
			g->expires = until;
	}
}

void groups_slept(struct membership *m, uint64_t ms)
{
	for (size_t i = 0; i < MEMBERSHIP_GROUPS_MAX; i++) {
		put_off(&m->groups[i].expires, ms);
		put_off(&m->groups[i].v1_until, ms);
	}
}

/* The next deadline of the group, or NEVER when it is gone. */
static uint64_t group_tick(struct membership *m, uint64_t now, struct ip_group *g)
{
	if (g->expires <= now) {
		group_remove(m, g, g->leaving ? MEMBERSHIP_LEFT : MEMBERSHIP_EXPIRED);
		return NEVER;
	}
	if (!g->leaving || !g->asks_left)
		return g->expires;
	if (g->ask_due <= now) {
		vlan_ask_about(m, &m->vlans[g->vlan], &g->ip);
		g->asks_left--;
		g->ask_due = now + LEAVE_INTERVAL_MS;
	}
	return g->asks_left ? earlier(g->ask_due, g->expires) : g->expires;
}

uint64_t groups_tick(struct membership *m, uint64_t now)
{
	uint64_t due = NEVER;
	for (size_t i = 0, left_over = m->info.groups; left_over; i++) {
		struct ip_group *g = &m->groups[i];
		if (!g->used)
			continue;
		left_over--;
		due = earlier(due, group_tick(m, now, g));
	}
	return due;
}

static bool is_among(const struct addr *addrs, size_t n, const struct addr *a)
{
	while (n--)
		if (addr_equal(&addrs[n], a))
			return true;
	return false;
}

size_t membership_addresses(const struct membership *m, const uint8_t mac[static MAC_LEN], struct addr *out, size_t max)
{
	size_t n = 0;
	if (!membership_has(m, mac))
		return 0;
	for (size_t i = 0; i < MEMBERSHIP_GROUPS_MAX; i++) {
		uint8_t own[MAC_LEN];
		if (!m->groups[i].used)
			continue;
		group_mac(own, &m->groups[i].ip);
		if (!mac_equal(own, mac) || is_among(out, n < max ? n : max, &m->groups[i].ip))
			continue;               /* the second: joined in another VLAN too */
		if (n < max)
			out[n] = m->groups[i].ip;
		n++;
	}
	return n;
}
