#include "core/base64.h"
#include "test.h"

/* RFC 4648, section 10 */
static void vectors_of_the_rfc(void)
{
	static const char *const vectors[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t n = strlen(vectors[i][0]);
		char text[16];
		uint8_t back[8];
		base64_write(text, (const uint8_t *)vectors[i][0], n);
		CHECK(!strcmp(text, vectors[i][1]));
		CHECK(base64_read(back, n, text, strlen(text)) && !memcmp(back, vectors[i][0], n));
	}
}

static void every_letter(void)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t bytes[48];
	char text[65];
	CHECK(base64_read(bytes, sizeof(bytes), alphabet, 64));
	base64_write(text, bytes, sizeof(bytes));
	CHECK(!strcmp(text, alphabet));
}

static void refuses_all_else(void)
{
	uint8_t out[3];
	for (int c = 0; c < 256; c++) {
		char text[5] = { 'A', (char)c, 'A', 'A', 0 };
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
		CHECK(base64_read(out, 3, text, 4) == letter);
	}
	CHECK(!base64_read(out, 3, "AAA", 3));
	CHECK(!base64_read(out, 3, "AAAAA", 5));
	CHECK(!base64_read(out, 2, "AAAA", 4));
	CHECK(!base64_read(out, 1, "AA=A", 4));
	CHECK(!base64_read(out, 1, "AAA=", 4));
	/* bits that no byte takes must be zero, or two texts would be one key */
	CHECK(base64_read(out, 2, "AAA=", 4) && !base64_read(out, 2, "AAB=", 4));
	CHECK(base64_read(out, 1, "AA==", 4) && !base64_read(out, 1, "AB==", 4));
}

int main(void)
{
	RUN(vectors_of_the_rfc);
	RUN(every_letter);
	RUN(refuses_all_else);
	return test_done();
}
