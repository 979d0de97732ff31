#include "core/hash.h"

#include "test.h"

/* SipHash-1-3 with the key 00..0f over the bytes 0, 1, 2, ...; from an independent implementation. */
static void keyed_known_answers(void)
{
	static const struct { size_t len; uint64_t want; } known[] = {
		{ 0, 0xabac0158050fc4dcu }, { 1, 0xc9f49bf37d57ca93u }, { 7, 0xd3927d989bb11140u },
		{ 8, 0x369095118d299a8eu }, { 9, 0x25a48eb36c063de4u }, { 15, 0xd320d86d2a519956u },
		{ 16, 0xcc4fdd1a7d908b66u }, { 17, 0x9cf2689063dbd80cu }, { 63, 0x9d199062b7bbb3a8u },
		{ 255, 0xf76214e3153c4a15u }, { 256, 0x75b3e64e167de370u }, { 300, 0x4016a23bda5a2224u }
	};
	const struct hash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	uint8_t data[300];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		CHECK(hash_keyed(&key, data, known[i].len) == known[i].want);
}

static void keyed_depends_on_both_halves_of_the_key(void)
{
	const struct hash_key zero = { 0, 0 }, first = { 1, 0 }, second = { 0, 1 };
	CHECK(hash_keyed(&zero, "x", 1) != hash_keyed(&first, "x", 1));
	CHECK(hash_keyed(&zero, "x", 1) != hash_keyed(&second, "x", 1));
	CHECK(hash_keyed(&first, "x", 1) != hash_keyed(&second, "x", 1));
}

static void hashes_do_not_care_for_alignment(void)
{
	const struct hash_key key = { 1, 2 };
	uint8_t data[64];
	for (size_t at = 0; at < 8; at++) {
		memcpy(data + at, "a name of some length", 21);
		CHECK(hash_keyed(&key, data + at, 21) == hash_keyed(&key, "a name of some length", 21));
		CHECK(pearson64(data + at, 21) == pearson64("a name of some length", 21));
	}
}

static void pearson_known_answers(void)
{
	static const struct { const char *text; uint64_t want; } known[] = {
		{ "", 0xb4d055fcf2cbbd7bu },
		{ "a", 0x42a5b4d83042939eu },
		{ "abcdefgh", 0x1421948da60b042fu },
		{ "abcdefghi", 0xf3e3a4fc3c3f94b4u },
		{ "Intershop", 0xa5e7889a6677f338u },
		{ "mySecretKey", 0x0d87a7bfed659ab2u },
		{ "a-passphrase-of-24-chars", 0x0a7d382583b92238u },
		{ "a-much-longer-passphrase-of-36-chars", 0x7a3166e202e4bf24u }
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CHECK(pearson64(known[i].text, strlen(known[i].text)) == known[i].want);
		CHECK(pearson32(known[i].text, strlen(known[i].text)) == (uint32_t)known[i].want);
	}
}

static void pearson_of_padded_fields(void)
{
	CHECK(pearson32("edge-one\0\0\0\0\0\0\0", 16) == 0xc4c941beu);
	CHECK(pearson32("edge-two\0\0\0\0\0\0\0", 16) == 0x0da92accu);
	CHECK(pearson32("Intershop\0\0\0\0\0\0\0\0\0\0", 20) == 0x1e7d0a10u);
}

int main(void)
{
	RUN(keyed_known_answers);
	RUN(keyed_depends_on_both_halves_of_the_key);
	RUN(hashes_do_not_care_for_alignment);
	RUN(pearson_known_answers);
	RUN(pearson_of_padded_fields);
	return test_done();
}
