#include "app/mcping/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/mcping/json.h"

enum { ROW = 256, ADDRESS_WIDTH = 21 };        /* an IPv4 address, and all fits into 80 columns */

static const char *without_port(char out[static ADDR_TEXT], const struct addr *a)
{
	addr_print(out, a);
	char *colon = strrchr(out, ':');
	if (colon)
		*colon = 0;
	return out;
}

void report_start(const struct mcping_conf *conf, const struct mcping_way *way)
{
	char group[ADDR_TEXT], source[ADDR_TEXT];
	addr_print(group, &conf->group);
	if (conf->command == MCPING_SEND) {
		printf("to %s by %s from %s, TTL %u, %u bytes, %" PRIu32, group, way->name, without_port(source, &way->source),
		       conf->ttl, conf->size, conf->rate / 1000);
		if (conf->rate % 1000)
			printf(".%03" PRIu32, conf->rate % 1000);
		puts("/s");
	} else {
		printf("joined %s on %s (%s)", group, way->name, conf->ifindex ? "as asked for" : "by the routing table");
		for (size_t i = 0; i < conf->sources_n; i++)
			printf("%s%s", i ? ", " : ", only from ", without_port(source, &conf->sources[i]));
		putchar('\n');
	}
	fflush(stdout);
}

static int width_of(int width, const struct addr *a)
{
	char address[ADDR_TEXT];
	int len = (int)strlen(addr_print(address, a));
	return len > width ? len : width;
}

/* Of the first n. */
static int responders_width(const struct responders *rs, size_t n)
{
	int width = ADDRESS_WIDTH;
	for (size_t i = 0; i < n; i++)
		width = width_of(width, &responders_at(rs, i)->addr);
	return width;
}

static void head_row(char out[static ROW], int width)
{
	snprintf(out, ROW, "%-*s %8s %6s %5s %5s %6s %6s %6s %6s", width, "listener", "received", "lost", "dup", "reord",
	         "min/ms", "avg", "max", "p99");
}

/* Four digits are enough of any time. */
static int put_ms(char *out, size_t room, uint64_t ns)
{
	double ms = (double)ns / 1e6;
	int decimals = ms < 9.9995 ? 3 : ms < 99.995 ? 2 : ms < 999.95 ? 1 : 0;
	return snprintf(out, room, " %6.*f", decimals, ms);
}

static void responder_row(char out[static ROW], int width, const struct responder *r, uint32_t sent)
{
	const struct times *t = &r->round_trip;
	const uint64_t ns[] = { t->least, times_mean(t), t->most, times_percentile(t, 99) };
	char address[ADDR_TEXT];
	int n = snprintf(out, ROW, "%-*s %8" PRIu32 " %6" PRIu32 " %5" PRIu32 " %5" PRIu32, width,
	                 addr_print(address, &r->addr), r->counts.received, responder_lost(r, sent), r->counts.duplicated,
	                 r->counts.reordered);
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++)
		n += t->n ? put_ms(out + n, ROW - (size_t)n, ns[i]) : snprintf(out + n, ROW - (size_t)n, " %6s", "-");
}

void report_clear(size_t *lines)
{
	if (*lines)
		printf("\033[%zuA\033[J", *lines);
	*lines = 0;
}

/* A line that is broken by the edge of the terminal would be two, and the next picture out of place. */
static void live_row(const char *row, const struct winsize *w, size_t *lines)
{
	printf("%.*s\n", w->ws_col ? w->ws_col - 1 : 79, row);
	++*lines;
}

void report_live(const struct mcping_sent *s, size_t *lines)
{
	struct winsize w = { .ws_row = 24, .ws_col = 80 };
	size_t n = responders_count(s->responders), shown;
	char row[ROW];
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row < 5)
		w.ws_row = 24;
	shown = n < (size_t)w.ws_row - 4 ? n : (size_t)w.ws_row - 4;
	int width = responders_width(s->responders, shown);
	report_clear(lines);
	head_row(row, width);
	if (n)
		live_row(row, &w, lines);
	for (size_t i = 0; i < shown; i++) {
		const struct responder *r = responders_at(s->responders, i);
		/* What is under way is not lost. */
		responder_row(row, width, r, r->counts.next);
		live_row(row, &w, lines);
	}
	snprintf(row, ROW, "%" PRIu32 " sent, %zu listener%s", s->sent, n, n == 1 ? "" : "s");
	if (n > shown)
		snprintf(row, ROW, "%" PRIu32 " sent, %zu listeners, of which %zu do not fit here", s->sent, n, n - shown);
	live_row(row, &w, lines);
	fflush(stdout);
}

