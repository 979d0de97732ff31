/* The golden vectors of keys and identities. */
#include "hex.h"

#include "core/base64.h"
#include "core/crypto/argon2id.h"
#include "engine/secure/keys.h"

static void check_pass_phrase(const struct golden *g, const struct hex *community)
{
	const char *quoted = golden_text(g, "phrase");
	uint8_t key[SECURE_KEY];
	void *memory = malloc((size_t)SECURE_PHRASE_KIB * ARGON2ID_BLOCK);
	secure_key_of_phrase(key, quoted + 1, strlen(quoted) - 2, community->data, memory);
	free(memory);
	CHECK_HEX(key, golden_text(g, "K"));
}

static void check_base64(const uint8_t key[static SECURE_KEY], const char *want)
{
	char text[BASE64_KEY_TEXT];
	uint8_t back[SECURE_KEY];
	base64_write(text, key, SECURE_KEY);
	CHECK(!strncmp(text, want, sizeof(text) - 1));
	CHECK(base64_read(back, sizeof(back), text, strlen(text)) && !memcmp(back, key, sizeof(back)));
}

static void check_community(const struct golden *g)
{
	struct hex community = golden_hex(g, "community"), k = golden_hex(g, "K");
	struct secure_keys keys;
	if (golden_text(g, "phrase"))
		check_pass_phrase(g, &community);
	secure_keys_of(&keys, k.data, community.data);
	CHECK_HEX(keys.psk, golden_text(g, "psk"));
	CHECK_HEX(keys.ak, golden_text(g, "ak"));
	CHECK_HEX(keys.ck, golden_text(g, "ck"));
	CHECK_HEX(keys.rk, golden_text(g, "rk"));
	check_base64(keys.rk, golden_text(g, "rk_text"));
	if (golden_text(g, "keyfile"))
		check_base64(k.data, golden_text(g, "keyfile"));
}

static void check_identity(const struct golden *g, const struct hex *community)
{
	struct hex seed = golden_hex(g, "seed");
	struct secure_identity id;
	uint8_t mac[MAC_LEN];
	char text[MAC_TEXT];
	secure_identity_of(&id, seed.data, community->data);
	CHECK_HEX(id.private, golden_text(g, "private"));
	CHECK_HEX(id.public, golden_text(g, "public"));
	CHECK_HEX(id.tag, golden_text(g, "tag"));
	CHECK_HEX(id.owner, golden_text(g, "owner"));
	check_base64(id.public, golden_text(g, "pub_text"));
	CHECK(!strncmp(mac_print(text, id.mac), golden_text(g, "MAC"), MAC_TEXT - 1));
	secure_mac_of(mac, id.public);
	CHECK(mac_equal(mac, id.mac) && secure_mac_is_made(mac));
	mac[0] ^= 1;
	CHECK(!secure_mac_is_made(mac));
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
