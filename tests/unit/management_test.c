/* The management port: n2n's requests are answered with n2n's objects, nothing is changed without the password,
 * and neither strangers nor large tables get more than their share.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json.h"
#include "app/supernode/daemon.h"
#include "supernode_fake.h"

static unsigned level;          /* that the fake methods show and set */

static bool verbose_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	(void)p;
	if (call->cursor++)
		return false;
	if (call->write)
		level = (unsigned)atoi(call->argument);
	management_uint(row, "traceLevel", level);
	return true;
}

static bool community_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	(void)p;
	if (call->cursor++)
		return false;
	management_string(row, "community", "Inter\"shop\x01\xff", COMMUNITY_LEN);
	return true;
}

static bool no_row(const struct management_program *p, struct management_call *call, struct page *row)
{
	(void)p, (void)call, (void)row;
	return false;
}

static const struct management_method methods[] = {
	{ "help", MANAGEMENT_READ | MANAGEMENT_WRITE, management_help, "These" },
	{ "verbose", MANAGEMENT_READ | MANAGEMENT_WRITE, verbose_row, "Level" },
	{ "communities", MANAGEMENT_READ, community_row, "Names" },
	{ "edges", MANAGEMENT_READ, no_row, "Peers" },
	{ "post.test", MANAGEMENT_READ, NULL, "Not here" },
	{ "reload_communities", MANAGEMENT_WRITE, verbose_row, "Again" },
};
static struct management_program edge = { .edge = true, .password = "n2n", .methods = methods, .methods_n = 6 },
	supernode = { .password = "n2n", .methods = methods, .methods_n = 6 };

static const char *answer_to(const struct management_program *p, const void *line, size_t len)
{
	static char whole[65536];
	static struct management_answer a;
	static struct page page;
	size_t n = 0;
	management_ask(&a, p, line, len);
	for (unsigned objects = 0; management_next(&a, p, &page) && objects < 100; objects++) {
		memcpy(whole + n, page.text, page.len);
		whole[n + page.len] = 0;
		CHECK(is_json(whole + n));
		n += page.len;
	}
	whole[n] = 0;
	CHECK(!management_next(&a, p, &page));
	return whole;
}

static const char *answer(const struct management_program *p, const char *line)
{
	return answer_to(p, line, strlen(line));
}

static bool error_is(const struct management_program *p, const char *line, const char *tag, const char *error)
{
	char want[128];
	snprintf(want, sizeof(want), "{\"_tag\":\"%s\",\"_type\":\"error\",\"error\":\"%s\"}\n", tag, error);
	const char *got = answer(p, line);
	if (strcmp(got, want))
		printf("  %s: %s", line, got);
	return !strcmp(got, want);
}

/* The requests that were sent to n2n 3.1.1, and what it answered. */
static void answers_as_n2n(void)
{
	level = 5;
	CHECK_STR(answer(&edge, "r 7 verbose"), "{\"_tag\":\"7\",\"_type\":\"begin\",\"cmd\":\"verbose\"}\n"
	          "{\"_tag\":\"7\",\"_type\":\"row\",\"traceLevel\":5}\n"
	          "{\"_tag\":\"7\",\"_type\":\"end\",\"cmd\":\"verbose\"}\n");
	CHECK_STR(answer(&edge, "w 8:1:n2n verbose 2\n"), "{\"_tag\":\"8\",\"_type\":\"begin\",\"cmd\":\"verbose\"}\n"
	          "{\"_tag\":\"8\",\"_type\":\"row\",\"traceLevel\":2}\n"
	          "{\"_tag\":\"8\",\"_type\":\"end\",\"cmd\":\"verbose\"}\n");
	CHECK_STR(answer(&supernode, "r 7 verbose"), "{\"_tag\":\"7\",\"_type\":\"begin\",\"cmd\":\"verbose\"}\n"
	          "{\"_tag\":\"7\",\"_type\":\"row\",\"traceLevel\":2}\n"
	          "{\"_tag\":\"7\",\"_type\":\"end\"}\n");
	CHECK_STR(answer(&edge, "r 3 edges"), "{\"_tag\":\"3\",\"_type\":\"begin\",\"cmd\":\"edges\"}\n"
	          "{\"_tag\":\"3\",\"_type\":\"end\",\"cmd\":\"edges\"}\n");
	CHECK(error_is(&edge, "w 9 verbose 3", "9", "badauth"));
	CHECK(error_is(&edge, "w 10:1:bad verbose 3", "10", "badauth"));
	CHECK(error_is(&edge, "r 11 nosuch", "11", "unknowncmd"));
	CHECK(error_is(&edge, "x 12 help", "-1", "badtype"));
	CHECK(error_is(&edge, "r 13", "-1", "nocmd"));
	CHECK(error_is(&edge, "w 14:1:n2n edges", "14", "readonly"));
	CHECK(error_is(&edge, "s 19 test", "19", "badauth"));
	CHECK_STR(answer(&supernode, "r 20 reload_communities"),
	          "{\"_tag\":\"20\",\"_type\":\"begin\",\"cmd\":\"reload_communities\"}\n"
	          "{\"_tag\":\"20\",\"_type\":\"error\",\"error\":\"writeonly\"}\n"
	          "{\"_tag\":\"20\",\"_type\":\"end\"}\n");
	CHECK_INT(level, 2);
	answer(&supernode, "w 21:1:n2n reload_communities 4");
	CHECK_INT(level, 4);
	CHECK(strstr(answer(&edge, "r 1 help"),
	             "\n{\"_tag\":\"1\",\"_type\":\"row\",\"cmd\":\"verbose\",\"help\":\"Level\"}\n"));
}

