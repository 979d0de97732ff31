#include "io/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	WAIT_MAX_MS = 5000,     /* epoll's own clock stops while the host sleeps: what came due then is seen soon */
	LINGER_BYTES = 16384,   /* after so much in one turn, */
	LINGER_MS = 2,          /* for so long, */
	LINGER_NS = 50000,      /* it polls for so long before it sleeps; */
	ANSWER_MS = 1,          /* for an answer in vain once in so long: a twentieth of the time */
	SIGNALS_MAX = 64,
	EVENTS_MAX = LOOP_FDS_MAX
};

struct watch {
	int fd;                         /* -1: free */
	uint32_t generation;            /* tells a reused slot from the one an event of this turn was for */
	void (*ready)(void *ctx, uint64_t now, unsigned events);
	void *ctx;
};
struct on_signal {
	int signo;
	void (*fn)(void *ctx, uint64_t now, int signo);
	void *ctx;
};
struct loop {
	int epoll, signals, timer;
	uint64_t armed;                 /* when the timer goes off; UINT64_MAX: it is not set */
	bool stopped;
	uint64_t now;
	uint64_t busy_ns, linger_until;
	bool active;                    /* something was ready in the last turn, */
	bool expects;                   /* and may be answered soon */
	uint64_t answers_from;          /* when polling for one is tried again after it was in vain */
	void (*turned)(void *ctx, uint64_t now);        /* NULL: nobody wants to know */
	void *turned_ctx;
	sigset_t mask;
	size_t on_signal_n;
	struct on_signal on_signal[SIGNALS_MAX];
	struct watch watches[LOOP_FDS_MAX];
};

uint64_t loop_now(void)
{
	struct timespec ts;

	/* CLOCK_MONOTONIC, which stands still in suspend, would keep peers and registrations fresh that
	 * are long stale. */
	if (clock_gettime(CLOCK_BOOTTIME, &ts))
		clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000 + 1;
}

static struct watch *find(struct loop *lp, int fd)
{
	for (size_t i = 0; i < LOOP_FDS_MAX; i++)
		if (lp->watches[i].fd == fd)
			return &lp->watches[i];
	return NULL;
}

static int control(struct loop *lp, int operation, const struct watch *w, unsigned events)
{
	size_t slot = (size_t)(w - lp->watches);
	struct epoll_event ev = { .data.u64 = (uint64_t)w->generation << 32 | slot };

	ev.events = (events & LOOP_READ ? EPOLLIN : 0u) | (events & LOOP_WRITE ? EPOLLOUT : 0u);
	return epoll_ctl(lp->epoll, operation, w->fd, &ev);
}

static const struct on_signal *signal_handler(const struct loop *lp, uint32_t signo)
{
	for (size_t i = 0; i < lp->on_signal_n; i++)
		if ((uint32_t)lp->on_signal[i].signo == signo)
			return &lp->on_signal[i];
	return NULL;
}

static void signals_ready(void *ctx, uint64_t now, unsigned events)
{
	struct loop *lp = ctx;
	struct signalfd_siginfo info[SIGNALS_MAX];
	ssize_t got = read(lp->signals, info, sizeof(info));

	(void)events;
	for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(info[0]); i++) {
		const struct on_signal *s = signal_handler(lp, info[i].ssi_signo);
		if (s)
			s->fn(s->ctx, now, s->signo);
	}
}

/* CLOCK_BOOTTIME: Linux 3.15. */
static int timer_open(void)
{
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	return fd < 0 && errno == EINVAL ? timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK) : fd;
}

static void timer_ready(void *ctx, uint64_t now, unsigned events)
{
	struct loop *lp = ctx;
	uint64_t times;

	(void)now, (void)events;
	if (read(lp->timer, &times, sizeof(times)) == sizeof(times))
		lp->armed = UINT64_MAX;
}

struct loop *loop_new(void)
{
	struct loop *lp = calloc(1, sizeof(*lp));

