/* The AEADs by their specifications and by Wycheproof; bursts against frames one by one; what is changed is refused. */
#include "aead_frames.h"
#include "hex.h"

#include "core/crypto/chacha20_poly1305.h"

static const enum aead_suite suites[] = { AEAD_CHACHA20_POLY1305, AEAD_AEGIS_128L };

/* As the suite's own functions are called: a nonce takes the place of prefix and counter. */
struct message { struct hex key, nonce, ad, text; };

static struct aead_frame frame_of(struct message *m, enum aead_suite suite, uint8_t key[AEAD_KEY], size_t len)
{
	struct aead_frame f = { m->ad.data, m->ad.len, m->text.data, len, 0, false };
	memcpy(key, m->key.data, 32);
	if (suite == AEAD_AEGIS_128L)
		memcpy(key + 16, m->nonce.data, 16);
	else
		f.counter = get_le64(m->nonce.data + 4);
	return f;
}

static void seal_message(struct message *m, enum aead_suite suite)
{
	uint8_t key[AEAD_KEY];
	struct aead_frame f = frame_of(m, suite, key, m->text.len);
	if (suite == AEAD_AEGIS_128L)
		aead_seal(suite, key, &f, 1);
	else
		chacha20_poly1305_seal(key, m->nonce.data, &f, 1);
	m->text.len += AEAD_TAG;
}

static bool open_message(struct message *m, enum aead_suite suite)
{
	uint8_t key[AEAD_KEY];
	m->text.len -= AEAD_TAG;
	struct aead_frame f = frame_of(m, suite, key, m->text.len);
	size_t opened = suite == AEAD_AEGIS_128L ? aead_open(suite, key, &f, 1)
	                                         : chacha20_poly1305_open(key, m->nonce.data, &f, 1);
	CHECK_INT(opened, f.opened);
	return f.opened;
}