/* What n2n has and castnet has not; and the plain words that n2n does without a password. */
static void refuses(void)
{
	static const char *const plain[] = {
		"", " \n", "stop", "reload_communities", "help", "?", "+verb", "-verb", "ww 1 stop", "R 1 help", "1",
	};
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		CHECK(error_is(&edge, plain[i], "-1", "badtype"));
		CHECK(error_is(&supernode, plain[i], "-1", "badtype"));
	}
	CHECK(error_is(&edge, "r", "-1", "nooptions"));
	CHECK(error_is(&edge, "w \n", "-1", "nooptions"));
	CHECK(error_is(&edge, "r 1:zz:n2n help", "-1", "nooptions"));
	CHECK(error_is(&edge, "s 16:1:n2n test", "16", "unimplemented"));
	CHECK(error_is(&supernode, "s 12:1:n2n test", "-1", "badtype"));
	CHECK_STR(answer(&edge, "r 17 post.test hello"), "{\"_tag\":\"17\",\"_type\":\"begin\",\"cmd\":\"post.test\"}\n"
	          "{\"_tag\":\"17\",\"_type\":\"error\",\"error\":\"unimplemented\"}\n"
	          "{\"_tag\":\"17\",\"_type\":\"end\",\"cmd\":\"post.test\"}\n");
}

static void passwords(void)
{
	static const char *const wrong[] = {
		"w 1 verbose 9", "w 1:0:n2n verbose 9", "w 1:1 verbose 9", "w 1:1: verbose 9", "w 1:1:n2 verbose 9",
		"w 1:1:n2nn verbose 9", "w 1:1:N2N verbose 9", "w 1:1:n2n: verbose 9", "r 1:1:n2 verbose",
		"r 1:1 verbose",
	};
	struct management_program open = edge, colon = edge, longest = edge;
	char line[MANAGEMENT_REQUEST_MAX + 1], password[MANAGEMENT_PASSWORD_MAX + 1];
	level = 1;
	open.password = "";
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK(error_is(&edge, wrong[i], "1", "badauth"));
		CHECK(error_is(&open, wrong[i], "1", "badauth"));
	}
	CHECK(error_is(&open, "w 1:1:n2n verbose 9", "1", "badauth"));
	CHECK_INT(level, 1);
	CHECK(strstr(answer(&open, "r 1 verbose"), "\"row\""));
	CHECK(strstr(answer(&open, "r 1:0 verbose"), "\"row\""));
	CHECK(strstr(answer(&edge, "r 1:1:n2n verbose"), "\"row\""));
	CHECK(strstr(answer(&edge, "w 1:F:n2n verbose 3"), "\"traceLevel\":3"));
	colon.password = "a:b";
	CHECK(strstr(answer(&colon, "w 1:1:a:b verbose 4"), "\"traceLevel\":4"));

	memset(password, 'p', sizeof(password) - 1);
	password[MANAGEMENT_PASSWORD_MAX] = 0;
	longest.password = password;
	snprintf(line, sizeof(line), "w 1:1:%s verbose 5", password);
	CHECK(strstr(answer(&longest, line), "\"traceLevel\":5"));
	snprintf(line, sizeof(line), "w 1:1:%sp verbose 6", password);
	CHECK(error_is(&longest, line, "1", "badauth"));
	CHECK_INT(level, 5);
}

