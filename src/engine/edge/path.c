#include "path.h"

static bool within(uint64_t at, uint64_t now, uint64_t ms) { return at && now - at < ms; }

static const uint32_t classes[] = {
	COOKIE_IDENTIFY, COOKIE_LOCAL, COOKIE_MCAST, COOKIE_REGULAR, COOKIE_PORT, COOKIE_FORWARDED, COOKIE_NONE
};

uint32_t path_class(uint32_t cookie)
{
	size_t i = 0;
	while (cookie < classes[i])
		i++;
	return classes[i];
}

/* Each up to the next class. */
uint32_t path_cookie(uint32_t class, uint32_t random)
{
	switch (class) {
	case COOKIE_IDENTIFY:
		return class + random % COOKIE_IDENTIFY;
	case COOKIE_LOCAL:
		return class + random % (COOKIE_IDENTIFY - COOKIE_LOCAL);
	case COOKIE_MCAST:
		return class + random % (COOKIE_LOCAL - COOKIE_MCAST);
	case COOKIE_REGULAR:
		return class + random % (COOKIE_MCAST - COOKIE_REGULAR);
	case COOKIE_PORT:
		return class + random % (COOKIE_REGULAR - COOKIE_PORT);
	default:
		return class;
	}
}

/* A NAT gives a peer another port towards us than towards the supernode: the address is what was told. */
enum path_trust path_trust_of(const struct path *p, const struct endpoint *from)
{
	if (p->trust != PATH_UNKNOWN && endpoint_equal(&p->endpoint, from))
		return p->trust;
	if (addr_is_set(&p->public_endpoint) && addr_same_ip(&p->public_endpoint, &from->addr))
		return PATH_TOLD;
	if (addr_is_set(&p->preferred) && addr_same_ip(&p->preferred, &from->addr))
		return PATH_TOLD;
	return PATH_CLAIMED;
}

bool path_knows(const struct path *p, const struct endpoint *from)
{
	if (path_is_direct(p) && endpoint_equal(&p->endpoint, from))
		return true;
	for (size_t i = 0; i <= PROBE_HINT; i++)
		if (p->probes[i].at && endpoint_equal(&p->probes[i].to, from))
			return true;
	return false;
}

struct probe *path_slot(struct path *p, const struct endpoint *to, uint32_t class, bool hint)
{
	struct probe *oldest = &p->probes[0];
	if (hint)
		return &p->probes[PROBE_HINT];
	for (size_t i = 0; i < PROBE_HINT; i++) {
		struct probe *slot = &p->probes[i];
		if (probe_is_for(slot, to, class))
			return slot;
		if (slot->at < oldest->at)
			oldest = slot;
	}
	return oldest;
}

bool path_probe_due(const struct probe *slot, uint64_t now, const struct endpoint *to, uint32_t class, bool hint)
{
	return !within(slot->at, now, PROBE_GAP_MS) || !(hint || probe_is_for(slot, to, class));
}

/* The same cookie for as long as its answer counts: one that is late answers the REGISTER before. */
void path_probe_sent(struct path *p, struct probe *slot, uint64_t now, const struct endpoint *to, uint32_t class,
                     uint32_t random)
{
	if (!probe_is_for(slot, to, class) || !within(slot->drawn, now, ACK_WINDOW_MS))
		*slot = (struct probe){ .to = *to, .cookie = path_cookie(class, random), .drawn = now };
	slot->at = now;
	if (path_is_direct(p) && !p->asked && endpoint_equal(&p->endpoint, to))
		p->asked = now;
}

bool path_identify(struct path *p, uint64_t now, uint32_t random)
{
	struct probe *slot = &p->probes[PROBE_RELAYED];
	if (within(slot->at, now, PROBE_GAP_MS))
		return false;
	if (!within(slot->drawn, now, ACK_WINDOW_MS))
		*slot = (struct probe){ .cookie = path_cookie(COOKIE_IDENTIFY, random), .drawn = now };
	slot->at = now;
	return true;
}

/* Of the port guesses any may have got through. */
static bool probe_matches(const struct probe *slot, const struct endpoint *from)
{
	if (path_class(slot->cookie) != COOKIE_PORT)
		return endpoint_equal(&slot->to, from);
	const struct addr *first = &slot->to.addr;
	return addr_same_ip(first, &from->addr) && from->addr.port >= first->port &&
	       from->addr.port - first->port < PORT_GUESSES;
}

enum path_answer path_answered(const struct path *p, uint64_t now, const struct endpoint *from, uint32_t cookie)
{
	enum path_answer answer = PATH_NOT_ASKED;
	for (size_t i = 0; i < PROBES; i++) {
		const struct probe *slot = &p->probes[i];
		if (slot->cookie != cookie || !within(slot->at, now, ACK_WINDOW_MS))
			continue;
		if (probe_matches(slot, from))
			return PATH_ANSWERED;
		answer = PATH_ELSEWHERE;
	}
	return answer;
}

/* Silence is what follows a question. */
static bool is_silent(const struct path *p, uint64_t now)
{
	return p->asked && now - p->asked >= PROBE_GAP_MS;
}

bool path_may_move(const struct path *p, uint64_t now, const struct endpoint *to, uint32_t class)
{
	return !path_is_direct(p) || endpoint_equal(&p->endpoint, to) || class > p->class || is_silent(p, now);
}

static void worked(struct path *p, uint64_t now)
{
	p->heard = now;
	p->asked = 0;
}

void path_confirmed(struct path *p, uint64_t now, const struct endpoint *to, uint32_t class)
{
	bool same = path_is_direct(p) && endpoint_equal(&p->endpoint, to);
	p->endpoint = *to;
	p->trust = PATH_CONFIRMED;
	if (!same || class > p->class)
		p->class = class;
	worked(p, now);
	path_afresh(p, now);
}

/* It is still where the peer was last heard. */
void path_lost(struct path *p)
{
	p->trust = endpoint_is_set(&p->endpoint) ? PATH_TOLD : PATH_UNKNOWN;
	p->class = COOKIE_NONE;
	p->asked = 0;
}

bool path_carried(struct path *p, uint64_t now, const struct endpoint *from)
{
	if (!path_is_direct(p) || !endpoint_equal(&p->endpoint, from))
		return false;
	worked(p, now);
	if (p->tries)                   /* it was given up meanwhile, and works again */
		path_afresh(p, now);
	return true;
}

void path_doubted(struct path *p, uint64_t now)
{
	uint64_t doubtful = PATH_FRESH_MS - PROBE_GAP_MS;
	if (now > doubtful && p->heard > now - doubtful)
		p->heard = now - doubtful;
}

void path_afresh(struct path *p, uint64_t now)
{
	p->tries = 0;
	p->backoff = CONTACT_MIN_MS;
	p->due = now;
}

bool path_try(struct path *p, uint64_t now)
{
	if (now < p->due)
		return false;
	p->tries++;
	p->due = now + p->backoff;
	p->backoff = 2 * p->backoff < CONTACT_MAX_MS ? 2 * p->backoff : CONTACT_MAX_MS;
	return true;
}

bool path_told(struct path *p, uint64_t now, const struct addr *public_endpoint)
{
	if (!addr_is_set(public_endpoint) || addr_equal(public_endpoint, &p->public_endpoint))
		return false;
	if (addr_is_set(&p->public_endpoint)) {
		p->preferred = (struct addr){ 0 };
		p->endpoint = (struct endpoint){ 0 };
		path_lost(p);
		memset(p->probes, 0, sizeof(p->probes));
	}
	p->public_endpoint = *public_endpoint;
	path_afresh(p, now);
	return true;
}
