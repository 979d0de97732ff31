/* Filter rules of edge -R (specification 14.7):
 *	src[/n][:port|:[a,b]],dst[/n][:port|:[a,b]],TCP±,UDP±,ICMP±
 * IPv4 only.  The matching rule with the longest src + dst prefix decides, of equals the first; no
 * match: accept.  Without /n: one host.  A later fragment, which has no ports, is matched by an accepting
 * rule whatever its ports, by a dropping one only when that names none.
 */
#ifndef CORE_FILTER_H
#define CORE_FILTER_H

#include "core/layers.h"

enum filter_verdict { FILTER_SILENT, FILTER_ACCEPT, FILTER_DROP };       /* silent: the rule does not name the protocol */
struct filter_rule {
	struct subnet src, dst;                 /* prefix 0: any */
	uint16_t src_port[2], dst_port[2];      /* from, to; inclusive */
	uint8_t tcp, udp, icmp;                 /* enum filter_verdict */
};

MUST_CHECK bool filter_parse(struct filter_rule *rule, const char *text);
bool filter_accepts(const struct filter_rule *rules, size_t n, const struct layers *frame);

#endif
