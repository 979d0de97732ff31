/* mcping listen: joins, counts what comes, and answers who asks. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/sys.h"
#include "engine/mcping/pace.h"
#include "engine/mcping/runs.h"
#include "app/mcping/diagnose.h"
#include "app/mcping/report.h"
#include "app/mcping/run.h"
#include "app/mcping/socket.h"

#define MS 1000000ull
enum { SILENCE_MS = 5000, BATCHES_MAX = 16 };

struct listener {
	const struct mcping_conf *conf;
	struct mcping_way way;
	int group, unicast, signals;    /* answers leave from unicast, and asks come there: it is this listener's alone */
	struct mcping_inbox *in;
	struct mcping_outbox *answers;
	struct run *answered[MCPING_BATCH];     /* of the probes in answers, NULL for asks */
	size_t answers_n;
	struct runs *runs;
	struct bucket allowance;
	struct mcping_drops before;
	uint64_t now;                   /* of the batch that is taken */
	uint64_t id, total, elsewhere, hint_due;
	uint32_t overflow;
	bool stopped;
};

static bool is_full(const struct listener *l)
{
	return l->conf->count && l->total >= l->conf->count;
}

static void introduce(const struct listener *l, const struct mcping_in *in, const struct run *r)
{
	char address[ADDR_TEXT];
	if (l->conf->json)
		return;
	addr_print(address, &in->from);
	if (r->foreign)
		printf("%s sends something else than mcping, %zu bytes", address, in->len);
	else
		printf("%s sends, run %016" PRIx64 ", %zu bytes", address, r->id, in->len);
	printf(", by %s, TTL %u on arrival\n", l->way.name, in->ttl);
	fflush(stdout);
}

/* Numbers are those of now; the caller sends it. */
static void answer(struct listener *l, const struct mcping_in *in, const struct mcping_question *q, struct run *r)
{
	bool probe = q->type == MCPING_PROBE;
	uint8_t *room = mcping_outbox_add(l->answers, &in->from, in->zone);
	if (!room)
		return;
	r->counts.answered += probe;
	r->counts.overflow = l->overflow;
	l->answered[l->answers_n++] = probe ? r : NULL;
	struct mcping_answer a = {
		.type = probe ? MCPING_PROBE_ANSWER : MCPING_ASK_ANSWER, .ttl = in->ttl, .run = q->run, .seq = q->seq,
		.time = q->time, .listener = l->id, .counts = r->counts,
	};
	mcping_put_answer(room, &a);
}

/* An answer that did not leave was not lost on the way. */
static void send_answers(struct listener *l)
{
	int ignored;
	size_t went = mcping_flush(l->answers, &ignored);
	for (size_t i = went; i < l->answers_n; i++)
		if (l->answered[i])
			l->answered[i]->counts.answered--;
	l->answers_n = 0;
}

/* What comes to the own port can only be an ask: all else is for the group. */
static bool is_for_us(struct listener *l, const struct mcping_in *in, bool by_group, const struct mcping_question *q)
{
	if (by_group && in->ifindex && in->ifindex != l->way.ifindex) {
		l->elsewhere++;
		return false;
	}
	return addr_is_set(&in->from) && in->from.port && !addr_is_multicast(&in->from) &&
	       (by_group || (q && q->type == MCPING_ASK));
}

static void asked(struct listener *l, const struct mcping_in *in, const struct mcping_question *q, struct run *r)
{
	bool wanted = true;
	if (q->type == MCPING_ASK) {
		r->sent = q->sent;
	} else {
		/* Copies are counted only: of answers to them the sender could not tell how many were lost. */
		wanted = run_probe(r, q->seq) && q->answer_wanted;
		l->total++;
	}
	if (wanted && bucket_take(&l->allowance, l->now, 1))
		answer(l, in, q, r);
}

static void take(struct listener *l, const struct mcping_in *in, bool by_group)
{
	struct mcping_question q = { .run = 0 };
	size_t kept = in->len < MCPING_KEPT ? in->len : MCPING_KEPT;
	bool is_new, ours = mcping_get_question(&q, in->data, kept);
	if (!is_for_us(l, in, by_group, ours ? &q : NULL))
		return;
	struct run *r = run_of(l->runs, &in->from, !ours, q.run, l->now, &is_new);
	if (!r)
		return;
	if (is_new)
		introduce(l, in, r);
	if (ours) {
		asked(l, in, &q, r);
	} else {
		r->counts.received++;
		l->total++;
	}
}

/* The records of a batch stay until its answers have left: more of them are kept than a batch can make, and who was
 * heard in it is not the oldest. */
