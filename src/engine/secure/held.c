#include "engine/secure/held.h"

#include <assert.h>
#include <stdlib.h>

#include "core/crypto/wipe.h"

enum { ALIGN = 16, NOWHERE = HELD_BYTES };

/* As they lie in the ring, the bytes behind it. */
struct message {
	struct held_source *source;     /* NULL: let go */
	uint64_t since;
	bool read;                      /* handed out, after so many ticks */
	uint64_t ticks;
	size_t next;                    /* of the same source */
	size_t size, len;               /* in the ring, of the bytes */
};

static struct message *message_at(const struct held *h, size_t at) { return (struct message *)(void *)(h->ring + at); }
static uint8_t *bytes_of(struct message *m) { return (uint8_t *)(m + 1); }

bool held_new(struct held *h, const struct hash_key *key)
{
	*h = (struct held){ .key = *key, .end = HELD_BYTES, .sweep_due = UINT64_MAX };
	h->ring = malloc(HELD_BYTES);
	h->by_mac = table_new(HELD_SOURCES);
	return pool_new(&h->sources, sizeof(struct held_source), HELD_SOURCES) && h->ring && h->by_mac;
}

void held_free(struct held *h)
{
	if (h->ring)
		wipe(h->ring, h->touched);
	free(h->ring);
	table_free(h->by_mac);
	pool_free(&h->sources);
}

static uint64_t hash_of(const struct held *h, const uint8_t mac[static MAC_LEN])
{
	return hash_keyed(&h->key, mac, MAC_LEN);
}

static struct held_source *find(const struct held *h, const uint8_t mac[static MAC_LEN])
{
	uint64_t hash = hash_of(h, mac);
	struct held_source *s;
	for (size_t at = table_first(h->by_mac, hash); (s = table_next(h->by_mac, hash, &at)); )
		if (mac_equal(s->mac, mac))
			return s;
	return NULL;
}

static void forget_source(struct held *h, struct held_source *s)
{
	table_remove(h->by_mac, hash_of(h, s->mac), s);
	pool_give(&h->sources, s);
}

void held_wipe(struct held *h)
{
	struct held_source *s;
	for (size_t cursor = 0; (s = pool_each(&h->sources, &cursor)); )
		forget_source(h, s);
	wipe(h->ring, h->touched);
	h->from = h->to = h->used = h->ready = h->n = h->bytes = 0;
	h->end = HELD_BYTES;
	h->sweep_due = UINT64_MAX;
}

struct held_source *held_source(struct held *h, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	struct held_source *s = find(h, mac);
	if (s || !(s = pool_take(&h->sources)))
		return s;
	memcpy(s->mac, mac, MAC_LEN);
	bool added = table_add(h->by_mac, hash_of(h, mac), s);
	assert(added);
	(void)added;
	if (h->sweep_due == UINT64_MAX)
		h->sweep_due = now + HELD_ASK_MS;
	return s;
}

bool held_may_ask(const struct held_source *s, uint64_t now)
{
	return !s->asked || now - s->asked >= HELD_ASK_MS;
}

/* A place for so many bytes in one piece; NOWHERE: there is none.  One byte at least stays free, so that from and to
 * are the same only where the ring is empty. */
static size_t place(struct held *h, size_t size)
{
	if (!h->used)
		h->from = h->to = 0;
	if (h->to < h->from)
		return h->from - h->to > size ? h->to : NOWHERE;
	if (HELD_BYTES - h->to >= size)
		return h->to;
	if (h->from <= size)
		return NOWHERE;
	h->end = h->to;
	return 0;
}

static void link_message(struct held *h, struct held_source *s, size_t at)
{
	if (s->n)
		message_at(h, s->last)->next = at;
	else
		s->first = at;
	s->last = at;
}

