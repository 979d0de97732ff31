#include "nat.h"

#include "mem.h"

enum { PORT_FIRST = 20000, PORTS = 40000, MAPPINGS_MAX = 4096, PERMITS_MAX = 4096 };

struct permit {
	struct addr remote;
	uint64_t used;
};
struct mapping {
	struct addr inner;
	struct addr remote;             /* symmetric only */
	uint16_t port;
	uint64_t used;
	struct permit *permits;
	size_t permits_n, permits_room;
};
struct nat {
	enum nat_kind kind;
	uint64_t timeout_ms;
	struct rng rng;
	struct mapping *mappings;
	size_t n, room;
};

const char *const nat_names[NAT_KINDS] = {
	"no NAT", "full cone", "restricted", "port restricted", "symmetric"
};

struct nat *nat_new(enum nat_kind kind, uint64_t timeout_ms, uint64_t seed)
{
	struct nat *n = mem_new(sizeof(*n));
	n->kind = kind;
	n->timeout_ms = timeout_ms;
	n->rng.state = seed;
	return n;
}

void nat_free(struct nat *n)
{
	if (!n)
		return;
	nat_reboot(n);
	mem_free(n->mappings);
	mem_free(n);
}

enum nat_kind nat_kind(const struct nat *n) { return n ? n->kind : NAT_NONE; }

void nat_reboot(struct nat *n)
{
	for (size_t i = 0; i < n->n; i++)
		mem_free(n->mappings[i].permits);
	n->n = 0;
}

static void expire(struct nat *n, uint64_t now)
{
	for (size_t i = 0; i < n->n; ) {
		if (now - n->mappings[i].used < n->timeout_ms) {
			i++;
			continue;
		}
		mem_free(n->mappings[i].permits);
		n->mappings[i] = n->mappings[--n->n];
	}
}

static struct mapping *by_port(const struct nat *n, uint16_t port)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->mappings[i].port == port)
			return &n->mappings[i];
	return NULL;
}

static struct mapping *by_inner(const struct nat *n, const struct addr *inner, const struct addr *remote)
{
	for (size_t i = 0; i < n->n; i++) {
		struct mapping *m = &n->mappings[i];
		if (addr_equal(&m->inner, inner) &&
		    (n->kind != NAT_SYMMETRIC || addr_equal(&m->remote, remote)))
			return m;
	}
	return NULL;
}

static struct mapping *map(struct nat *n, const struct addr *inner, const struct addr *remote)
{
	struct mapping *m;
	uint16_t port;
	if (n->n == MAPPINGS_MAX)
		return NULL;
	do
		port = (uint16_t)(PORT_FIRST + rng_below(&n->rng, PORTS));
	while (by_port(n, port));
	n->mappings = mem_grow(n->mappings, n->n, &n->room, sizeof(*n->mappings));
	m = &n->mappings[n->n++];
	*m = (struct mapping){ .inner = *inner, .remote = *remote, .port = port };
	return m;
}

static struct permit *permit_find(struct mapping *m, const struct addr *remote)
{
	for (size_t i = 0; i < m->permits_n; i++)
		if (addr_equal(&m->permits[i].remote, remote))
			return &m->permits[i];
	return NULL;
}

static void permit(const struct nat *n, struct mapping *m, uint64_t now, const struct addr *remote)
{
	struct permit *p = permit_find(m, remote);
	for (size_t i = 0; !p && i < m->permits_n; i++)
		if (now - m->permits[i].used >= n->timeout_ms)
			p = &m->permits[i];
	if (!p) {
		if (m->permits_n == PERMITS_MAX)
			return;
		m->permits = mem_grow(m->permits, m->permits_n, &m->permits_room, sizeof(*m->permits));
		p = &m->permits[m->permits_n++];
	}
	*p = (struct permit){ *remote, now };
}

uint16_t nat_out(struct nat *n, uint64_t now, const struct addr *inner, const struct addr *remote)
{
	struct mapping *m;
	expire(n, now);
	m = by_inner(n, inner, remote);
	if (!m)
		m = map(n, inner, remote);
	if (!m)
		return 0;
	m->used = now;
	permit(n, m, now, remote);
	return m->port;
}

static bool permitted(const struct nat *n, const struct mapping *m, uint64_t now, const struct addr *remote)
{
	if (n->kind == NAT_FULL_CONE)
		return true;
	for (size_t i = 0; i < m->permits_n; i++) {
		const struct permit *p = &m->permits[i];
		bool any_port = n->kind == NAT_RESTRICTED;
		if (now - p->used < n->timeout_ms &&
		    (any_port ? addr_same_ip(&p->remote, remote) : addr_equal(&p->remote, remote)))
			return true;
	}
	return false;
}

bool nat_in(struct nat *n, uint64_t now, uint16_t port, const struct addr *remote, struct addr *inner)
{
	const struct mapping *m;
	expire(n, now);
	m = by_port(n, port);
	if (!m || !permitted(n, m, now, remote))
		return false;
	*inner = m->inner;
	return true;
}
