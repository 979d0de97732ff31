/* Random flows, mixed and harmed, through coalesce and cut again by segment: each flow gives back its bytes in order,
 * nothing is lost, and the super-frames are those that an obvious model of one flow at a time foretells.
 */
#include "test.h"

#include "coalesced.h"
#include "core/segment.h"

enum { FLOWS_MAX = 12, FLOWS_HELD = 8, FRAMES = 200, ROOM = 1600 };

struct input {
	uint8_t *bytes;         /* exactly len */
	size_t len, flow;
	bool parted;            /* cannot be joined to the frame before it of its flow, whatever there was before */
	bool starts;            /* is not */
	bool barrier;           /* all before it come out before it */
	bool out;
};
struct flow {
	struct model m;
	bool fixed_id, parted;
	size_t size;                    /* of most of its payloads */
	size_t count, first_len, bytes; /* of what is joined so far; count 0: nothing can be joined */
};

static struct input input[FRAMES];
static struct flow flow[FLOWS_MAX];
static uint8_t payload[ROOM], scratch[OFFLOAD_FRAME_MAX];

static void random_flow(struct flow *f, size_t number)
{
	*f = (struct flow){ .m = model_random(), .size = 1 + model_below(1200) };
	f->m.host = (uint8_t)(1 + number);
	f->fixed_id = f->m.df && test_random() & 1;
}

/* Something of the flow changes for good, so that its next frame begins another super-frame.  True: it did. */
static bool change(struct flow *f)
{
	struct model *m = &f->m;
	switch (model_below(8)) {
	case 0: m->tos ^= 4; return true;
	case 1: m->ttl--; return true;
	case 2: m->tags = (m->tags + 1) % 3; return true;
	case 3: m->label++; return m->ipv6;
	case 4: m->id = (uint16_t)(m->id + 700); return !m->ipv6;
	case 5: m->seq += 1; return !m->udp;
	case 6: m->window++; return !m->udp;
	default: m->ack++; return !m->udp;
	}
}

/* Makes one frame such that it may be joined to none.  Returns its length, or 0: nothing was done. */
static size_t harm(const struct flow *f, size_t len)
{
	static const uint8_t flags[] = { MODEL_SYN, MODEL_RST, MODEL_URG, MODEL_ECE, MODEL_CWR, MODEL_ACK };
	struct model m = f->m;
	size_t what = model_below(7);
	m.ip_options = what == 0 ? 8 : 0;
	m.flags ^= what == 1 && !m.udp ? flags[model_below(sizeof(flags))] : 0;
	len = what == 2 ? 0 : len;
	size_t n = model_frame(scratch, &m, payload, len), transport = model_transport_at(&m);
	if (what == 3)
		memset(scratch + n, 0, 1 + model_below(6));
	if (what == 3)
		return n + 1 + model_below(6);
	if (what == 4)
		scratch[n - 1 - model_below(len)] ^= 0x10;
	if (what == 5 && m.udp)
		put_be16(scratch + transport + 6, 0);
	if (what == 6 && !m.ipv6)
		scratch[model_link_len(&m) + 10] ^= 1;
	return what == 0 || (what == 1 && !m.udp) || what == 2 || what == 4 || (what == 5 && m.udp) ||
	       (what == 6 && !m.ipv6) ? n : 0;
}

static size_t barrier(const struct flow *f, size_t len)
{
	size_t n = model_frame(scratch, &f->m, payload, len), ip = model_link_len(&f->m);
	switch (model_below(3)) {
	case 0: scratch[ip - 1] = 6; break;                     /* not 0x00 nor 0xdd: another EtherType */
	case 1: scratch[ip + (f->m.ipv6 ? 6 : 9)] = f->m.ipv6 ? 58 : 1; break;
	default: return model_below(ip + 20);
	}
	return n;
}

static void add(size_t i, size_t number, size_t len, bool starts)
{
	input[i] = (struct input){ .bytes = model_exact(scratch, len), .len = len, .flow = number,
	                           .starts = starts, .parted = starts };
}

/* The model: is this good frame joined to what there is? */
static bool is_joined(struct flow *f, size_t len)
{
	size_t header = model_header_len(&f->m) - model_link_len(&f->m);
	bool joined = f->count && f->count < COALESCE_FRAMES_MAX && len <= f->first_len &&
	              f->bytes + len + header <= 65535;
	bool ends = !f->m.udp && f->m.flags & (MODEL_PSH | MODEL_FIN);
	if (!joined)
		f->count = f->bytes = 0;
	f->count++;
	f->bytes += len;
	f->first_len = joined ? f->first_len : len;
	f->parted = ends;
	if (ends || len < f->first_len)
		f->count = 0;
	return joined;
}

static void part(struct flow *f)
{
	f->count = 0;
	f->parted = true;
}

