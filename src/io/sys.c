#define _GNU_SOURCE
#include "io/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/log.h"

/* Processes are global by nature: this one has at most one waiting parent. */
static int ready_pipe = -1;
static volatile pid_t waiting_for;

static void pass_on(int signo)
{
	kill(waiting_for, signo);
}

/* The parent: until the child is ready or dead.  Who ends the parent means the child. */
static _Noreturn void wait_for_child(int pipe_in, const sigset_t *unblocked)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction sa = { .sa_handler = pass_on };
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaction(ending[i], &sa, NULL);
	sigprocmask(SIG_SETMASK, unblocked, NULL);

	char ready;
	ssize_t n;
	while ((n = read(pipe_in, &ready, 1)) < 0 && errno == EINTR)
		;
	if (n == 1)
		_exit(0);
	int status = 0;
	while (waitpid(waiting_for, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1);
}

void sys_close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
		return;
#endif
	for (int fd = first; fd < 1024; fd++)
		close(fd);
}

void sys_open_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

void sys_background(void)
{
	int pipes[2];
	sigset_t all, before;
	sys_close_from(3);      /* what a script had open (a lock, a pipe) must not stay open as long as the daemon runs */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);        /* no signal may find waiting_for unset */
	if (pipe2(pipes, O_CLOEXEC) < 0 || (waiting_for = fork()) < 0) {
		perror("cannot go to the background");
		exit(1);
	}
	if (waiting_for) {
		close(pipes[1]);
		wait_for_child(pipes[0], &before);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(pipes[0]);
	ready_pipe = pipes[1];
}

void sys_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	if (len < 2 || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')             /* abstract: the name begins with a zero and has no end */
		to.sun_path[0] = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, to_len) < 0)
		log_warn("cannot tell the service manager");
	close(fd);
}

static void leave_terminal(void)
{
	setsid();
	if (chdir("/") < 0)
		return;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

void sys_ready(void)
{
	sys_notify("READY=1");
	if (ready_pipe < 0)
		return;
	/* The streams first: when the parent is gone nothing of us may hold the terminal or a pipe. */
	leave_terminal();
	ssize_t n;
	while ((n = write(ready_pipe, "", 1)) < 0 && errno == EINTR)
		;
	close(ready_pipe);
	ready_pipe = -1;
}

/* Linux before 3.17 has no getrandom(). */
static ssize_t random_from_device(void *bytes, size_t len)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, bytes, len);
	close(fd);
	return n;
}

void sys_random(void *bytes, size_t len)
{
	uint8_t *at = bytes;
	while (len) {
		size_t most = len < 256 ? len : 256;
		ssize_t n = getrandom(at, most, 0);
		if (n < 0 && errno == ENOSYS)
			n = random_from_device(at, most);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();        /* no token, no keys of tables: nothing would be safe */
		at += n;
		len -= (size_t)n;
	}
}

static char *read_all(FILE *f, size_t max, size_t *len)
{
	char *text = malloc(max + 1);
	if (!text)
		return NULL;
	*len = fread(text, 1, max + 1, f);
	int error = ferror(f) ? errno : *len > max ? EFBIG : 0;
	if (error) {
		free(text);
		errno = error;
		return NULL;
	}
	text[*len] = 0;
	if (!strncmp(text, "\xef\xbb\xbf", 3)) {
		*len -= 3;
		memmove(text, text + 3, *len + 1);
	}
	char *fitted = realloc(text, *len + 1);
	return fitted ? fitted : text;
}

char *sys_read_file(const char *path, size_t max, size_t *len)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return NULL;
	char *text = read_all(f, max, len);
	int error = errno;
	fclose(f);
	errno = error;
	return text;
}

uint64_t sys_netns(void)
{
	struct stat st;
	return stat("/proc/self/ns/net", &st) < 0 ? 0 : (uint64_t)st.st_ino;
}

size_t sys_machine_id(char *out, size_t room)
{
	static const char *const paths[] = { "/etc/machine-id", "/var/lib/dbus/machine-id" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		size_t len;
		char *text = sys_read_file(paths[i], 4096, &len);
		if (!text)
			continue;
		len = strcspn(text, "\r\n");
		len = len < room ? len : room;
		memcpy(out, text, len);
		free(text);
		if (len)
			return len;
	}
	return 0;
}
