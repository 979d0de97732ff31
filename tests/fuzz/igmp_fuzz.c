/* A frame: what is read of it stays inside, and a message that is accepted has groups and senders that make sense. */
#include "core/igmp.h"
#include "fuzz.h"

static void check_records(struct igmp *m, size_t len)
{
	struct igmp_record r;
	size_t n = 0;
	for (; igmp_next(m, &r); n++) {
		FUZZ_CHECK(r.change == IGMP_JOIN || r.change == IGMP_LEAVE || r.change == IGMP_BLOCK);
		FUZZ_CHECK(r.group.family == m->source.family && addr_is_multicast(&r.group));
	}
	FUZZ_CHECK(!n || m->kind == IGMP_REPORT);
	FUZZ_CHECK(n <= len / 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct layers e;
	struct igmp m;
	if (!layers_view(&e, data, len))
		return 0;
	igmp_view(&m, &e);
	FUZZ_CHECK(m.kind == IGMP_NONE || mac_is_group(data));
	FUZZ_CHECK(m.kind != IGMP_REFUSED || m.why < IGMP_REFUSED_MAX);
	FUZZ_CHECK(m.kind != IGMP_QUERY || (m.version >= 1 && m.version <= 3 && m.silence_ms >= 255000));
	FUZZ_CHECK(m.kind != IGMP_QUERY || !addr_is_set(&m.group) || addr_is_multicast(&m.group));
	check_records(&m, len);
	return 0;
}
