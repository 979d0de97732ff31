/* The status answers: valid JSON whatever strangers have written, page by page; and a socket that no client
 * can hold up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/status_path.h"
#include "json.h"
#include "netns.h"
#include "app/supernode/daemon.h"
#include "supernode_fake.h"

static char *whole;             /* an answer, all pages */
static size_t whole_len;

static bool groups;              /* asked for */

static unsigned collect(status_writer *writer, void *ctx, bool json)
{
	static struct page page;
	unsigned pages = 0;
	bool more = true;
	memset(&page, 0, sizeof(page));
	page.json = json;
	page.groups = groups;
	free(whole);
	whole = calloc(1, 1);
	whole_len = 0;
	while (more && pages < 10000) {
		page.len = 0;
		more = writer(ctx, 2000000, &page);
		CHECK(page.len < sizeof(page.text) - 1);        /* nothing was cut */
		whole = realloc(whole, whole_len + page.len + 1);
		memcpy(whole + whole_len, page.text, page.len);
		whole[whole_len += page.len] = 0;
		pages++;
	}
	CHECK(!more);
	return pages;
}

static void ages(void)
{
	char out[32];
	CHECK_STR(page_age(out, 999), "0 s");
	CHECK_STR(page_age(out, 59999), "59 s");
	CHECK_STR(page_age(out, 60000), "1 min");
	CHECK_STR(page_age(out, 3600000 * 2 + 60000), "2 h 1 min");
	CHECK_STR(page_age(out, 86400000ull * 3), "3 days 0 h");
}

static void strings(void)
{
	static const char nasty[] = "a\"\\\x01\x7f\xff\n<";
	struct page page = { .json = true };
	page_text(&page, nasty, sizeof(nasty));
	page.text[page.len] = 0;
	CHECK_STR(page.text, "\"a\\\"\\\\\\u0001\\u007f\\u00ff\\u000a<\"");
	page.json = false;
	page.len = 0;
	page_text(&page, nasty, 6);
	page.text[page.len] = 0;
	CHECK_STR(page.text, "a\"\\\\\\x01\\x7f\\xff");
}

/* What is UTF-8 stays so; what is not, or would be a control code, is written by its number. */
static void utf8_strings(void)
{
	static const char *const both[][2] = {
		{ "B\xc3\xbcro", "\"B\xc3\xbcro\"" }, { "\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "B\xfcro", "\"B\\u00fcro\"" }, { "cut\xe2\x82", "\"cut\\u00e2\\u0082\"" },
		{ "\xc0\xaf", "\"\\u00c0\\u00af\"" }, { "\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"" },
		{ "\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"" }, { "\xc2\x9b", "\"\\u00c2\\u009b\"" },
	};
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		struct page page = { .json = true };
		page_text(&page, both[i][0], DESC_LEN);
		page.text[page.len] = 0;
		CHECK_STR(page.text, both[i][1]);
	}
	struct page page = { .json = true };
	page_text(&page, "B\xc3\xbc", 2);             /* what follows is not ours to read */
	page.text[page.len] = 0;
	CHECK_STR(page.text, "\"B\\u00c3\"");
}

static void open_supernode(struct supernode_daemon *d, struct fake *f, size_t edges_n)
{
	struct supernode_config config = fake_config();
	config.edges_max = config.community_edges_max = 4096;
	config.communities_max = 1024;
	config.groups_max = 16384;
	fake_start(f, config);
	for (size_t i = 0; i < edges_n; i++) {
		char name[COMMUNITY_LEN];
		snprintf(name, sizeof(name), "net%zu\"\\\n", i % 100);
		struct edge_like e = {
			.at = addr_of("198.51.100.1"), .mac = { 2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i },
			.address = subnet_of("10.9.0.1/16"), .token = 7, .desc = "\x01\"\\\xff\xfe<script", .community = name,
		};
		put_be32(e.address.ip, 0x0a090001u + (uint32_t)i);
		e.at.port = (uint16_t)(1000 + i);
		do_register(f, &e);
	}
	memset(d, 0, sizeof(*d));
	d->engine = f->sn;
	d->udp = udp_open(&(struct udp_config){ .tos = 0 });
}

static void close_supernode(struct supernode_daemon *d, struct fake *f)
{
	udp_close(d->udp);
	fake_stop(f);
}

