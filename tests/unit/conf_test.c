/* The command lines of both programs: every line that must work, and every value that must not. */
#include <unistd.h>

#include "app/edge/conf.h"
#include "app/supernode/conf.h"
#include "test.h"

enum { WORDS_MAX = 64 };

static struct conf c;
static struct edge_conf edge;
static struct supernode_conf sn;
static char line_copy[2048];

/* Cuts a line at single spaces; "" is an empty word. */
static size_t words_of(const char *line, char **word)
{
	size_t n = 0;
	snprintf(line_copy, sizeof(line_copy), "%s", line);
	for (char *w = strtok(line_copy, " "); w && n < WORDS_MAX; w = strtok(NULL, " "))
		word[n++] = strcmp(w, "\"\"") ? w : w + 2;
	return n;
}

static enum conf_result parse_edge(const char *line)
{
	char *word[WORDS_MAX];
	size_t n = words_of(line, word);
	return edge_conf_parse(&c, &edge, n, word);
}

static enum conf_result parse_supernode(const char *line)
{
	char *word[WORDS_MAX];
	size_t n = words_of(line, word);
	return supernode_conf_parse(&c, &sn, n, word);
}

static bool edge_runs(const char *line)
{
	bool good = parse_edge(line) == CONF_RUN;
	if (!good)
		printf("  edge %s\n  %s\n", line, c.message);
	return good;
}

static bool supernode_runs(const char *line)
{
	bool good = parse_supernode(line) == CONF_RUN;
	if (!good)
		printf("  supernode %s\n  %s\n", line, c.message);
	return good;
}

static bool refused(enum conf_result result, const char *line, const char *quoted)
{
	bool good = result == CONF_BAD && c.status == 2 && strstr(c.message, quoted) && !strchr(c.message, '\n')
	            && !strncmp(c.message, c.program, strlen(c.program));
	if (!good)
		printf("  %s\n  result %d, status %d, without \"%s\": %s\n", line, (int)result, c.status, quoted, c.message);
	return good;
}

static bool edge_refuses(const char *line, const char *quoted)
{
	c.message[0] = 0;
	return refused(parse_edge(line), line, quoted);
}

static bool supernode_refuses(const char *line, const char *quoted)
{
	c.message[0] = 0;
	return refused(parse_supernode(line), line, quoted);
}

/* A good line with one more option. */
static bool value_refused(const char *option, const char *value)
{
	char line[512], quoted[256];
	snprintf(line, sizeof(line), "-l a:7654 -c net -a 10.9.9.1 %s %s", option, *value ? value : "\"\"");
	snprintf(quoted, sizeof(quoted), "'%s'", value);
	return edge_refuses(line, quoted);
}

static char *temporary(const char *text)
{
	static char path[64];
	snprintf(path, sizeof(path), "/tmp/castnet-conf-test-XXXXXX");
	int fd = mkstemp(path);
	size_t len = strlen(text);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len) {
		perror(path);
		exit(1);
	}
	close(fd);
	return path;
}

static bool has_address(const char *want)
{
	char text[SUBNET_TEXT];
	return edge.mode == ADDRESS_STATIC && !strcmp(subnet_print(text, &edge.address), want);
}

/* The list "Lines that must work". */
static void article(void)
{
	CHECK(supernode_runs("-l 1200"));
	CHECK_INT(sn.bind.port, 1200);
	CHECK(!sn.common.foreground && sn.spoofing_protection);

	CHECK(edge_runs("-l n2na1:1200 -c Intershop -a 10.9.9.1 -E"));
	CHECK_STR(edge.supernodes[0].host, "n2na1");
	CHECK_INT(edge.supernodes[0].port, 1200);
	CHECK_STR(edge.community, "Intershop");
	CHECK(has_address("10.9.9.1/24"));
	CHECK(edge.multicast && !edge.common.foreground && edge.p2p && !edge.routing);
	CHECK_STR(edge.device, "edge0");

	CHECK(edge_runs("-l n2na1:1200 -c Intershop -a 10.9.9.1"));
	CHECK(edge.multicast);
	CHECK(edge_refuses("-l n2na1:1200 -c Intershop -a -E", "'-E'"));
}

