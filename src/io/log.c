#include "io/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_MS = 1000 };

/* A process has one log: this is the one global state of the rim. */
static struct {
	const char *name;
	enum log_level level;
	bool foreground, ready;
	bool journal;                   /* standard error is the journal, which has time stamps of its own */
	int syslog;                     /* -1: not connected */
	int own;                        /* the terminal or pipe of standard error, opened anew; -1: standard error itself */
	bool cut;                       /* the last line there went in part */
	uint64_t tokens, refilled;      /* of notes */
	unsigned long suppressed;
	unsigned long untold;           /* lines lost since it was last said, */
	uint64_t lost;                  /* and ever: nobody read what was written, or syslog had no room */
	uint64_t retry;                 /* when to try to say it without another line */
} lg = { .name = "castnet", .level = LOG_LEVEL_INFO, .foreground = true, .syslog = -1, .own = -1 };

/* Severities of RFC 5424, facility daemon is 3. */
static int priority(enum log_level level)
{
	static const int severity[] = { 3, 4, 6, 7 };
	return severity[level];
}

static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	char own[48];
	if (!stream || fstat(2, &st) < 0)
		return false;
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return !strcmp(stream, own);
}

static void syslog_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	if (lg.syslog >= 0)
		close(lg.syslog);
	lg.syslog = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (lg.syslog >= 0 && connect(lg.syslog, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(lg.syslog);
		lg.syslog = -1;
	}
}

static void lost(void)
{
	lg.lost++;
	lg.untold++;
}

/* Never waits: a syslog that hangs must not stop the daemon.  One that was restarted is connected anew. */
static bool syslog_line(enum log_level level, const char *line)
{
	char out[LOG_LINE_MAX + 128], stamp[32];
	time_t t = time(NULL);
	struct tm tm;
	if (!localtime_r(&t, &tm) || !strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm))
		return false;
	int n = snprintf(out, sizeof(out), "<%d>%s %s[%d]: %s", 3 << 3 | priority(level), stamp, lg.name,
	                 (int)getpid(), line);
	size_t len = n < (int)sizeof(out) ? (size_t)n : sizeof(out) - 1;
	for (int tries = 0; tries < 2; tries++) {
		if (lg.syslog >= 0 && send(lg.syslog, out, len, MSG_NOSIGNAL) >= 0)
			return true;
		if (lg.syslog >= 0 && errno == EAGAIN)
			return false;
		syslog_connect();
	}
	return true;                    /* a host without syslog loses nothing that somebody waits for */
}

/* Others share the terminal or pipe, so O_NONBLOCK must not be set on it; a description of our own can have it.  Files
 * take every line, and sockets know MSG_DONTWAIT. */
static int open_own(void)
{
	struct stat st;
	if (fstat(2, &st) < 0 || (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode)))
		return -1;
	return open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static ssize_t write_now(const char *out, size_t len)
{
	struct pollfd p = { .fd = 2, .events = POLLOUT };
	if (lg.own >= 0)
		return write(lg.own, out, len);
	ssize_t n = send(2, out, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0 || errno != ENOTSOCK)
		return n;
	errno = EAGAIN;
	return poll(&p, 1, 0) == 1 && p.revents & POLLOUT ? write(2, out, len) : -1;
}

static bool stderr_line(enum log_level level, const char *line)
{
	char stamp[16] = "", out[LOG_LINE_MAX + 32];
	time_t t = time(NULL);
	struct tm tm;
	if (lg.journal)
		snprintf(stamp, sizeof(stamp), "<%d>", priority(level));
	else if (!lg.ready && level <= LOG_LEVEL_WARNING)
		snprintf(stamp, sizeof(stamp), "%.12s: ", lg.name);
	else if (localtime_r(&t, &tm))
		strftime(stamp, sizeof(stamp), "%H:%M:%S ", &tm);
	int len = snprintf(out, sizeof(out), "%s%s%s\n", lg.cut ? "\n" : "", stamp, line);
	ssize_t n = write_now(out, (size_t)len);
	if (n <= 0)
		return false;
	lg.cut = n < len;
	return !lg.cut;
}

