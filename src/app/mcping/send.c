/* mcping send: probes at their rate, answers as they come, and at the end a question to each listener. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/sys.h"
#include "engine/mcping/pace.h"
#include "engine/mcping/responders.h"
#include "app/mcping/diagnose.h"
#include "app/mcping/report.h"
#include "app/mcping/run.h"
#include "app/mcping/socket.h"

#define MS 1000000ull
enum {
	SETTLE_MS = 200,        /* after the last probe: it, and copies of it, may still be under way */
	ASK_EVERY_MS = 250,     /* asks get lost too */
	ASKS_MIN = 2,           /* so that a listener who is not known yet has two chances */
	ANSWER_MS = 100,        /* time for answers to the last ask that is needed */
	LIVE_EVERY_MS = 200,
	BURST_NS = 500000       /* probes of half a millisecond leave together: fewer system calls */
};

enum phase { PROBING, SETTLING, ASKING, DONE };

struct sender {
	const struct mcping_conf *conf;
	struct mcping_way way;
	int fd, signals;
	struct mcping_inbox *in;
	struct mcping_outbox *probes, *asks;
	struct responders *responders;
	uint64_t run;

	enum phase phase;
	struct pace pace;
	uint32_t sent, not_sent, asks_n;
	int error;
	uint64_t first, last;           /* when the first and the last probe left */
	uint64_t next;                  /* probe after a refusal, or ask */
	uint64_t end;                   /* of probing by --timeout, then of waiting */
	uint64_t live;
	bool is_live;
	size_t lines;
};

