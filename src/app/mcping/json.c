#include "app/mcping/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "io/json.h"

static void print_string(const char *text)
{
	char quoted[512];
	json_string(quoted, sizeof(quoted), text, strlen(text));
	fputs(quoted, stdout);
}

static void print_address(const char *name, const struct addr *a, bool port)
{
	char text[ADDR_TEXT];
	addr_print(text, a);
	char *colon = strrchr(text, ':');
	if (!port && colon)
		*colon = 0;
	printf("\"%s\": ", name);
	if (addr_is_set(a))
		print_string(text);
	else
		fputs("null", stdout);
}

static void print_way(const struct mcping_conf *conf, const struct mcping_way *way)
{
	fputs("{\n  ", stdout);
	print_address("group", &conf->group, true);
	fputs(",\n  \"interface\": ", stdout);
	print_string(way->name);
}

static void print_hints(const struct hints *h)
{
	fputs(",\n  \"hints\": [", stdout);
	for (size_t i = 0; i < h->n; i++) {
		fputs(i ? ",\n    " : "\n    ", stdout);
		print_string(h->text[i]);
	}
	fputs(h->n ? "\n  ]\n}\n" : "]\n}\n", stdout);
}

static void print_us(const char *name, uint64_t ns, const char *after)
{
	printf("\"%s\": %" PRIu64 ".%03u%s", name, ns / 1000, (unsigned)(ns % 1000), after);
}

static void print_times(const struct times *t)
{
	if (!t->n) {
		fputs(", \"rtt_us\": null", stdout);
		return;
	}
	fputs(", \"rtt_us\": { ", stdout);
	print_us("min", t->least, ", ");
	print_us("avg", times_mean(t), ", ");
	print_us("max", t->most, ", ");
	print_us("p99", times_percentile(t, 99), " }");
}

static void print_responder(const struct mcping_sent *s, const struct responder *r)
{
	fputs("    { ", stdout);
	print_address("address", &r->addr, true);
	printf(", \"id\": \"%016" PRIx64 "\", \"received\": %" PRIu32 ", \"lost\": %" PRIu32, r->id, r->counts.received,
	       responder_lost(r, s->sent));
	printf(", \"duplicated\": %" PRIu32 ", \"reordered\": %" PRIu32 ", \"exactly_once\": %s", r->counts.duplicated,
	       r->counts.reordered, responder_exact(r, s->sent) ? "true" : "false");
	printf(", \"overflowed\": %" PRIu32 ", \"answers\": %" PRIu32 ", \"answers_lost\": %" PRIu32, r->counts.overflow,
	       r->answers, responder_answers_lost(r));
	if (r->ttl != MCPING_TTL_UNKNOWN && r->ttl <= s->conf->ttl)
		printf(", \"hops\": %u", s->conf->ttl - r->ttl);
	print_times(&r->round_trip);
	fputs(" }", stdout);
}

void json_sent(const struct mcping_sent *s, const struct hints *h)
{
	size_t n = responders_count(s->responders);
	print_way(s->conf, s->way);
	fputs(",\n  ", stdout);
	print_address("source", &s->way->source, false);
	printf(",\n  \"ttl\": %u,\n  \"size\": %u,\n  \"rate\": %" PRIu32 ".%03" PRIu32, s->conf->ttl, s->conf->size,
	       s->conf->rate / 1000, s->conf->rate % 1000);
	printf(",\n  \"sent\": %" PRIu32 ",\n  \"not_sent\": %" PRIu32 ",\n  \"seconds\": %.6f", s->sent, s->not_sent,
	       (double)s->duration / 1e9);
	printf(",\n  \"expected\": %u,\n  \"exactly_once\": %zu,\n  \"ok\": %s,\n  \"responders\": [", s->conf->expect,
	       responders_exact(s->responders, s->sent), report_good(s) ? "true" : "false");
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ",\n" : "\n", stdout);
		print_responder(s, responders_at(s->responders, i));
	}
	fputs(n ? "\n  ]" : "]", stdout);
	print_hints(h);
}

static void print_run(const struct run *r)
{
	fputs("    { ", stdout);
	print_address("address", &r->from, true);
	printf(", \"mcping\": %s, \"received\": %" PRIu32, r->foreign ? "false" : "true", r->counts.received);
	if (!r->foreign)
		printf(", \"run\": \"%016" PRIx64 "\", \"lost\": %" PRIu32 ", \"duplicated\": %" PRIu32 ", \"reordered\": %" PRIu32
		       ", \"late\": %" PRIu32 ", \"answered\": %" PRIu32, r->id, run_lost(r), r->counts.duplicated,
		       r->counts.reordered, r->late, r->counts.answered);
	fputs(" }", stdout);
}

void json_heard(const struct mcping_heard *l, const struct hints *h)
{
	size_t n = runs_count(l->runs);
	print_way(l->conf, l->way);
	printf(",\n  \"overflowed\": %" PRIu32 ",\n  \"forgotten\": %" PRIu64 ",\n  \"senders\": [", l->overflow,
	       runs_forgotten(l->runs));
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ",\n" : "\n", stdout);
		print_run(runs_at(l->runs, i));
	}
	fputs(n ? "\n  ]" : "]", stdout);
	print_hints(h);
}

void json_failed(const struct mcping_conf *conf, const struct mcping_way *way, const struct hints *h)
{
	fputs("{\n  ", stdout);
	print_address("group", &conf->group, true);
	fputs(",\n  \"interface\": ", stdout);
	if (way->ifindex)
		print_string(way->name);
	else
		fputs("null", stdout);
	fputs(conf->command == MCPING_SEND ? ",\n  \"sent\": 0,\n  \"ok\": false,\n  \"responders\": []"
	      : ",\n  \"senders\": []", stdout);
	print_hints(h);
}
