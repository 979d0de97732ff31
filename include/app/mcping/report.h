/* What mcping prints: lines that change while it sends, a table at the end, or JSON. */
#ifndef MCPING_REPORT_H
#define MCPING_REPORT_H

#include "engine/mcping/responders.h"
#include "engine/mcping/runs.h"
#include "app/mcping/diagnose.h"

struct mcping_sent {
	const struct mcping_conf *conf;
	const struct mcping_way *way;
	const struct responders *responders;
	uint32_t sent, not_sent;
	int error;                      /* of the first that was not sent */
	uint64_t duration;              /* nanoseconds from the first to the last */
	bool interrupted;
};
struct mcping_heard {
	const struct mcping_conf *conf;
	const struct mcping_way *way;
	const struct runs *runs;
	uint32_t overflow;
};

/* "eth0 from 10.0.0.1" */
void report_start(const struct mcping_conf *conf, const struct mcping_way *way);
/* Replaces what it printed before; *lines is 0 at first. */
void report_live(const struct mcping_sent *s, size_t *lines);
void report_clear(size_t *lines);
void report_sent(const struct mcping_sent *s, const struct hints *h);
/* Nothing could be sent or joined at all: standard error says why, whatever is printed. */
void report_failed(const struct mcping_conf *conf, const struct mcping_way *way, const struct hints *h);
void report_heard(const struct mcping_heard *l, const struct hints *h);
bool report_good(const struct mcping_sent *s);          /* as many as expected got everything exactly once */

#endif
