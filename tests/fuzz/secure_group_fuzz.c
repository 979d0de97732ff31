/* GROUP and CALL payloads, sender keys and time as they come: made up, genuine, and genuine but for a byte.  Nothing
 * that was changed opens, what opens goes to a group, and what waits stays within its limits.
 */
#include "engine/secure/call.h"
#include "engine/secure/group.h"
#include "engine/secure/held.h"
#include "fuzz.h"

enum { PAYLOAD_MAX = 600, EDGES = 4 };

struct world {
	struct rd in;
	uint64_t now, drawn;
	struct secure_groups *sender, *receiver;
};

static uint8_t mac_of(uint8_t mac[static MAC_LEN], uint8_t n)
{
	memset(mac, 0, MAC_LEN);
	mac[0] = 2;
	mac[5] = n % EDGES;
	return mac[5];
}

/* Different each time, and the same for the same input. */
static void draw(void *ctx, void *bytes, size_t len)
{
	struct world *w = ctx;
	memset(bytes, 0, len);
	for (size_t i = 0; i < len && i < 8; i++)
		((uint8_t *)bytes)[i] = (uint8_t)(++w->drawn * 37);
}

static struct secure_groups *edge_new(struct world *w, uint8_t n)
{
	struct secure_groups_config config = { .suites = 1, .sources_max = EDGES };
	const struct secure_host host = { w, draw, NULL };
	const struct secure_keys keys = { .ak = { 7 } };
	mac_of(config.mac, n);
	struct secure_groups *g = secure_groups_new(&config, &host, w->now);
	FUZZ_CHECK(g);
	secure_groups_set_keys(g, &keys, 1);
	return g;
}

static void check_limits(const struct world *w)
{
	struct secure_group_info info;
	secure_groups_info(w->receiver, &info);
	FUZZ_CHECK(info.held_bytes <= HELD_BYTES && info.held_messages <= EDGES * HELD_SOURCE_N);
	FUZZ_CHECK(info.sources <= EDGES && info.receivers <= EDGES);
}

/* changed: it must not open. */
static void open_all(struct world *w, uint8_t from, struct burst_frame *payload, size_t n, bool changed)
{
	uint8_t mac[MAC_LEN], flags = rd_u8(&w->in);
	mac_of(mac, from);
	struct opening o = { .src = mac, .payload = payload, .n = n };
	struct group_opening in = { .o = &o, .session = flags & 1, .wanted = flags & 2 };
	uint8_t *head[BURST_MAX];
	size_t len[BURST_MAX];
	for (size_t i = 0; i < n; i++) {
		head[i] = payload[i].head;
		len[i] = payload[i].head_len;
	}
	secure_groups_open(w->receiver, w->now, &in);
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(o.result[i] != OPEN_CONTROL && o.result[i] < OPEN_REFUSED + SECURE_REFUSED_N);
		if (o.result[i] != OPEN_FRAME)
			continue;
		FUZZ_CHECK(!changed && payload[i].head >= head[i] + GROUP_HEADER);
		FUZZ_CHECK(payload[i].head + payload[i].head_len + AEAD_TAG == head[i] + len[i]);
		FUZZ_CHECK(mac_is_group(payload[i].head));
	}
}

/* Payloads of one kind, in pieces of memory as long as they are. */
static void made_up(struct world *w)
{
	struct burst_frame payload[4];
	uint8_t kind = rd_u8(&w->in) & 1 ? GROUP_KIND : CALL_KIND, from = rd_u8(&w->in);
	size_t n = 0, wanted = rd_u8(&w->in) % 4 + 1u;
	while (n < wanted) {
		size_t len = smaller(rd_u16(&w->in) % PAYLOAD_MAX, rd_left(&w->in));
		uint8_t *data = malloc(len + 1);
		data[0] = kind;
		rd_bytes(&w->in, data + 1, len);
		payload[n++] = (struct burst_frame){ .head = data, .head_len = len + 1 };
	}
	uint8_t *data[4];
	for (size_t i = 0; i < n; i++)
		data[i] = payload[i].head;
	open_all(w, from, payload, n, false);
	for (size_t i = 0; i < n; i++)
		free(data[i]);
}

static void genuine(struct world *w)
{
	static const uint8_t arp[] = { 0x08, 0x06 };
	uint8_t frame[CALL_FRAME_MAX] = { 1 }, room[CALL_FRAME_MAX + SECURE_OVERHEAD], flags = rd_u8(&w->in);
	size_t len = 14 + rd_u8(&w->in) % (sizeof(frame) - 14);
	struct burst_frame one = { .head = frame, .head_len = len };
	const struct burst burst = { &one, 1, len };
	struct seal s = { .dst = frame, .frames = &burst, .room = room };
	if (flags & 1)
		memcpy(frame + 2 * MAC_LEN, arp, sizeof(arp));
	FUZZ_CHECK(secure_groups_seal(w->sender, w->now, &s) == SEALED && s.out.bytes <= sizeof(room));
	one = s.frame[0];
	uint8_t bits = rd_u8(&w->in), *at = one.head + 1 + rd_u8(&w->in) % (one.head_len - 1);
	*at ^= bits;
	open_all(w, 0, &one, 1, bits);
}

static void told(struct world *w)
{
	uint8_t body[SENDER_KEY_LEN], mac[MAC_LEN], session = rd_u8(&w->in), from = mac_of(mac, rd_u8(&w->in));
	size_t len = sizeof(body);
	if (from)
		rd_bytes(&w->in, body, len = smaller(rd_u8(&w->in), sizeof(body)));
	else
		secure_groups_tell(w->sender, w->now, mac, 1, body);
	bool taken = secure_groups_told(w->receiver, w->now, mac, session, body, len);
	FUZZ_CHECK(!taken || secure_groups_knows(w->receiver, mac));
}

static void pass(struct world *w)
{
	struct burst_frame frame;
	uint8_t mac[MAC_LEN], scale = rd_u8(&w->in) % 12;
	w->now += (uint64_t)rd_u8(&w->in) << scale;
	FUZZ_CHECK(secure_groups_tick(w->receiver, w->now) > w->now);
	FUZZ_CHECK(secure_groups_tick(w->sender, w->now) > w->now);
	while (secure_groups_next(w->receiver, w->now, mac, &frame))
		FUZZ_CHECK(frame.head_len >= 14 && mac_is_group(frame.head));
}

static void change(struct world *w)
{
	uint8_t mac[MAC_LEN], what = rd_u8(&w->in);
	mac_of(mac, what);
	if (what & 0x40)
		secure_groups_draw(w->sender, w->now);
	else if (what & 0x20)
		secure_groups_wipe(w->receiver, w->now, mac);
	else
		secure_groups_forget(w->receiver, mac);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const does[])(struct world *) = { made_up, genuine, told, pass, genuine, told, pass, change };
	struct world w = { .in = rd_of(data, len), .now = 1000 };
	w.sender = edge_new(&w, 0);
	w.receiver = edge_new(&w, 1);
	while (rd_left(&w.in)) {
		does[rd_u8(&w.in) % 8](&w);
		check_limits(&w);
	}
	secure_groups_free(w.sender);
	secure_groups_free(w.receiver);
	return 0;
}
