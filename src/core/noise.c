#include "core/noise.h"
#include "core/crypto/aead.h"
#include "core/crypto/wipe.h"
#include "core/crypto/x25519.h"

static const char NAME[] = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b";

/* RFC 2104. */
static void hmac_key(struct noise_hmac *h, const uint8_t key[static NOISE_HASH])
{
	uint8_t pad[BLAKE2B_BLOCK];
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] = (i < NOISE_HASH ? key[i] : 0) ^ 0x36;
	blake2b_init(&h->inner, NOISE_HASH, NULL, 0);
	blake2b_add(&h->inner, pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	blake2b_init(&h->outer, NOISE_HASH, NULL, 0);
	blake2b_add(&h->outer, pad, sizeof(pad));
	wipe(pad, sizeof(pad));
}

/* Over data and then one more byte, if it is not 0. */
static void hmac(uint8_t out[static NOISE_HASH], const struct noise_hmac *h, const void *data, size_t len, uint8_t more)
{
	struct noise_hmac copy = *h;
	uint8_t digest[NOISE_HASH];
	blake2b_add(&copy.inner, data, len);
	blake2b_add(&copy.inner, &more, more != 0);
	blake2b_digest(&copy.inner, digest);
	blake2b_add(&copy.outer, digest, sizeof(digest));
	blake2b_digest(&copy.outer, out);
	wipe(digest, sizeof(digest));
}

/* HKDF (Noise, section 4.3): n outputs; h is that of the chaining key. */
static void hkdf(uint8_t out[][NOISE_HASH], int n, const struct noise_hmac *h, const void *data, size_t len)
{
	struct noise_hmac of_temp;
	uint8_t temp[NOISE_HASH];
	hmac(temp, h, data, len, 0);
	hmac_key(&of_temp, temp);
	for (int i = 0; i < n; i++)
		hmac(out[i], &of_temp, i ? out[i - 1] : NULL, i ? NOISE_HASH : 0, (uint8_t)(i + 1));
	wipe(&of_temp, sizeof(of_temp));
	wipe(temp, sizeof(temp));
}

static void mix_hash(struct noise *n, const void *data, size_t len)
{
	struct blake2b b;
	blake2b_init(&b, NOISE_HASH, NULL, 0);
	blake2b_add(&b, n->hash, NOISE_HASH);
	blake2b_add(&b, data, len);
	blake2b_digest(&b, n->hash);
}

static void mix_key_by(struct noise *n, const struct noise_hmac *h, const uint8_t data[static NOISE_KEY])
{
	uint8_t out[2][NOISE_HASH];
	hkdf(out, 2, h, data, NOISE_KEY);
	memcpy(n->chaining_key, out[0], NOISE_HASH);
	memcpy(n->key, out[1], NOISE_KEY);
	n->counter = 0;
	wipe(out, sizeof(out));
}

static void mix_key(struct noise *n, const uint8_t data[static NOISE_KEY])
{
	struct noise_hmac h;
	hmac_key(&h, n->chaining_key);
	mix_key_by(n, &h, data);
	wipe(&h, sizeof(h));
}

MUST_CHECK static bool mix_dh(struct noise *n, const uint8_t private[static NOISE_KEY],
                              const uint8_t public[static NOISE_KEY])
{
	uint8_t shared[NOISE_KEY];
	bool good = x25519(shared, private, public);
	if (good)
		mix_key(n, shared);
	wipe(shared, sizeof(shared));
	return good;
}

/* out: len + NOISE_TAG. */
static void encrypt_and_hash(struct noise *n, const void *data, size_t len, uint8_t *out)
{
	struct aead_frame f = { n->hash, NOISE_HASH, out, len, n->counter++, false };
	if (len)
		memcpy(out, data, len);
	aead_seal(AEAD_CHACHA20_POLY1305, n->key, &f, 1);
	mix_hash(n, out, len + NOISE_TAG);
}

/* data: len + NOISE_TAG.  The hash is of the ciphertext, so it is taken before that is opened where it lies. */
MUST_CHECK static bool decrypt_and_hash(struct noise *n, const uint8_t *data, size_t len, uint8_t *out)
{
	enum { PIECE_MAX = 256 };
	uint8_t piece[PIECE_MAX + NOISE_TAG];
	struct aead_frame f = { n->hash, NOISE_HASH, piece, len, n->counter++, false };
	if (len > PIECE_MAX)
		return false;
	memcpy(piece, data, len + NOISE_TAG);
	if (!aead_open(AEAD_CHACHA20_POLY1305, n->key, &f, 1))
		return false;
	memcpy(out, piece, len);
	wipe(piece, sizeof(piece));
	mix_hash(n, data, len + NOISE_TAG);
	return true;
}

/* The token e; with a PSK it also goes into the key. */
static void mix_ephemeral(struct noise *n, const uint8_t public[static NOISE_KEY])
{
	mix_hash(n, public, NOISE_KEY);
	mix_key(n, public);
}

static void own_ephemeral(struct noise *n, const uint8_t private[static NOISE_KEY], uint8_t *out)
{
	memcpy(n->ephemeral, private, NOISE_KEY);
	x25519_public(out, private);
}

static void start_chain(uint8_t chain[static NOISE_HASH])
{
	memset(chain, 0, NOISE_HASH);
	memcpy(chain, NAME, sizeof(NAME) - 1);
}

