/* The command line of mcping: every line that must work, and every value that must not. */
#include "app/mcping/conf.h"
#include "test.h"

enum { WORDS_MAX = 64 };

static struct conf c;
static struct mcping_conf conf;

static enum conf_result parse(const char *line)
{
	static char copy[2048];
	char *word[WORDS_MAX];
	size_t n = 0;
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w && n < WORDS_MAX; w = strtok(NULL, " "))
		word[n++] = strcmp(w, "\"\"") ? w : w + 2;
	return mcping_conf_parse(&c, &conf, n, word);
}

static bool runs(const char *line)
{
	enum conf_result result = parse(line);
	if (result != CONF_RUN)
		printf("  %s: %s\n", line, c.message);
	return result == CONF_RUN;
}

/* Refused with status 2 and one sentence that has both texts in it. */
static bool refused(const char *line, const char *quoted, const char *right)
{
	bool good = parse(line) == CONF_BAD && c.status == CONF_EXIT_USAGE && !strncmp(c.message, "mcping: ", 8) &&
	            strstr(c.message, quoted) && strstr(c.message, right) && !strchr(c.message, '\n');
	if (!good)
		printf("  %s: %s\n", line, c.message);
	return good;
}

static const char *group(void)
{
	static char text[ADDR_TEXT];
	return addr_print(text, &conf.group);
}

static void defaults(void)
{
	CHECK(runs("send 239.10.10.10"));
	CHECK(conf.command == MCPING_SEND && conf.count == 10 && conf.rate == 10000 && conf.size == 100 && conf.ttl == 1);
	CHECK(conf.expect == 1 && conf.wait_ms == 2000 && !conf.ifindex && !conf.local_port && !conf.json && !conf.timeout_ms);
	CHECK_STR(group(), "239.10.10.10:7655");
	CHECK(runs("listen 239.10.10.10:5000"));
	CHECK(conf.command == MCPING_LISTEN && conf.count == 0 && !conf.sources_n);
	CHECK_STR(group(), "239.10.10.10:5000");
}

static void groups(void)
{
	CHECK(runs("listen [ff15::1:10]"));
	CHECK_STR(group(), "[ff15::1:10]:7655");
	CHECK(runs("listen [ff15::1:10]:1"));
	CHECK(runs("send [ff15::1:10%lo]:5000"));
	CHECK_STR(conf.interface, "lo");
	CHECK_STR(group(), "[ff15::1:10]:5000");
	CHECK(runs("send [ff02::1%lo]") && conf.ifindex);
	CHECK(runs("send -i lo [ff02::1]") && runs("send [ff02::1] -i lo") && runs("send [ff02::1%lo] -i lo"));
	CHECK(runs("listen 224.0.0.1") && runs("listen 239.255.255.255:65535"));
	CHECK(refused("send", "which group", "239.10.10.10"));
	CHECK(refused("send 10.9.9.1", "'10.9.9.1'", "224.0.0.0 to 239.255.255.255"));
	CHECK(refused("send 240.0.0.1", "'240.0.0.1'", "224.0.0.0"));
	CHECK(refused("send [fe80::1]", "'[fe80::1]'", "[ff00::]"));
	CHECK(refused("send shop.example.org", "'shop.example.org'", "239.10.10.10"));
	CHECK(refused("send 239.1.1", "'239.1.1'", "239.10.10.10"));
	CHECK(refused("send \"\"", "''", "239.10.10.10"));
	CHECK(refused("send 239.1.1.1:0", "'239.1.1.1:0'", "1 to 65535"));
	CHECK(refused("send 239.1.1.1:65536", "'65536'", "1 to 65535"));
	CHECK(refused("send 239.1.1.1:http", "'http'", "1 to 65535"));
	CHECK(refused("send 239.1.1.1:", "''", "1 to 65535"));
	CHECK(refused("send ff15::1:10", "'ff15::1:10'", "[ff15::1:10]"));
	CHECK(refused("send [ff02::1]", "[ff02::1]", "-i edge0"));
	CHECK(refused("send 239.1.1.1%lo", "'239.1.1.1%lo'", "-i"));
	CHECK(refused("send [ff15::1:10%nosuch0]", "'nosuch0'", "lo"));
	CHECK(refused("send [ff15::1:10%averyverylongname0]", "averyverylongname0", "15"));
	CHECK(refused("send 239.1.1.1 239.1.1.2", "'239.1.1.2'", "one"));
}