static void lines_of_3_x(void)
{
	CHECK(supernode_runs("-p 7777 -c community.list -f"));
	CHECK_INT(sn.bind.port, 7777);
	CHECK_STR(sn.communities, "community.list");
	CHECK(sn.common.foreground);

	CHECK(edge_runs("-d n2n0 -c mynetwork -k encryptme -u 99 -g 99 -m DE:AD:BE:EF:01:23 -a 192.168.254.7 -p 50001 "
	                "-l 123.121.120.119:7654"));
	CHECK_STR(edge.keys.phrase, "encryptme");
	CHECK(edge_runs("-d n2n0 -c mynetwork -u 99 -g 98 -m DE:AD:BE:EF:01:23 -a 192.168.254.7 -p 50001 "
	                "-l 123.121.120.119:7654"));
	CHECK_STR(edge.device, "n2n0");
	CHECK_INT(edge.common.identity.uid, 99);
	CHECK_INT(edge.common.identity.gid, 98);
	CHECK(edge.common.identity.asked);
	CHECK(!memcmp(edge.mac, "\xde\xad\xbe\xef\x01\x23", 6));
	CHECK(has_address("192.168.254.7/24"));
	CHECK_INT(edge.bind.port, 50001);
	CHECK(!addr_is_set(&edge.bind));

	CHECK(edge_refuses("-c net -l a:7654 -l b:7654 -A3 -H -z1 -I host1 -r -E -S1 -n 10.1.0.0/16:10.9.9.2 --select-rtt -t 5650 "
	                   "--management-password x", "-A: "));
	CHECK(edge_runs("-c net -l a:7654 -l b:7654 -I host1 -r -E -S1 -n 10.1.0.0/16:10.9.9.2 --select-rtt -t 5650 "
	                "--management-password x"));
	CHECK_INT(edge.supernodes_n, 2);
	CHECK_STR(edge.supernodes[1].host, "b");
	CHECK_STR((char *)edge.desc, "host1");
	CHECK(edge.routing && !edge.p2p && edge.select == SELECT_RTT);
	CHECK_INT(edge.routes_n, 1);
	CHECK_INT(edge.routes[0].to.prefix, 16);
	CHECK(!memcmp(edge.routes[0].gateway, (uint8_t[]){ 10, 9, 9, 2 }, 4));
	CHECK(edge.mode == ADDRESS_AUTO);
	CHECK_INT(edge.common.management.port, 5650);
	CHECK_STR(edge.common.management.password, "x");
	CHECK_INT(c.notes_n, 0);

	CHECK(edge_runs("-l a:7654 -c net -r -a dhcp:0.0.0.0"));
	CHECK(edge.mode == ADDRESS_DHCP && !subnet_is_set(&edge.address));
	CHECK(supernode_refuses("-l other.sn:7654 -F myfed -p 7654 -a 10.128.0.0-10.255.0.0/24 -M -V mine", "other.sn:7654"));
	CHECK(supernode_runs("-p 7654 -a 10.128.0.0-10.255.0.0/24 -M -V mine"));
	CHECK_INT(sn.auto_min, 0x0a800000);
	CHECK_INT(sn.auto_max, 0x0aff0000);
	CHECK_INT(sn.auto_prefix, 24);
	CHECK(!sn.spoofing_protection);
	CHECK_STR(sn.version, "mine");
}