static void strange_text(void)
{
	char line[1024];
	CHECK(error_is(&edge, "r \"\\\x7f\xe9 nosuch", "\\\"\\\\\\u007f\\u00e9", "unknowncmd"));
	CHECK(error_is(&edge, "r 123456789abc nosuch", "123456789", "unknowncmd"));
	CHECK(error_is(&supernode, "r 123456789abc nosuch", "123456789abc", "unknowncmd"));
	CHECK(strstr(answer(&edge, "r 1 communities"), "\"community\":\"Inter\\\"shop\\u0001\\u00ff\"}"));
	CHECK_STR(answer_to(&edge, "r 1\0 help", 9), "{\"_tag\":\"-1\",\"_type\":\"error\",\"error\":\"nocmd\"}\n");

	memset(line, '"', sizeof(line));
	memcpy(line, "r ", 2);
	memcpy(line + MANAGEMENT_REQUEST_MAX - 8, " communi", 8);
	CHECK(strstr(answer_to(&supernode, line, MANAGEMENT_REQUEST_MAX), "unknowncmd"));
	CHECK(strstr(answer_to(&supernode, line, MANAGEMENT_REQUEST_MAX + 1), "badtype"));
	for (int i = 0; i < 3000; i++) {
		size_t len = test_random() % MANAGEMENT_REQUEST_MAX;
		for (size_t at = 0; at < len; at++)
			line[at] = test_random() % 4 ? " rws:1n2\"\\"[test_random() % 10] : (char)test_random();
		CHECK(strstr(answer_to(&edge, line, len), "\"_type\":\"e"));
	}
}

static void times(void)
{
	struct page row = { .len = 0 };
	struct management_call call = { .offset = 1700000000000 };
	management_time(&row, &call, "a", 0);
	management_time(&row, &call, "b", 5999);
	call.offset = -6000;
	management_time(&row, &call, "c", 5999);
	CHECK_STR(row.text, ",\"a\":0,\"b\":1700000005,\"c\":0");
}

/* ---- the socket, with a real supernode behind it */

static struct fake f;
static struct supernode_daemon d;
static int client;

static int bound(const char *ip, uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int room = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	inet_pton(AF_INET, ip, &at.sin_addr);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		abort();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	*port = ntohs(at.sin_port);
	return fd;
}

static void ask_from(int fd, const char *line)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(d.conf.common.management.port),
	                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CHECK(sendto(fd, line, strlen(line), 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)strlen(line));
}

static char object[4096];

/* Objects that have come; each must be valid. */
static size_t objects_at(int fd, const char *with)
{
	size_t n = 0;
	for (ssize_t len; (len = recv(fd, object, sizeof(object) - 1, 0)) > 0; ) {
		object[len] = 0;
		CHECK(is_json(object));
		n += strstr(object, with) != NULL;
	}
	return n;
}

static uint64_t turn(void)
{
	uint64_t now = loop_wait(d.lp, 0);
	d.now = now > d.now ? now : d.now + 1;  /* a pause that was asked for is over all the same */
	return supernode_management_tick(&d);
}

static void start(size_t edges_n)
{
	struct supernode_config config = fake_config();
	uint16_t port;
	config.edges_max = config.community_edges_max = 4096;
	fake_start(&f, config);
	for (size_t i = 0; i < edges_n; i++) {
		struct edge_like e = {
			.at = addr_of("198.51.100.1"), .mac = { 2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i },
			.address = subnet_of("10.9.0.1/16"), .token = 7, .desc = "\x01\"\\\xff<script",
		};
		put_be32(e.address.ip, 0x0a090001u + (uint32_t)i);
		e.at.port = (uint16_t)(1000 + i);
		do_register(&f, &e);
	}
	memset(&d, 0, sizeof(d));
	d.engine = f.sn;
	d.udp = udp_open(&(struct udp_config){ .tos = 0 });
	d.lp = loop_new();
	client = bound("127.0.0.1", &port);
	close(bound("127.0.0.1", &d.conf.common.management.port));
	strcpy(d.conf.common.management.password, "secret");
	CHECK(supernode_management_open(&d) && d.management);
	d.now = loop_now();
}

static void end(void)
{
	close(client);
	management_close(d.management);
	loop_free(d.lp);
	udp_close(d.udp);
	fake_stop(&f);
}

