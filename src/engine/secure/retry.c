/* What strangers may cost: cookies, which need no memory, and budgets. */
#include "state.h"

static void draw(struct secure *s, uint64_t now)
{
	struct retry *r = &s->retry;
	memcpy(r->secret[1], r->secret[0], sizeof(r->secret[1]));
	s->host.random(s->host.ctx, r->secret[0], sizeof(r->secret[0]));
	r->drawn = now;
}

void retry_begin(struct secure *s, uint64_t now)
{
	draw(s, now);
	draw(s, now);
	s->retry.cookies = bucket_of(1000, 1000, 1000, now);
	s->retry.strangers = bucket_of(64, 1000, 64, now);
	s->retry.sent = bucket_of(1000, 1000, 1000, now);
}

/* The last two are valid, none for longer than two minutes. */
static void renew(struct secure *s, uint64_t now)
{
	uint64_t old = now - s->retry.drawn;
	if (old >= 2 * COOKIE_MS)
		draw(s, now);
	if (old >= COOKIE_MS)
		draw(s, now);
}

bool retry_is_right(struct secure *s, uint64_t now, const uint8_t mac[static MAC_LEN], const uint8_t cookie[static 16])
{
	static const uint8_t none[HANDSHAKE_COOKIE];
	uint8_t want[HANDSHAKE_COOKIE];
	bool right = false;
	if (same_secret(cookie, none, sizeof(none)))
		return false;
	renew(s, now);
	for (size_t i = 0; i < 2 && !right; i++) {
		handshake_cookie(want, s->retry.secret[i], mac);
		right = same_secret(want, cookie, sizeof(want));
	}
	wipe(want, sizeof(want));
	return right && bucket_take(&s->retry.cookies, now, 1);
}

enum secure_refusal retry_say(struct secure *s, uint64_t now, const struct opening *o, size_t key, uint32_t receiver,
                              const uint8_t ephemeral[static NOISE_KEY])
{
	struct handshake_retry m = { .receiver = receiver };
	uint8_t out[HANDSHAKE_RETRY_LEN];
	struct way way = way_of(o);
	if (!bucket_take(&s->retry.sent, now, 1))
		return SECURE_REFUSED_RATE;
	renew(s, now);
	handshake_cookie(m.cookie, s->retry.secret[0], o->src);
	handshake_proof(m.proof, s->keys[key].keys.ck, ephemeral, m.cookie);
	handshake_put_retry(&m, out);
	saying_answer(s, o->src, &way, out, sizeof(out));
	s->counts.retries_sent++;
	return OPENED;
}