void noise_psk_init(struct noise_psk *p, const uint8_t psk[static NOISE_KEY])
{
	uint8_t out[2][NOISE_HASH], chain[NOISE_HASH];
	struct noise_hmac h;
	start_chain(chain);
	hmac_key(&h, chain);
	hkdf(out, 2, &h, psk, NOISE_KEY);
	memcpy(p->chaining_key, out[0], NOISE_HASH);
	memcpy(p->hash, out[1], NOISE_HASH);
	hmac_key(&p->hmac, p->chaining_key);
	wipe(out, sizeof(out));
	wipe(&h, sizeof(h));
}

void noise_begin(struct noise *n, const struct noise_psk *psk, const void *prologue, size_t len)
{
	memset(n, 0, sizeof(*n));
	start_chain(n->hash);
	mix_hash(n, prologue, len);
	mix_hash(n, psk->hash, NOISE_HASH);
	n->psk = *psk;
}

void noise_wipe(struct noise *n) { wipe(n, sizeof(*n)); }

/* The tokens psk, e of message 1; the PSK's key would be replaced at once. */
static void mix_first(struct noise *n, const uint8_t public[static NOISE_KEY])
{
	mix_hash(n, public, NOISE_KEY);
	mix_key_by(n, &n->psk.hmac, public);
}

void noise_write_1(struct noise *n, const uint8_t ephemeral[static NOISE_KEY], const void *payload, size_t len,
                   uint8_t *out)
{
	own_ephemeral(n, ephemeral, out);
	mix_first(n, out);
	encrypt_and_hash(n, payload, len, out + NOISE_KEY);
}

bool noise_read_1(struct noise *n, const uint8_t *message, uint8_t *payload, size_t len)
{
	struct noise next = *n;
	memcpy(next.peer_ephemeral, message, NOISE_KEY);
	mix_first(&next, message);
	bool good = decrypt_and_hash(&next, message + NOISE_KEY, len, payload);
	if (good)
		*n = next;
	noise_wipe(&next);
	return good;
}

/* e, ee, s, es */
bool noise_write_2(struct noise *n, const struct noise_static *own, const uint8_t ephemeral[static NOISE_KEY],
                   const void *payload, size_t len, uint8_t *out)
{
	struct noise next = *n;
	own_ephemeral(&next, ephemeral, out);
	mix_ephemeral(&next, out);
	bool good = mix_dh(&next, next.ephemeral, next.peer_ephemeral);
	if (good) {
		encrypt_and_hash(&next, own->public, NOISE_KEY, out + NOISE_KEY);
		good = mix_dh(&next, own->private, next.peer_ephemeral);
	}
	if (good) {
		encrypt_and_hash(&next, payload, len, out + NOISE_KEY + NOISE_STATIC);
		*n = next;
	}
	noise_wipe(&next);
	return good;
}

MUST_CHECK static bool read_static(struct noise *n, const struct noise_static *own, const uint8_t *message)
{
	return decrypt_and_hash(n, message, NOISE_KEY, n->peer_static) &&
	       !same_secret(n->peer_static, own->public, NOISE_KEY);
}

bool noise_read_2(struct noise *n, const struct noise_static *own, const uint8_t *message, uint8_t *payload, size_t len)
{
	struct noise next = *n;
	memcpy(next.peer_ephemeral, message, NOISE_KEY);
	mix_ephemeral(&next, message);
	bool good = mix_dh(&next, next.ephemeral, next.peer_ephemeral) &&
	            read_static(&next, own, message + NOISE_KEY) &&
	            mix_dh(&next, next.ephemeral, next.peer_static) &&
	            decrypt_and_hash(&next, message + NOISE_KEY + NOISE_STATIC, len, payload);
	if (good)
		*n = next;
	noise_wipe(&next);
	return good;
}

/* s, se */
bool noise_write_3(struct noise *n, const struct noise_static *own, const void *payload, size_t len, uint8_t *out)
{
	struct noise next = *n;
	encrypt_and_hash(&next, own->public, NOISE_KEY, out);
	bool good = mix_dh(&next, own->private, next.peer_ephemeral);
	if (good) {
		encrypt_and_hash(&next, payload, len, out + NOISE_STATIC);
		*n = next;
	}
	noise_wipe(&next);
	return good;
}

bool noise_read_3(struct noise *n, const struct noise_static *own, const uint8_t *message, uint8_t *payload, size_t len)
{
	struct noise next = *n;
	bool good = read_static(&next, own, message) &&
	            mix_dh(&next, next.ephemeral, next.peer_static) &&
	            decrypt_and_hash(&next, message + NOISE_STATIC, len, payload);
	if (good)
		*n = next;
	noise_wipe(&next);
	return good;
}

void noise_split(const struct noise *n, uint8_t forth[static NOISE_KEY], uint8_t back[static NOISE_KEY])
{
	uint8_t out[2][NOISE_HASH];
	struct noise_hmac h;
	hmac_key(&h, n->chaining_key);
	hkdf(out, 2, &h, NULL, 0);
	memcpy(forth, out[0], NOISE_KEY);
	memcpy(back, out[1], NOISE_KEY);
	wipe(out, sizeof(out));
	wipe(&h, sizeof(h));
}
