/* Takes the socket of a daemon away when that ends, however it ends.  The folder is root's and the daemon is not any more,
 * so this is left to a process that stayed root: it has no capability, no descriptor but the end of a pipe, and waits
 * for nothing but that pipe's other end to be closed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/status_path.h"

enum { TRIES = 50, PAUSE_MS = 20 };     /* a killed daemon's descriptors are not closed all at once */

static void take_away(const char *path)
{
	for (int i = 0; i < TRIES; i++) {
		if (status_socket_dead(path)) {
			unlink(path);
			return;
		}
		if (access(path, F_OK) < 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
	}
}

static _Noreturn void keep(int end, const char *path)
{
	char byte;
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);   /* what is sent to the whole group means the daemon */
	prctl(PR_SET_NAME, "castnet-tidy", 0, 0, 0);
	if (sys_drop_capabilities() < 0 || dup2(end, 0) < 0 || chdir("/") < 0)
		_exit(1);
	sys_close_from(1);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	take_away(path);
	_exit(0);
}

int status_keeper_start(const char path[static STATUS_PATH_MAX], pid_t *pid)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*pid = fork();
	if (!*pid)
		keep(ends[0], path);
	close(ends[0]);
	if (*pid > 0)
		return ends[1];
	close(ends[1]);
	return -1;
}

void status_keeper_end(int end, pid_t pid)
{
	close(end);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
