/* The event loop: who is called, how often, in which turn, and when it sleeps. */
#include "io/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "test.h"

struct seen {
	struct loop *lp;
	int fd, other;
	unsigned calls, events;
	uint64_t now;
};

static void note(void *ctx, uint64_t now, unsigned events)
{
	struct seen *s = ctx;
	s->calls++;
	s->events = events;
	s->now = now;
}

static void drain_one(void *ctx, uint64_t now, unsigned events)
{
	struct seen *s = ctx;
	char c;
	note(ctx, now, events);
	CHECK_INT(read(s->fd, &c, 1), 1);
}

static void remove_other(void *ctx, uint64_t now, unsigned events)
{
	struct seen *s = ctx;
	note(ctx, now, events);
	loop_remove(s->lp, s->other);
}

static void ready_descriptors_are_served_once_per_turn(void)
{
	struct loop *lp = loop_new();
	int a[2], b[2];
	CHECK(lp && !pipe(a) && !pipe(b));
	struct seen busy = { .fd = a[0] }, quiet = { .fd = b[0] };
	CHECK(!loop_add(lp, a[0], LOOP_READ, drain_one, &busy));
	CHECK(!loop_add(lp, b[0], LOOP_READ, drain_one, &quiet));
	CHECK_INT(write(a[1], "xxx", 3), 3);
	CHECK_INT(write(b[1], "y", 1), 1);

	uint64_t now = loop_wait(lp, UINT64_MAX);
	CHECK_INT(busy.calls, 1);               /* three bytes wait, but the other has its turn */
	CHECK_INT(quiet.calls, 1);
	CHECK_INT(busy.events, LOOP_READ);
	CHECK(busy.now == now && quiet.now == now);
	loop_wait(lp, UINT64_MAX);
	loop_wait(lp, UINT64_MAX);
	CHECK_INT(busy.calls, 3);
	CHECK_INT(quiet.calls, 1);
	loop_free(lp);
	close(a[0]); close(a[1]); close(b[0]); close(b[1]);
}

static void a_removed_descriptor_is_not_called_in_the_same_turn(void)
{
	struct loop *lp = loop_new();
	int a[2], b[2];
	CHECK(lp && !pipe(a) && !pipe(b));
	struct seen one = { .lp = lp, .other = b[0] }, two = { .lp = lp, .other = a[0] };
	CHECK(!loop_add(lp, a[0], LOOP_READ, remove_other, &one));
	CHECK(!loop_add(lp, b[0], LOOP_READ, remove_other, &two));
	CHECK_INT(write(a[1], "x", 1), 1);
	CHECK_INT(write(b[1], "y", 1), 1);
	loop_wait(lp, UINT64_MAX);
	CHECK_INT(one.calls + two.calls, 1);
	loop_free(lp);
	close(a[0]); close(a[1]); close(b[0]); close(b[1]);
}

static void replace_other(void *ctx, uint64_t now, unsigned events)
{
	struct seen *s = ctx;
	note(ctx, now, events);
	loop_remove(s->lp, s->other);
	CHECK(!loop_add(s->lp, s->other, LOOP_READ, note, s));
}

static void a_reused_slot_does_not_get_the_old_event(void)
{
	struct loop *lp = loop_new();
	int a[2], b[2];
	CHECK(lp && !pipe(a) && !pipe(b));
	struct seen one = { .lp = lp, .other = b[0] }, two = { .lp = lp, .other = a[0] };
	CHECK(!loop_add(lp, a[0], LOOP_READ, replace_other, &one));
	CHECK(!loop_add(lp, b[0], LOOP_READ, replace_other, &two));
	CHECK_INT(write(a[1], "x", 1), 1);
	CHECK_INT(write(b[1], "y", 1), 1);
	loop_wait(lp, UINT64_MAX);
	CHECK_INT(one.calls + two.calls, 1);
	loop_free(lp);
	close(a[0]); close(a[1]); close(b[0]); close(b[1]);
}

static void a_descriptor_is_added_once_and_the_table_is_bounded(void)
{
	struct loop *lp = loop_new();
	int a[2], fds[LOOP_FDS_MAX];
	struct seen s = { 0 };
	size_t n = 0;
	CHECK(lp && !pipe(a));
	CHECK(!loop_add(lp, a[0], LOOP_READ, note, &s));
	CHECK(loop_add(lp, a[0], LOOP_READ, note, &s) && errno == EEXIST);
	CHECK(loop_add(lp, 9999, LOOP_READ, note, &s) && errno == EBADF);
	while (n < LOOP_FDS_MAX && (fds[n] = dup(a[0])) >= 0 && !loop_add(lp, fds[n], LOOP_READ, note, &s))
		n++;
	CHECK_INT(errno, ENOSPC);
	CHECK(n > LOOP_FDS_MAX - 4);
	loop_remove(lp, 9999);
	loop_remove(lp, -1);
	loop_remove(lp, a[0]);
	CHECK(!loop_add(lp, fds[n], LOOP_READ, note, &s));
	loop_free(lp);
	for (size_t i = 0; i <= n; i++)
		close(fds[i]);
	close(a[0]); close(a[1]);
}

