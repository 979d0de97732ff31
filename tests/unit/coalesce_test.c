/* What is joined and how it looks, and what never is. */
#include "core/checksum.h"
#include "test.h"

#include "coalesce_flow.h"

static uint8_t want[OFFLOAD_FRAME_MAX];

/* The super-frame that the kernel itself would have given us. */
static void check_super(const struct written *w, const struct model *m, size_t frames, size_t last_len)
{
	static uint8_t all[65535];
	struct offload o;
	for (size_t i = 0; i < frames; i++)
		memcpy(all + i * LEN, payload + i * 8, LEN);
	size_t len = model_super(want, &o, m, all, (frames - 1) * LEN + last_len, LEN);
	CHECK_INT(w->frames, frames);
	CHECK_INT(w->len, len);
	CHECK(w->len == len && !memcmp(w->bytes, want, len));
	CHECK_INT(w->offload.kind, o.kind);
	CHECK(w->offload.checksum && !w->offload.ecn);
	CHECK_INT(w->offload.csum_start, o.csum_start);
	CHECK_INT(w->offload.csum_offset, o.csum_offset);
	CHECK_INT(w->offload.segment_len, LEN);
	CHECK_INT(w->offload.header_len, o.header_len);
}

static void check_joined(const struct model *m, size_t frames, size_t last_len)
{
	struct coalesce *c = written_by_coalesce();
	for (size_t i = 0; i < frames; i++)
		put(c, i, make(i, m, i + 1 < frames ? LEN : last_len));
	coalesce_flush(c);
	CHECK_INT(written_count, 1);
	if (written_count)
		check_super(&written[0], m, frames, last_len);
	written_forget();
	coalesce_flush(c);
	CHECK_INT(written_count, 0);
	coalesce_free(c);
}

static void one_flow_is_one_super_frame(void)
{
	struct model udp = udp4(), six = tcp6();
	model_fill(payload, sizeof(payload));
	check_joined(&tcp4, 2, LEN);
	check_joined(&tcp4, COALESCE_FRAMES_MAX, LEN);
	check_joined(&udp, 30, LEN);
	check_joined(&udp, 30, 1);
	check_joined(&six, 40, 999);
	six.udp = true;
	check_joined(&six, 3, LEN);
	for (unsigned tags = 1; tags <= 2; tags++) {
		struct model tagged = tcp4;
		tagged.tags = tags;
		check_joined(&tagged, 5, LEN);
	}
}

static void a_lone_frame_is_not_looked_at(void)
{
	struct coalesce *c = written_by_coalesce();
	size_t len = make(0, &tcp4, LEN);
	frame[0][len - 1]++;            /* wrong checksum */
	put(c, 0, len);
	CHECK_INT(written_count, 0);
	coalesce_flush(c);
	check_alone(0, 0, len);
	written_forget();
	coalesce_free(c);
}

static void fin_and_psh_end_a_super_frame(void)
{
	struct coalesce *c = written_by_coalesce();
	struct model m = tcp4;
	put(c, 0, make(0, &m, LEN));
	m.flags = MODEL_ACK | MODEL_PSH | MODEL_FIN;
	put(c, 1, make(1, &m, LEN));
	CHECK_INT(written_count, 1);
	if (written_count)
		check_super(&written[0], &m, 2, LEN);
	size_t len = make(2, &m, LEN);
	put(c, 2, len);
	check_alone(1, 2, len);
	written_forget();
	coalesce_free(c);
}

/* Three good frames, the second of them changed: what was joined is cut before and behind it. */
static void check_harmed(const struct model *m, size_t len, size_t at, int change, bool repair)
{
	struct coalesce *c = written_by_coalesce();
	size_t lens[4], link = model_link_len(m);
	for (size_t i = 0; i < 4; i++)
		lens[i] = make(i, m, i == 1 ? len : LEN);
	frame[1][link + at] = (uint8_t)(frame[1][link + at] ^ change);
	if (repair)
		model_repair(frame[1], m, len);
	for (size_t i = 0; i < 4; i++)
		put(c, i, lens[i]);
	CHECK_INT(written_count, 2);
	coalesce_flush(c);
	CHECK_INT(written_count, 3);
	check_alone(0, 0, lens[0]);
	check_alone(1, 1, lens[1]);
	CHECK_INT(written[2].frames, 2);
	if (test_failed_checks)
		printf("  change of %d at %zu\n", change, at);
	written_forget();
	coalesce_free(c);
}

