/* What is read in IGMP and MLD frames: those of the Linux kernel, and damaged ones. */
#include "core/query.h"

#include "igmp_frames.h"
#include "vectors.h"

#define VECTORS "igmp-linux.txt"

/* What a view found, without pointers into the frame. */
struct found {
	struct igmp m;
	struct igmp_record records[8];
	size_t n;
};

/* Views a copy that is exactly as long, so that the sanitizer sees a look beyond. */
static struct found view(const struct igmp_frame *f)
{
	struct found found = { .n = 0 };
	struct layers e;
	uint8_t *copy = malloc(f->len ? f->len : 1);
	memcpy(copy, f->data, f->len);
	if (layers_view(&e, copy, f->len)) {
		igmp_view(&found.m, &e);
		for (struct igmp_record r; igmp_next(&found.m, &r); found.n++)
			if (found.n < 8)
				found.records[found.n] = r;
	}
	free(copy);
	return found;
}

static struct igmp_frame golden(const char *name)
{
	struct vector v = vector_named(VECTORS, name);
	struct igmp_frame f = { .len = v.len };
	memcpy(f.data, v.data, v.len);
	return f;
}

static bool is_accepted(enum igmp_kind kind)
{
	return kind == IGMP_REPORT || kind == IGMP_QUERY || kind == IGMP_ROUTER;
}

static void check_refused(const struct igmp_frame *f, enum igmp_refusal why)
{
	struct found found = view(f);
	CHECK_INT(found.m.kind, IGMP_REFUSED);
	if (found.m.kind == IGMP_REFUSED)
		CHECK_STR(igmp_refusal_names[found.m.why], igmp_refusal_names[why]);
	CHECK_INT(found.n, 0);
}

/* ---- the kernel's */

/* changes: of the group in question, a letter each; - is another group's join. */
struct expected { const char *name; uint8_t version; const char *changes; };
static const struct expected reports[] = {
	{ "igmp1-join", 1, "J" }, { "igmp1-answer-general", 1, "J" }, { "igmp1-answer-group", 1, "J" },
	{ "igmp2-join", 2, "J" }, { "igmp2-answer-general", 2, "J" }, { "igmp2-answer-group", 2, "J" },
	{ "igmp2-leave", 2, "L" },
	{ "igmp3-join", 3, "J" }, { "igmp3-answer-general", 3, "J" }, { "igmp3-answer-group", 3, "J" },
	{ "igmp3-exclude", 3, "B" }, { "igmp3-leave", 3, "L" }, { "igmp3-include", 3, "J" },
	{ "igmp3-allow", 3, "J" }, { "igmp3-block", 3, "JB" }, { "igmp3-block-last", 3, "B" },
	{ "mld1-join", 1, "J" }, { "mld1-answer-general", 1, "J" }, { "mld1-answer-group", 1, "J" },
	{ "mld1-leave", 1, "L" },
	{ "mld2-join", 2, "J-" }, { "mld2-answer-general", 2, "J-" }, { "mld2-answer-group", 2, "J" },
	{ "mld2-exclude", 2, "B" }, { "mld2-leave", 2, "L" }, { "mld2-include", 2, "J" },
	{ "mld2-allow", 2, "J" }, { "mld2-block", 2, "B" }, { "mld2-block-last", 2, "B" },
};
enum { REPORTS = sizeof(reports) / sizeof(reports[0]) };

static void check_report(const struct igmp_frame *f, const struct expected *want)
{
	static const char letters[] = { [IGMP_JOIN] = 'J', [IGMP_LEAVE] = 'L', [IGMP_BLOCK] = 'B' };
	struct addr group = ip_of(want->name[0] == 'i' ? "239.10.20.30" : "ff15::abcd:1");
	struct found found = view(f);
	char changes[9] = "";
	CHECK_INT(found.m.kind, IGMP_REPORT);
	CHECK_INT(found.m.version, want->version);
	for (size_t i = 0; i < found.n; i++)
		changes[i] = addr_equal(&found.records[i].group, &group) ? letters[found.records[i].change] : '-';
	CHECK_STR(changes, want->changes);
}

static void linux_reports(void)
{
	for (size_t i = 0; i < REPORTS; i++) {
		struct igmp_frame f = golden(reports[i].name);
		check_report(&f, &reports[i]);
		frame_tag(&f, 0x8100, 0xa005);
		check_report(&f, &reports[i]);
		frame_tag(&f, 0x88a8, 7);
		check_report(&f, &reports[i]);
	}
}

