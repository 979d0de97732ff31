#define _GNU_SOURCE
#include "io/status.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/status_path.h"

struct client {
	struct status *server;
	int fd;                         /* -1: free */
	bool last;                      /* the page is the last one */
	char question[16];
	size_t question_len, sent;
	uint64_t deadline;
	struct page *page;              /* NULL before it has asked */
};

struct status {
	struct loop *lp;
	int fd;
	bool paused;                    /* out of descriptors: accept again at resume */
	uint64_t resume;
	char path[STATUS_PATH_MAX];
	int keeper;                     /* -1: none */
	pid_t keeper_pid;
	status_writer *writer;
	void *ctx;
	unsigned reloads;
	bool reloaded_well;
	char reloaded[STATUS_SENTENCE];
	struct client clients[STATUS_CLIENTS_MAX];
};

static void hang_up(struct client *cl)
{
	loop_remove(cl->server->lp, cl->fd);
	close(cl->fd);
	free(cl->page);
	cl->page = NULL;
	cl->fd = -1;
}

void status_reloaded(struct status *s, bool good, const char *sentence)
{
	if (!s)
		return;
	s->reloads++;
	s->reloaded_well = good;
	snprintf(s->reloaded, sizeof(s->reloaded), "%s", sentence);
}

/* "7 1 communities of /etc/castnet/community.list\n": how often, whether it went well the last time, and a sentence. */
static bool write_reloads(const struct status *s, struct page *page)
{
	page_printf(page, "%u %d %s\n", s->reloads, s->reloaded_well, s->reloaded);
	return false;
}

/* The page for an answer to it; NULL: it is no question, or there is no memory. */
static struct page *page_for(const char *question)
{
	static const struct { const char *question; bool json, groups, check, reloads; } forms[] = {
		{ .question = "text\n" }, { .question = "json\n", .json = true }, { .question = "text groups\n", .groups = true },
		{ .question = "json groups\n", .json = true, .groups = true }, { .question = "check\n", .check = true },
		{ .question = "reloads\n", .reloads = true },
	};
	enum { FORMS = sizeof(forms) / sizeof(forms[0]) };
	size_t form = 0;
	while (form < FORMS && strcmp(question, forms[form].question))
		form++;
	struct page *page = form < FORMS ? calloc(1, sizeof(*page)) : NULL;
	if (page) {
		page->json = forms[form].json;
		page->groups = forms[form].groups;
		page->check = forms[form].check;
		page->reloads = forms[form].reloads;
	}
	return page;
}

/* Reads up to the end of the line; false: gone, or not a question. */
static bool read_question(struct client *cl)
{
	ssize_t n = recv(cl->fd, cl->question + cl->question_len, sizeof(cl->question) - 1 - cl->question_len, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	cl->question_len += (size_t)n;
	cl->question[cl->question_len] = 0;
	if (!strchr(cl->question, '\n'))
		return n > 0 && cl->question_len < sizeof(cl->question) - 1;
	cl->page = page_for(cl->question);
	return cl->page != NULL;
}

/* Sends what the client takes now, one page at most; false: all is said, or the client is gone. */
static bool send_page(struct client *cl, uint64_t now)
{
	struct status *s = cl->server;
	if (cl->sent == cl->page->len) {
		if (cl->last)
			return false;
		cl->sent = cl->page->len = 0;
		cl->last = cl->page->reloads ? !write_reloads(s, cl->page) : !s->writer(s->ctx, now, cl->page);
	}
	ssize_t n = send(cl->fd, cl->page->text + cl->sent, cl->page->len - cl->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
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
	if (!cl->page) {
		good = (events & LOOP_READ) && read_question(cl);
		if (good && cl->page)
			loop_change(cl->server->lp, cl->fd, LOOP_WRITE);
	} else if (events & LOOP_WRITE) {
		good = send_page(cl, now);
	} else {
		good = false;
	}
	if (!good)
		hang_up(cl);
}

/* Who loses its place first: one that has not asked, of those that waits longest. */
static bool is_idler(const struct client *a, const struct client *b)
{
	return !a->page != !b->page ? !a->page : a->deadline < b->deadline;
}

/* When all are taken, that of the idlest: silent clients do not lock others out. */
static struct client *place(struct status *s)
{
	struct client *idlest = &s->clients[0];
	for (size_t i = 0; i < STATUS_CLIENTS_MAX; i++) {
		struct client *cl = &s->clients[i];
		if (cl->fd < 0)
			return cl;
		if (is_idler(cl, idlest))
			idlest = cl;
	}
	hang_up(idlest);
	return idlest;
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
	struct client *cl = place(s);
	*cl = (struct client){ .server = s, .fd = fd, .deadline = now + STATUS_PATIENCE_MS };
	if (loop_add(s->lp, fd, LOOP_READ, client_ready, cl) == 0)
		return;
	cl->fd = -1;
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

struct status *status_open(struct loop *lp, const char *name, status_writer *writer, void *ctx)
{
	struct status *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->lp = lp;
	s->keeper = -1;
	s->writer = writer;
	s->ctx = ctx;
	for (size_t i = 0; i < STATUS_CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
	status_path(s->path, name);
	s->fd = status_socket_open(s->path, STATUS_CLIENTS_MAX);
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

void status_keep(struct status *s)
{
	if (s)
		s->keeper = status_keeper_start(s->path, &s->keeper_pid);
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
	if (s->keeper < 0)
		unlink(s->path);
	else
		status_keeper_end(s->keeper, s->keeper_pid);
	free(s);
}
