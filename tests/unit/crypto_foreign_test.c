/* The primitives against those of libcrypto and libsodium, where these are installed. */
#include <dlfcn.h>

#include "aead_frames.h"
#include "hex.h"

#include "core/crypto/argon2id.h"
#include "core/crypto/blake2b.h"
#include "core/crypto/x25519.h"

enum { ROUNDS = 400, TEXT_MAX = 3000 };

static void *libcrypto, *libsodium;

/* A pointer to a function and one to data are the same size wherever dlsym() is. */
#define FUNCTION(library, type, name) __typeof__(type) name = NULL; \
	do { \
		void *symbol_ = (library) ? dlsym(library, #name) : NULL; \
		memcpy(&name, &symbol_, sizeof(name)); \
	} while (0)

typedef unsigned long long ull;
typedef int sodium_seal(uint8_t *out, ull *out_len, const uint8_t *text, ull len, const uint8_t *ad, ull ad_len,
                        const uint8_t *unused, const uint8_t *nonce, const uint8_t *key);

/* Theirs over ours: key, then the nonce that the suite makes of the counter. */
static void check_aead(sodium_seal *seal, enum aead_suite suite)
{
	static struct aead_frames fs;
	static uint8_t want[TEXT_MAX + AEAD_TAG];
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t key[AEAD_KEY], nonce[16] = { 0 };
		fill_random(key, sizeof(key));
		struct aead_frame *f = aead_frames_add(&fs, test_random() % 100, test_random() % TEXT_MAX, test_random() % 16);
		uint64_t masked = f->counter ^ get_le64(key + 16);
		if (suite == AEAD_AEGIS_128L) {
			put_le64(nonce, masked);
			memcpy(nonce + 8, key + 24, 8);
		} else {
			put_le64(nonce + 4, f->counter);
		}
		seal(want, NULL, f->data, f->len, f->ad, f->ad_len, NULL, nonce, key);
		aead_seal(suite, key, f, 1);
		CHECK_BYTES(f->data, want, f->len + AEAD_TAG);
		aead_frames_free(&fs);
	}
}

static void chacha20_poly1305_as_libsodium(void)
{
	FUNCTION(libsodium, sodium_seal *, crypto_aead_chacha20poly1305_ietf_encrypt);
	if (crypto_aead_chacha20poly1305_ietf_encrypt)
		check_aead(crypto_aead_chacha20poly1305_ietf_encrypt, AEAD_CHACHA20_POLY1305);
	else
		test_skip("ChaCha20-Poly1305 as libsodium", "no libsodium.so.23");
}

static void aegis_128l_as_libsodium(void)
{
	FUNCTION(libsodium, sodium_seal *, crypto_aead_aegis128l_encrypt);
	if (crypto_aead_aegis128l_encrypt && aead_available(AEAD_AEGIS_128L))
		check_aead(crypto_aead_aegis128l_encrypt, AEAD_AEGIS_128L);
	else
		test_skip("AEGIS-128L as libsodium", "not in this version of it, or no AES instructions");
}

static void x25519_as_libsodium(void)
{
	FUNCTION(libsodium, int (*)(uint8_t *, const uint8_t *, const uint8_t *), crypto_scalarmult_curve25519);
	if (!crypto_scalarmult_curve25519) {
		test_skip("X25519 as libsodium", "no libsodium.so.23");
		return;
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t private[32], public[32], want[32], got[32];
		fill_random(private, 32);
		fill_random(public, 32);
		CHECK_INT(crypto_scalarmult_curve25519(want, private, public) == 0, x25519(got, private, public));
		CHECK_BYTES(got, want, 32);
	}
}

static void blake2b_as_libsodium(void)
{
	FUNCTION(libsodium, int (*)(uint8_t *, size_t, const uint8_t *, ull, const uint8_t *, size_t), crypto_generichash_blake2b);
	if (!crypto_generichash_blake2b) {
		test_skip("BLAKE2b as libsodium", "no libsodium.so.23");
		return;
	}
	for (size_t len = 0; len <= 600; len++)
		for (size_t digest_len = 1; digest_len <= 64; digest_len += 1 + len % 9) {
			uint8_t text[600], key[64], want[64], got[64];
			size_t key_len = test_random() % 65;
			fill_random(text, sizeof(text));
			fill_random(key, sizeof(key));
			CHECK_INT(crypto_generichash_blake2b(want, digest_len, text, len, key, key_len), 0);
			blake2b(got, digest_len, key, key_len, text, len);
			CHECK_BYTES(got, want, digest_len);
		}
}

/* libsodium asks for a multiple of nothing, one lane, and a salt of 16. */
static void argon2id_as_libsodium(void)
{
	enum { TYPE_ID = 2, KIB_MAX = 100 };
	FUNCTION(libsodium, int (*)(uint8_t *, ull, const char *, ull, const uint8_t *, ull, size_t, int), crypto_pwhash);
	if (!crypto_pwhash) {
		test_skip("Argon2id as libsodium", "no libsodium.so.23");
		return;
	}
	void *memory = malloc(KIB_MAX * ARGON2ID_BLOCK);
	for (int round = 0; round < 100; round++) {
		char password[40];
		uint8_t salt[16], want[200], got[200];
		fill_random((uint8_t *)password, sizeof(password));
		fill_random(salt, sizeof(salt));
		struct argon2id_cost cost = { .kib = 8 + (uint32_t)round % (KIB_MAX - 8), .passes = 1 + (uint32_t)round % 5, .lanes = 1 };
		struct argon2id_input in = { .password = password, .password_len = (size_t)round % 40, .salt = salt, .salt_len = 16 };
		size_t len = 16 + test_random() % 184;
		CHECK_INT(crypto_pwhash(want, len, password, in.password_len, salt, cost.passes, cost.kib * 1024, TYPE_ID), 0);
		argon2id(got, len, &in, cost, memory);
		CHECK_BYTES(got, want, len);
	}
	free(memory);
}