/* Every vector is in the table above, so that a new capture is looked at. */
static void no_vector_is_forgotten(void)
{
	struct vectors vs = vectors_open(VECTORS);
	for (struct vector v; vectors_next(&vs, &v); ) {
		bool known = !strncmp(v.name, "query-", 6) || strstr(v.name, "-vlan-");
		for (size_t i = 0; i < REPORTS; i++)
			known = known || !strcmp(reports[i].name, v.name);
		CHECK(known);
	}
}

static void made_queries(void)
{
	static const uint8_t src[MAC_LEN] = { 6, 0, 0, 0, 0, 1 };
	static const char *const words[] = { "igmp", "mld" }, *const kinds[] = { "general", "hurried", "group" };
	static const uint32_t response_ms[] = { 10000, 1000, 400 };
	struct addr groups[] = { ip_of("239.10.20.30"), ip_of("ff15::abcd:1") };
	uint8_t out[QUERY_FRAME_MAX];
	char name[32];
	for (size_t f = 0; f < 2; f++) {
		struct query q = { .src = src, .family = groups[f].family, .interval_s = 30 };
		for (size_t k = 0; k < 3; k++) {
			snprintf(name, sizeof(name), "query-%s-%s", words[f], kinds[k]);
			struct igmp_frame want = golden(name);
			q.response_ms = response_ms[k];
			q.group = k == 2 ? &groups[f] : NULL;
			CHECK_INT(query_put(out, &q), want.len);
			CHECK(!memcmp(out, want.data, want.len));
			struct found found = view(&want);
			CHECK_INT(found.m.kind, IGMP_QUERY);
			CHECK_INT(found.m.version, groups[f].family == ADDR_V4 ? 3 : 2);
			CHECK(k == 2 ? addr_equal(&found.m.group, &groups[f]) : !addr_is_set(&found.m.group));
			CHECK(query_is_by_proxy(&found.m.source));
		}
		snprintf(name, sizeof(name), "query-%s-advertisement", words[f]);
		struct igmp_frame want = golden(name);
		CHECK_INT(query_put_advertisement(out, &q), want.len);
		CHECK(!memcmp(out, want.data, want.len));
		CHECK_INT(view(&want).m.kind, IGMP_ROUTER);
	}
}

/* ---- damaged ones */

static void shortened(void)
{
	struct vectors vs = vectors_open(VECTORS);
	for (struct vector v; vectors_next(&vs, &v); ) {
		struct igmp_frame f = { .len = v.len };
		memcpy(f.data, v.data, v.len);
		CHECK(is_accepted(view(&f).m.kind));
		for (f.len = 0; f.len < v.len; f.len++)
			CHECK(!is_accepted(view(&f).m.kind));
	}
}

/* The packet is shorter, and says so itself, with right sums. */
static struct igmp_frame truncated(const struct vector *v, size_t by)
{
	struct igmp_frame f = { .len = v->len };
	memcpy(f.data, v->data, v->len);
	uint8_t *length = frame_ip(&f) + (f.data[12] == 0x08 ? 2 : 4);
	put_be16(length, (uint16_t)(get_be16(length) - by));
	frame_resum(&f);
	return f;
}

static void honestly_shortened(void)
{
	struct vectors vs = vectors_open(VECTORS);
	for (struct vector v; vectors_next(&vs, &v); ) {
		size_t headers = 14 + (v.data[12] == 0x08 ? 24 : 48);
		for (size_t by = 1; by <= v.len - headers - 4; by++) {
			struct igmp_frame f = truncated(&v, by);
			/* A query without what came with IGMPv3 and MLDv2 is one of the version before. */
			bool query = !strncmp(v.name, "query-", 6) && by == 4;
			CHECK_INT(is_accepted(view(&f).m.kind), query && !strstr(v.name, "advert"));
		}
	}
}

/* IPv4 is covered by sums from end to end, MLD but for the first words of the IPv6 header, of which the version
 * counts, the lengths, and the hop limit. */
static void each_bit_counts(void)
{
	struct vectors vs = vectors_open(VECTORS);
	for (struct vector v; vectors_next(&vs, &v); ) {
		bool v4 = v.data[12] == 0x08;
		for (size_t bit = 14 * 8; bit < v.len * 8; bit++) {
			size_t at = bit / 8 - 14;
			if (!v4 && (at < 4 ? bit % 8 < 4 || at : at > 40 && at < 48))
				continue;
			struct igmp_frame f = { .len = v.len };
			memcpy(f.data, v.data, v.len);
			f.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK(!is_accepted(view(&f).m.kind));
		}
	}
}