static bool write_line(enum log_level level, const char *line)
{
	bool good = true;
	if (lg.foreground || (!lg.ready && level <= LOG_LEVEL_WARNING))
		good = stderr_line(level, line);
	if (!lg.foreground)
		good &= syslog_line(level, line);
	return good;
}

/* Before the next line that can be written.  False: none can yet. */
static bool tell_lost(void)
{
	char line[64];
	if (!lg.untold)
		return true;
	snprintf(line, sizeof(line), "%lu lines of this log were lost", lg.untold);
	if (!write_line(LOG_LEVEL_WARNING, line))
		return false;
	lg.untold = 0;
	return true;
}

static void put(enum log_level level, const char *line)
{
	int error = errno;
	if (level <= lg.level && !(tell_lost() && write_line(level, line)))
		lost();
	errno = error;
}

static void putv(enum log_level level, bool with_errno, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX];
	int error = errno;
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	if (with_errno && n >= 0 && n < (int)sizeof(line))
		snprintf(line + n, sizeof(line) - (size_t)n, ": %s", strerror(error));
	for (char *at = line; *at; at++)        /* paths and names may hold anything; a line stays one line */
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	errno = error;
	put(level, line);
}

#define LOG_FUNCTION(name, level, with_errno) \
	void name(const char *fmt, ...) \
	{ \
		va_list ap; \
		va_start(ap, fmt); \
		putv(level, with_errno, fmt, ap); \
		va_end(ap); \
	}
LOG_FUNCTION(log_err, LOG_LEVEL_ERROR, true)
LOG_FUNCTION(log_errx, LOG_LEVEL_ERROR, false)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARNING, true)
LOG_FUNCTION(log_warnx, LOG_LEVEL_WARNING, false)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, false)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, false)

void log_open(const char *name, bool foreground, enum log_level level)
{
	lg.name = name;
	lg.foreground = foreground;
	lg.level = level;
	lg.ready = false;
	lg.journal = stderr_is_journal();
	lg.tokens = LOG_NOTES_BURST;
	lg.refilled = 0;
	lg.suppressed = 0;
	lg.untold = 0;
	lg.cut = false;
	if (lg.own >= 0)
		close(lg.own);
	lg.own = foreground ? open_own() : -1;  /* in the background the terminal must not be held */
	if (!foreground)
		syslog_connect();
}

void log_ready(void)
{
	lg.ready = true;
}

enum log_level log_get_level(void)
{
	return lg.level;
}

void log_set_level(enum log_level level)
{
	lg.level = level;
}

void log_reopen(void)
{
	if (!lg.foreground)
		syslog_connect();
}

static void refill(uint64_t now)
{
	if (!lg.refilled || now < lg.refilled)
		lg.refilled = now;
	uint64_t more = (now - lg.refilled) / LOG_NOTE_EVERY_MS;
	lg.refilled += more * LOG_NOTE_EVERY_MS;
	lg.tokens = more < LOG_NOTES_BURST - lg.tokens ? lg.tokens + more : LOG_NOTES_BURST;
}

uint64_t log_lost(void)
{
	return lg.lost;
}

/* With two tokens: a note may follow the line that tells of those that were lost. */
void log_tick(uint64_t now)
{
	if (lg.untold && now >= lg.retry) {
		lg.retry = now + RETRY_MS;
		tell_lost();
	}
	if (!lg.suppressed)
		return;
	refill(now);
	if (lg.tokens < 2)
		return;
	char line[64];
	snprintf(line, sizeof(line), "%lu lines suppressed", lg.suppressed);
	lg.suppressed = 0;
	lg.tokens--;
	put(LOG_LEVEL_WARNING, line);
}

void log_note(uint64_t now, enum log_level level, const char *line)
{
	if (level > lg.level)
		return;
	log_tick(now);
	refill(now);
	if (lg.suppressed || !lg.tokens) {
		lg.suppressed++;
		return;
	}
	lg.tokens--;
	put(level, line);
}