static void values(void)
{
	CHECK(runs("send -i lo -c 0 -r 0.5 -s 64 -t 255 -e 3 -W 0.25 -w 60 -p 5000 -j 239.1.1.1"));
	CHECK(conf.count == 0 && conf.rate == 500 && conf.size == 64 && conf.ttl == 255 && conf.expect == 3);
	CHECK(conf.wait_ms == 250 && conf.timeout_ms == 60000 && conf.local_port == 5000 && conf.json && conf.ifindex);
	CHECK(runs("send 239.1.1.1 --rate=50000 --count=1000000 --size=65507 --ttl=0 --expect=1024 --interface=lo"));
	CHECK(conf.rate == 50000000 && conf.count == 1000000);
	CHECK(runs("send 239.1.1.1 -r2.125") && conf.rate == 2125);
	CHECK(runs("send 239.1.1.1 -r 1000000") && conf.rate == 1000000000);
	CHECK(runs("listen 239.1.1.1 -S 10.9.9.1 -S10.9.9.2 --source=10.9.9.3") && conf.sources_n == 3);
	CHECK(runs("listen [ff35::1] --source 2001:db8::1 --source [2001:db8::2]") && conf.sources_n == 2);
	CHECK(conf.sources[0].ip[15] == 1 && conf.sources[1].ip[15] == 2 && conf.sources[1].family == ADDR_V6);
	CHECK(runs("listen 239.1.1.1 -c 5 -w 2 -p 6000 --json"));
}

static void wrong_values(void)
{
	static const char *const rates[] = {
		"0", "-1", "x", "1000001", "0.0001", "1.", "1.2.3", ".5", "1e3", "99999999999", "\"\"",
	};
	char line[80], quoted[40];
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		snprintf(line, sizeof(line), "send 239.1.1.1 --rate %s", rates[i]);
		snprintf(quoted, sizeof(quoted), "'%s'", strcmp(rates[i], "\"\"") ? rates[i] : "");
		CHECK(refused(line, quoted, "0.001 to 1000000"));
	}
	CHECK(refused("send 239.1.1.1 -c x", "'x'", "from 0 to"));
	CHECK(refused("send 239.1.1.1 -c 4294967295", "'4294967295'", "4294967294"));
	CHECK(refused("send 239.1.1.1 -s 63", "'63'", "64 to 65507"));
	CHECK(refused("send 239.1.1.1 -s 65508", "'65508'", "64 to 65507"));
	CHECK(refused("send 239.1.1.1 -t 256", "'256'", "0 to 255"));
	CHECK(refused("send 239.1.1.1 -e 0", "'0'", "1 to 1024"));
	CHECK(refused("send 239.1.1.1 -p 0", "'0'", "1 to 65535"));
	CHECK(refused("send 239.1.1.1 -i nosuch0", "'nosuch0'", "lo"));
	CHECK(refused("send 239.1.1.1 -w 0", "'0'", "0.001"));
	CHECK(runs("listen 239.1.1.1 -S 10.9.9.1 -S 10.9.9.1") && conf.sources_n == 1);
	CHECK(refused("listen 239.1.1.1 -S 239.1.1.2", "'239.1.1.2'", "10.9.9.1"));
	CHECK(refused("listen 239.1.1.1 -S host", "'host'", "10.9.9.1"));
	CHECK(refused("listen 239.1.1.1 -S 10.9.9.1:99", "'10.9.9.1:99'", "10.9.9.1"));
	CHECK(refused("listen 239.1.1.1 -S 2001:db8::1", "--source", "IPv4"));
	CHECK(refused("listen [ff15::1:10] -S 10.9.9.1", "--source", "IPv6"));
	CHECK(refused("listen 239.1.1.1 --nosuch", "'--nosuch'", "--help"));
	CHECK(refused("listen 239.1.1.1 -i", "-i", "IF"));
}

static void other_command(void)
{
	static const char *const of_send[] = { "-r 1", "-s 100", "-t 1", "-e 1", "-W 1" };
	char line[80];
	for (size_t i = 0; i < sizeof(of_send) / sizeof(of_send[0]); i++) {
		snprintf(line, sizeof(line), "listen 239.1.1.1 %s", of_send[i]);
		CHECK(refused(line, "mcping listen", "mcping send"));
	}
	CHECK(refused("send 239.1.1.1 -S 10.9.9.1", "mcping send", "mcping listen"));
	CHECK(refused("", "what to do", "mcping listen"));
	CHECK(refused("sendd 239.1.1.1", "'sendd'", "send or listen"));
	CHECK(refused("239.1.1.1", "'239.1.1.1'", "send or listen"));
	CHECK(refused("-i lo", "'-i'", "send or listen"));
}

static void too_many_sources(void)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "listen 239.1.1.1");
	for (int i = 1; i <= MCPING_SOURCES_MAX; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " -S 10.9.9.%d", i);
	CHECK(runs(line));
	snprintf(line + n, sizeof(line) - (size_t)n, " -S 10.9.8.1");
	CHECK(refused(line, "'10.9.8.1'", "16"));
}

static void help_needs_no_command(void)
{
	CHECK(parse("-h") == CONF_SHORT_HELP && parse("--help") == CONF_LONG_HELP && parse("-V") == CONF_VERSION);
	CHECK(parse("send -h") == CONF_SHORT_HELP && parse("listen --help") == CONF_LONG_HELP);
	CHECK(parse("--list-options") == CONF_LIST && parse("--version") == CONF_VERSION);
}

int main(void)
{
	RUN(defaults);
	RUN(groups);
	RUN(values);
	RUN(wrong_values);
	RUN(other_command);
	RUN(too_many_sources);
	RUN(help_needs_no_command);
	return test_done();
}
