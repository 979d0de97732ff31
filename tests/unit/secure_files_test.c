#include "core/base64.h"
#include "engine/secure/files.h"
#include "test.h"

static const char K1[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
static const char K2[] = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

static struct text why;

static bool keys(uint8_t key[2][SECURE_KEY], size_t *n, const char *text)
{
	return secure_key_file_read(key, n, text, strlen(text), &why);
}

static void one_or_two_keys(void)
{
	uint8_t key[2][SECURE_KEY];
	size_t n;
	char text[200];
	CHECK(keys(key, &n, K1) && n == 1 && key[0][1] == 1);
	snprintf(text, sizeof(text), "# old\r\n\n  %s  # first\r\n\t%s\n\n", K1, K2);
	CHECK(keys(key, &n, text) && n == 2 && key[0][31] == 31 && key[1][0] == 32);
}

static void keys_that_are_none(void)
{
	uint8_t key[2][SECURE_KEY];
	size_t n;
	char text[300];
	CHECK(!keys(key, &n, "") && strstr(why.s, "holds no key"));
	CHECK(!keys(key, &n, "# nothing\n") && strstr(why.s, "holds no key"));
	CHECK(!keys(key, &n, "secret\n") && strstr(why.s, "line 1 is no key") && !strstr(why.s, "secret"));
	snprintf(text, sizeof(text), "%s\n%s x\n", K1, K2);
	CHECK(!keys(key, &n, text) && strstr(why.s, "line 2 is no key"));
	snprintf(text, sizeof(text), "%s\n%s\n%s\n", K1, K2, K1);
	CHECK(!keys(key, &n, text) && strstr(why.s, "third key"));
	snprintf(text, sizeof(text), "%s\n%s\n", K1, K1);
	CHECK(!keys(key, &n, text) && strstr(why.s, "again"));
	for (size_t cut = 1; cut < strlen(K1); cut++) {
		snprintf(text, sizeof(text), "%.*s", (int)cut, K1);
		CHECK(!keys(key, &n, text));
	}
}

static void identity_there_and_back(void)
{
	struct secure_identity_file f, back;
	char text[SECURE_IDENTITY_TEXT];
	memset(&f, 7, sizeof(f));
	f.marked = true;
	secure_identity_file_write(text, &f);
	CHECK(secure_identity_file_read(&back, text, strlen(text), &why));
	CHECK(back.marked && !memcmp(back.seed, f.seed, SECURE_SEED) && !memcmp(back.mark, f.mark, SECURE_MARK));
	CHECK_INT(strlen(text), SECURE_IDENTITY_TEXT - 1);
	CHECK(secure_identity_file_read(&back, K1, strlen(K1), &why) && !back.marked && back.seed[2] == 2);
	CHECK(!secure_identity_file_read(&back, "", 0, &why));
	char bad[200];
	snprintf(bad, sizeof(bad), "%s\n%s\n", K1, K2);
	CHECK(!secure_identity_file_read(&back, bad, strlen(bad), &why) && strstr(why.s, "line 2"));
	snprintf(bad, sizeof(bad), "%s%s\n", text, K2);
	CHECK(!secure_identity_file_read(&back, bad, strlen(bad), &why) && strstr(why.s, "line 3"));
}

static void trust_lists(void)
{
	struct secure_trusted listed[3];
	size_t n;
	char text[400];
	snprintf(text, sizeof(text), "# us\n%s alice\n%s bob 02:00:00:00:00:05\n%s\n", K1, K2, K1);
	CHECK(secure_trust_file_read(listed, &n, 3, text, strlen(text), &why) && n == 3);
	CHECK(!listed[0].bound && listed[1].bound && listed[1].mac[5] == 5 && !listed[2].bound);
	CHECK(!secure_trust_file_read(listed, &n, 2, text, strlen(text), &why) && strstr(why.s, "line 4"));
	CHECK(!secure_trust_file_read(listed, &n, 3, "\n", 1, &why) && strstr(why.s, "lists nobody"));
	snprintf(text, sizeof(text), "%s alice 02:00:00:00:00\n", K1);
	CHECK(!secure_trust_file_read(listed, &n, 3, text, strlen(text), &why) && strstr(why.s, "is no entry"));
	snprintf(text, sizeof(text), "%s alice 06:00:00:00:00:00\n", K1);
	CHECK(!secure_trust_file_read(listed, &n, 3, text, strlen(text), &why) && strstr(why.s, "another identity"));
	uint8_t public[SECURE_KEY], mac[MAC_LEN];
	char mac_text[MAC_TEXT];
	CHECK(base64_read(public, SECURE_KEY, K1, strlen(K1)));
	secure_mac_of(mac, public);
	snprintf(text, sizeof(text), "%s alice %s\n", K1, mac_print(mac_text, mac));
	CHECK(secure_trust_file_read(listed, &n, 3, text, strlen(text), &why) && listed[0].bound);
}

int main(void)
{
	RUN(one_or_two_keys);
	RUN(keys_that_are_none);
	RUN(identity_there_and_back);
	RUN(trust_lists);
	return test_done();
}
