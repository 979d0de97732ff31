/* The keys of this edge: of its community, from a key file or a pass phrase; its identity; and whom it trusts.
 *
 *	edge_keys_open -> edge_keys_of, edge_keys_identity, ... edge_keys_reload ... -> edge_keys_close
 *
 * Without -k and --key-file there are none, and nothing here does anything.
 */
#ifndef EDGE_KEYS_H
#define EDGE_KEYS_H

#include "engine/secure/secure.h"

enum { EDGE_TRUST_MAX = 4096, EDGE_PHRASE_MAX = 256, EDGE_PATH_MAX = 4096, EDGE_WHY = 512 };

struct edge_conf;
struct edge_keys;               /* src/app/edge/keys.c */

/* What the user gave: at most one of key_file and phrase. */
struct edge_keys_conf {
	char key_file[EDGE_PATH_MAX], trust[EDGE_PATH_MAX], identity[EDGE_PATH_MAX];
	char phrase[EDGE_PHRASE_MAX];
};
static inline bool edge_keys_given(const struct edge_keys_conf *conf) { return conf->key_file[0] || conf->phrase[0]; }

/* Reads the files and works out what follows from them; the phrase is wiped from conf.  NULL: why is a sentence. */
MUST_CHECK struct edge_keys *edge_keys_open(struct edge_keys_conf *conf, const uint8_t community[static COMMUNITY_LEN],
                                            char why[static EDGE_WHY]);
/* The same, and no identity is made. */
MUST_CHECK struct edge_keys *edge_keys_look(struct edge_keys_conf *conf, const uint8_t community[static COMMUNITY_LEN],
                                            char why[static EDGE_WHY]);
/* The same without an identity. */
MUST_CHECK struct edge_keys *edge_keys_read(struct edge_keys_conf *conf, const uint8_t community[static COMMUNITY_LEN],
                                            char why[static EDGE_WHY]);
void edge_keys_close(struct edge_keys *k);
/* The key file and the trust list again.  False: why says what is wrong with them, and nothing has changed. */
MUST_CHECK bool edge_keys_reload(struct edge_keys *k, char why[static EDGE_WHY]);

const struct secure_keys *edge_keys_of(const struct edge_keys *k, size_t *n);
const struct secure_identity *edge_keys_identity(const struct edge_keys *k);
struct secure_trust edge_keys_trust(const struct edge_keys *k);
const char *edge_keys_about(const struct edge_keys *k);         /* a sentence: where the identity comes from */

#endif
