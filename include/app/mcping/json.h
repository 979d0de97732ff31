/* The results as JSON, for mcping_report.h. */
#ifndef MCPING_JSON_H
#define MCPING_JSON_H

#include "app/mcping/report.h"

void json_sent(const struct mcping_sent *s, const struct hints *h);
void json_heard(const struct mcping_heard *l, const struct hints *h);
/* Nothing could be sent or joined at all. */
void json_failed(const struct mcping_conf *conf, const struct mcping_way *way, const struct hints *h);

#endif
