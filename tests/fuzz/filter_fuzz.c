/* First line: a filter rule; the rest: a frame.  The verdict comes from the rule when it names the
 * frame's protocol and from the default otherwise, never from anything else. */
#include "core/filter.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[256];
	struct filter_rule rule;
	struct layers e;
	const uint8_t *newline = len ? memchr(data, '\n', len) : NULL;
	size_t line = newline ? (size_t)(newline - data) : len;

	fuzz_text(text, sizeof(text), data, line);
	if (!filter_parse(&rule, text))
		return 0;
	FUZZ_CHECK(rule.src.prefix <= 32 && rule.dst.prefix <= 32);
	FUZZ_CHECK(rule.src_port[0] <= rule.src_port[1] && rule.dst_port[0] <= rule.dst_port[1]);
	FUZZ_CHECK(rule.tcp <= FILTER_DROP && rule.udp <= FILTER_DROP && rule.icmp <= FILTER_DROP);
	if (!newline || !layers_view(&e, newline + 1, len - line - 1))
		return 0;
	FUZZ_CHECK(filter_accepts(NULL, 0, &e));
	bool accepted = filter_accepts(&rule, 1, &e);
	bool may_drop = rule.tcp == FILTER_DROP || rule.udp == FILTER_DROP || rule.icmp == FILTER_DROP;
	FUZZ_CHECK(accepted || (may_drop && e.ipv4));
	return 0;
}