bool held_add(struct held *h, struct held_source *s, uint64_t now, const uint8_t *message, size_t len)
{
	size_t size = (sizeof(struct message) + len + ALIGN - 1) / ALIGN * ALIGN;
	if (s->n >= HELD_SOURCE_N || s->bytes + len > HELD_SOURCE_BYTES)
		return false;
	size_t at = place(h, size);
	if (at == NOWHERE)
		return false;
	struct message *m = message_at(h, at);
	*m = (struct message){ .source = s, .since = now, .size = size, .len = len };
	memcpy(bytes_of(m), message, len);
	link_message(h, s, at);
	h->to = at + size;
	h->touched = h->to > h->touched ? h->to : h->touched;
	h->used++;
	s->n++;
	s->bytes += len;
	h->n++;
	h->bytes += len;
	return true;
}

/* The oldest of a source; its bytes stay. */
static struct message *let_go(struct held *h, struct held_source *s)
{
	struct message *m = message_at(h, s->first);
	s->first = m->next;
	s->n--;
	s->bytes -= m->len;
	h->n--;
	h->bytes -= m->len;
	m->source = NULL;
	if (!s->n && s->ready) {
		s->ready = false;
		h->ready--;
	}
	return m;
}

void held_release(struct held *h, const uint8_t mac[static MAC_LEN])
{
	struct held_source *s = find(h, mac);
	if (!s || !s->n || s->ready)
		return;
	s->ready = true;
	h->ready++;
}

bool held_next(struct held *h, uint8_t mac[static MAC_LEN], uint8_t **message, size_t *len)
{
	struct held_source *s = NULL;
	if (!h->ready)
		return false;
	for (size_t cursor = 0; (s = pool_each(&h->sources, &cursor)) && !s->ready; )
		;
	assert(s);
	struct message *m = let_go(h, s);
	memcpy(mac, s->mac, MAC_LEN);
	m->read = true;
	m->ticks = h->ticks;
	*message = bytes_of(m);
	*len = m->len;
	return true;
}

void held_drop(struct held *h, const uint8_t mac[static MAC_LEN])
{
	struct held_source *s = find(h, mac);
	while (s && s->n)
		let_go(h, s);
}

static void sweep_sources(struct held *h, uint64_t now)
{
	struct held_source *s;
	if (now < h->sweep_due)
		return;
	for (size_t cursor = 0; (s = pool_each(&h->sources, &cursor)); )
		if (!s->n && held_may_ask(s, now))
			forget_source(h, s);
	h->sweep_due = h->sources.used ? now + HELD_ASK_MS : UINT64_MAX;
}

static size_t behind(const struct held *h, size_t at)
{
	at += message_at(h, at)->size;
	return at == h->end && h->to <= h->from ? 0 : at;
}

/* Those that have waited too long.  They came in order of time: the first that may still wait ends it. */
static size_t expire(struct held *h, uint64_t now, uint64_t *due)
{
	size_t in_vain = 0, at = h->from;
	for (size_t i = 0; i < h->used; i++, at = behind(h, at)) {
		struct message *m = message_at(h, at);
		if (m->source && now - m->since < HELD_MS) {
			*due = m->since + HELD_MS;
			break;
		}
		if (m->source) {
			let_go(h, m->source);
			in_vain++;
		}
	}
	return in_vain;
}

/* Wipes the oldest that nobody reads any more, and makes their places free.  True: some may still be read. */
static bool reclaim(struct held *h)
{
	while (h->used) {
		struct message *m = message_at(h, h->from);
		if (m->source || (m->read && h->ticks - m->ticks <= 1))
			return !m->source;
		size_t next = behind(h, h->from);
		wipe(m, m->size);
		h->end = next < h->from ? HELD_BYTES : h->end;
		h->from = next;
		h->used--;
	}
	return false;
}

size_t held_tick(struct held *h, uint64_t now, uint64_t *due)
{
	*due = UINT64_MAX;
	h->ticks++;
	size_t in_vain = expire(h, now, due);
	if (reclaim(h) && *due > now + HELD_READ_MS)
		*due = now + HELD_READ_MS;
	sweep_sources(h, now);
	*due = h->sweep_due < *due ? h->sweep_due : *due;
	return in_vain;
}