static struct igmp_frame changed(const char *name, size_t at, uint8_t value, bool resum)
{
	struct igmp_frame f = golden(name);
	frame_ip(&f)[at] = value;
	if (resum)
		frame_resum(&f);
	return f;
}

static void reasons(void)
{
	static const struct { const char *name; size_t at; uint8_t value; bool resum; enum igmp_refusal why; } bad[] = {
		{ "igmp2-join", 0, 0x44, false, IGMP_REFUSED_IP_HEADER },
		{ "igmp2-join", 11, 0, false, IGMP_REFUSED_IP_CHECKSUM },
		{ "igmp2-join", 6, 0x20, true, IGMP_REFUSED_FRAGMENT },
		{ "igmp2-join", 7, 1, true, IGMP_REFUSED_FRAGMENT },
		{ "igmp2-join", 8, 2, true, IGMP_REFUSED_TTL },
		{ "query-igmp-general", 8, 64, true, IGMP_REFUSED_TTL },
		{ "igmp2-join", 16, 10, true, IGMP_REFUSED_DESTINATION },
		{ "igmp2-join", 26, 0, false, IGMP_REFUSED_CHECKSUM },
		{ "igmp2-join", 28, 192, true, IGMP_REFUSED_GROUP },
		{ "igmp2-leave", 28, 240, true, IGMP_REFUSED_GROUP },
		{ "query-igmp-group", 28, 1, true, IGMP_REFUSED_GROUP },
		{ "query-igmp-general", 35, 1, true, IGMP_REFUSED_LENGTH },
		{ "igmp3-join", 31, 2, true, IGMP_REFUSED_LENGTH },
		{ "igmp3-join", 33, 1, true, IGMP_REFUSED_LENGTH },
		{ "igmp3-join", 35, 1, true, IGMP_REFUSED_LENGTH },
		{ "igmp3-join", 36, 10, true, IGMP_REFUSED_GROUP },
		{ "mld1-join", 0, 0x40, false, IGMP_REFUSED_IP_HEADER },
		{ "mld1-join", 7, 255, true, IGMP_REFUSED_TTL },
		{ "mld1-join", 8, 0x20, true, IGMP_REFUSED_SOURCE },
		{ "mld1-join", 24, 0x20, true, IGMP_REFUSED_DESTINATION },
		{ "mld1-join", 42, 6, true, IGMP_REFUSED_ROUTER_ALERT },
		{ "mld1-join", 45, 1, true, IGMP_REFUSED_ROUTER_ALERT },
		{ "mld1-join", 43, 9, true, IGMP_REFUSED_IP_HEADER },
		{ "mld1-join", 50, 0, false, IGMP_REFUSED_CHECKSUM },
		{ "mld1-join", 56, 0xfe, true, IGMP_REFUSED_GROUP },
		{ "query-mld-general", 9, 0, true, IGMP_REFUSED_SOURCE },
		{ "query-mld-general", 75, 1, true, IGMP_REFUSED_LENGTH },
		{ "mld2-join", 55, 3, true, IGMP_REFUSED_LENGTH },
		{ "mld2-join", 60, 0xfe, true, IGMP_REFUSED_GROUP },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct igmp_frame f = changed(bad[i].name, bad[i].at, bad[i].value, bad[i].resum);
		check_refused(&f, bad[i].why);
	}
}

static void what_is_not_checked(void)
{
	struct igmp_frame f = changed("igmp2-join", 12, 0, true);       /* another source */
	CHECK_INT(view(&f).m.kind, IGMP_REPORT);
	f = golden("mld2-join");                                        /* no address yet: RFC 3590 */
	memset(frame_ip(&f) + 8, 0, 16);
	frame_resum(&f);
	CHECK_INT(view(&f).m.kind, IGMP_REPORT);
	f = golden("igmp2-join");                                       /* no router alert, and padding */
	uint8_t *ip = frame_ip(&f);
	ip[0] = 0x45;
	put_be16(ip + 2, 28);
	memmove(ip + 20, ip + 24, 8);
	memset(ip + 28, 0xaa, 18);
	f.len = 60;
	frame_resum(&f);
	CHECK_INT(view(&f).m.kind, IGMP_REPORT);
	f.data[0] = 0;                                                  /* to a host, not to a group */
	CHECK_INT(view(&f).m.kind, IGMP_NONE);
}