static size_t count_of(const char *what)
{
	size_t n = 0;
	for (const char *at = whole; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static void supernode_answers(void)
{
	static const size_t sizes[] = { 0, 1, 40, 3000 };
	for (size_t i = 0; i < 4; i++) {
		struct fake f;
		struct supernode_daemon d;
		open_supernode(&d, &f, sizes[i]);
		CHECK(d.udp != NULL);
		unsigned pages = collect(supernode_status_write, &d, true);
		CHECK(is_json(whole));
		CHECK_INT(count_of("\"mac\":\"02:00:00:00:"), sizes[i] + 1);
		CHECK_INT(count_of("\"fixed\":"), sizes[i] < 100 ? sizes[i] : 100);
		CHECK(sizes[i] < 3000 || pages > 50);
		for (size_t drop = 0; drop < SUPERNODE_DROP_MAX; drop++)
			CHECK(strstr(whole, supernode_drop_names[drop]));
		collect(supernode_status_write, &d, false);
		CHECK_INT(count_of(", \\x01\"\\\\\\xff\\xfe<script\n"), sizes[i]);
		for (const char *at = whole; *at; at++)
			CHECK(*at == '\n' || (*at >= 0x20 && *at <= 0x7e));
		close_supernode(&d, &f);
	}
}

static void wants(struct fake *f, size_t edge, size_t n)
{
	struct edge_like e = { .at = addr_of("198.51.100.1"), .mac = { 2, 0, 0, 0, (uint8_t)(edge >> 8), (uint8_t)edge } };
	struct wire_message m;
	char name[COMMUNITY_LEN];
	snprintf(name, sizeof(name), "net%zu\"\\\n", edge % 100);
	e.community = name;
	e.at.port = (uint16_t)(1000 + edge);
	do_prove(f, &e);
	m = message_of(&e, WIRE_GROUP_REPORT);
	m.group_report = (struct wire_group_report){ .count = 0 };
	memcpy(m.group_report.mac, e.mac, MAC_LEN);
	give_message(f, &e.at, &m);
	m.group_report = (struct wire_group_report){ .count = (uint16_t)n,
	                                             .sequence = read_message(last(f)).group_ack.sequence };
	memcpy(m.group_report.mac, e.mac, MAC_LEN);
	for (size_t i = 0; i < n; i++)
		memcpy(m.group_report.group[i], (uint8_t[]){ 1, 0, 0x5e, 1, 0, (uint8_t)i }, MAC_LEN);
	give_message(f, &e.at, &m);
}

static void supernode_shows_groups(void)
{
	struct fake f;
	struct supernode_daemon d;
	open_supernode(&d, &f, 300);
	groups = true;
	collect(supernode_status_write, &d, true);
	CHECK(is_json(whole));
	CHECK_INT(count_of("\"group\":"), 0);
	collect(supernode_status_write, &d, false);
	CHECK(strstr(whole, "no edge has reported"));
	for (size_t i = 0; i < 300; i++)
		wants(&f, i, 20);
	unsigned pages = collect(supernode_status_write, &d, true);
	CHECK(is_json(whole) && pages > 5);
	CHECK_INT(count_of("\"group\":\"01:00:5e:01:00:13\""), 100);
	CHECK_INT(count_of("\"members_n\":3,"), 2000);
	CHECK_INT(count_of("\"02:00:00:00:00:00\""), 20);
	collect(supernode_status_write, &d, false);
	CHECK_INT(count_of("\n      02:00:00:00:"), 6000);
	groups = false;
	close_supernode(&d, &f);
}

/* ---- the socket */

enum { BIG_PAGES = 100 };
static unsigned big_calls;

static bool write_big(void *ctx, uint64_t now, struct page *page)
{
	(void)ctx, (void)now;
	big_calls++;
	while (page_room(page))
		page_printf(page, "%063u\n", page->stage);
	return ++page->stage < BIG_PAGES;
}

static struct loop *lp;
static struct status *server;

/* With a /run of the test's own: that of the host has daemons' sockets.  False: not allowed here. */
static bool own_run(void)
{
	return netns_enter() && unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
	       && mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0;
}

/* Turns the loop until nothing is ready; the clock is the test's. */
static void turn(uint64_t now)
{
	for (int i = 0; i < 400; i++)
		loop_wait(lp, 0);
	status_tick(server, now);
}

static int ask(const char *question)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	status_path(at.sun_path, "unit-test");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		CHECK(errno == EAGAIN);
	if (send(fd, question, strlen(question), MSG_NOSIGNAL) < 0)
		CHECK(!*question || errno == EPIPE || errno == ENOTCONN);
	return fd;
}

/* -1: nothing now; 0: closed */
static ssize_t bytes_from(int fd)
{
	static char sink[1 << 16];
	return recv(fd, sink, sizeof(sink), 0);
}

static void clients_cannot_hold_it_up(void)
{
	int silent[STATUS_CLIENTS_MAX], slow, fd;
	uint64_t now = loop_now();
	lp = loop_new();
	server = status_open(lp, "unit-test", write_big, NULL);
	CHECK(server != NULL);
	for (size_t i = 0; i < STATUS_CLIENTS_MAX; i++)
		silent[i] = ask("");
	turn(now);
	fd = ask("text\n");                     /* there is no room: the first silent one makes some */
	turn(now);
	CHECK(bytes_from(fd) > 0);
	CHECK_INT(bytes_from(silent[0]), 0);
	CHECK(bytes_from(silent[1]) < 0 && errno == EAGAIN);
	close(fd);
	turn(now + STATUS_PATIENCE_MS + 1000);  /* the silent ones are cut */
	for (size_t i = 0; i < STATUS_CLIENTS_MAX; i++) {
		CHECK_INT(bytes_from(silent[i]), 0);
		close(silent[i]);
	}

	fd = ask("rubbish");
	turn(loop_now());
	CHECK(bytes_from(fd) <= 0);
	close(fd);

	big_calls = 0;
	slow = ask("json\n");                   /* takes nothing: only what fits is made */
	turn(loop_now());
	CHECK(big_calls < BIG_PAGES);
	fd = ask("text\n");
	size_t got = 0;
	for (ssize_t n = -1; n; turn(loop_now()))
		if ((n = bytes_from(fd)) > 0)
			got += (size_t)n;
	CHECK_INT(got, (size_t)BIG_PAGES * ((PAGE_SIZE_MAX - PAGE_ROW_MAX) / 64 + 1) * 64);
	turn(loop_now() + STATUS_PATIENCE_MS + 1000);
	while (bytes_from(slow) > 0)
		;
	CHECK_INT(bytes_from(slow), 0);
	close(slow);
	close(fd);

	char path[STATUS_PATH_MAX];
	status_path(path, "unit-test");
	CHECK_INT(access(path, F_OK), 0);
	status_close(server);
	CHECK(access(path, F_OK) < 0);
	loop_free(lp);
}

static bool mode_is(const char *path, mode_t mode)
{
	struct stat st;
	return lstat(path, &st) == 0 && (st.st_mode & 07777) == mode && st.st_uid == geteuid();
}

static void leave_dead(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	status_path(at.sun_path, name);
	int dead = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_INT(bind(dead, (struct sockaddr *)&at, sizeof(at)), 0);
	close(dead);
}

/* What killed daemons leave is swept away; what a living one has is not. */
static void stale_sockets(void)
{
	char path[STATUS_PATH_MAX], other[STATUS_PATH_MAX];
	lp = loop_new();
	server = status_open(lp, "unit-test", write_big, NULL);
	CHECK(server != NULL);
	CHECK(!status_open(lp, "unit-test", write_big, NULL));
	CHECK_INT(errno, EADDRINUSE);
	status_close(server);
	leave_dead("unit-test");
	leave_dead("another");
	server = status_open(lp, "unit-test", write_big, NULL);
	CHECK(server != NULL);
	status_path(path, "unit-test");
	status_path(other, "another");
	CHECK_INT(access(path, F_OK), 0);
	CHECK(access(other, F_OK) < 0);
	status_close(server);
	loop_free(lp);
}

/* Whatever the umask is, everybody may ask, and nobody but the owner may change the folder. */
static void modes(void)
{
	static const mode_t umasks[] = { 0, 022, 077, 0777 };
	char path[STATUS_PATH_MAX];
	lp = loop_new();
	status_path(path, "unit-test");
	for (size_t i = 0; i < sizeof(umasks) / sizeof(umasks[0]); i++) {
		CHECK(rmdir(STATUS_FOLDER) == 0 || errno == ENOENT);
		mode_t before = umask(umasks[i]);
		server = status_open(lp, "unit-test", write_big, NULL);
		CHECK_INT(umask(before), umasks[i]);
		CHECK(server && mode_is(path, 0666) && mode_is(STATUS_FOLDER, 0755));
		status_close(server);
	}
	loop_free(lp);
}

/* What others have put into a folder that was theirs is never followed. */
static void planted(void)
{
	char path[STATUS_PATH_MAX], early[STATUS_PATH_MAX];
	int secret = open("/run/secret", O_WRONLY | O_CREAT, 0600);
	lp = loop_new();
	CHECK_INT(chmod(STATUS_FOLDER, 0777), 0);
	status_path(path, "unit-test");
	snprintf(early, sizeof(early), STATUS_FOLDER "/.%.90s", path + sizeof(STATUS_FOLDER));
	CHECK(symlink("/run/secret", path) == 0 && symlink("/run/secret", early) == 0);
	server = status_open(lp, "unit-test", write_big, NULL);
	CHECK(server && mode_is(path, 0666) && mode_is(STATUS_FOLDER, 0755) && mode_is("/run/secret", 0600));
	status_close(server);
	CHECK_INT(rmdir(STATUS_FOLDER), 0);
	CHECK_INT(symlink("/tmp", STATUS_FOLDER), 0);
	CHECK(!status_open(lp, "unit-test", write_big, NULL));
	CHECK_INT(unlink(STATUS_FOLDER), 0);
	close(secret);
	loop_free(lp);
}

/* The one who takes it away when the daemon cannot. */
static void kept(void)
{
	char path[STATUS_PATH_MAX];
	lp = loop_new();
	status_path(path, "unit-test");
	server = status_open(lp, "unit-test", write_big, NULL);
	CHECK(server != NULL);
	status_keep(server);
	CHECK_INT(access(path, F_OK), 0);
	status_close(server);
	CHECK(access(path, F_OK) < 0);
	loop_free(lp);
}

int main(void)
{
	RUN(ages);
	RUN(strings);
	RUN(utf8_strings);
	RUN(supernode_answers);
	RUN(supernode_shows_groups);
	if (own_run()) {
		RUN(clients_cannot_hold_it_up);
		RUN(stale_sockets);
		RUN(modes);
		RUN(planted);
		RUN(kept);
	} else {
		SKIP(clients_cannot_hold_it_up, "no mount namespace");
	}
	free(whole);
	return test_done();
}
