#include "core/filter.h"
#include "core/ascii.h"

/* ":port" or ":[from,to]"; nothing: any. */
static bool take_ports(const char **at, uint16_t port[static 2])
{
	port[0] = 0;
	port[1] = UINT16_MAX;
	if (!ascii_take(at, ':'))
		return true;
	bool range = ascii_take(at, '[');
	if (!ascii_take_uint(at, UINT16_MAX, &port[0]))
		return false;
	port[1] = port[0];
	if (!range)
		return true;
	return ascii_take(at, ',') && ascii_take_uint(at, UINT16_MAX, &port[1]) && ascii_take(at, ']') &&
	       port[0] <= port[1];
}

static bool take_side(const char **at, struct subnet *s, uint16_t port[static 2])
{
	uint16_t prefix = 32;
	if (!ascii_take_ipv4(at, s->ip))
		return false;
	if (ascii_take(at, '/') && !ascii_take_uint(at, 32, &prefix))
		return false;
	s->prefix = (uint8_t)prefix;
	return take_ports(at, port);
}

static bool take_name(const char **at, const char *name)
{
	size_t len = strlen(name);
	if (strncmp(*at, name, len))
		return false;
	*at += len;
	return true;
}

/* "TCP+" or the like; each protocol once. */
static bool take_verdict(const char **at, struct filter_rule *rule)
{
	uint8_t *verdict = NULL;
	if (take_name(at, "TCP"))
		verdict = &rule->tcp;
	else if (take_name(at, "UDP"))
		verdict = &rule->udp;
	else if (take_name(at, "ICMP"))
		verdict = &rule->icmp;
	if (!verdict || *verdict != FILTER_SILENT)
		return false;
	*verdict = **at == '+' ? FILTER_ACCEPT : FILTER_DROP;
	return ascii_take(at, '+') || ascii_take(at, '-');
}

bool filter_parse(struct filter_rule *rule, const char *text)
{
	struct filter_rule r = { .tcp = FILTER_SILENT, .udp = FILTER_SILENT, .icmp = FILTER_SILENT };
	if (!take_side(&text, &r.src, r.src_port) || !ascii_take(&text, ',') ||
	    !take_side(&text, &r.dst, r.dst_port))
		return false;
	while (*text)
		if (!ascii_take(&text, ',') || !take_verdict(&text, &r))
			return false;
	*rule = r;
	return true;
}

static uint8_t verdict_on(const struct filter_rule *rule, uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return rule->tcp;
	case PROTOCOL_UDP:
		return rule->udp;
	case PROTOCOL_ICMP:
		return rule->icmp;
	default:
		return FILTER_SILENT;
	}
}

static bool holds(const struct subnet *s, const uint8_t ip[static 4])
{
	return !((subnet_ip(s) ^ get_be32(ip)) & subnet_mask(s->prefix));
}

static bool is_between(uint16_t port, const uint16_t range[static 2])
{
	return port >= range[0] && port <= range[1];
}

/* A later fragment has no ports.  It may pass where its first fragment might (alone it is nothing),
 * and is not dropped on a guess. */
static bool ports_match(const struct filter_rule *rule, const struct layers *frame, uint8_t verdict)
{
	if (frame->ports)
		return is_between(frame->src_port, rule->src_port) && is_between(frame->dst_port, rule->dst_port);
	return verdict == FILTER_ACCEPT || frame->protocol == PROTOCOL_ICMP ||
	       (is_between(0, rule->src_port) && is_between(UINT16_MAX, rule->src_port) &&
	        is_between(0, rule->dst_port) && is_between(UINT16_MAX, rule->dst_port));
}

bool filter_accepts(const struct filter_rule *rules, size_t n, const struct layers *frame)
{
	uint8_t decided = FILTER_ACCEPT;
	int longest = -1;
	if (!frame->ipv4)
		return true;
	for (size_t i = 0; i < n; i++) {
		const struct filter_rule *r = &rules[i];
		int prefix = r->src.prefix + r->dst.prefix;
		uint8_t verdict = verdict_on(r, frame->protocol);
		if (verdict == FILTER_SILENT || prefix <= longest)
			continue;
		if (!holds(&r->src, layers_addresses(frame)) || !holds(&r->dst, layers_destination(frame)))
			continue;
		if (!ports_match(r, frame, verdict))
			continue;
		longest = prefix;
		decided = verdict;
	}
	return decided == FILTER_ACCEPT;
}
