/* The primitives on one core against those of libcrypto: nanoseconds and ratios, measured A B A B, medians of 5.
 *	make build/tests/bench/crypto && build/tests/bench/crypto
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/crypto/aead.h"
#include "core/crypto/argon2id.h"
#include "core/crypto/blake2b.h"
#include "core/crypto/x25519.h"
#include "core/handshake.h"

enum { FRAME = 1408, BURST = 44, HEADER = 16, REPEAT = 5, NS_PER_SAMPLE = 20 * 1000 * 1000 };

struct work {
	const char *name;
	void (*run)(void *arg);
	void *arg;
	unsigned per_run;               /* operations in one run */
	double ns[REPEAT];
};

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double sample(const struct work *w)
{
	double start = now_ns(), end;
	unsigned runs = 0;
	do {
		for (int i = 0; i < 8; i++)
			w->run(w->arg);
		runs += 8;
		end = now_ns();
	} while (end - start < NS_PER_SAMPLE);
	return (end - start) / runs / w->per_run;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(struct work *w)
{
	qsort(w->ns, REPEAT, sizeof(w->ns[0]), by_size);
	return w->ns[REPEAT / 2];
}

/* How much faster ours is; bars by hand where there are none. */
static void compare(struct work *ours, struct work *theirs, const char *bars)
{
	for (int i = 0; i < REPEAT; i++) {
		theirs->ns[i] = sample(theirs);
		ours->ns[i] = sample(ours);
	}
	double a = median(ours), b = median(theirs);
	printf("%-42s %8.0f ns  %-34s %8.0f ns  %6.2fx  %s\n", ours->name, a, theirs->name, b, b / a, bars);
}

static void alone(struct work *w)
{
	for (int i = 0; i < REPEAT; i++)
		w->ns[i] = sample(w);
	printf("%-42s %8.0f ns\n", w->name, median(w));
}

/* A burst as it comes from a super-frame: header, frame and tag one after the other. */
struct burst {
	enum aead_suite suite;
	size_t n, len;
	struct aead_frame frames[BURST];
	uint8_t memory[BURST][HEADER + FRAME + AEAD_TAG];
	uint8_t key[AEAD_KEY];
};

static void burst_init(struct burst *b, enum aead_suite suite, size_t n, size_t len)
{
	memset(b, 7, sizeof(*b));
	b->suite = suite;
	b->n = n;
	b->len = len;
	for (size_t i = 0; i < n; i++)
		b->frames[i] = (struct aead_frame){ b->memory[i], HEADER, b->memory[i] + HEADER, len, i, false };
}

static void seal_burst(void *arg)
{
	struct burst *b = arg;
	aead_seal(b->suite, b->key, b->frames, b->n);
}

/* Frames are sealed once before; what is open afterwards is sealed again for the next time: the price of both. */
static void seal_and_open_burst(void *arg)
{
	struct burst *b = arg;
	aead_seal(b->suite, b->key, b->frames, b->n);
	if (aead_open(b->suite, b->key, b->frames, b->n) != b->n)
		abort();
}

/* libcrypto's EVP interface: one context for all frames, as a program that cares would. */
struct evp {
	void *ctx;
	void *(*new)(void);
	int (*init)(void *, const void *, void *, const uint8_t *, const uint8_t *);
	int (*update)(void *, uint8_t *, int *, const uint8_t *, int);
	int (*final)(void *, uint8_t *, int *);
	int (*ctrl)(void *, int, int, void *);
	struct burst burst;
};

#define LOOK_UP(library, to, name) do { \
		void *symbol_ = dlsym(library, name); \
		memcpy(&(to), &symbol_, sizeof(to)); \
	} while (0)

static void evp_init(struct evp *e, void *library, const char *cipher, size_t n, size_t len)
{
	const void *(*type)(void);
	LOOK_UP(library, type, cipher);
	LOOK_UP(library, e->new, "EVP_CIPHER_CTX_new");
	LOOK_UP(library, e->init, "EVP_EncryptInit_ex");
	LOOK_UP(library, e->update, "EVP_EncryptUpdate");
	LOOK_UP(library, e->final, "EVP_EncryptFinal_ex");
	LOOK_UP(library, e->ctrl, "EVP_CIPHER_CTX_ctrl");
	burst_init(&e->burst, AEAD_CHACHA20_POLY1305, n, len);
	e->ctx = e->new();
	e->init(e->ctx, type(), NULL, e->burst.key, NULL);
}

static void evp_burst(void *arg)
{
	enum { GET_TAG = 16 };
	struct evp *e = arg;
	uint8_t nonce[12] = { 0 };
	int len;
	for (size_t i = 0; i < e->burst.n; i++) {
		struct aead_frame *f = &e->burst.frames[i];
		put_le64(nonce + 4, f->counter);
		e->init(e->ctx, NULL, NULL, NULL, nonce);
		e->update(e->ctx, NULL, &len, f->ad, (int)f->ad_len);
		e->update(e->ctx, f->data, &len, f->data, (int)f->len);
		e->final(e->ctx, f->data + f->len, &len);
		e->ctrl(e->ctx, GET_TAG, AEAD_TAG, f->data + f->len);
	}
}

static void one_x25519(void *arg)
{
	uint8_t *key = arg;
	if (!x25519(key, key + 32, key + 64))
		abort();
	memcpy(key + 32, key, 32);
}