static void take_batch(struct listener *l, int fd, const struct mcping_in *in, size_t n)
{
	_Static_assert((int)RUNS_MAX > (int)MCPING_BATCH, "answered[] would point to records that made room");
	l->now = mcping_clock();
	for (size_t i = 0; i < n && !is_full(l); i++) {
		if (fd == l->group && in[i].overflow_known)
			l->overflow = in[i].overflow;
		take(l, &in[i], fd == l->group);
	}
	send_answers(l);
}

static void receive(struct listener *l, int fd)
{
	const struct mcping_in *in;
	for (size_t n, batches = 0; !is_full(l) && batches < BATCHES_MAX && (n = mcping_receive(l->in, fd, &in)); batches++)
		take_batch(l, fd, in, n);
}

static void hint_if_silent(struct listener *l, uint64_t now)
{
	struct hints hints = { .n = 0 };
	char group[ADDR_TEXT];
	if (l->total)
		l->hint_due = UINT64_MAX;
	if (now < l->hint_due)
		return;
	l->hint_due = UINT64_MAX;
	if (l->conf->json)
		return;                 /* the hints are part of the result */
	mcping_way_look(&l->way, &l->conf->group);
	fprintf(stderr, "mcping: nothing has come to %s on %s for %d s\n", addr_print(group, &l->conf->group), l->way.name,
	        SILENCE_MS / 1000);
	diagnose_silence(&hints, l->conf, &l->way, &l->before, l->elsewhere);
	hints_print(&hints);
}

static void run(struct listener *l)
{
	const int fds[] = { l->group, l->unicast, l->signals };
	uint64_t now = mcping_clock(), end = l->conf->timeout_ms ? now + l->conf->timeout_ms * MS : UINT64_MAX;
	l->hint_due = now + SILENCE_MS * MS;
	while (now < end && !is_full(l) && !l->stopped) {
		mcping_wait(fds, sizeof(fds) / sizeof(fds[0]), end < l->hint_due ? end : l->hint_due);
		receive(l, l->group);
		receive(l, l->unicast);
		now = mcping_clock();
		hint_if_silent(l, now);
		l->stopped = mcping_signalled(l->signals);
	}
}

static bool open_sockets(struct listener *l)
{
	struct hints hints = { .n = 0 };
	const char *what;
	l->group = mcping_group_socket(l->conf, l->way.ifindex, &what);
	if (l->group < 0) {
		diagnose_cannot_join(&hints, l->conf, &l->way, errno, what);
		report_failed(l->conf, &l->way, &hints);
		return false;
	}
	l->unicast = mcping_unicast_socket(l->conf);
	l->signals = mcping_signals();
	if (l->unicast >= 0 && l->signals >= 0)
		return true;
	fprintf(stderr, "mcping: cannot use UDP port %u for answers: %s\n", l->conf->local_port, strerror(errno));
	return false;
}

static bool open_all(struct listener *l)
{
	if (!open_sockets(l))
		return false;
	sys_random(&l->id, sizeof(l->id));
	l->before = mcping_read_drops();
	l->in = mcping_inbox_new();
	l->answers = mcping_outbox_new(l->unicast, MCPING_ANSWER_LEN);
	l->runs = runs_new();
	if (l->in && l->answers && l->runs)
		return true;
	fputs("mcping: out of memory\n", stderr);
	return false;
}

static void close_all(struct listener *l)
{
	const int fds[] = { l->group, l->unicast, l->signals };
	runs_free(l->runs);
	mcping_outbox_free(l->answers);
	mcping_inbox_free(l->in);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void listen_and_report(struct listener *l)
{
	struct hints hints = { .n = 0 };
	if (!l->conf->json)
		report_start(l->conf, &l->way);
	run(l);
	mcping_way_look(&l->way, &l->conf->group);
	struct mcping_heard heard = { .conf = l->conf, .way = &l->way, .runs = l->runs, .overflow = l->overflow };
	if (!l->total && (l->conf->json || !l->stopped))
		diagnose_silence(&hints, l->conf, &l->way, &l->before, l->elsewhere);
	report_heard(&heard, &hints);
}

int mcping_listen(const struct mcping_conf *conf)
{
	struct listener l = { .conf = conf, .group = -1, .unicast = -1, .signals = -1 };
	l.allowance = pace_answers(mcping_clock());
	if (!mcping_way_find(&l.way, conf)) {
		struct hints hints = { .n = 0 };
		diagnose_no_route(&hints, conf);
		report_failed(conf, &l.way, &hints);
	} else if (open_all(&l)) {
		listen_and_report(&l);
	}
	close_all(&l);
	return l.total ? 0 : CONF_EXIT_SYSTEM;
}
