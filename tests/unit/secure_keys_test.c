/* The golden vectors of keys and identities, as far as they are made of primitives. */
#include "hex.h"

#include "core/crypto/argon2id.h"
#include "core/crypto/blake2b.h"
#include "core/crypto/x25519.h"

/* BLAKE2b keyed over a label and what follows it. */
static void derive(uint8_t *out, size_t len, const uint8_t *key, const char *label, const struct hex *then)
{
	struct blake2b b;
	blake2b_init(&b, len, key, key ? 32 : 0);
	blake2b_add(&b, label, strlen(label));
	blake2b_add(&b, then->data, then->len);
	blake2b_digest(&b, out);
}

static void check_pass_phrase(const struct golden *g, const struct hex *community)
{
	const char *quoted = golden_text(g, "phrase");
	uint8_t salt[16], key[32];
	derive(salt, sizeof(salt), NULL, "castnet 1 salt", community);
	CHECK_HEX(salt, golden_text(g, "salt"));
	struct argon2id_input in = { .password = quoted + 1, .password_len = strlen(quoted) - 2, .salt = salt, .salt_len = 16 };
	void *memory = malloc((size_t)65536 * ARGON2ID_BLOCK);
	argon2id(key, sizeof(key), &in, (struct argon2id_cost){ 65536, 3, 1 }, memory);
	free(memory);
	CHECK_HEX(key, golden_text(g, "K"));
}

static void check_community(const struct golden *g)
{
	static const char *const names[][2] = { { "psk", "castnet 1 session" }, { "ak", "castnet 1 call" },
	                                        { "ck", "castnet 1 cookie" }, { "rk", "castnet 1 registration" } };
	struct hex community = golden_hex(g, "community"), k = golden_hex(g, "K");
	uint8_t key[32];
	if (golden_text(g, "phrase"))
		check_pass_phrase(g, &community);
	for (size_t i = 0; i < 4; i++) {
		derive(key, sizeof(key), k.data, names[i][1], &community);
		CHECK_HEX(key, golden_text(g, names[i][0]));
	}
}

static void check_identity(const struct golden *g, const struct hex *community)
{
	const struct hex nothing = { .len = 0 };
	struct hex seed = golden_hex(g, "seed");
	uint8_t private[32], public[32], tag[16], owner[16];
	derive(private, 32, seed.data, "castnet 1 identity", &nothing);
	CHECK_HEX(private, golden_text(g, "private"));
	x25519_public(public, private);
	CHECK_HEX(public, golden_text(g, "public"));
	blake2b(tag, 16, NULL, 0, public, 32);
	CHECK_HEX(tag, golden_text(g, "tag"));
	derive(owner, 16, seed.data, "castnet 1 owner", community);
	CHECK_HEX(owner, golden_text(g, "owner"));
}

static void keys_and_identities(void)
{
	static struct golden g;
	struct hex community = { .len = 0 };
	int communities = 0, identities = 0;
	FILE *f = hex_open("secure-keys.txt");
	while (golden_next(f, &g)) {
		if (golden_text(&g, "seed")) {
			check_identity(&g, &community);
			identities++;
		} else {
			community = golden_hex(&g, "community");
			check_community(&g);
			communities++;
		}
	}
	CHECK_INT(communities, 2);
	CHECK_INT(identities, 4);
}

int main(void)
{
	RUN(keys_and_identities);
	return test_done();
}