static void config_files(void)
{
	char line[256];
	char *path = temporary("# n2n\n-d=tap7\n-c net\n--supernode-list=sn.example:7777 # the first\n-l 'b:1'\n"
	                       "-a=10.1.2.3/16\n\n  -I \"my host\"\n--mtu 1300\n-E\n");
	snprintf(line, sizeof(line), "%s -f", path);
	CHECK(edge_runs(line));
	CHECK_STR(edge.device, "tap7");
	CHECK_STR(edge.community, "net");
	CHECK_INT(edge.supernodes_n, 2);
	CHECK_STR(edge.supernodes[0].host, "sn.example");
	CHECK_STR((char *)edge.desc, "my host");
	CHECK(has_address("10.1.2.3/16"));
	CHECK_INT(edge.mtu, 1300);
	CHECK(edge.common.foreground);
	snprintf(line, sizeof(line), "%s -d other", path);      /* what comes later wins */
	CHECK(edge_runs(line));
	CHECK_STR(edge.device, "other");
	unlink(path);

	path = temporary("-p=1234\n-f\n");
	snprintf(line, sizeof(line), "%s -v", path);
	CHECK(supernode_runs(line));
	CHECK_INT(sn.bind.port, 1234);
	CHECK(sn.common.foreground && sn.common.log_level == LOG_LEVEL_DEBUG);
	unlink(path);

	path = temporary("-c\nnet # words, as n2n 1 has it\n-l a:1\n");
	snprintf(line, sizeof(line), "-a 10.9.9.1 @%s -r", path);
	CHECK(edge_runs(line));
	CHECK_STR(edge.community, "net");
	CHECK(edge.routing);
	unlink(path);
}

static void bad_config_files(void)
{
	static const struct { const char *text, *quoted; } bad[] = {
		{ "-c net\n-Z\n", ":2: unknown option '-Z'" },
		{ "-c net\n-M 12\n", ":2: -M: '12'" },
		{ "-c\nnet\n", ":1: -c: needs a value" },
		{ "-c net more\n", "'more'" },
		{ "[community]\nname=net\n", "n3n" },
		{ "-I 'open\n", "'open" },
		{ "net\n", "'net'" },
		{ "@other\n", "other" },
	};
	char line[256];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *path = temporary(bad[i].text);
		snprintf(line, sizeof(line), "%s -l a", path);
		CHECK(edge_refuses(line, bad[i].quoted));
		unlink(path);
	}
	CHECK(edge_refuses("/no/such/file -c net", "'/no/such/file'"));
	CHECK(edge_refuses("-c net @/no/such/file", "'/no/such/file'"));
}

static void environment(void)
{
	static const char *const secrets[] = { "N2N_PASSWORD", "N3N_PASSWORD" };
	setenv("N2N_COMMUNITY", "net", 1);
	CHECK(edge_runs("-l a:7654 -a static:10.9.9.1/24 -f -v"));
	CHECK_STR(edge.community, "net");
	CHECK(edge.common.foreground && edge.common.log_level == LOG_LEVEL_DEBUG && has_address("10.9.9.1/24"));
	CHECK(edge_runs("-l a -c other"));
	CHECK_STR(edge.community, "other");
	setenv("N3N_COMMUNITY", "third", 1);
	CHECK(edge_runs("-l a"));
	CHECK_STR(edge.community, "net");
	setenv("N2N_COMMUNITY", "", 1);         /* empty is not set */
	CHECK(edge_runs("-l a"));
	CHECK_STR(edge.community, "third");
	setenv("N3N_COMMUNITY", "12345678901234567890", 1);
	CHECK(edge_refuses("-l a", "N3N_COMMUNITY: '12345678901234567890'"));
	unsetenv("N2N_COMMUNITY");
	unsetenv("N3N_COMMUNITY");
	CHECK(edge_refuses("-l a", "-c"));

	for (size_t i = 0; i < 2; i++) {
		setenv(secrets[i], "secret", 1);
		CHECK(edge_refuses("-l a -c net", secrets[i]));
		CHECK(!strstr(c.message, "secret"));
		setenv(secrets[i], "", 1);
		CHECK(edge_runs("-l a -c net"));
		unsetenv(secrets[i]);
	}
}