static void example_of_rfc_8439(void)
{
	struct message m = { hex_of("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
	                     hex_of("070000004041424344454647"), hex_of("50515253c0c1c2c3c4c5c6c7"), { .len = 114 } };
	memcpy(m.text.data, "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
	                    "sunscreen would be it.", 114);
	seal_message(&m, AEAD_CHACHA20_POLY1305);
	CHECK_HEX(m.text.data, "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
	                       "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	                       "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
}

static struct hex joined(const struct hex *a, const struct hex *b)
{
	struct hex both = *a;
	memcpy(both.data + both.len, b->data, b->len);
	both.len += b->len;
	return both;
}

/* The API knows nonces of one length only: others are not said to be refused, they cannot be asked for. */
static int wycheproof_one(const struct wycheproof *w, enum aead_suite suite)
{
	const struct hex *field = w->field;
	struct message m = { field[0], field[1], field[2], joined(&field[4], &field[5]) };
	if (field[1].len != (suite == AEAD_AEGIS_128L ? 16 : 12) || field[5].len != AEAD_TAG) {
		CHECK_STR(w->result, "invalid");
		return 0;
	}
	bool valid = !strcmp(w->result, "valid"), opened = open_message(&m, suite);
	CHECK_INT(opened, valid);
	if (!valid)
		return 1;
	CHECK_INT(m.text.len, field[3].len);
	CHECK_BYTES(m.text.data, field[3].data, field[3].len);
	m.text = field[3];
	seal_message(&m, suite);
	CHECK_BYTES(m.text.data, field[4].data, field[4].len);
	CHECK_BYTES(m.text.data + field[4].len, field[5].data, AEAD_TAG);
	return 1;
}

static int wycheproof(const char *file, enum aead_suite suite, int *cases)
{
	FILE *f = hex_open(file);
	int asked = 0;
	*cases = 0;
	for (struct wycheproof w; wycheproof_next(f, &w); ++*cases)
		asked += wycheproof_one(&w, suite);
	return asked;
}

static void wycheproof_chacha20_poly1305(void)
{
	int cases;
	CHECK_INT(wycheproof("wycheproof-chacha20-poly1305.txt", AEAD_CHACHA20_POLY1305, &cases), 316);
	CHECK_INT(cases, 325);
}

static void wycheproof_aegis_128l(void)
{
	int cases;
	CHECK_INT(wycheproof("wycheproof-aegis128L.txt", AEAD_AEGIS_128L, &cases), 479);
	CHECK_INT(cases, 479);
}

/* Each frame of a burst is sealed as it is alone, whatever stands beside it. */
static void check_burst(enum aead_suite suite, struct aead_frames *fs)
{
	uint8_t key[AEAD_KEY];
	fill_random(key, sizeof(key));
	aead_seal(suite, key, fs->f, fs->n);
	for (size_t i = 0; i < fs->n; i++) {
		struct aead_frame alone = fs->f[i];
		alone.data = malloc(alone.len + AEAD_TAG);
		memcpy(alone.data, fs->plain[i], alone.len);
		aead_seal(suite, key, &alone, 1);
		CHECK_BYTES(fs->f[i].data, alone.data, alone.len + AEAD_TAG);
		CHECK_INT(aead_open(suite, key, &alone, 1), 1);
		CHECK_BYTES(alone.data, fs->plain[i], alone.len);
		free(alone.data);
	}
	CHECK_INT(aead_open(suite, key, fs->f, fs->n), fs->n);
	check_opened(fs);
	aead_frames_free(fs);
}

static void every_length(enum aead_suite suite)
{
	static struct aead_frames fs;
	for (size_t len = 0; len <= 300; len++) {
		for (size_t i = 0; i < 7; i++)
			aead_frames_add(&fs, i == 6 ? len % 70 : 16, len, i);
		check_burst(suite, &fs);
	}
	for (size_t len = 1380; len < 1420; len++) {
		for (size_t i = 0; i < 5; i++)
			aead_frames_add(&fs, 16, len, i);
		check_burst(suite, &fs);
	}
	aead_frames_add(&fs, 16, 65536 - 54, 1);
	aead_frames_add(&fs, 0, 8192, 1);
	check_burst(suite, &fs);
}

static void every_burst(enum aead_suite suite)
{
	static struct aead_frames fs;
	for (size_t n = 0; n <= AEAD_FRAMES_MAX; n++)
		for (int kind = 0; kind < 4; kind++) {
			size_t same = test_random() % 1500;
			for (size_t i = 0; i < n; i++)
				aead_frames_add(&fs, kind == 2 ? test_random() % 80 : 16,
				                kind == 0 || (kind == 1 && i % 5) ? same : test_random() % 400,
				                test_random() % 17);
			check_burst(suite, &fs);
		}
}

/* A byte of one frame of a burst is changed: that frame alone is refused, and nothing of it is plaintext. */
static void check_refused(enum aead_suite suite, size_t n, size_t len, size_t victim, size_t at, uint8_t flip)
{
	static struct aead_frames fs;
	static const uint8_t zeros[2048];
	uint8_t key[AEAD_KEY], sealed[2048];
	fill_random(key, sizeof(key));
	for (size_t i = 0; i < n; i++)
		aead_frames_add(&fs, 16, len, i);
	aead_seal(suite, key, fs.f, n);
	struct aead_frame *f = &fs.f[victim];
	fs.memory[victim][victim + at] ^= flip;
	memcpy(sealed, f->data, len + AEAD_TAG);
	CHECK_INT(aead_open(suite, key, fs.f, n), n - 1);
	CHECK(!f->opened);
	CHECK_BYTES(f->data, suite == AEAD_AEGIS_128L ? zeros : sealed, len);
	memcpy(f->data, fs.plain[victim], len);
	f->opened = true;
	check_opened(&fs);
	aead_frames_free(&fs);
}

/* Associated data, ciphertext and tag, bit by bit. */
static void what_is_changed_is_refused(enum aead_suite suite)
{
	const size_t len = 45;
	for (size_t at = 0; at < 16 + len + AEAD_TAG; at++)
		for (int bit = 0; bit < 8; bit++)
			check_refused(suite, 1 + (size_t)bit % 5, len, at % (1 + (size_t)bit % 5), at, (uint8_t)(1 << bit));
	for (int i = 0; i < 200; i++)
		check_refused(suite, 6, 1400, test_random() % 6, test_random() % (1400 + 32), 0x80);
}

static void key_and_counter_matter(enum aead_suite suite)
{
	static struct aead_frames fs;
	uint8_t key[AEAD_KEY];
	fill_random(key, sizeof(key));
	for (size_t bit = 0; bit < 8 * (sizeof(key) + 8); bit++) {
		struct aead_frame *f = aead_frames_add(&fs, 16, 33, 0);
		aead_seal(suite, key, f, 1);
		if (bit < 8 * sizeof(key))
			key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		else
			f->counter ^= (uint64_t)1 << (bit - 8 * sizeof(key));
		CHECK_INT(aead_open(suite, key, f, 1), 0);
		CHECK(!f->opened);
		aead_frames_free(&fs);
	}
}

static void each(void (*test)(enum aead_suite))
{
	for (size_t i = 0; i < 2; i++)
		if (aead_available(suites[i]))
			test(suites[i]);
}
static void lengths_0_to_300_and_big(void) { each(every_length); }
static void bursts_of_0_to_40(void) { each(every_burst); }
static void changed_bits_are_refused(void) { each(what_is_changed_is_refused); }
static void other_keys_and_counters_are_refused(void) { each(key_and_counter_matter); }

/* So that a second key can be tried where the first one does not open. */
static void a_refused_frame_opens_with_the_right_key(void)
{
	static struct aead_frames fs;
	uint8_t keys[2][AEAD_KEY];
	fill_random(keys[0], sizeof(keys));
	aead_frames_add(&fs, 16, 90, 0);
	aead_seal(AEAD_CHACHA20_POLY1305, keys[1], fs.f, 1);
	CHECK_INT(aead_open(AEAD_CHACHA20_POLY1305, keys[0], fs.f, 1), 0);
	CHECK_INT(aead_open(AEAD_CHACHA20_POLY1305, keys[1], fs.f, 1), 1);
	check_opened(&fs);
	aead_frames_free(&fs);
}

int main(void)
{
	CHECK(aead_available(AEAD_CHACHA20_POLY1305));
	CHECK(!aead_available((enum aead_suite)2));
	RUN(example_of_rfc_8439);
	RUN(wycheproof_chacha20_poly1305);
	if (aead_available(AEAD_AEGIS_128L))
		RUN(wycheproof_aegis_128l);
	else
		test_skip("AEGIS-128L", "no AES instructions");
	RUN(lengths_0_to_300_and_big);
	RUN(bursts_of_0_to_40);
	RUN(changed_bits_are_refused);
	RUN(other_keys_and_counters_are_refused);
	RUN(a_refused_frame_opens_with_the_right_key);
	return test_done();
}
