#define _GNU_SOURCE
#include "io/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/status_path.h"

struct client {
	struct status *server;
	int fd;                         /* -1: free */
	bool asked, last;
	char question[16];
	size_t question_len, sent;
	uint64_t deadline;
	struct page page;
};

struct status {
	struct loop *lp;
	int fd;
	bool paused;                    /* out of descriptors: accept again at resume */
	uint64_t resume;
	char path[STATUS_PATH_MAX];
	status_writer *writer;
	void *ctx;
	struct client clients[STATUS_CLIENTS_MAX];
};

static void hang_up(struct client *cl)
{
	loop_remove(cl->server->lp, cl->fd);
	close(cl->fd);
	cl->fd = -1;
}

/* Reads up to the end of the line; false: gone, or not a question. */
static bool read_question(struct client *cl)
{
	ssize_t n = recv(cl->fd, cl->question + cl->question_len, sizeof(cl->question) - 1 - cl->question_len, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	cl->question_len += (size_t)n;
	cl->question[cl->question_len] = 0;
	cl->page.json = !strncmp(cl->question, "json", 4);
	if (!cl->page.json && cl->question_len >= 4 && strncmp(cl->question, "text", 4))
		return false;
	cl->page.groups = cl->question_len >= 4 && !strcmp(cl->question + 4, " groups\n");
	cl->asked = cl->page.groups || (cl->question_len >= 4 && !strcmp(cl->question + 4, "\n"));
	return n > 0 && (cl->asked || (cl->question_len < sizeof(cl->question) - 1 && !strchr(cl->question, '\n')));
}

/* Sends what the client takes now, one page at most; false: all is said, or the client is gone. */
static bool send_page(struct client *cl, uint64_t now)
{
	struct status *s = cl->server;
	if (cl->sent == cl->page.len) {
		if (cl->last)
			return false;
		cl->sent = cl->page.len = 0;
		cl->last = !s->writer(s->ctx, now, &cl->page);
	}
	ssize_t n = send(cl->fd, cl->page.text + cl->sent, cl->page.len - cl->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	cl->sent += (size_t)n;
	if (n)
		cl->deadline = now + STATUS_PATIENCE_MS;
	return true;
}

static void client_ready(void *ctx, uint64_t now, unsigned events)
{
	struct client *cl = ctx;
	bool good = true;
	if (!cl->asked) {
		good = (events & LOOP_READ) && read_question(cl);
		if (good && cl->asked)
			loop_change(cl->server->lp, cl->fd, LOOP_WRITE);
	} else if (events & LOOP_WRITE) {
		good = send_page(cl, now);
	} else {
		good = false;
	}
	if (!good)
		hang_up(cl);
}

static struct client *free_client(struct status *s)
{
	for (size_t i = 0; i < STATUS_CLIENTS_MAX; i++)
		if (s->clients[i].fd < 0)
			return &s->clients[i];
	return NULL;
}

static void accept_client(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct status *s = ctx;
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
		loop_change(s->lp, s->fd, 0);
		s->paused = true;
		s->resume = now + STATUS_PATIENCE_MS;
	}
	if (fd < 0)
		return;
	struct client *cl = free_client(s);
	if (cl) {
		*cl = (struct client){ .server = s, .fd = fd, .deadline = now + STATUS_PATIENCE_MS };
		if (loop_add(s->lp, fd, LOOP_READ, client_ready, cl) == 0)
			return;
		cl->fd = -1;
	}
	close(fd);
}

uint64_t status_tick(struct status *s, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	if (s->paused && now >= s->resume) {
		loop_change(s->lp, s->fd, LOOP_READ);
		s->paused = false;
	}
	if (s->paused)
		due = s->resume;
	for (size_t i = 0; i < STATUS_CLIENTS_MAX; i++) {
		struct client *cl = &s->clients[i];
		if (cl->fd >= 0 && now >= cl->deadline)
			hang_up(cl);
		else if (cl->fd >= 0 && cl->deadline < due)
			due = cl->deadline;
	}
	return due;
}

/* The folder belongs to whom the daemon becomes, because it removes its socket at the end. */
static int make_folder(uid_t uid)
{
	struct stat st;
	if (mkdir(STATUS_FOLDER, 0755) < 0 && errno != EEXIST)
		return -1;
	if (lstat(STATUS_FOLDER, &st) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if (st.st_uid != uid && chown(STATUS_FOLDER, uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL)
		return -1;
	return 0;
}

/* A socket that nobody answers on was left behind by a daemon that was killed. */
static int bind_path(int fd, const struct sockaddr_un *at)
{
	const struct sockaddr *sa = (const struct sockaddr *)at;
	if (bind(fd, sa, sizeof(*at)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -1;
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return -1;
	bool stale = connect(probe, sa, sizeof(*at)) < 0 && errno == ECONNREFUSED;
	close(probe);
	if (!stale) {
		errno = EADDRINUSE;
		return -1;
	}
	return unlink(at->sun_path) < 0 ? -1 : bind(fd, sa, sizeof(*at));
}

static int open_socket(const char *path, uid_t uid)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	memcpy(at.sun_path, path, strlen(path));
	if (make_folder(uid) < 0)
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind_path(fd, &at) == 0 && chmod(path, 0666) == 0 && listen(fd, STATUS_CLIENTS_MAX) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct status *status_open(struct loop *lp, const char *name, uid_t uid, status_writer *writer, void *ctx)
{
	struct status *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->lp = lp;
	s->writer = writer;
	s->ctx = ctx;
	for (size_t i = 0; i < STATUS_CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
	status_path(s->path, name);
	s->fd = open_socket(s->path, uid);
	if (s->fd >= 0 && loop_add(lp, s->fd, LOOP_READ, accept_client, s) == 0)
		return s;
	int error = errno;
	if (s->fd >= 0) {
		close(s->fd);
		unlink(s->path);
	}
	free(s);
	errno = error;
	return NULL;
}

void status_close(struct status *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STATUS_CLIENTS_MAX; i++)
		if (s->clients[i].fd >= 0)
			hang_up(&s->clients[i]);
	loop_remove(s->lp, s->fd);
	close(s->fd);
	unlink(s->path);
	free(s);
}