/* libcrypto's EVP interface, as far as it is needed here. */
struct evp {
	void *(*new)(void);
	void (*free)(void *);
	int (*init)(void *, const void *, void *, const uint8_t *, const uint8_t *);
	int (*update)(void *, uint8_t *, int *, const uint8_t *, int);
	int (*final)(void *, uint8_t *, int *);
	int (*ctrl)(void *, int, int, void *);
	const void *(*cipher)(void);
};

static void evp_seal(const struct evp *e, const uint8_t *key, const uint8_t *nonce, const struct aead_frame *f, uint8_t *out)
{
	enum { GET_TAG = 16 };
	int len = 0;
	void *ctx = e->new();
	CHECK(e->init(ctx, e->cipher(), NULL, key, nonce) && e->update(ctx, NULL, &len, f->ad, (int)f->ad_len));
	CHECK(e->update(ctx, out, &len, f->data, (int)f->len) && e->final(ctx, out + f->len, &len));
	CHECK(e->ctrl(ctx, GET_TAG, AEAD_TAG, out + f->len));
	e->free(ctx);
}

static void chacha20_poly1305_as_libcrypto(void)
{
	static struct aead_frames fs;
	static uint8_t want[TEXT_MAX + AEAD_TAG];
	FUNCTION(libcrypto, void *(*)(void), EVP_CIPHER_CTX_new);
	FUNCTION(libcrypto, void (*)(void *), EVP_CIPHER_CTX_free);
	FUNCTION(libcrypto, int (*)(void *, const void *, void *, const uint8_t *, const uint8_t *), EVP_EncryptInit_ex);
	FUNCTION(libcrypto, int (*)(void *, uint8_t *, int *, const uint8_t *, int), EVP_EncryptUpdate);
	FUNCTION(libcrypto, int (*)(void *, uint8_t *, int *), EVP_EncryptFinal_ex);
	FUNCTION(libcrypto, int (*)(void *, int, int, void *), EVP_CIPHER_CTX_ctrl);
	FUNCTION(libcrypto, const void *(*)(void), EVP_chacha20_poly1305);
	const struct evp e = { EVP_CIPHER_CTX_new, EVP_CIPHER_CTX_free, EVP_EncryptInit_ex, EVP_EncryptUpdate,
	                       EVP_EncryptFinal_ex, EVP_CIPHER_CTX_ctrl, EVP_chacha20_poly1305 };
	if (!e.cipher) {
		test_skip("ChaCha20-Poly1305 as libcrypto", "no libcrypto.so.3");
		return;
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t key[AEAD_KEY], nonce[12] = { 0 };
		fill_random(key, sizeof(key));
		struct aead_frame *f = aead_frames_add(&fs, 1 + test_random() % 100, 1 + test_random() % (TEXT_MAX - 1), 3);
		put_le64(nonce + 4, f->counter);
		evp_seal(&e, key, nonce, f, want);
		aead_seal(AEAD_CHACHA20_POLY1305, key, f, 1);
		CHECK_BYTES(f->data, want, f->len + AEAD_TAG);
		aead_frames_free(&fs);
	}
}

static void x25519_as_libcrypto(void)
{
	enum { X25519_ID = 1034 };
	FUNCTION(libcrypto, void *(*)(int, void *, const uint8_t *, size_t), EVP_PKEY_new_raw_private_key);
	FUNCTION(libcrypto, int (*)(void *, uint8_t *, size_t *), EVP_PKEY_get_raw_public_key);
	FUNCTION(libcrypto, void (*)(void *), EVP_PKEY_free);
	if (!EVP_PKEY_new_raw_private_key || !EVP_PKEY_get_raw_public_key || !EVP_PKEY_free) {
		test_skip("X25519 as libcrypto", "no libcrypto.so.3");
		return;
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t private[32], want[32], got[32];
		size_t len = sizeof(want);
		fill_random(private, 32);
		void *key = EVP_PKEY_new_raw_private_key(X25519_ID, NULL, private, 32);
		CHECK_INT(EVP_PKEY_get_raw_public_key(key, want, &len), 1);
		EVP_PKEY_free(key);
		x25519_public(got, private);
		CHECK_BYTES(got, want, 32);
	}
}

int main(void)
{
	libcrypto = dlopen("libcrypto.so.3", RTLD_NOW);
	libsodium = dlopen("libsodium.so.23", RTLD_NOW);
	FUNCTION(libsodium, int (*)(void), sodium_init);
	CHECK(!sodium_init || sodium_init() >= 0);
	RUN(chacha20_poly1305_as_libcrypto);
	RUN(x25519_as_libcrypto);
	RUN(chacha20_poly1305_as_libsodium);
	RUN(aegis_128l_as_libsodium);
	RUN(x25519_as_libsodium);
	RUN(blake2b_as_libsodium);
	RUN(argon2id_as_libsodium);
	return test_done();
}