static void routers(void)
{
	struct igmp_frame f = frame_pim_hello("10.9.9.9");
	CHECK_INT(view(&f).m.kind, IGMP_ROUTER);
	frame_ip(&f)[24] = 0x23;                                        /* join/prune */
	frame_resum(&f);
	CHECK_INT(view(&f).m.kind, IGMP_NONE);
	f = frame_pim_hello("fe80::9");
	CHECK_INT(view(&f).m.kind, IGMP_ROUTER);
	frame_ip(&f)[48] = 0x23;
	frame_resum(&f);
	CHECK_INT(view(&f).m.kind, IGMP_NONE);
	f = changed("igmp2-join", 24, 0x13, true);                      /* DVMRP */
	CHECK_INT(view(&f).m.kind, IGMP_UNKNOWN);
	f.data[14 + 25] = 1;
	frame_resum(&f);
	CHECK_INT(view(&f).m.kind, IGMP_ROUTER);
	f = changed("igmp2-join", 24, 0x1f, true);                      /* mtrace */
	CHECK_INT(view(&f).m.kind, IGMP_UNKNOWN);
	f = changed("mld1-join", 48, 128, true);                        /* ping */
	CHECK_INT(view(&f).m.kind, IGMP_NONE);
}

static void versions_of_queries(void)
{
	struct igmp_frame f = frame_query("10.9.9.9", NULL);
	struct found found = view(&f);
	CHECK_INT(found.m.version, 2);
	CHECK_INT(found.m.silence_ms, 255000);
	CHECK(!query_is_by_proxy(&found.m.source));
	frame_ip(&f)[25] = 0;
	frame_resum(&f);
	CHECK_INT(view(&f).m.version, 1);
	f = frame_query("fe80::9", NULL);
	CHECK_INT(view(&f).m.version, 1);
	f = changed("query-igmp-general", 33, 200, true);               /* (8 | 16) << (4 + 3) = 3072 s, twice */
	CHECK_INT(view(&f).m.silence_ms, 3600000);
	f = changed("query-igmp-general", 33, 0x8f, true);              /* (15 | 16) << 3 = 248 s */
	CHECK_INT(view(&f).m.silence_ms, 2 * 248000 + 10000);
}

static void record_types(void)
{
	static const enum igmp_change want[][2] = {
		[IS_IN] = { IGMP_LEAVE, IGMP_JOIN }, [IS_EX] = { IGMP_JOIN, IGMP_JOIN },
		[TO_IN] = { IGMP_LEAVE, IGMP_JOIN }, [TO_EX] = { IGMP_JOIN, IGMP_JOIN },
		[ALLOW] = { IGMP_NO_CHANGE, IGMP_JOIN }, [BLOCK] = { IGMP_NO_CHANGE, IGMP_BLOCK },
		[BLOCK + 1] = { IGMP_NO_CHANGE, IGMP_NO_CHANGE },
	};
	struct addr groups[] = { ip_of("239.1.2.3"), ip_of("ff15::3") };
	for (size_t g = 0; g < 2; g++)
		for (uint8_t type = IS_IN; type <= BLOCK + 1; type++)
			for (uint8_t sources = 0; sources < 3; sources++) {
				struct igmp_frame f = frame_record(type, sources, &groups[g]);
				struct found found = view(&f);
				enum igmp_change change = want[type][sources > 0];
				CHECK_INT(found.m.kind, IGMP_REPORT);
				CHECK_INT(found.n, change != IGMP_NO_CHANGE);
				CHECK(!found.n || (found.records[0].change == change &&
				                   addr_equal(&found.records[0].group, &groups[g])));
			}
}

/* Records with auxiliary data, and what follows the last one, are stepped over. */
static void data_between_records(void)
{
	struct frame_record r[] = { { TO_EX, 0, ip_of("239.1.1.1") }, { TO_IN, 0, ip_of("239.1.1.2") } };
	struct igmp_frame f = frame_records(r, 2);
	uint8_t *ip = frame_ip(&f);
	memmove(ip + 24 + 24, ip + 24 + 16, 8);
	ip[24 + 9] = 2;
	put_be16(ip + 2, get_be16(ip + 2) + 8 + 5);
	f.len += 8 + 5;
	frame_resum(&f);
	struct found found = view(&f);
	CHECK_INT(found.n, 2);
	CHECK(found.records[0].change == IGMP_JOIN && addr_equal(&found.records[0].group, &r[0].group));
	CHECK(found.records[1].change == IGMP_LEAVE && addr_equal(&found.records[1].group, &r[1].group));
}

int main(void)
{
	RUN(linux_reports);
	RUN(no_vector_is_forgotten);
	RUN(made_queries);
	RUN(shortened);
	RUN(honestly_shortened);
	RUN(each_bit_counts);
	RUN(reasons);
	RUN(what_is_not_checked);
	RUN(routers);
	RUN(versions_of_queries);
	RUN(record_types);
	RUN(data_between_records);
	return test_done();
}