static void frames_that_cannot_be_told_apart_when_cut_stay_alone(void)
{
	static const uint8_t flags[] = { MODEL_SYN, MODEL_RST, MODEL_URG, MODEL_ECE, MODEL_CWR, MODEL_ACK };
	struct model udp = udp4(), six = tcp6();
	for (size_t i = 0; i < sizeof(flags); i++) {
		check_harmed(&tcp4, LEN, 20 + 13, flags[i], true);
		check_harmed(&six, LEN, 40 + 13, flags[i], true);
	}
	for (int bit = 1; bit < 16; bit *= 2)
		check_harmed(&tcp4, LEN, 20 + 12, bit, true);           /* reserved, and AccECN's AE */
	check_harmed(&tcp4, LEN, 6, 0x80, true);                        /* the bit of RFC 3514 */
	check_harmed(&tcp4, LEN, 20 + 16, 1, false);
	check_harmed(&tcp4, LEN, 20 + 33, 1, false);
	check_harmed(&tcp4, LEN, 10, 1, false);
	check_harmed(&udp, LEN, 20 + 7, 1, false);
	check_harmed(&udp, LEN, 20 + 5, 1, true);                       /* longer than its packet */
	check_harmed(&six, LEN, 40 + 16, 1, false);
	check_harmed(&tcp4, 0, 0, 0, false);
	check_harmed(&udp, 0, 0, 0, false);
}

/* The same for what only differs from the first frame: it is the first of the next. */
static void check_different(const struct model *m, size_t at, int change)
{
	struct coalesce *c = written_by_coalesce();
	size_t len = 0;
	for (size_t i = 0; i < 4; i++) {
		len = make(i, m, LEN);
		if (i >= 2)
			frame[i][at] = (uint8_t)(frame[i][at] ^ change);
		model_repair(frame[i], m, LEN);
		put(c, i, len);
	}
	coalesce_flush(c);
	CHECK_INT(written_count, 2);
	CHECK(written_count == 2 && written[0].frames == 2 && written[1].frames == 2);
	if (written_count != 2)
		printf("  change of %d at %zu\n", change, at);
	written_forget();
	coalesce_free(c);
}

static void headers_that_differ_part_super_frames(void)
{
	static const size_t four[] = { 0, 11, 15, 18, 20, 22, 34 + 7, 34 + 11, 34 + 15, 34 + 19, 34 + 20, 34 + 31 };
	static const size_t six[] = { 0, 11, 15, 16, 17, 21, 54 + 7, 54 + 11, 54 + 15, 54 + 19, 54 + 20, 54 + 31 };
	struct model m = tcp6();
	for (size_t i = 0; i < sizeof(four) / sizeof(four[0]); i++)
		check_different(&tcp4, four[i], four[i] == 20 ? 0x40 : 1);
	for (size_t i = 0; i < sizeof(six) / sizeof(six[0]); i++)
		check_different(&m, six[i], 1);
	m.tags = 2;
	check_different(&m, 15, 1);
	check_different(&m, 19, 1);
}

/* All of them in the same way: equal to each other, yet not to be joined. */
static void flags_that_are_never_joined(void)
{
	static const uint8_t flags[] = { MODEL_SYN, MODEL_RST, MODEL_URG, MODEL_ECE, MODEL_CWR, MODEL_ACK };
	for (unsigned i = 0; i < sizeof(flags) + 4; i++) {
		struct coalesce *c = written_by_coalesce();
		struct model m = tcp4;
		m.flags ^= i < sizeof(flags) ? flags[i] : 0;
		for (size_t k = 0; k < 3; k++) {
			size_t len = make(k, &m, LEN);
			frame[k][46] |= (uint8_t)(i < sizeof(flags) ? 0 : 1 << (i - sizeof(flags)));
			model_repair(frame[k], &m, LEN);
			put(c, k, len);
			check_alone(k, k, len);
		}
		written_forget();
		coalesce_free(c);
	}
}