/* Both sides, from the first message to the keys. */
static void one_handshake(void *arg)
{
	struct noise_static *own = arg;
	struct noise_psk psk;
	struct noise a, b;
	struct handshake_init init = { 1, 3, { 0 } };
	struct handshake_response response = { 2, 3, 1 };
	uint8_t message[HANDSHAKE_INIT_LEN], forth[NOISE_KEY], back[NOISE_KEY];
	noise_psk_init(&psk, own->public);
	noise_begin(&a, &psk, "castnet", 7);
	noise_begin(&b, &psk, "castnet", 7);
	handshake_put_init(&a, own[0].public, &init, message);
	if (!handshake_get_init(&b, &init, message, HANDSHAKE_INIT_LEN) ||
	    !handshake_put_response(&b, &own[1], own[1].public, 1, &response, message) ||
	    !handshake_get_response(&a, &own[0], &response, message, HANDSHAKE_RESPONSE_LEN) ||
	    !handshake_put_finish(&a, &own[0], 2, message) ||
	    !handshake_get_finish(&b, &own[1], message, HANDSHAKE_FINISH_LEN))
		abort();
	noise_split(&a, forth, back);
	noise_split(&b, forth, back);
}

/* What a stranger's INIT costs: it does not know the key. */
static void one_refused(void *arg)
{
	static struct noise_psk psk;
	static bool ready;
	uint8_t message[HANDSHAKE_INIT_LEN] = { HANDSHAKE_INIT };
	struct handshake_init init;
	struct noise n;
	if (!ready)
		noise_psk_init(&psk, arg);
	ready = true;
	noise_begin(&n, &psk, "castnet", 7);
	if (handshake_get_init(&n, &init, message, sizeof(message)))
		abort();
}

static void one_blake2b(void *arg) { blake2b(arg, 64, arg, 32, arg, 128); }

static void one_argon2id(void *arg)
{
	struct argon2id_input in = { .password = "p", .password_len = 1, .salt = "0123456789abcdef", .salt_len = 16 };
	uint8_t key[32];
	argon2id(key, sizeof(key), &in, (struct argon2id_cost){ 65536, 3, 1 }, arg);
}

static void compare_suite(void *library, enum aead_suite suite, size_t n, size_t len, const char *cipher, const char *bars)
{
	static struct burst ours;
	static struct evp theirs;
	char name[80], their_name[80];
	snprintf(name, sizeof(name), "%s, %zu frames of %zu", suite ? "AEGIS-128L" : "ChaCha20-Poly1305", n, len);
	snprintf(their_name, sizeof(their_name), "libcrypto %s", cipher + 4);
	burst_init(&ours, suite, n, len);
	evp_init(&theirs, library, cipher, n, len);
	struct work a = { .name = name, .run = seal_burst, .arg = &ours, .per_run = (unsigned)n };
	struct work b = { .name = their_name, .run = evp_burst, .arg = &theirs, .per_run = (unsigned)n };
	compare(&a, &b, bars);
}

static void compare_all(void *library)
{
	static const struct { size_t n, len; const char *aegis, *chacha; } cases[] = {
		{ BURST, 1408, "(bar 3, aim 8)", "(bar 0.7, aim 1)" }, { BURST, 1402, "", "" }, { 4, 1408, "", "" },
		{ 1, 1408, "", "" }, { BURST, 66, "", "" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (aead_available(AEAD_AEGIS_128L))
			compare_suite(library, AEAD_AEGIS_128L, cases[i].n, cases[i].len, "EVP_aes_128_gcm", cases[i].aegis);
		compare_suite(library, AEAD_CHACHA20_POLY1305, cases[i].n, cases[i].len, "EVP_chacha20_poly1305",
		              cases[i].chacha);
	}
}

static void alone_all(void)
{
	static struct burst b;
	static uint8_t keys[128] = { [32] = 1, [64] = 9 };
	void *memory = malloc((size_t)65536 * ARGON2ID_BLOCK);
	for (int suite = 0; suite < 2; suite++) {
		if (!aead_available((enum aead_suite)suite))
			continue;
		burst_init(&b, (enum aead_suite)suite, BURST, FRAME);
		alone(&(struct work){ .name = suite ? "AEGIS-128L, sealed and opened" : "ChaCha20-Poly1305, sealed and opened",
		                      .run = seal_and_open_burst, .arg = &b, .per_run = BURST });
	}
	alone(&(struct work){ .name = "X25519", .run = one_x25519, .arg = keys, .per_run = 1 });
	alone(&(struct work){ .name = "BLAKE2b, keyed, 128 bytes", .run = one_blake2b, .arg = keys, .per_run = 1 });
	static struct noise_static own[2] = { { .private = { 8 } }, { .private = { 16 } } };
	x25519_public(own[0].public, own[0].private);
	x25519_public(own[1].public, own[1].private);
	alone(&(struct work){ .name = "handshake, both sides", .run = one_handshake, .arg = own, .per_run = 1 });
	alone(&(struct work){ .name = "INIT of a stranger, refused", .run = one_refused, .arg = keys, .per_run = 1 });
	printf("Argon2id, 64 MiB, 3 passes: ");
	double start = now_ns();
	one_argon2id(memory);
	printf("%.0f ms\n", (now_ns() - start) / 1e6);
	free(memory);
}

int main(void)
{
	void *library = dlopen("libcrypto.so.3", RTLD_NOW);
	if (library)
		compare_all(library);
	else
		puts("no libcrypto.so.3: nothing to compare with");
	alone_all();
	return 0;
}
