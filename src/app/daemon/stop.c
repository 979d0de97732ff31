/* edge stop, supernode stop: ends a daemon and waits until it has. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "app/daemon/run.h"

enum { PATIENCE_MS = 10000, PAUSE_MS = 20 };

/* Linux 5.3; -1 before. */
static int open_process(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0u);
#else
	(void)pid;
	return -1;
#endif
}

/* A process of another user can be seen to be there, too. */
static bool is_there(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

static bool has_ended(int process, pid_t pid)
{
	struct pollfd p = { .fd = process, .events = POLLIN };
	if (process >= 0)
		return poll(&p, 1, PATIENCE_MS) > 0;
	for (int waited = 0; is_there(pid) && waited < PATIENCE_MS; waited += PAUSE_MS)
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
	return !is_there(pid);
}

int daemon_stop(const char *name, pid_t pid)
{
	int process = pid > 0 ? open_process(pid) : -1, result = -1;
	if (pid <= 0)
		fprintf(stderr, "%s: its process is not known here\n", name);
	else if (kill(pid, SIGTERM) < 0)
		fprintf(stderr, "%s: cannot signal process %d: %s\n", name, (int)pid, strerror(errno));
	else if (!has_ended(process, pid))
		fprintf(stderr, "%s: process %d has not ended within %d s\n", name, (int)pid, PATIENCE_MS / 1000);
	else
		result = 0;
	if (process >= 0)
		close(process);
	return result;
}