static void options_of_another_length(void)
{
	struct coalesce *c = written_by_coalesce();
	struct model m = tcp4;
	for (size_t i = 0; i < 3; i++, m.tcp_options -= 4)
		put(c, i, make(i, &m, LEN));
	coalesce_flush(c);
	CHECK_INT(written_count, 3);
	written_forget();
	coalesce_free(c);
}

static size_t writes_of_ids(bool df, const uint16_t *ids, size_t count)
{
	struct coalesce *c = written_by_coalesce();
	for (size_t i = 0; i < count; i++) {
		struct model m = tcp4;
		m.df = df;
		m.id = (uint16_t)(ids[i] - i);
		put(c, i, make(i, &m, LEN));
	}
	coalesce_flush(c);
	size_t n = written_count;
	written_forget();
	coalesce_free(c);
	return n;
}

static void ipv4_identifications(void)
{
	static const uint16_t rising[] = { 65534, 65535, 0, 1 }, fixed[] = { 5, 5, 5, 5 };
	static const uint16_t mixed[] = { 5, 6, 6, 7 }, stops[] = { 5, 5, 6, 7 }, falling[] = { 5, 4, 3, 2 };
	for (int df = 0; df < 2; df++) {
		CHECK_INT(writes_of_ids(df, rising, 4), 1);
		CHECK_INT(writes_of_ids(df, mixed, 4), 2);
		CHECK_INT(writes_of_ids(df, falling, 4), 4);
		CHECK_INT(writes_of_ids(df, fixed, 4), df ? 1 : 4);
		CHECK_INT(writes_of_ids(df, stops, 4), 2);
	}
}

static void udp_without_checksum_is_never_joined(void)
{
	struct coalesce *c = written_by_coalesce();
	struct model m = udp4();
	size_t len = 0;
	for (size_t i = 0; i < 3; i++) {
		len = make(i, &m, LEN);
		put_be16(frame[i] + 40, 0);
		put(c, i, len);
		check_alone(i, i, len);
	}
	written_forget();
	coalesce_free(c);
}

/* The i-th frame of UDP, to a group (or not). */
static size_t make_to(size_t i, const struct model *m, uint8_t first_byte_of_ip)
{
	size_t len = make(i, m, LEN);
	uint8_t *ip = frame[i] + 14, *udp = ip + 20;
	ip[16] = first_byte_of_ip;
	put_be16(ip + 10, 0);
	put_be16(ip + 10, checksum_fold(checksum_add(0, ip, 20)));
	put_be16(udp + 6, 0);
	uint64_t sum = checksum_pseudo(ip + 12, 8, 17, len - 34);
	put_be16(udp + 6, checksum_fold(checksum_add(sum, udp, len - 34)));
	return len;
}

/* The kernel's multicast router drops what is longer than the MTU and has DF, super-frame or not. */
static void groups_with_df_are_not_joined(void)
{
	struct { uint8_t first; bool df, joined; } cases[] = {
		{ 224, true, false }, { 239, true, false }, { 239, false, true }, { 223, true, true }, { 240, true, true }
	};
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct coalesce *c = written_by_coalesce();
		struct model m = udp4();
		m.df = cases[k].df;
		for (size_t i = 0; i < 4; i++)
			put(c, i, make_to(i, &m, cases[k].first));
		coalesce_flush(c);
		CHECK_INT(written_count, cases[k].joined ? 1 : 4);
		written_forget();
		coalesce_free(c);
	}
}

static void padding_is_kept(void)
{
	struct coalesce *c = written_by_coalesce();
	for (size_t i = 0; i < 3; i++)
		put(c, i, make(i, &tcp4, 1) + 3);
	coalesce_flush(c);
	for (size_t i = 0; i < 3; i++)
		check_alone(i, i, model_header_len(&tcp4) + 1 + 3);
	written_forget();
	coalesce_free(c);
}

int main(void)
{
	RUN(one_flow_is_one_super_frame);
	RUN(a_lone_frame_is_not_looked_at);
	RUN(fin_and_psh_end_a_super_frame);
	RUN(frames_that_cannot_be_told_apart_when_cut_stay_alone);
	RUN(headers_that_differ_part_super_frames);
	RUN(flags_that_are_never_joined);
	RUN(options_of_another_length);
	RUN(ipv4_identifications);
	RUN(udp_without_checksum_is_never_joined);
	RUN(groups_with_df_are_not_joined);
	RUN(padding_is_kept);
	return test_done();
}
