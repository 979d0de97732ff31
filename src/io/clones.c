#define _GNU_SOURCE
#include "io/clones.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { JUMP_MS = 5000, KERNEL_EVENTS = 1, EVENT_MAX = 8192 };

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts = { .tv_sec = 0 };
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool jumped(int64_t *was, int64_t is)
{
	int64_t by = is - *was;
	*was = is;
	return by > JUMP_MS || by < -JUMP_MS;
}

bool clones_clocks(struct clones *c, int64_t monotonic, int64_t boot, int64_t real)
{
	bool a = jumped(&c->boot_ms, boot - monotonic), b = jumped(&c->real_ms, real - monotonic);
	return a || b;
}

bool clones_happened(struct clones *c)
{
	return clones_clocks(c, clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_BOOTTIME), clock_ms(CLOCK_REALTIME));
}

void clones_begin(struct clones *c)
{
	(void)clones_happened(c);
}

int clones_events_open(void)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_EVENTS };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

bool clones_event_is_new_generation(const char *event, size_t len)
{
	static const char word[] = "NEW_VMGENID=1";
	for (const char *at = event, *end = event + len; at < end; ) {
		size_t n = strnlen(at, (size_t)(end - at));
		if (n == sizeof(word) - 1 && !memcmp(at, word, n))
			return true;
		at += n + 1;
	}
	return false;
}

bool clones_events_read(int fd)
{
	char event[EVENT_MAX];
	bool cloned = false;
	for (;;) {
		struct sockaddr_nl from = { .nl_pid = 1 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, event, sizeof(event), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
		if (n < 0)
			return cloned;
		/* Other processes may send to each other what looks like it. */
		cloned |= !from.nl_pid && clones_event_is_new_generation(event, (size_t)n);
	}
}