static void make(size_t i, size_t number, bool *all_stop)
{
	struct flow *f = &flow[number];
	size_t len = model_below(8) ? f->size : 1 + model_below(1200), n;
	model_fill(payload, len);
	if (!model_below(20) && change(f))
		part(f);
	if (!model_below(30) && (n = harm(f, len)) > 0) {
		part(f);
		add(i, number, n, true);
	} else if (!model_below(60)) {
		add(i, number, barrier(f, len), true);
		input[i].barrier = *all_stop = true;
	} else {
		f->m.flags = (uint8_t)(MODEL_ACK | (model_below(12) ? 0 : MODEL_PSH) |
		                       (model_below(60) ? 0 : MODEL_FIN));
		n = model_frame(scratch, &f->m, payload, len);
		bool parted = f->parted;
		add(i, number, n, !is_joined(f, len));
		input[i].parted = parted;
		f->m.flags = MODEL_ACK;
	}
	f->m.seq += (uint32_t)len;
	f->m.id = (uint16_t)(f->m.id + !f->fixed_id);
}

/* Mostly trains of one flow, as they come. */
static void make_all(size_t count, size_t flows)
{
	size_t number = 0;
	for (size_t i = 0; i < count; i++) {
		bool all_stop = false;
		if (!model_below(5))
			number = model_below(flows);
		make(i, number, &all_stop);
		for (size_t k = 0; all_stop && k < flows; k++)
			part(&flow[k]);
	}
}

static size_t first_not_out(size_t number, size_t count)
{
	size_t i = 0;
	while (i < count && (input[i].out || input[i].flow != number))
		i++;
	return i;
}

/* The same, but that a constant identification of DF packets comes back as a rising one. */
static bool is_equal(const struct input *in, const uint8_t *bytes, size_t len)
{
	const struct flow *f = &flow[in->flow];
	if (in->len != len)
		return false;
	if (!memcmp(in->bytes, bytes, len))
		return true;
	if (f->m.ipv6 || !f->fixed_id)
		return false;
	for (unsigned tags = 0; tags <= 2; tags++) {
		size_t ip = 14 + 4 * tags;
		if (len >= ip + 20 && !memcmp(in->bytes, bytes, ip + 4) &&
		    !memcmp(in->bytes + ip + 6, bytes + ip + 6, 4) &&
		    !memcmp(in->bytes + ip + 12, bytes + ip + 12, len - ip - 12))
			return true;
	}
	return false;
}

/* Which flow these bytes are the next of; FLOWS_MAX: none. */
static size_t take_out(const uint8_t *bytes, size_t len, size_t count)
{
	for (size_t number = 0; number < FLOWS_MAX; number++) {
		size_t i = first_not_out(number, count);
		if (i < count && is_equal(&input[i], bytes, len)) {
			input[i].out = true;
			for (size_t k = 0; input[i].barrier && k < i; k++)
				CHECK(input[k].out);
			return i;
		}
	}
	return FRAMES;
}

/* The frames that were joined are one that starts and others that do not; the next of the flow starts again. */
static void check_train(const size_t *which, size_t n, size_t count, bool exactly)
{
	for (size_t i = 0; i < n; i++) {
		CHECK(which[i] < FRAMES);
		if (which[i] == FRAMES)
			return;
		CHECK_INT(input[which[i]].flow, input[which[0]].flow);
		CHECK(i == 0 || !(exactly ? input[which[i]].starts : input[which[i]].parted));
	}
	size_t next = first_not_out(input[which[0]].flow, count);
	CHECK(!exactly || input[which[0]].starts);
	CHECK(!exactly || next == count || input[next].starts);
}

static void check_written(const struct written *w, size_t count, bool exactly)
{
	size_t which[COALESCE_FRAMES_MAX] = { 0 }, n = 0, len;
	struct segment s;
	const uint8_t *data;
	if (w->frames == 1) {
		which[n++] = take_out(w->bytes, w->len, count);
	} else {
		uint8_t *exact = model_exact(w->bytes, w->len);
		bool begun = segment_begin(&s, exact, w->len, &w->offload);
		CHECK(begun);
		while (begun && n < COALESCE_FRAMES_MAX && segment_next(&s, scratch, &data, &len)) {
			memcpy(scratch + s.header_len, data, len);
			which[n++] = take_out(scratch, s.header_len + len, count);
		}
		free(exact);
	}
	CHECK_INT(n, w->frames);
	if (n)
		check_train(which, n, count, exactly);
}

static void round_of(size_t flows, bool exactly)
{
	struct coalesce *c = written_by_coalesce();
	size_t count = 1 + model_below(FRAMES);
	for (size_t i = 0; i < flows; i++)
		random_flow(&flow[i], i);
	make_all(count, flows);
	for (size_t i = 0; i < count; i++)
		coalesce_put(c, input[i].bytes, input[i].len);
	coalesce_flush(c);
	for (size_t i = 0; i < written_count; i++)
		check_written(&written[i], count, exactly);
	for (size_t i = 0; i < count; i++) {
		CHECK(input[i].out);
		free(input[i].bytes);
	}
	written_forget();
	coalesce_free(c);
}

static void few_flows_are_joined_as_foretold(void)
{
	for (int round = 0; round < 600 && !test_failed_checks; round++)
		round_of(1 + model_below(FLOWS_HELD), true);
}

static void many_flows_keep_their_order(void)
{
	for (int round = 0; round < 200 && !test_failed_checks; round++)
		round_of(FLOWS_MAX, false);
}

int main(void)
{
	RUN(few_flows_are_joined_as_foretold);
	RUN(many_flows_keep_their_order);
	return test_done();
}