bool report_good(const struct mcping_sent *s)
{
	return !s->not_sent && responders_exact(s->responders, s->sent) >= s->conf->expect;
}

/* What the numbers of the table do not say. */
static void remarks(const struct mcping_sent *s, const struct responder *r)
{
	char address[ADDR_TEXT];
	uint32_t back = responder_answers_lost(r);
	addr_print(address, &r->addr);
	if (back)
		printf("%s: %" PRIu32 " of its %" PRIu32 " answers were lost on the way back\n", address, back, r->counts.answered);
	if (r->answers_again)
		printf("%s: %" PRIu32 " of its answers came more than once\n", address, r->answers_again);
	if (r->counts.overflow && responder_lost(r, s->sent))
		printf("%s: its host was too slow for %" PRIu32 " datagrams and dropped them (net.core.rmem_max)\n", address,
		       r->counts.overflow);
	if (!r->asks)
		printf("%s: was gone at the end, so what it got since its last answer is not known\n", address);
}

static void print_sum(const struct mcping_sent *s)
{
	size_t n = responders_count(s->responders), exact = responders_exact(s->responders, s->sent);
	double seconds = (double)s->duration / 1e9;
	printf("%" PRIu32 " sent in %.3f s", s->sent, seconds);
	if (s->sent > 1 && seconds > 0)
		printf(" (%.1f/s)", (double)(s->sent - 1) / seconds);
	if (s->not_sent)
		printf(", %" PRIu32 " could not be sent: %s", s->not_sent, strerror(s->error));
	if (n == 0)
		puts(", nobody answered");
	else
		printf("; %zu of %zu listener%s got everything exactly once\n", exact, n, n == 1 ? "" : "s");
	if (n && n < s->conf->expect)
		printf("%u listeners were expected\n", s->conf->expect);
	if (responders_refused(s->responders))
		printf("more than %d listeners; answers of the others were not counted\n", RESPONDERS_MAX);
}

void report_sent(const struct mcping_sent *s, const struct hints *h)
{
	size_t n = responders_count(s->responders);
	int width = responders_width(s->responders, n);
	char row[ROW];
	if (s->conf->json) {
		json_sent(s, h);
		return;
	}
	head_row(row, width);
	if (n)
		puts(row);
	for (size_t i = 0; i < n; i++) {
		responder_row(row, width, responders_at(s->responders, i), s->sent);
		puts(row);
	}
	for (size_t i = 0; i < n; i++)
		remarks(s, responders_at(s->responders, i));
	print_sum(s);
	fflush(stdout);
	hints_print(h);
}

static void run_row(const struct run *r, int width)
{
	char address[ADDR_TEXT];
	printf("%-*s %8" PRIu32, width, addr_print(address, &r->from), r->counts.received);
	if (r->foreign)
		printf(" %6s %5s %5s  not of mcping\n", "-", "-", "-");
	else
		printf(" %6" PRIu32 " %5" PRIu32 " %5" PRIu32 "\n", run_lost(r), r->counts.duplicated, r->counts.reordered);
}

void report_heard(const struct mcping_heard *l, const struct hints *h)
{
	size_t n = runs_count(l->runs);
	int width = ADDRESS_WIDTH;
	if (l->conf->json) {
		json_heard(l, h);
		return;
	}
	for (size_t i = 0; i < n; i++)
		width = width_of(width, &runs_at(l->runs, i)->from);
	if (n)
		printf("%-*s %8s %6s %5s %5s\n", width, "sender", "received", "lost", "dup", "reord");
	else
		puts("nothing came");
	for (size_t i = 0; i < n; i++)
		run_row(runs_at(l->runs, i), width);
	if (runs_forgotten(l->runs))
		printf("%" PRIu64 " older ones are forgotten\n", runs_forgotten(l->runs));
	if (l->overflow)
		printf("this host was too slow for %" PRIu32 " datagrams and dropped them (net.core.rmem_max)\n", l->overflow);
	fflush(stdout);
	hints_print(h);
}

void report_failed(const struct mcping_conf *conf, const struct mcping_way *way, const struct hints *h)
{
	if (conf->json)
		json_failed(conf, way, h);
	hints_print(h);
}
