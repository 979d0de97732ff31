/* Words and files that nobody should write: still one line, which quotes the value and says what would be right. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "app/edge/conf.h"
#include "app/supernode/conf.h"
#include "test.h"

enum { LONG = 5000 };

static struct conf c;
static struct edge_conf edge;
static struct supernode_conf supernode;

/* Are these words, up to NULL, refused as wrong usage, in one line without control characters that has all of
 * the texts? */
static bool says(enum conf_result result, const char *first, const char *second)
{
	bool good = result == CONF_BAD && c.status == CONF_EXIT_USAGE && strstr(c.message, first) && strstr(c.message, second);
	for (const char *at = c.message; *at; at++)
		good &= (unsigned char)*at >= ' ' && *at != 0x7f;
	if (!good)
		printf("  result %d, status %d: %s\n", (int)result, c.status, c.message);
	return good;
}

static bool edge_says(char *const *word, const char *first, const char *second)
{
	size_t n = 0;
	while (word[n])
		n++;
	return says(edge_conf_parse(&c, &edge, n, word), first, second);
}
#define EDGE_SAYS(first, second, ...) edge_says((char *[]){ __VA_ARGS__, NULL }, first, second)
#define EDGE_RUNS(...) (edge_conf_parse(&c, &edge, sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *), \
                                        (char *[]){ __VA_ARGS__ }) == CONF_RUN)

static void long_values(void)
{
	static char value[LONG + 64] = "--mtu=";
	memset(value + strlen(value), 'x', LONG);
	CHECK(EDGE_SAYS("--mtu: 'xxx", "xxx' is not an MTU or auto; give a number from 576 to 9216", value));
	value[strlen("--mtu")] = 'x';
	CHECK(EDGE_SAYS("'--mtuxxx", "xxx'; edge --help lists all options", value));
}

static void control_characters(void)
{
	CHECK(EDGE_SAYS("-m: 'a\\x0ab\\x1b[31m' is no MAC", "such as", "-m", "a\nb\033[31m"));
	CHECK(EDGE_SAYS("'\\x0d'", "config file", "\r"));
	CHECK(EDGE_SAYS("'a\\x0bb' is no device name", "edge0", "-d", "a\vb"));
	CHECK(EDGE_RUNS("-l", "a", "-c", "net", "-I", "0123456789abcdef\n"));
	CHECK_INT(c.notes_n, 1);
	CHECK(!strchr(c.notes[0], '\n'));
}

static void unknown_options(void)
{
	CHECK(EDGE_SAYS("option '-Z';", "--help", "-Z"));
	CHECK(EDGE_SAYS("option '-Z' in '-EZ';", "--help", "-EZ"));
	CHECK(EDGE_SAYS("option '-\xc3\xbc';", "--help", "-\xc3\xbc"));
}

static void no_config_files(void)
{
	CHECK(EDGE_SAYS("'stats'", "commands are status and reload", "stats"));
	CHECK(EDGE_SAYS("'/tmp'", "directory", "/tmp"));
	char path[] = "/tmp/castnet-conf-XXXXXX";
	int fd = mkstemp(path);
	for (int i = 0; i < LONG; i++)
		CHECK(write(fd, "-E ", 3) == 3);
	close(fd);
	CHECK(EDGE_SAYS(path, "more than 4096 words", path));
	unlink(path);
}

static void preferred_addresses(void)
{
	CHECK(EDGE_RUNS("-l", "a", "-c", "net", "-e", "2001:db8::1"));
	CHECK(edge.preferred.family == ADDR_V6 && edge.preferred.port == 0);
	CHECK(EDGE_RUNS("-l", "a", "-c", "net", "-e", "[2001:db8::1]"));
	CHECK(edge.preferred.family == ADDR_V6 && edge.preferred.port == 0);
	CHECK(EDGE_SAYS("'[2001:db8::1]:5'", "192.0.2.1", "-e", "[2001:db8::1]:5"));
	CHECK(EDGE_SAYS("'192.0.2.1:5'", "192.0.2.1", "-e", "192.0.2.1:5"));
	CHECK(EDGE_SAYS("'127.0.0.1'", "192.0.2.1", "-e", "127.0.0.1"));
}

static void address_ranges(void)
{
	static const char *const bad[] = {
		"0.0.0.0-0.0.1.0/24", "127.0.0.0-127.0.1.0/24", "126.0.0.0-128.0.0.0/8", "224.0.0.0-225.0.0.0/24",
		"10.0.0.0-255.255.255.0/24",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *word[] = { "-a", (char *)(uintptr_t)bad[i] };
		CHECK(says(supernode_conf_parse(&c, &supernode, 2, word), bad[i], "no host can have"));
	}
	CHECK_INT(supernode_conf_parse(&c, &supernode, 2, (char *[]){ "-a", "223.255.255.0-223.255.255.0/24" }), CONF_RUN);
}

static void federation_from_environment(void)
{
	setenv("N3N_FEDERATION", "myfed", 1);
	CHECK(says(supernode_conf_parse(&c, &supernode, 0, NULL), "N3N_FEDERATION", "unset it"));
	setenv("N3N_FEDERATION", "", 1);
	CHECK_INT(supernode_conf_parse(&c, &supernode, 0, NULL), CONF_RUN);
	unsetenv("N3N_FEDERATION");
}

int main(void)
{
	static const char *const clean[] = {
		"N2N_COMMUNITY", "N3N_COMMUNITY", "N2N_KEY", "N3N_KEY", "N2N_PASSWORD", "N3N_PASSWORD", "N2N_FEDERATION",
		"N3N_FEDERATION",
	};
	for (size_t i = 0; i < sizeof(clean) / sizeof(clean[0]); i++)
		unsetenv(clean[i]);
	RUN(long_values);
	RUN(control_characters);
	RUN(unknown_options);
	RUN(no_config_files);
	RUN(preferred_addresses);
	RUN(address_ranges);
	RUN(federation_from_environment);
	return test_done();
}
