/* The socket of the management port. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "io/management.h"

enum { CLOCK_STEP_MS = 1000 };

const char *const management_count_names[MANAGEMENT_COUNT_MAX] = {
#define X(name, text) [MANAGEMENT_##name] = text,
	MANAGEMENT_COUNTS(X)
#undef X
};

struct management {
	struct loop *lp;
	int fd;
	struct management_program program;
	struct management_answer answer;
	struct sockaddr_in from;        /* who asked */
	uint64_t due;                   /* of the next rows */
	int64_t offset;
	uint64_t counts[MANAGEMENT_COUNT_MAX];
	struct page page;
};

static bool is_this_host(const struct sockaddr_in *from, socklen_t len)
{
	return len == sizeof(*from) && from->sin_family == AF_INET && from->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

/* Follows the calendar when it is set, but not its every ms: start_time has to stay what it is. */
static void look_at_calendar(struct management *m, uint64_t now)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	int64_t offset = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - (int64_t)now;
	if (llabs(offset - m->offset) >= CLOCK_STEP_MS)
		m->offset = offset;
}

/* One request per turn. */
static void port_ready(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct management *m = ctx;
	char line[MANAGEMENT_REQUEST_MAX + 1];
	socklen_t from_len = sizeof(m->from);
	ssize_t n = recvfrom(m->fd, line, sizeof(line), MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&m->from,
	                     &from_len);
	if (n < 0)
		return;
	/* What begins as an answer gets none, so that two ports cannot keep each other busy. */
	if (!is_this_host(&m->from, from_len) || (n && line[0] == '{')) {
		m->counts[MANAGEMENT_FOREIGN]++;
		return;
	}
	management_ask(&m->answer, &m->program, line, (size_t)n);
	m->counts[MANAGEMENT_REQUESTS]++;
	m->counts[MANAGEMENT_ERRORS] += m->answer.error != NULL;
	look_at_calendar(m, now);
	m->answer.call.offset = m->offset;
	m->due = now;
	loop_change(m->lp, m->fd, 0);
}

/* False: the answer is complete, or the socket takes no more. */
static bool send_object(struct management *m)
{
	if (!management_next(&m->answer, &m->program, &m->page))
		return false;
	if (sendto(m->fd, m->page.text, m->page.len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&m->from,
	           sizeof(m->from)) >= 0)
		return true;
	m->counts[MANAGEMENT_CUT]++;
	return false;
}

uint64_t management_tick(struct management *m, uint64_t now)
{
	if (m->answer.stage == MANAGEMENT_IDLE)
		return UINT64_MAX;
	if (now < m->due)
		return m->due;
	bool more = true;
	for (int i = 0; i < MANAGEMENT_ROWS && more; i++)
		more = send_object(m);
	if (more)
		return m->due = now + MANAGEMENT_PAUSE_MS;
	m->answer.stage = MANAGEMENT_IDLE;
	loop_change(m->lp, m->fd, LOOP_READ);
	return UINT64_MAX;
}

static int open_socket(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct management *management_open(struct loop *lp, uint16_t port, const struct management_program *p)
{
	struct management *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->lp = lp;
	m->program = *p;
	m->fd = open_socket(port);
	if (m->fd >= 0 && loop_add(lp, m->fd, LOOP_READ, port_ready, m) == 0)
		return m;
	int error = errno;
	if (m->fd >= 0)
		close(m->fd);
	free(m);
	errno = error;
	return NULL;
}

void management_close(struct management *m)
{
	if (!m)
		return;
	loop_remove(m->lp, m->fd);
	close(m->fd);
	free(m);
}

const uint64_t *management_counts(const struct management *m)
{
	return m->counts;
}