static bool is_transient(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

static uint64_t attempts(const struct sender *s)
{
	return (uint64_t)s->sent + s->not_sent;
}

static uint64_t limit(const struct sender *s)
{
	return s->conf->count ? s->conf->count : MCPING_SEQ_MAX;
}

static void end_probing(struct sender *s, uint64_t now)
{
	s->phase = SETTLING;
	s->next = now + SETTLE_MS * MS;
	s->end = now + s->conf->wait_ms * MS;
	if (s->next > s->end)
		s->next = s->end;
}

static void fill_probe(struct sender *s, uint8_t *to, uint32_t seq, uint32_t every)
{
	struct mcping_question q = {
		.type = MCPING_PROBE, .answer_wanted = pace_wants_answer(s->run, seq, every), .ttl = (uint8_t)s->conf->ttl,
		.run = s->run, .seq = seq, .sent = seq, .time = mcping_clock(),
	};
	mcping_put_question(to, MCPING_QUESTION_MIN, &q);
}

/* The number that were put into the box; their times are those of a copy of the pace until they have left. */
static uint32_t fill_probes(struct sender *s, uint64_t now)
{
	struct pace pace = s->pace;
	uint32_t every = pace_every(s->conf->rate, responders_count(s->responders)), n = 0;
	while (n < MCPING_BATCH && attempts(s) + n < limit(s) && pace_due(&pace, now)) {
		pace_take(&pace, now);
		fill_probe(s, mcping_outbox_add(s->probes, &s->conf->group, s->way.ifindex), s->sent + n, every);
		n++;
	}
	return n;
}

/* A probe that the kernel refused for good keeps its number for the next. */
static void send_probes(struct sender *s, uint64_t now)
{
	int error;
	uint32_t n = fill_probes(s, now), went;
	if (!n)
		return;
	went = (uint32_t)mcping_flush(s->probes, &error);
	for (uint32_t i = 0; i < went; i++)
		pace_take(&s->pace, now);
	if (went && !s->sent)
		s->first = now;
	if (went)
		s->last = mcping_clock();
	s->sent += went;
	if (error && is_transient(error)) {
		s->next = now + MS;
	} else if (error) {
		pace_take(&s->pace, now);
		s->not_sent++;
		s->error = s->error ? s->error : error;
	}
}

static void ask(struct sender *s, const struct addr *to, uint32_t zone, uint8_t ttl)
{
	struct mcping_question q = {
		.type = MCPING_ASK, .answer_wanted = true, .ttl = ttl, .run = s->run, .seq = s->asks_n, .sent = s->sent,
		.time = mcping_clock(),
	};
	int ignored;
	uint8_t *room = mcping_outbox_add(s->asks, to, zone);
	if (!room) {
		mcping_flush(s->asks, &ignored);
		room = mcping_outbox_add(s->asks, to, zone);
	}
	mcping_put_question(room, MCPING_QUESTION_MIN, &q);
}

/* To the group for those who are not known; to who is, because multicast may be what does not work. */
static void ask_all(struct sender *s, uint64_t now)
{
	int ignored;
	ask(s, &s->conf->group, s->way.ifindex, (uint8_t)s->conf->ttl);
	for (size_t i = 0; i < responders_count(s->responders); i++) {
		const struct responder *r = responders_at(s->responders, i);
		if (!responder_settled(r, s->sent, ASKS_MIN))
			ask(s, &r->addr, r->zone ? r->zone : s->way.ifindex, MCPING_TTL_UNKNOWN);
	}
	mcping_flush(s->asks, &ignored);
	s->asks_n++;
	s->phase = ASKING;
	s->next = now + ASK_EVERY_MS * MS;
}

/* Everybody that is to be expected has said what he got, and nobody new turned up. */
static bool is_finished(const struct sender *s, uint64_t now)
{
	if (now >= s->end)
		return true;
	return s->asks_n >= ASKS_MIN && now + ASK_EVERY_MS * MS >= s->next + ANSWER_MS * MS && s->sent &&
	       responders_count(s->responders) >= s->conf->expect && responders_settled(s->responders, s->sent, ASKS_MIN);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What is due at now; returns when the next is. */
static uint64_t step(struct sender *s, uint64_t now)
{
	if (s->phase == PROBING && now >= s->next)
		send_probes(s, now);
	if (s->phase == PROBING && (attempts(s) >= limit(s) || now >= s->end || (s->error && !s->sent)))
		end_probing(s, now);
	if (s->phase == PROBING) {
		uint64_t due = s->pace.next > s->next ? s->pace.next : s->next;
		uint64_t together = now + earlier(s->pace.interval, BURST_NS);
		return earlier(due > together ? due : together, s->end);
	}
	if (now >= s->next && now < s->end)
		ask_all(s, now);
	if (is_finished(s, now) || (s->error && !s->sent))
		s->phase = DONE;
	uint64_t answered = s->next - (ASK_EVERY_MS - ANSWER_MS) * MS;
	return earlier(now < answered ? answered : s->next, s->end);
}

static void receive(struct sender *s)
{
	const struct mcping_in *in;
	struct mcping_answer a;
	for (size_t n; (n = mcping_receive(s->in, s->fd, &in)); ) {
		for (size_t i = 0; i < n; i++)
			if (in[i].len == MCPING_ANSWER_LEN && mcping_get_answer(&a, in[i].data, in[i].len))
				responders_answer(s->responders, &in[i].from, in[i].zone, &a, s->sent, in[i].at);
		if (n < MCPING_BATCH)
			break;
	}
}

static struct mcping_sent result(const struct sender *s)
{
	return (struct mcping_sent){
		.conf = s->conf, .way = &s->way, .responders = s->responders, .sent = s->sent, .not_sent = s->not_sent,
		.error = s->error, .duration = s->last - s->first,
	};
}

static void show(struct sender *s, uint64_t now)
{
	struct mcping_sent so_far = result(s);
	if (!s->is_live || now < s->live)
		return;
	report_live(&so_far, &s->lines);
	s->live = now + LIVE_EVERY_MS * MS;
}

/* The first signal ends probing, the second everything. */
static void interrupted(struct sender *s, uint64_t now)
{
	if (s->phase == PROBING)
		end_probing(s, now);
	else
		s->phase = DONE;
}

static void run(struct sender *s)
{
	const int fds[] = { s->fd, s->signals };
	uint64_t now = mcping_clock();
	s->pace = pace_from(now, s->conf->rate);
	s->end = s->conf->timeout_ms ? now + s->conf->timeout_ms * MS : UINT64_MAX;
	s->live = now + LIVE_EVERY_MS * MS;
	for (;;) {
		uint64_t due = step(s, now);
		if (s->phase == DONE)
			break;
		mcping_wait(fds, sizeof(fds) / sizeof(fds[0]), s->is_live ? earlier(due, s->live) : due);
		receive(s);
		now = mcping_clock();
		if (mcping_signalled(s->signals))
			interrupted(s, now);
		show(s, now);
	}
	report_clear(&s->lines);
}

static bool open_all(struct sender *s)
{
	const struct mcping_conf *conf = s->conf;
	s->fd = mcping_unicast_socket(conf);
	if (s->fd < 0) {
		fprintf(stderr, "mcping: cannot use UDP port %u: %s\n", conf->local_port, strerror(errno));
		return false;
	}
	s->signals = mcping_signals();
	if (s->signals < 0 || mcping_set_sending(s->fd, conf, s->way.ifindex) < 0) {
		fprintf(stderr, "mcping: cannot send by %s: %s\n", s->way.name, strerror(errno));
		return false;
	}
	sys_random(&s->run, sizeof(s->run));
	s->in = mcping_inbox_new();
	s->probes = mcping_outbox_new(s->fd, conf->size);
	s->asks = mcping_outbox_new(s->fd, MCPING_QUESTION_MIN);
	s->responders = responders_new(s->run);
	if (s->in && s->probes && s->asks && s->responders)
		return true;
	fputs("mcping: out of memory\n", stderr);
	return false;
}

static void close_all(struct sender *s)
{
	responders_free(s->responders);
	mcping_outbox_free(s->probes);
	mcping_outbox_free(s->asks);
	mcping_inbox_free(s->in);
	if (s->fd >= 0)
		close(s->fd);
	if (s->signals >= 0)
		close(s->signals);
}

static bool send_and_report(struct sender *s)
{
	struct mcping_drops before = mcping_read_drops();
	struct hints hints = { .n = 0 };
	if (!s->conf->json)
		report_start(s->conf, &s->way);
	run(s);
	mcping_way_look(&s->way, &s->conf->group);
	struct mcping_sent all = result(s);
	if (s->error && !s->sent)
		diagnose_cannot_send(&hints, s->conf, &s->way, s->error);
	else if (!responders_count(s->responders))
		diagnose_no_answer(&hints, s->conf, &s->way, mcping_port(s->fd), &before);
	report_sent(&all, &hints);
	return report_good(&all);
}

int mcping_send(const struct mcping_conf *conf)
{
	struct sender s = { .conf = conf, .fd = -1, .signals = -1, .is_live = !conf->json && isatty(STDOUT_FILENO) };
	bool good = false;
	if (mcping_way_find(&s.way, conf)) {
		good = open_all(&s) && send_and_report(&s);
	} else {
		struct hints hints = { .n = 0 };
		diagnose_no_route(&hints, conf);
		report_failed(conf, &s.way, &hints);
	}
	close_all(&s);
	return good ? 0 : CONF_EXIT_SYSTEM;
}