static void supernode_rows(void)
{
	start(1);
	turn();
	ask_from(client, "r 1 edges");
	turn();
	CHECK_INT(objects_at(client, "\"_type\":\"row\",\"community\":\"Intershop\",\"ip4addr\":\"10.9.0.1/16\","
	                     "\"purgeable\":0,"
	                     "\"macaddr\":\"02:00:00:00:00:00\",\"sockaddr\":\"198.51.100.1:1000\",\"proto\":\"UDP\","
	                     "\"desc\":\"\\u0001\\\"\\\\\\u00ff<script\",\"last_seen\":"), 1);
	ask_from(client, "r 2 communities");
	turn();
	CHECK_INT(objects_at(client, "\"community\":\"Intershop\",\"purgeable\":1,\"is_federation\":0,\"ip4addr\":\"10."), 1);
	ask_from(client, "r 5 timestamps");
	turn();
	CHECK_INT(objects_at(client, ",\"last_fwd\":0,\"last_reg_super\":1"), 1);
	ask_from(client, "r 6 packetstats");
	turn();
	CHECK_INT(objects_at(client, "\"type\":\"reg_super\",\"rx_pkt\":1,\"nak\":0}"), 1);
	ask_from(client, "r 6 packetstats");
	turn();
	CHECK_INT(objects_at(client, "\"tx_pkt\":0}"), 3);
	ask_from(client, "r 4 supernodes");
	turn();
	CHECK_INT(objects_at(client, "unimplemented"), 1);
	ask_from(client, "r 8 verbose 0");
	turn();
	CHECK_INT(objects_at(client, "\"traceLevel\":2"), 1);
	ask_from(client, "w 9:1:secret verbose 1");
	turn();
	CHECK_INT(objects_at(client, "\"traceLevel\":1"), 1);
	CHECK_INT(log_get_level(), LOG_LEVEL_WARNING);
	ask_from(client, "w 9:1:secret verbose 77");
	ask_from(client, "w 9:1:secret verbose -1");
	turn();
	turn();
	CHECK_INT(objects_at(client, "\"traceLevel\":3"), 2);
	log_set_level(LOG_LEVEL_ERROR);
	ask_from(client, "r 10 stop");
	ask_from(client, "stop");
	turn();
	turn();
	CHECK_INT(objects_at(client, "\"keep_running\":1"), 1);
	CHECK(!loop_stopped(d.lp));
	ask_from(client, "w 10:1:secret stop");
	turn();
	CHECK_INT(objects_at(client, "\"keep_running\":0"), 1);
	CHECK(loop_stopped(d.lp));
	end();
}

static void large_table(void)
{
	uint64_t due;
	size_t rows = 0, turns = 0;
	start(3000);
	ask_from(client, "r big edges");
	ask_from(client, "r next timestamps");
	due = turn();
	CHECK(due > d.now);                     /* the client gets time to read */
	CHECK_INT(objects_at(client, "\"big\""), MANAGEMENT_ROWS);
	for (rows = MANAGEMENT_ROWS; due != UINT64_MAX && turns < 3000; turns++) {
		due = turn();
		size_t n = objects_at(client, "\"big\"");
		CHECK(n <= MANAGEMENT_ROWS);
		rows += n;
	}
	CHECK_INT(rows, 3000 + 2);
	CHECK(strstr(object, "\"_type\":\"end\"}"));
	turn();
	CHECK_INT(objects_at(client, "\"next\""), 3);
	end();
}

static void strangers(void)
{
	uint16_t port;
	char line[1200];
	start(0);
	int other = bound("127.0.0.2", &port);
	ask_from(other, "r 1 help");
	ask_from(client, "{\"_tag\":\"1\",\"_type\":\"end\"}\n");
	for (int i = 0; i < 4; i++)
		CHECK(turn() == UINT64_MAX);
	CHECK_INT(objects_at(other, "") + objects_at(client, ""), 0);
	CHECK_INT(management_counts(d.management)[MANAGEMENT_FOREIGN], 2);
	memset(line, 'r', sizeof(line));
	line[sizeof(line) - 1] = 0;
	ask_from(client, line);
	ask_from(client, "");
	turn();
	turn();
	CHECK_INT(objects_at(client, "{\"_tag\":\"-1\",\"_type\":\"error\",\"error\":\"badtype\"}"), 2);
	CHECK_INT(management_counts(d.management)[MANAGEMENT_ERRORS], 2);

	struct supernode_daemon second = { .lp = d.lp, .conf = { .common.management = d.conf.common.management } };
	CHECK(!supernode_management_open(&second));     /* in use */
	struct supernode_daemon without = { .lp = d.lp };
	CHECK(supernode_management_open(&without) && !without.management);
	CHECK(supernode_management_tick(&without) == UINT64_MAX);
	close(other);
	end();
}

int main(void)
{
	log_open("management_test", true, LOG_LEVEL_INFO);
	RUN(answers_as_n2n);
	RUN(refuses);
	RUN(passwords);
	RUN(strange_text);
	RUN(times);
	RUN(supernode_rows);
	RUN(large_table);
	RUN(strangers);
	return test_done();
}
