#include "app/edge/keys.h"

#include <stdio.h>
#include <unistd.h>

#include "app/edge/identity.h"
#include "engine/secure/files.h"
#include "io/secret.h"

/* In pages of its own (io/secret.h). */
struct edge_keys {
	uint8_t community[COMMUNITY_LEN];
	struct secure_keys of[SECURE_KEYS_MAX];
	size_t n;
	struct secure_identity identity;
	char about[EDGE_IDENTITY_ABOUT];
	int lock;
	struct secret_file key_file, trust_file;
	struct secure_trusted *listed;  /* of EDGE_TRUST_MAX; NULL: whoever has the key */
	size_t listed_n;
};

enum { LISTED_SIZE = EDGE_TRUST_MAX * sizeof(struct secure_trusted), PHRASE_MEMORY = SECURE_PHRASE_KIB * 1024 };

static bool say(char why[static EDGE_WHY], const char *what, const char *path, const char *wrong)
{
	snprintf(why, EDGE_WHY, "%s '%.200s': %.200s", what, path, wrong);
	return false;
}

/* Changes nothing unless all of it is good. */
static bool read_keys(struct edge_keys *k, char why[static EDGE_WHY])
{
	struct keys { uint8_t key[SECURE_KEYS_MAX][SECURE_KEY]; } *raw = secret_new(sizeof(*raw));
	char *text, wrong[SECRET_WHY];
	size_t len, n;
	struct text line = { .len = 0 };
	if (!raw || !secret_file_read(&k->key_file, true, &text, &len, wrong)) {
		secret_free(raw, sizeof(*raw));
		return say(why, "key file", k->key_file.path, raw ? wrong : "not enough memory");
	}
	bool good = secure_key_file_read(raw->key, &n, text, len, &line);
	secret_free(text, SECRET_FILE_MAX);
	if (good) {
		secret_wipe(k->of, sizeof(k->of));
		for (k->n = 0; k->n < n; k->n++)
			secure_keys_of(&k->of[k->n], raw->key[k->n], k->community);
	}
	secret_free(raw, sizeof(*raw));
	return good || say(why, "key file", k->key_file.path, line.s);
}

static bool read_trust(struct edge_keys *k, char why[static EDGE_WHY])
{
	struct secure_trusted *listed = secret_new(LISTED_SIZE);
	char *text, wrong[SECRET_WHY];
	size_t len, n;
	struct text line = { .len = 0 };
	if (!listed || !secret_file_read(&k->trust_file, false, &text, &len, wrong)) {
		secret_free(listed, LISTED_SIZE);
		return say(why, "trust list", k->trust_file.path, listed ? wrong : "not enough memory");
	}
	bool good = secure_trust_file_read(listed, &n, EDGE_TRUST_MAX, text, len, &line);
	secret_free(text, SECRET_FILE_MAX);
	if (!good) {
		secret_free(listed, LISTED_SIZE);
		return say(why, "trust list", k->trust_file.path, line.s);
	}
	secret_free(k->listed, LISTED_SIZE);
	k->listed = listed;
	k->listed_n = n;
	return true;
}

static bool from_phrase(struct edge_keys *k, const char *phrase, char why[static EDGE_WHY])
{
	uint8_t *memory = secret_new(PHRASE_MEMORY);
	if (!memory) {
		snprintf(why, EDGE_WHY, "-k: to make a key of a pass phrase takes 64 MiB of memory, which cannot be had; give a "
		         "--key-file instead");
		return false;
	}
	uint8_t key[SECURE_KEY];
	secure_key_of_phrase(key, phrase, strlen(phrase), k->community, memory);
	secret_free(memory, PHRASE_MEMORY);
	secure_keys_of(&k->of[0], key, k->community);
	secret_wipe(key, sizeof(key));
	k->n = 1;
	return true;
}

static bool read_identity(struct edge_keys *k, const char *path, char why[static EDGE_WHY])
{
	uint8_t seed[SECURE_SEED];
	if (!path[0])
		edge_identity_keep(seed, &k->lock, k->about);
	else if (!edge_identity_read(seed, path, k->about)) {
		snprintf(why, EDGE_WHY, "%s", k->about);
		return false;
	}
	secure_identity_of(&k->identity, seed, k->community);
	secret_wipe(seed, sizeof(seed));
	return true;
}

struct edge_keys *edge_keys_read(struct edge_keys_conf *conf, const uint8_t community[static COMMUNITY_LEN],
                                 char why[static EDGE_WHY])
{
	struct edge_keys *k = secret_new(sizeof(*k));
	if (!k) {
		snprintf(why, EDGE_WHY, "not enough memory");
		return NULL;
	}
	memcpy(k->community, community, COMMUNITY_LEN);
	k->lock = k->key_file.fd = k->trust_file.fd = -1;
	memcpy(k->key_file.path, conf->key_file, sizeof(k->key_file.path));
	memcpy(k->trust_file.path, conf->trust, sizeof(k->trust_file.path));
	bool good = conf->phrase[0] ? from_phrase(k, conf->phrase, why) : read_keys(k, why);
	secret_wipe(conf->phrase, sizeof(conf->phrase));
	if (good && (!conf->trust[0] || read_trust(k, why)))
		return k;
	edge_keys_close(k);
	return NULL;
}

struct edge_keys *edge_keys_open(struct edge_keys_conf *conf, const uint8_t community[static COMMUNITY_LEN],
                                 char why[static EDGE_WHY])
{
	struct edge_keys *k = edge_keys_read(conf, community, why);
	if (!k || read_identity(k, conf->identity, why))
		return k;
	edge_keys_close(k);
	return NULL;
}

struct edge_keys *edge_keys_look(struct edge_keys_conf *conf, const uint8_t community[static COMMUNITY_LEN],
                                 char why[static EDGE_WHY])
{
	return conf->identity[0] ? edge_keys_open(conf, community, why) : edge_keys_read(conf, community, why);
}

void edge_keys_close(struct edge_keys *k)
{
	if (!k)
		return;
	secret_file_close(&k->key_file);
	secret_file_close(&k->trust_file);
	if (k->lock >= 0)
		close(k->lock);
	secret_free(k->listed, LISTED_SIZE);
	secret_free(k, sizeof(*k));
}

bool edge_keys_reload(struct edge_keys *k, char why[static EDGE_WHY])
{
	struct keys { struct secure_keys of[SECURE_KEYS_MAX]; size_t n; } *before = secret_new(sizeof(*before));
	if (!before) {
		snprintf(why, EDGE_WHY, "not enough memory");
		return false;
	}
	memcpy(before->of, k->of, sizeof(k->of));
	before->n = k->n;
	bool good = !k->key_file.path[0] || read_keys(k, why);
	if (good && k->trust_file.path[0] && !read_trust(k, why)) {
		memcpy(k->of, before->of, sizeof(k->of));
		k->n = before->n;
		good = false;
	}
	secret_free(before, sizeof(*before));
	return good;
}

const struct secure_keys *edge_keys_of(const struct edge_keys *k, size_t *n)
{
	*n = k->n;
	return k->of;
}

const struct secure_identity *edge_keys_identity(const struct edge_keys *k)
{
	return &k->identity;
}

struct secure_trust edge_keys_trust(const struct edge_keys *k)
{
	return (struct secure_trust){ .only_listed = k->listed, .listed = k->listed, .n = k->listed_n };
}

const char *edge_keys_about(const struct edge_keys *k)
{
	return k->about;
}
