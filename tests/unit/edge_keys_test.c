/* Files of keys as the edge reads them: modes, two keys, a second reading that may fail. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <unistd.h>

#include "app/edge/identity.h"
#include "app/edge/keys.h"
#include "io/secret.h"
#include "test.h"

static const char K1[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
static const char K2[] = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n";
static const uint8_t community[COMMUNITY_LEN] = "net";
static char dir[] = "/tmp/edge_keys_test.XXXXXX";
static char why[EDGE_WHY];

static const char *file(char path[static EDGE_PATH_MAX], const char *name, const char *text, mode_t mode)
{
	snprintf(path, EDGE_PATH_MAX, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	if (f && (fputs(text, f) < 0 || fclose(f) || chmod(path, mode)))
		abort();
	return path;
}

static void modes(void)
{
	static const struct { mode_t mode; bool good; } modes[] = {
		{ 0600, true }, { 0640, true }, { 0400, true }, { 0440, true }, { 0644, false }, { 0660, false }, { 0604, false },
		{ 0700, false }, { 0602, false }, { 0650, false },
	};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct edge_keys_conf conf = { .phrase = "" };
		file(conf.key_file, "key", K1, modes[i].mode);
		struct edge_keys *k = edge_keys_read(&conf, community, why);
		CHECK_INT(k != NULL, modes[i].good);
		CHECK(k || (strstr(why, conf.key_file) && strstr(why, "chmod 600")));
		edge_keys_close(k);
	}
}

static void files_that_are_none(void)
{
	struct edge_keys_conf conf = { .key_file = "/nowhere/key" };
	CHECK(!edge_keys_read(&conf, community, why) && strstr(why, "'/nowhere/key': cannot open it: No such file"));
	file(conf.key_file, "key", "hello\n", 0600);
	CHECK(!edge_keys_read(&conf, community, why) && strstr(why, "line 1 is no key") && !strstr(why, "hello"));
	snprintf(conf.key_file, sizeof(conf.key_file), "%s", dir);
	CHECK(!edge_keys_read(&conf, community, why));
}

static void phrase_is_wiped_and_means_a_key(void)
{
	struct edge_keys_conf conf = { .phrase = "correct horse battery staple" };
	size_t n;
	struct edge_keys *k = edge_keys_read(&conf, community, why);
	CHECK(k && !conf.phrase[0] && !conf.phrase[9]);
	CHECK(k && edge_keys_of(k, &n) && n == 1);
	edge_keys_close(k);
}

static void reading_again(void)
{
	struct edge_keys_conf conf = { .phrase = "" };
	char trust[200];
	size_t n;
	snprintf(trust, sizeof(trust), "%.44s alice\n", K1);
	file(conf.key_file, "key", K1, 0600);
	file(conf.trust, "trust", trust, 0644);
	struct edge_keys *k = edge_keys_read(&conf, community, why);
	CHECK(k && edge_keys_trust(k).only_listed && edge_keys_trust(k).n == 1);
	if (!k)
		return;
	struct secure_keys first = *edge_keys_of(k, &n);
	char two[200], path[EDGE_PATH_MAX];
	snprintf(two, sizeof(two), "%s%s", K2, K1);
	file(path, "key", two, 0600);
	file(path, "trust", "nonsense\n", 0644);
	CHECK(!edge_keys_reload(k, why) && strstr(why, "trust list"));
	CHECK(edge_keys_of(k, &n) && n == 1 && !memcmp(edge_keys_of(k, &n), &first, sizeof(first)));
	file(path, "trust", trust, 0644);
	CHECK(edge_keys_reload(k, why) && edge_keys_of(k, &n) && n == 2);
	CHECK(!memcmp(&edge_keys_of(k, &n)[1], &first, sizeof(first)));
	file(path, "key", K1, 0644);
	CHECK(!edge_keys_reload(k, why) && strstr(why, "mode 0644") && edge_keys_of(k, &n) && n == 2);
	edge_keys_close(k);
}

static void identity_of_a_file(void)
{
	struct edge_keys_conf conf = { .phrase = "" };
	file(conf.key_file, "key", K1, 0600);
	file(conf.identity, "id", K2, 0600);
	struct edge_keys *k = edge_keys_open(&conf, community, why);
	CHECK(k && secure_mac_is_made(edge_keys_identity(k)->mac) && strstr(edge_keys_about(k), conf.identity));
	edge_keys_close(k);
	file(conf.identity, "id", K2, 0644);
	CHECK(!edge_keys_open(&conf, community, why) && strstr(why, "identity file") && strstr(why, "0644"));
}

static void words_are_wiped(void)
{
	char a[] = "edge", b[] = "-k", c[] = "hush", d[] = "--key=hush", e[] = "-khush", f[] = "hushed";
	char *argv[] = { a, b, c, d, e, f, NULL };
	secret_wipe_words(6, argv, "hush");
	CHECK(!c[0] && !c[3] && !strcmp(d, "--key=") && !strcmp(e, "-k") && !strcmp(f, "hushed"));
	setenv("S_TEST", "hush", 1);
	const char *value = getenv("S_TEST");
	secret_wipe_variable("S_TEST");
	CHECK(!getenv("S_TEST") && value && !value[0]);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	RUN(modes);
	RUN(files_that_are_none);
	RUN(phrase_is_wiped_and_means_a_key);
	RUN(reading_again);
	RUN(identity_of_a_file);
	RUN(words_are_wiped);
	char command[64];
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return system(command) | test_done();
}
