/* Secure sessions of this edge: their transform, what they say in the log, and when they are begun anew. */
#include <unistd.h>

#include "app/edge/daemon.h"
#include "core/base64.h"
#include "core/crypto/aegis128l.h"
#include "io/clones.h"
#include "io/secret.h"

enum { SHORT_PHRASE = 20 };

struct edge_sessions {
	struct edge_keys *keys;
	struct secure *secure;
	struct clones clones;
	int events;                     /* of the kernel; -1: not to be had */
	uint64_t wiped;                 /* how often all was */
};

bool edge_sessions_open(struct edge_daemon *d)
{
	struct edge_keys_conf *conf = &d->conf.keys;
	char why[EDGE_WHY];
	if (!edge_keys_given(conf)) {
		log_info("frames are sent PLAIN: there is no key (--key-file)");
		return true;
	}
	struct edge_sessions *s = d->sessions = secret_new(sizeof(*s));
	if (!s) {
		log_errx("not enough memory");
		return false;
	}
	s->events = -1;
	if (conf->phrase[0] && strlen(conf->phrase) < SHORT_PHRASE)
		log_warnx("-k: the pass phrase is short: who records one datagram can try others until he has it; a --key-file "
		          "cannot be guessed (edge genkey)");
	s->keys = edge_keys_open(conf, (const uint8_t *)d->conf.community, why);
	if (s->keys)
		return true;
	log_errx("%s", why);
	d->status_code = CONF_EXIT_USAGE;
	return false;
}

static const char *note_text(enum secure_note_kind kind)
{
	switch (kind) {
	case SECURE_NOTE_SESSION:
		return "has a session with us";
	case SECURE_NOTE_NOT_TRUSTED:
		return "is refused: the trust list does not name its key, or not with this MAC";
	case SECURE_NOTE_NOT_OWNER:
		return "is refused: its MAC is made from another identity";
	case SECURE_NOTE_TAKEN:
		return "is refused: another identity has its MAC, and lives";
	}
	return "";
}

static void note(void *ctx, const struct secure_note *n)
{
	struct edge_daemon *d = ctx;
	char line[256], mac[MAC_TEXT], key[BASE64_KEY_TEXT];
	base64_write(key, n->public, SECURE_KEY);
	snprintf(line, sizeof(line), "edge %s with public key %s %s", mac_print(mac, n->mac), key, note_text(n->kind));
	daemon_note(d->now, n->kind == SECURE_NOTE_SESSION ? NOTE_DEBUG : NOTE_WARNING, line);
}

static void draw(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	sys_random(bytes, len);
}

static void say_who(const struct edge_sessions *s)
{
	char key[BASE64_KEY_TEXT];
	base64_write(key, edge_keys_identity(s->keys)->public, SECURE_KEY);
	log_info("frames are encrypted, public key %s, %s", key, edge_keys_about(s->keys));
}

const struct transform *edge_sessions_transform(struct edge_daemon *d)
{
	struct edge_sessions *s = d->sessions;
	if (!s)
		return &transform_null;
	struct secure_config config = {
		.identity = edge_keys_identity(s->keys), .suites = (uint16_t)(aegis128l_available() ? 3 : 1),
		.trust = edge_keys_trust(s->keys), .trust_max = EDGE_TRUST_MAX, .peers_max = d->conf.peers_max,
		.rekey_ms = SECURE_REKEY_MS,
	};
	const struct secure_host host = { .ctx = d, .random = draw, .note = note };
	memcpy(config.community, d->conf.community, COMMUNITY_LEN);
	memcpy(config.mac, edge_tap_mac(d), MAC_LEN);
	config.keys = edge_keys_of(s->keys, &config.keys_n);
	s->secure = secure_new(&config, &host, d->now);
	if (!s->secure)
		return NULL;
	say_who(s);
	return secure_transform(s->secure);
}

static void wipe_all(struct edge_daemon *d, const char *why)
{
	struct edge_sessions *s = d->sessions;
	log_info("%s: all sessions are begun anew", why);
	s->wiped++;
	secure_wipe_all(s->secure, d->now);
}

static void turned(void *ctx, uint64_t now)
{
	struct edge_daemon *d = ctx;
	d->now = now;
	if (clones_happened(&d->sessions->clones))
		wipe_all(d, "this host was suspended or restored, or its clock was set");
}

static void events_ready(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct edge_daemon *d = ctx;
	d->now = now;
	if (clones_events_read(d->sessions->events))
		wipe_all(d, "this machine is a copy");
}

bool edge_sessions_watch(struct edge_daemon *d)
{
	struct edge_sessions *s = d->sessions;
	if (!s)
		return true;
	clones_begin(&s->clones);
	loop_each_turn(d->lp, turned, d);
	s->events = clones_events_open();
	if (s->events >= 0 && loop_add(d->lp, s->events, LOOP_READ, events_ready, d) < 0) {
		log_err("cannot listen to the kernel");
		return false;
	}
	return true;
}

bool edge_sessions_reload(struct edge_daemon *d, char why[static EDGE_WHY])
{
	struct edge_sessions *s = d->sessions;
	size_t n;
	if (!s)
		return true;
	if (!edge_keys_reload(s->keys, why))
		return false;
	const struct secure_keys *keys = edge_keys_of(s->keys, &n);
	const struct secure_trust trust = edge_keys_trust(s->keys);
	secure_set_keys(s->secure, d->now, keys, n);
	secure_set_trust(s->secure, d->now, &trust);
	edge_set_registration_key(d->engine, keys[0].rk);
	return true;
}

const struct edge_keys *edge_sessions_keys(const struct edge_daemon *d)
{
	return d->sessions ? d->sessions->keys : NULL;
}

const struct secure *edge_sessions_secure(const struct edge_daemon *d)
{
	return d->sessions ? d->sessions->secure : NULL;
}

void edge_sessions_close(struct edge_daemon *d)
{
	struct edge_sessions *s = d->sessions;
	if (!s)
		return;
	if (s->events >= 0)
		close(s->events);
	if (s->secure)
		secure_free(s->secure);
	edge_keys_close(s->keys);
	secret_free(s, sizeof(*s));
	d->sessions = NULL;
}