static void keys(void)
{
	CHECK(edge_runs("-l a -c net"));
	CHECK(!edge_keys_given(&edge.keys) && !edge.plain);
	CHECK(edge_runs("-l a -c net --key-file /etc/castnet/key --trust=/etc/castnet/trust --identity id"));
	CHECK_STR(edge.keys.key_file, "/etc/castnet/key");
	CHECK_STR(edge.keys.trust, "/etc/castnet/trust");
	CHECK_STR(edge.keys.identity, "id");
	CHECK(edge_runs("-l a -c net -ksecret"));
	CHECK_STR(edge.keys.phrase, "secret");
	CHECK(edge_refuses("-l a -c net -k secret --key-file x", "leave out one"));
	CHECK(!strstr(c.message, "secret"));
	CHECK(edge_refuses("-l a -c net -k secret --key=other", "-k"));
	CHECK(!strstr(c.message, "secret"));
	CHECK(edge_refuses("-l a -c net -k secret -A1", "-A1"));
	CHECK(edge_refuses("-l a -c net -A null --key-file=x", "-A1"));
	CHECK(edge_refuses("-l a -c net --key-file=x -A3", "-A"));
	CHECK(edge_refuses("-l a -c net --trust x", "--trust"));
	CHECK(edge_refuses("-l a -c net --identity x", "--identity"));
	CHECK(edge_refuses("-l a -c net -k ", "-k"));
	setenv("N3N_KEY", "third", 1);
	CHECK(edge_runs("-l a -c net"));
	CHECK_STR(edge.keys.phrase, "third");
	setenv("N2N_KEY", "secret", 1);
	CHECK(edge_runs("-l a -c net"));
	CHECK_STR(edge.keys.phrase, "secret");
	CHECK(edge_runs("-l a -c net --key-file=x"));
	CHECK_STR(edge.keys.phrase, "");
	CHECK(edge_refuses("-l a -c net -A1", "-A1"));
	unsetenv("N2N_KEY");
	unsetenv("N3N_KEY");
}

static void forms(void)
{
	CHECK(edge_runs("--supernode-list=a --community net -M1300 -rfv -d=tap1 --tos=0x10 -vv"));
	CHECK_INT(edge.mtu, 1300);
	CHECK_INT(edge.tos, 16);
	CHECK_STR(edge.device, "tap1");
	CHECK(edge.routing && edge.common.foreground);
	CHECK(edge_runs("-l a -c net -M 1300 -M auto --no-multicast"));
	CHECK_INT(edge.mtu, 0);
	CHECK(!edge.multicast);
	CHECK(edge.storm[STORM_BROADCAST] && edge.storm[STORM_MULTICAST] > 50000 && edge.storm[STORM_UNICAST]);
	CHECK(!edge.arp_suppress);
	CHECK(edge_runs("-l a -c net --arp-suppress --storm-broadcast=5 --storm-multicast 0 --storm-unicast=100000000"));
	CHECK(edge.arp_suppress && edge.storm[STORM_BROADCAST] == 5 && !edge.storm[STORM_MULTICAST]);
	CHECK_INT(edge.storm[STORM_UNICAST], 100000000);
	CHECK(edge_runs("-l a -c net -s 255.255.0.0 -a 10.9.9.1"));
	CHECK(has_address("10.9.9.1/16"));
	CHECK(edge_runs("-l a -c net -a 10.9.9.0/31"));
	CHECK(edge_runs("-l a -c net -a auto:"));
	CHECK(edge.mode == ADDRESS_AUTO);
	CHECK(edge_runs("-l a -c net --wait=registered"));
	CHECK(edge.wait_registered && edge.wait_ms == 0);
	CHECK(edge_runs("-l a -c net --wait registered,30"));
	CHECK_INT(edge.wait_ms, 30000);
	CHECK(edge_runs("-l a -c net -p 192.0.2.1:500 -e 192.0.2.1 -L 8 -i 30 -D -b -x 5 --no-port-forwarding"));
	CHECK_INT(edge.bind.port, 500);
	CHECK_INT(edge.bind.ip[0], 192);
	CHECK(edge.preferred.family == ADDR_V4 && !edge.preferred_auto && edge.pmtu_discovery);
	CHECK_INT(edge.punch_ttl, 8);
	CHECK_INT(edge.interval_ms, 30000);
	CHECK_INT(c.notes_n, 3);
	CHECK(edge_runs("-l a -c net -e auto --select-mac"));
	CHECK(edge.preferred_auto && edge.select == SELECT_MAC);
	CHECK(edge_runs("-l a -c net -n 0.0.0.0/0:10.9.9.9 -n 224.0.0.0/4 -R 10.0.0.0/8,0.0.0.0/0,TCP-"));
	CHECK_INT(edge.routes_n, 2);
	CHECK_INT(edge.rules_n, 1);
	CHECK(edge_runs("-l a -c net -I a-very-long-host-name"));
	CHECK_STR((char *)edge.desc, "a-very-long-hos");
	CHECK_INT(edge.desc[DESC_LEN - 1], 0);
	CHECK(edge_runs("-l a -c 1234567890123456789"));
	CHECK_STR(edge.community, "1234567890123456789");
	CHECK(supernode_runs(""));
	CHECK_INT(sn.bind.port, 7654);
	CHECK(supernode_runs("-p [2001:db8::1]:1200 -d"));
	CHECK(sn.bind.family == ADDR_V6 && sn.bind.port == 1200);
	CHECK(supernode_runs("-l 1200 -p 1200"));
	CHECK(supernode_runs("-p 192.0.2.1"));
	CHECK_INT(sn.bind.port, 7654);
}