static void errors_and_writability_are_told(void)
{
	struct loop *lp = loop_new();
	int a[2];
	struct seen s = { 0 };
	CHECK(lp && !pipe(a));
	CHECK(!loop_add(lp, a[1], 0, note, &s));
	loop_wait(lp, 0);
	CHECK_INT(s.calls, 0);
	loop_change(lp, a[1], LOOP_WRITE);
	loop_wait(lp, UINT64_MAX);
	CHECK_INT(s.events, LOOP_WRITE);
	loop_change(lp, a[1], 0);
	close(a[0]);                            /* a pipe without reader is an error that nobody asked for */
	loop_wait(lp, UINT64_MAX);
	CHECK_INT(s.events, LOOP_ERROR);
	loop_free(lp);
	close(a[1]);
}

static void a_deadline_wakes_up_and_is_not_early(void)
{
	struct loop *lp = loop_new();
	CHECK(lp);
	uint64_t start = loop_now(), now = start;
	CHECK(start > 0);
	unsigned turns = 0;
	for (; now < start + 30; turns++)
		now = loop_wait(lp, start + 30);
	CHECK(turns < 30);                      /* it sleeps, it does not spin */
	CHECK(loop_wait(lp, 0) >= now);
	loop_free(lp);
}

/* Turns until it is that late; one that does not sleep would need very many. */
static unsigned turns_until(struct loop *lp, uint64_t when)
{
	unsigned turns = 0;
	for (uint64_t now = 0; now < when; turns++)
		now = loop_wait(lp, when);
	return turns;
}

/* The timer that still runs from a turn before: it may wake up too often, not too late and not for ever. */
static void an_earlier_and_a_later_deadline(void)
{
	struct loop *lp = loop_new();
	int a[2];
	CHECK(lp && !pipe(a));
	struct seen s = { .fd = a[0] };
	CHECK(!loop_add(lp, a[0], LOOP_READ, drain_one, &s));
	CHECK_INT(write(a[1], "xxx", 3), 3);
	uint64_t start = loop_wait(lp, loop_now() + 60000);
	CHECK_INT(s.calls, 1);
	CHECK(turns_until(lp, start + 20) <= 2 + 2);    /* the other two bytes */
	CHECK_INT(s.calls, 3);

	CHECK_INT(write(a[1], "y", 1), 1);
	start = loop_wait(lp, loop_now() + 10);
	CHECK(turns_until(lp, start + 40) <= 4);
	CHECK_INT(s.calls, 4);
	for (unsigned i = 0; i < 3; i++)
		CHECK(turns_until(lp, loop_now() + 5) <= 3);
	loop_free(lp);
	close(a[0]);
	close(a[1]);
}

/* Polling finds what comes meanwhile, sees its deadline, and ends when the loop is stopped. */
static void busy_polling(void)
{
	const struct itimerspec soon = { .it_value = { .tv_nsec = 5000000 } };
	struct loop *lp = loop_new();
	int a[2], timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	CHECK(lp && timer >= 0 && !pipe(a));
	struct seen s = { .fd = a[0] }, t = { .fd = timer };
	loop_busy_poll(lp, 100000000);                  /* longer than anything here */
	CHECK(!loop_add(lp, a[0], LOOP_READ, drain_one, &s));
	CHECK(!loop_add(lp, timer, LOOP_READ, note, &t));
	CHECK_INT(write(a[1], "x", 1), 1);
	loop_wait(lp, UINT64_MAX);
	CHECK_INT(s.calls, 1);
	CHECK(!timerfd_settime(timer, 0, &soon, NULL));
	loop_wait(lp, UINT64_MAX);                      /* polls until the timer is ready */
	CHECK_INT(t.calls, 1);
	loop_remove(lp, timer);

	CHECK_INT(write(a[1], "x", 1), 1);
	uint64_t start = loop_wait(lp, UINT64_MAX);
	CHECK_INT(s.calls, 2);
	CHECK(turns_until(lp, start + 10) <= 4);

	/* What it polled for is not slept for again. */
	const struct itimerspec later = { .it_value = { .tv_sec = 1, .tv_nsec = 800000000 } };
	CHECK_INT(write(a[1], "x", 1), 1);
	start = loop_wait(lp, UINT64_MAX);
	CHECK(!loop_add(lp, timer, LOOP_READ, note, &t) && !timerfd_settime(timer, 0, &later, NULL));
	turns_until(lp, start + 1000);
	CHECK_INT(t.calls, 1);
	loop_remove(lp, timer);
	CHECK_INT(write(a[1], "x", 1), 1);
	loop_wait(lp, UINT64_MAX);
	loop_stop(lp);
	CHECK(loop_wait(lp, 0) >= start);               /* does not block */
	loop_free(lp);
	close(timer);
	close(a[0]);
	close(a[1]);
}

