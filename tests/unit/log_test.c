/* What the log writes to standard error, and how little of it strangers can cause. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "io/log.h"
#include "test.h"

static char path[] = "/tmp/castnet-log-test-XXXXXX";
static int saved, file = -1;
static char text[1 << 18];

/* Standard error goes to a file until captured(). */
static void capture(bool foreground, enum log_level level)
{
	if (file < 0) {
		file = mkstemp(path);
		unlink(path);
	}
	saved = dup(2);
	if (ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) < 0 || dup2(file, 2) < 0)
		exit(1);
	log_open("edge", foreground, level);
}

static const char *captured(void)
{
	dup2(saved, 2);
	close(saved);
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = 0;
	return text;
}

static unsigned count(const char *in, const char *what)
{
	unsigned n = 0;
	for (const char *at = in; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static void errors_at_start(void)
{
	capture(true, LOG_LEVEL_INFO);
	log_errx("TAP '%s' is in use", "edge0");
	errno = ENOENT;
	log_err("cannot read '%s'", "file");
	CHECK_INT(errno, ENOENT);
	CHECK_STR(captured(), "edge: TAP 'edge0' is in use\nedge: cannot read 'file': No such file or directory\n");
}

static void lines_have_the_time(void)
{
	capture(true, LOG_LEVEL_INFO);
	log_ready();
	log_warnx("lost");
	const char *line = captured();
	CHECK_INT(strlen(line), strlen("HH:MM:SS lost\n"));
	CHECK(line[2] == ':' && line[5] == ':' && !strcmp(line + 8, " lost\n"));
}

static void levels(void)
{
	capture(true, LOG_LEVEL_INFO);
	log_debug("one");
	log_info("two");
	log_note(1, LOG_LEVEL_DEBUG, "three");
	CHECK(count(captured(), "\n") == 1 && strstr(text, "two"));
	capture(true, LOG_LEVEL_DEBUG);
	log_debug("one");
	log_note(1, LOG_LEVEL_DEBUG, "three");
	CHECK(count(captured(), "\n") == 2);
	capture(true, LOG_LEVEL_WARNING);
	log_info("two");
	log_warnx("four");
	CHECK(count(captured(), "\n") == 1);
}

/* In the background the terminal sees errors, and nothing after ready. */
static void background(void)
{
	capture(false, LOG_LEVEL_INFO);
	log_info("not for the terminal");
	log_errx("for the terminal");
	log_ready();
	log_errx("not for the terminal any more");
	CHECK_STR(captured(), "edge: for the terminal\n");
}

static void long_lines_are_cut(void)
{
	char line[4 * LOG_LINE_MAX];
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	capture(true, LOG_LEVEL_INFO);
	log_info("%s", line);
	log_err("%s", line);
	CHECK(strlen(captured()) < 3 * LOG_LINE_MAX);
	CHECK_INT(count(text, "\n"), 2);
}

static void notes_are_bounded(void)
{
	enum { HOUR_MS = 3600000, STEP_MS = 10 };
	uint64_t now = 5000;
	capture(true, LOG_LEVEL_INFO);
	for (uint64_t end = now + HOUR_MS; now < end; now += STEP_MS)
		log_note(now, LOG_LEVEL_WARNING, "noise");
	captured();
	unsigned noise = count(text, "noise"), told = count(text, "lines suppressed");
	CHECK(noise >= LOG_NOTES_BURST);
	CHECK(noise + told <= LOG_NOTES_BURST + HOUR_MS / LOG_NOTE_EVERY_MS + 1);

	/* What was kept back is told, to the line. */
	unsigned long kept_back = 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++) {
		const char *word = strstr(at + 1, "edge: "), *end = strchr(at + 1, '\n');
		unsigned long n;
		if (word && end && word < end && sscanf(word, "edge: %lu lines suppressed", &n) == 1)
			kept_back += n;
	}
	capture(true, LOG_LEVEL_INFO);
	captured();
	CHECK(noise + kept_back <= HOUR_MS / STEP_MS);
	CHECK(noise + kept_back >= HOUR_MS / STEP_MS - 2 * LOG_NOTE_EVERY_MS / STEP_MS);
}

static void what_was_kept_back_is_told_later(void)
{
	char want[64];
	capture(true, LOG_LEVEL_INFO);
	for (unsigned i = 0; i < LOG_NOTES_BURST + 7; i++)
		log_note(1000, LOG_LEVEL_WARNING, "noise");
	log_errx("our own lines always pass");
	log_tick(1000);
	captured();
	CHECK_INT(count(text, "noise"), LOG_NOTES_BURST);
	CHECK_INT(count(text, "suppressed"), 0);
	CHECK_INT(count(text, "always pass"), 1);

	saved = dup(2);
	dup2(file, 2);
	log_tick(1000 + 2 * LOG_NOTE_EVERY_MS);
	log_tick(1000 + 20 * LOG_NOTE_EVERY_MS);
	captured();
	snprintf(want, sizeof(want), "%d lines suppressed", 7);
	CHECK_INT(count(text, want), 1);
	CHECK_INT(count(text, "suppressed"), 1);
}

/* What waits in the pipe is added to text. */
static void read_more(int fd)
{
	size_t len = strlen(text);
	ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);
	text[len + (n < 0 ? 0 : (size_t)n)] = 0;
}

static unsigned long lost_as_told(void)
{
	unsigned long sum = 0, n;
	for (const char *at = text; (at = strstr(at, "edge: ")); at++)
		if (sscanf(at, "edge: %lu lines of this log were lost\n", &n) == 1)
			sum += n;
	return sum;
}

/* A pipe that nobody reads holds up nobody; what was lost is told to the line when somebody reads again. */
static void nobody_reads(void)
{
	enum { LINES = 5000 };
	int ends[2];
	char line[200];
	uint64_t before = log_lost();
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	CHECK(!pipe(ends));
	saved = dup(2);
	dup2(ends[1], 2);
	log_open("edge", true, LOG_LEVEL_INFO);
	alarm(10);                      /* a call that waits is a failure, not a test that hangs */
	for (unsigned i = 0; i < LINES; i++)
		log_info("%s", line);
	uint64_t lost = log_lost() - before;
	text[0] = 0;
	read_more(ends[0]);
	CHECK_INT(count(text, "x\n") + lost, LINES);
	CHECK(count(text, "x\n") > 100 && lost > 1000);
	log_info("last");
	log_info("very last");
	read_more(ends[0]);
	alarm(0);
	dup2(saved, 2);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	CHECK_INT(lost_as_told(), lost);
	CHECK_INT(count(text, " last\n"), 2);
	log_open("edge", true, LOG_LEVEL_INFO);         /* gives the pipe back */
}

int main(void)
{
	unsetenv("JOURNAL_STREAM");
	RUN(errors_at_start);
	RUN(lines_have_the_time);
	RUN(levels);
	RUN(background);
	RUN(long_lines_are_cut);
	RUN(notes_are_bounded);
	RUN(what_was_kept_back_is_told_later);
	RUN(nobody_reads);
	return test_done();
}