static void supernode_endpoints(void)
{
	static const struct { const char *text, *host; uint16_t port; } good[] = {
		{ "host", "host", 7654 }, { "host.example:1", "host.example", 1 }, { "192.0.2.1", "192.0.2.1", 7654 },
		{ "192.0.2.1:65535", "192.0.2.1", 65535 }, { "[2001:db8::1]", "2001:db8::1", 7654 },
		{ "[::1]:1200", "::1", 1200 }, { "under_score:7", "under_score", 7 },
	};
	static const char *const bad[] = {
		"host:", "host:0", "host:65536", "host:x", "host:1:2", ":7654", "", "2001:db8::1", "[2001:db8::1", "[2001:db8::1]7",
		"[2001:db8::1]:", "[host]:1", "0.0.0.0:1", "224.0.0.1", "255.255.255.255:7", "[::]:1", "[ff02::1]:1",
		"1.2.3", "1.2.3.400", "300", "-host", "a/b", "host:-1", "host:+1", "[]:1", "udp://host:7654",
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char line[128];
		snprintf(line, sizeof(line), "-c net -l %s", good[i].text);
		CHECK(edge_runs(line));
		CHECK_STR(edge.supernodes[0].host, good[i].host);
		CHECK_INT(edge.supernodes[0].port, good[i].port);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(value_refused("-l", bad[i]));
	char many[1024] = "-c net";
	for (int i = 0; i < EDGE_SUPERNODES_MAX; i++)
		strcat(many, " -l a");
	CHECK(edge_runs(many));
	CHECK(edge_refuses(strcat(many, " -l last"), "'last'"));
}

/* Option, then values that are no such thing; each is quoted, and the exit status is 2. */
static void bad_values(void)
{
	static const char *const bad[][16] = {
		{ "-c", "12345678901234567890", "" },
		{ "-a", "10.9.9", "10.9.9.1/33", "10.9.9.1/0", "bogus:10.9.9.1", "0.0.0.0", "auto:x", "10.9.9.256", "" },
		{ "-s", "255.0.255.0", "0.0.0.0", "24", "x" },
		{ "-m", "01:00:5e:00:00:01", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00", "x", "",
		  "06:00:00:00:00:01", "f6:00:00:00:00:01" },
		{ "-M", "575", "9217", "0", "-1", "1e3", "1400x", "99999999999999999999", " 1400", "" },
		{ "-p", "65536", "-1", "x", "1.2.3:1", "192.0.2.1:x", "224.0.0.1:1", "" },
		{ "-e", "nowhere", "127.0.0.1", "192.0.2.1:7", "192.0.2.1:1", "0.0.0.0" },
		{ "-n", "10.1.0.0", "10.1.0.0/33", "10.1.0.1/16", "10.1.0.0/16:", "10.1.0.0/16:gw", "10.1.0.0/16:10.9.9.2:1", "x" },
		{ "-d", "1234567890123456", "a/b", "a:b", "edge%d", ".", ".." },
		{ "-i", "0", "3601", "x" }, { "-T", "256", "0x100", "x", "0x" }, { "-L", "256", "x", "192.0.2.1" },
		{ "-R", "x", "" }, { "-t", "65536", "-r" }, { "-u", "no-such-user" }, { "-g", "no-such-group" },
		{ "--storm-broadcast", "-1", "x", "100000001", "" }, { "--storm-multicast", "1k" }, { "--storm-unicast", "" },
		{ "--wait", "ready", "registered,", "registered,0", "registered,x", "registeredx" },
		{ "--protocol", "2", "x" }, { "--max-peers", "0", "x" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (size_t j = 1; j < 16 && bad[i][j]; j++) {
			const char *value = bad[i][j], *comma = strchr(value, ',');
			if (strchr(value, ' '))
				continue;
			if (!strcmp(bad[i][0], "--wait") && comma)      /* the number alone is quoted */
				CHECK(edge_refuses("-l a -c net --wait registered,x", "'x'"));
			else
				CHECK(value_refused(bad[i][0], value));
		}
}

static void bad_combinations(void)
{
	CHECK(edge_refuses("-c net", "-l"));
	CHECK(edge_refuses("", "-c"));
	CHECK(edge_refuses("-l a -c net -s 255.255.0.0", "-a"));
	CHECK(edge_refuses("-l a -c net -a 10.9.9.1/24 -s 255.255.0.0", "/24"));
	CHECK(edge_refuses("-l a -c net -a 10.9.9.0", "'10.9.9.0/24'"));
	CHECK(edge_refuses("-l a -c net -a 10.9.9.255", "'10.9.9.255/24'"));
	CHECK(edge_refuses("-l a -c net -a 224.0.0.1", "'224.0.0.1/24'"));
	CHECK(edge_refuses("-l a -c net -a 127.0.0.1", "'127.0.0.1/24'"));
	CHECK(edge_refuses("-l a -c net -L 192.0.2.1", "-e"));
	CHECK(edge_refuses("-l a -c net stray", "'stray'"));
	CHECK(edge_refuses("-l a -c net -- x", "'--'"));
	CHECK(edge_refuses("-l a -c net -Z -E", "'-Z'"));
	CHECK(edge_refuses("-l a -c net -rZ", "'-Z'"));
	CHECK(edge_refuses("-l a -c net --bogus=1", "'--bogus=1'"));
	CHECK(edge_refuses("-l a -c net --routing=1", "'1'"));
	CHECK(edge_refuses("-l a -c net -M", "-M: needs a value"));
	CHECK(edge_refuses("-l a -c net --mtu", "--mtu: needs a value"));
}

static void management(void)
{
	static const char secret[] = "0123456789012345678901234567890123456789012345678901234567890123";
	char line[256];
	CHECK(edge_runs("-l a -c net") && !edge.common.management.port && !edge.common.management.password[0]);
	CHECK(supernode_runs("-t 5645 --management-password=s3cret") && !c.notes_n);
	CHECK_INT(sn.common.management.port, 5645);
	CHECK_STR(sn.common.management.password, "s3cret");
	CHECK(supernode_runs("--mgmt-port 0") && !sn.common.management.port);
	CHECK(supernode_runs("--management-password s3cret"));
	CHECK_INT(c.notes_n, 1);
	CHECK(strstr(c.notes[0], "-t") && !strstr(c.notes[0], "s3cret"));
	CHECK(supernode_refuses("-t 65536", "'65536'") && supernode_refuses("-t x", "'x'"));
	snprintf(line, sizeof(line), "-t 5645 --management-password %s", secret);
	CHECK(supernode_refuses(line, "63") && !strstr(c.message, secret));
	line[strlen(line) - 1] = 0;
	CHECK(supernode_runs(line) && strlen(sn.common.management.password) == 63);
	CHECK(supernode_refuses("--management-password=", "63"));
}

static void postponed(void)
{
	static const char *const options[] = {
		"-A2", "-A3", "-A4", "-A5", "-A", "-A aes", "--cipher=speck", "-H",
		"-J password", "--password-file x", "-P key", "-z", "-z1", "-z2", "-S2", "-K file", "-O a.b=c",
	};
	char line[128];
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		snprintf(line, sizeof(line), "-l a -c net %s", options[i]);
		CHECK(edge_refuses(line, "edge: -"));
		CHECK(!strstr(c.message, "secret"));
	}
	CHECK(edge_refuses("-l a -c net -A 3", "-A3"));
	CHECK(edge_refuses("-l a -c net -S 1", "-S1"));
	CHECK(edge_refuses("-l a -c net -A9", "'9'"));
	CHECK(edge_refuses("-l a -c net -S3", "'3'"));
	CHECK(edge_runs("-l a -c net -A1"));
	CHECK(edge_runs("-l a -c net -A null"));
	CHECK(edge_runs("-l a -c net --cipher=null -A=1"));
	CHECK(edge_runs("-l a -c net -S"));
	CHECK(!edge.p2p);
}

static void bad_supernode(void)
{
	CHECK(supernode_refuses("-l host", "'host'"));
	CHECK(supernode_refuses("-l host:1", "'host:1'"));
	CHECK(supernode_refuses("-l 0", "'0'"));
	CHECK(supernode_refuses("-l 65536", "'65536'"));
	CHECK(supernode_refuses("-p abc", "'abc'"));
	CHECK(supernode_refuses("-p 0", "'0'"));
	CHECK(supernode_refuses("-l 1200 -p 1300", "1300"));
	CHECK(supernode_refuses("-F myfed", "-F"));
	CHECK(supernode_refuses("-a 10.0.0.0", "'10.0.0.0'"));
	CHECK(supernode_refuses("-a 10.0.0.0-10.0.9.0", "'10.0.0.0-10.0.9.0'"));
	CHECK(supernode_refuses("-a 10.0.0.1-10.0.9.0/24", "'10.0.0.1-10.0.9.0/24'"));
	CHECK(supernode_refuses("-a 10.9.0.0-10.0.0.0/24", "'10.9.0.0-10.0.0.0/24'"));
	CHECK(supernode_refuses("-a 10.0.0.0-10.0.9.0/31", "/31"));
	CHECK(supernode_refuses("-m 01:00:5e:00:00:01", "'01:00:5e:00:00:01'"));
	CHECK(supernode_refuses("-V 12345678901234567890", "'12345678901234567890'"));
	CHECK(supernode_refuses("--max-edges=0", "'0'"));
	CHECK(supernode_refuses("-E", "'-E'"));
	CHECK(supernode_refuses("-u no-such-user", "'no-such-user'"));
}

/* Every option is in the help, and every letter has a long name. */
static void help_is_complete(void)
{
	CHECK_INT(parse_edge("-h"), CONF_SHORT_HELP);
	CHECK_INT(parse_edge("--help -Z"), CONF_LONG_HELP);
	CHECK_INT(parse_edge("-V"), CONF_VERSION);
	CHECK_INT(parse_edge("--list-options"), CONF_LIST);
	CHECK_INT(parse_supernode("--version"), CONF_VERSION);
	for (int i = 0; i < 2; i++) {
		char *text = NULL, name[64];
		size_t len = 0;
		i ? (void)parse_edge("--help") : (void)parse_supernode("--help");
		FILE *f = open_memstream(&text, &len);
		conf_print_help(&c, f, true);
		fclose(f);
		for (size_t j = 0; j < c.options_n; j++) {
			const struct conf_option *o = &c.options[j];
			CHECK(o->names && *o->names);
			CHECK(o->refusal || o->set);
			CHECK(o->kind == CONF_FLAG || o->refusal || o->arg);
			snprintf(name, sizeof(name), "--%.*s", (int)strcspn(o->names, " "), o->names);
			if (o->help)
				CHECK(strstr(text, name));
			for (size_t k = 0; k < j; k++)
				CHECK(!o->letter || o->letter != c.options[k].letter);
		}
		free(text);
	}
}

int main(void)
{
	static const char *const clean[] = { "N2N_COMMUNITY", "N3N_COMMUNITY", "N2N_KEY", "N3N_KEY", "N2N_PASSWORD", "N3N_PASSWORD" };
	for (size_t i = 0; i < sizeof(clean) / sizeof(clean[0]); i++)
		unsetenv(clean[i]);
	RUN(article);
	RUN(lines_of_3_x);
	RUN(config_files);
	RUN(bad_config_files);
	RUN(environment);
	RUN(keys);
	RUN(forms);
	RUN(supernode_endpoints);
	RUN(bad_values);
	RUN(bad_combinations);
	RUN(management);
	RUN(postponed);
	RUN(bad_supernode);
	RUN(help_is_complete);
	return test_done();
}