static void expect_answer(void *ctx, uint64_t now, unsigned events)
{
	struct seen *s = ctx;
	drain_one(ctx, now, events);
	loop_expects_answer(s->lp);
}

static long sleeps(void)
{
	struct rusage used;
	CHECK(!getrusage(RUSAGE_SELF, &used));
	return used.ru_nvcsw;           /* what yields is not among them */
}

/* An answer that does not come soon is slept for, and is not missed. */
static void polling_for_an_answer_ends_in_sleep(void)
{
	const struct itimerspec later = { .it_value = { .tv_nsec = 20000000 } };
	struct loop *lp = loop_new();
	int a[2], timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	CHECK(lp && timer >= 0 && !pipe(a));
	struct seen s = { .lp = lp, .fd = a[0] }, t = { .fd = timer };
	uint64_t times;
	CHECK(!loop_add(lp, a[0], LOOP_READ, expect_answer, &s));
	CHECK(!loop_add(lp, timer, LOOP_READ, note, &t));
	bool slept = false;
	for (unsigned i = 1; i <= 5; i++) {
		CHECK_INT(write(a[1], "x", 1), 1);
		loop_wait(lp, UINT64_MAX);
		CHECK_INT(s.calls, i);
		CHECK(!timerfd_settime(timer, 0, &later, NULL));
		long before = sleeps();
		loop_wait(lp, UINT64_MAX);
		CHECK_INT(t.calls, i);
		slept |= sleeps() > before;
		CHECK_INT(read(timer, &times, sizeof(times)), sizeof(times));
	}
	CHECK(slept);
	CHECK_INT(write(a[1], "x", 1), 1);
	uint64_t start = loop_wait(lp, UINT64_MAX);
	CHECK(loop_wait(lp, start + 1) >= start);       /* sees its deadline */
	loop_free(lp);
	close(timer);
	close(a[0]);
	close(a[1]);
}

struct signals { unsigned usr1, usr2; struct loop *lp; };

static void on_usr1(void *ctx, uint64_t now, int signo)
{
	struct signals *s = ctx;
	CHECK(now > 0 && signo == SIGUSR1);
	s->usr1++;
}

static void on_usr2(void *ctx, uint64_t now, int signo)
{
	struct signals *s = ctx;
	CHECK(now > 0 && signo == SIGUSR2);
	s->usr2++;
	loop_stop(s->lp);
}

static void signals_are_events(void)
{
	struct loop *lp = loop_new();
	struct signals s = { .lp = lp };
	CHECK(lp && !loop_signal(lp, SIGUSR1, on_usr1, &s) && !loop_signal(lp, SIGUSR2, on_usr2, &s));
	kill(getpid(), SIGUSR1);
	loop_wait(lp, UINT64_MAX);
	CHECK(s.usr1 == 1 && s.usr2 == 0 && !loop_stopped(lp));
	kill(getpid(), SIGUSR2);
	loop_wait(lp, UINT64_MAX);
	CHECK(s.usr1 == 1 && s.usr2 == 1 && loop_stopped(lp));
	loop_wait(lp, UINT64_MAX);              /* stopped: does not sleep any more */
	loop_free(lp);
}

static void count_turn(void *ctx, uint64_t now)
{
	struct seen *s = ctx;
	CHECK_INT(s->calls, 0);         /* the handlers come later */
	s->now = now;
	s->events++;
}

static void told_of_each_turn_first(void)
{
	struct loop *lp = loop_new();
	int a[2];
	CHECK(lp && !pipe(a));
	struct seen turn = { .fd = -1 }, ready = { .fd = a[0] };
	loop_each_turn(lp, count_turn, &turn);
	CHECK(!loop_add(lp, a[0], LOOP_READ, drain_one, &ready));
	CHECK_INT(write(a[1], "x", 1), 1);
	uint64_t now = loop_wait(lp, UINT64_MAX);
	CHECK(turn.events == 1 && turn.now == now && ready.calls == 1);
	loop_wait(lp, 0);
	CHECK_INT(turn.events, 2);
	close(a[0]);
	close(a[1]);
	loop_free(lp);
}

int main(void)
{
	RUN(ready_descriptors_are_served_once_per_turn);
	RUN(a_removed_descriptor_is_not_called_in_the_same_turn);
	RUN(a_reused_slot_does_not_get_the_old_event);
	RUN(a_descriptor_is_added_once_and_the_table_is_bounded);
	RUN(errors_and_writability_are_told);
	RUN(a_deadline_wakes_up_and_is_not_early);
	RUN(an_earlier_and_a_later_deadline);
	RUN(busy_polling);
	RUN(polling_for_an_answer_ends_in_sleep);
	RUN(signals_are_events);
	RUN(told_of_each_turn_first);
	return test_done();
}