	if (!lp)
		return NULL;
	for (size_t i = 0; i < LOOP_FDS_MAX; i++)
		lp->watches[i].fd = -1;
	lp->signals = lp->timer = -1;
	lp->armed = UINT64_MAX;
	sigemptyset(&lp->mask);
	lp->now = loop_now();
	signal(SIGPIPE, SIG_IGN);
	lp->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (lp->epoll >= 0)
		lp->signals = signalfd(-1, &lp->mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (lp->signals >= 0)
		lp->timer = timer_open();
	if (lp->timer < 0 || loop_add(lp, lp->signals, LOOP_READ, signals_ready, lp) ||
	    loop_add(lp, lp->timer, LOOP_READ, timer_ready, lp)) {
		int err = errno;
		loop_free(lp);
		errno = err;
		return NULL;
	}
	return lp;
}

void loop_free(struct loop *lp)
{
	if (!lp)
		return;
	if (lp->signals >= 0)
		close(lp->signals);
	if (lp->timer >= 0)
		close(lp->timer);
	if (lp->epoll >= 0)
		close(lp->epoll);
	free(lp);
}

int loop_add(struct loop *lp, int fd, unsigned events,
             void (*ready)(void *ctx, uint64_t now, unsigned events), void *ctx)
{
	struct watch *w = find(lp, -1);

	if (find(lp, fd)) {
		errno = EEXIST;
		return -1;
	}
	if (!w) {
		errno = ENOSPC;
		return -1;
	}
	w->fd = fd;
	w->generation++;
	w->ready = ready;
	w->ctx = ctx;
	if (!control(lp, EPOLL_CTL_ADD, w, events))
		return 0;
	w->fd = -1;
	return -1;
}

void loop_change(struct loop *lp, int fd, unsigned events)
{
	const struct watch *w = find(lp, fd);

	assert(w);
	if (w)
		control(lp, EPOLL_CTL_MOD, w, events);
}

void loop_remove(struct loop *lp, int fd)
{
	struct watch *w = fd < 0 ? NULL : find(lp, fd);

	if (!w)
		return;
	control(lp, EPOLL_CTL_DEL, w, 0);
	w->fd = -1;
}

int loop_signal(struct loop *lp, int signo, void (*fn)(void *ctx, uint64_t now, int signo), void *ctx)
{
	sigset_t mask = lp->mask;

	if (lp->on_signal_n == SIGNALS_MAX) {
		errno = ENOSPC;
		return -1;
	}
	if (sigaddset(&mask, signo) || sigprocmask(SIG_BLOCK, &mask, NULL) ||
	    signalfd(lp->signals, &mask, SFD_CLOEXEC | SFD_NONBLOCK) < 0)
		return -1;
	lp->mask = mask;
	lp->on_signal[lp->on_signal_n++] = (struct on_signal){ signo, fn, ctx };
	return 0;
}

static unsigned told(uint32_t events)
{
	return (events & (EPOLLIN | EPOLLRDHUP) ? LOOP_READ : 0u) | (events & EPOLLOUT ? LOOP_WRITE : 0u) |
	       (events & (EPOLLERR | EPOLLHUP) ? LOOP_ERROR : 0u);
}

/* Sleeping with a time limit sets a timer of the processor each time, which costs more than the system call. So
 * there is one timer that goes on running, and is only set anew when something is due earlier.  Much of the time may
 * have passed since the turn began: handlers, and polling. */
static void arm(struct loop *lp, uint64_t due)
{
	if (lp->armed <= due)
		return;
	uint64_t now = loop_now(), ms = due > now ? due - now : 0;
	if (ms > WAIT_MAX_MS)
		ms = WAIT_MAX_MS;
	struct itimerspec in = {
		.it_value = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = ms ? (long)(ms % 1000 * 1000000) : 1 }
	};
	if (!timerfd_settime(lp->timer, 0, &in, NULL))
		lp->armed = now + ms;
}

/* For epoll_wait(): 0 or no limit. */
static int wait_ms(struct loop *lp, uint64_t due)
{
	if (due <= lp->now || lp->stopped)
		return 0;
	if (due != UINT64_MAX)
		arm(lp, due);
	return -1;
}

void loop_each_turn(struct loop *lp, void (*turned)(void *ctx, uint64_t now), void *ctx)
{
	lp->turned = turned;
	lp->turned_ctx = ctx;
}

void loop_busy_poll(struct loop *lp, unsigned usec)
{
	lp->busy_ns = (uint64_t)usec * 1000;
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* What becomes ready within so long, and before due.  Others go first. */
static int poll_for(struct loop *lp, struct epoll_event *events, uint64_t due, uint64_t ns)
{
	uint64_t ms = due > lp->now ? due - lp->now : 0;
	uint64_t until = clock_ns() + (ns / 1000000 < ms ? ns : ms * 1000000);
	int n;

	do {
		n = epoll_wait(lp->epoll, events, EVENTS_MAX, 0);
	} while (!n && !sched_yield() && clock_ns() < until);
	return n;
}

void loop_carried(struct loop *lp, size_t bytes)
{
	if (bytes >= LINGER_BYTES)
		lp->linger_until = lp->now + LINGER_MS;
}

void loop_expects_answer(struct loop *lp)
{
	lp->expects = true;
}

/* Polls first where that may be of use. */
static int wait_for_events(struct loop *lp, struct epoll_event *events, uint64_t due)
{
	uint64_t ns = lp->active ? lp->busy_ns : 0;
	int n = 0;

	if (lp->active && lp->now <= lp->linger_until && ns < LINGER_NS)
		ns = LINGER_NS;
	if (ns) {
		n = poll_for(lp, events, due, ns);
	} else if (lp->expects && lp->now >= lp->answers_from) {
		n = poll_for(lp, events, due, LINGER_NS);
		if (!n)
			lp->answers_from = lp->now + ANSWER_MS;
	}
	lp->expects = false;
	return n ? n : epoll_wait(lp->epoll, events, EVENTS_MAX, wait_ms(lp, due));
}

uint64_t loop_wait(struct loop *lp, uint64_t due)
{
	struct epoll_event events[EVENTS_MAX];
	int n = wait_for_events(lp, events, due);

	lp->active = n > 0;
	lp->now = loop_now();
	if (lp->turned)
		lp->turned(lp->turned_ctx, lp->now);
	for (int i = 0; i < n; i++) {
		struct watch *w = &lp->watches[events[i].data.u64 & UINT32_MAX];
		if (w->fd >= 0 && w->generation == events[i].data.u64 >> 32)
			w->ready(w->ctx, lp->now, told(events[i].events));
	}
	return lp->now;
}

void loop_stop(struct loop *lp)
{
	lp->stopped = true;
}

bool loop_stopped(const struct loop *lp)
{
	return lp->stopped;
}
