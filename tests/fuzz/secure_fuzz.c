/* Sessions against somebody who has no key, and against one who has: what he seals may be anything.  The input says which,
 * and then what happens, one thing after the other.
 */
#include "core/crypto/aead.h"
#include "core/crypto/x25519.h"
#include "core/handshake.h"
#include "engine/secure/secure.h"
#include "fuzz.h"

enum { ROOM = 1 << 17, SAID = 512, HEADER = 16 };

static struct {
	struct secure *s;
	const struct transform *t;
	uint64_t now, random;
	uint8_t said[SAID];             /* its last message */
	size_t said_n;
	size_t frames;
	/* The other, who has the key. */
	struct noise noise;
	struct noise_static own;
	uint32_t receiver;
	uint8_t seals[AEAD_KEY];
	uint64_t counter;
	bool session;
} fuzz;

static uint8_t room[ROOM];
static const uint8_t our_mac[MAC_LEN] = { 2, 0, 0, 0, 0, 1 }, his_mac[MAC_LEN] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t community[COMMUNITY_LEN] = "fuzz";
static const struct endpoint from = { .addr = { .family = ADDR_V4, .port = 4000, .ip = { 192, 0, 2, 2 } } };

static void draw(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	for (uint8_t *at = bytes; len; len--)
		*at++ = (uint8_t)((fuzz.random = fuzz.random * 6364136223846793005u + 1442695040888963407u) >> 56);
}

static void look_at(const struct burst *frames)
{
	for (size_t i = 0; i < frames->n; i++)
		FUZZ_CHECK(frames->frame[i].head_len >= 14 && memcmp(frames->frame[i].head + MAC_LEN, our_mac, MAC_LEN));
	fuzz.frames += frames->n;
}

static void listen(void)
{
	struct transform_say said;
	for (int n = 0; fuzz.t->next(fuzz.t->ctx, fuzz.now, &said); n++) {
		FUZZ_CHECK(n < 10000);
		if (said.how == SAY_TO_TAP) {
			look_at(&said.burst);
		} else if (said.how != SAY_WORKS) {
			fuzz.said_n = smaller(said.burst.frame->head_len, SAID);
			memcpy(fuzz.said, said.burst.frame->head, fuzz.said_n);
		}
	}
}

static void feed(const uint8_t *bytes, size_t len, const uint8_t *src, bool relayed)
{
	static uint8_t copy[4096];
	struct burst_frame f = { .head = copy, .head_len = smaller(len, sizeof(copy)) };
	struct opening o = { .from = &from, .relayed = relayed, .src = src, .dst = our_mac, .payload = &f, .n = 1, .wanted = true };
	if (len)
		memcpy(copy, bytes, f.head_len);
	fuzz.t->open(fuzz.t->ctx, fuzz.now, &o);
	FUZZ_CHECK(o.n == 1 && o.result[0] < OPEN_REFUSED + SECURE_REFUSED_N);
	const struct burst opened = { &f, 1, f.head_len };
	if (o.result[0] == OPEN_FRAME)
		look_at(&opened);
	listen();
}

static void start(void)
{
	static struct secure_identity id;
	static struct secure_keys keys;
	uint8_t key[SECURE_KEY] = { 1 }, seed[SECURE_SEED] = { 2 };
	struct noise_psk psk;
	uint8_t prologue[9 + COMMUNITY_LEN + 2 * MAC_LEN];
	const struct secure_host host = { .random = draw };
	memset(&fuzz, 0, sizeof(fuzz));
	fuzz.now = 1000;
	secure_keys_of(&keys, key, community);
	secure_identity_of(&id, seed, community);
	struct secure_config c = { .keys = &keys, .keys_n = 1, .identity = &id, .suites = 1, .peers_max = 4 };
	memcpy(c.community, community, COMMUNITY_LEN);
	memcpy(c.mac, our_mac, MAC_LEN);
	fuzz.s = secure_new(&c, &host, fuzz.now);
	FUZZ_CHECK(fuzz.s);
	fuzz.t = secure_transform(fuzz.s);
	noise_psk_init(&psk, keys.psk);
	memcpy(prologue, "castnet 1", 9);
	memcpy(prologue + 9, community, COMMUNITY_LEN);
	memcpy(prologue + 9 + COMMUNITY_LEN, his_mac, MAC_LEN);
	memcpy(prologue + 9 + COMMUNITY_LEN + MAC_LEN, our_mac, MAC_LEN);
	noise_begin(&fuzz.noise, &psk, prologue, sizeof(prologue));
	draw(NULL, fuzz.own.private, NOISE_KEY);
	x25519_public(fuzz.own.public, fuzz.own.private);
}

/* The other begins a handshake and finishes it. */
static void shake(void)
{
	uint8_t ephemeral[NOISE_KEY], out[HANDSHAKE_INIT_LEN], back[AEAD_KEY];
	struct handshake_init init = { .sender = 7, .suites = 1 };
	struct handshake_response r;
	draw(NULL, ephemeral, sizeof(ephemeral));
	handshake_put_init(&fuzz.noise, ephemeral, &init, out);
	feed(out, HANDSHAKE_INIT_LEN, his_mac, true);
	FUZZ_CHECK(handshake_get_response(&fuzz.noise, &fuzz.own, &r, fuzz.said, fuzz.said_n));
	FUZZ_CHECK(handshake_put_finish(&fuzz.noise, &fuzz.own, r.sender, out));
	feed(out, HANDSHAKE_FINISH_LEN, his_mac, true);
	noise_split(&fuzz.noise, fuzz.seals, back);
	fuzz.receiver = r.sender;
	fuzz.session = true;
}

static void seal_and_feed(uint8_t kind, const uint8_t *content, size_t len, bool relayed)
{
	uint8_t bytes[HEADER + 256 + AEAD_TAG] = { kind };
	struct aead_frame f = { .ad = bytes, .ad_len = HEADER, .data = bytes + HEADER, .len = len, .counter = fuzz.counter++ };
	put_be32(bytes + 4, fuzz.receiver);
	put_be32(bytes + 12, (uint32_t)f.counter);
	memcpy(f.data, content, len);
	aead_seal(AEAD_CHACHA20_POLY1305, fuzz.seals, &f, 1);
	feed(bytes, HEADER + len + AEAD_TAG, his_mac, relayed);
}

static void send(const uint8_t *content, size_t len, bool group)
{
	static const uint8_t all[MAC_LEN] = { 255, 255, 255, 255, 255, 255 };
	uint8_t frame[14 + 256] = { 0 };
	const struct burst_frame f = { .head = frame, .head_len = 14 + len };
	const struct burst burst = { &f, 1, f.head_len };
	struct seal sl = { .dst = group ? all : his_mac, .frames = &burst, .room = room };
	memcpy(frame, sl.dst, MAC_LEN);
	memcpy(frame + MAC_LEN, our_mac, MAC_LEN);
	memcpy(frame + 14, content, len);
	sl.out.frame = sl.frame;
	enum sealing result = fuzz.t->seal(fuzz.t->ctx, fuzz.now, &sl);
	FUZZ_CHECK(result != SEALED || (sl.out.n == 1 && sl.out.bytes <= f.head_len + SECURE_OVERHEAD));
	listen();
}

static void one(uint8_t what, const uint8_t *content, size_t len)
{
	bool flag = what & 0x80;
	switch (what & 7) {
	case 0:
		feed(content, len, flag ? his_mac : (const uint8_t[]){ 2, 0, 0, 0, 0, 9 }, what & 0x40);
		break;
	case 1:
	case 2:
		if (fuzz.session)
			seal_and_feed(what & 1 ? 4 : 5, content, len, flag);
		break;
	case 3:
		fuzz.now += 1 + len * 50 * (flag ? 20u : 1u);
		fuzz.t->tick(fuzz.t->ctx, fuzz.now);
		listen();
		break;
	case 4:
		send(content, len, flag);
		break;
	case 5:                         /* what it said last comes back, changed */
		for (size_t i = 0; i < len && fuzz.said_n; i++)
			fuzz.said[i * 7 % fuzz.said_n] ^= content[i];
		feed(fuzz.said, fuzz.said_n, his_mac, flag);
		break;
	case 6:
		fuzz.t->probe(fuzz.t->ctx, fuzz.now, his_mac, &from);
		listen();
		break;
	default:
		if (flag)
			secure_wipe_all(fuzz.s, fuzz.now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	struct secure_info info;
	start();
	bool member = rd_u8(&r) & 1;
	if (member)
		shake();
	while (rd_left(&r) >= 2) {
		uint8_t what = rd_u8(&r), n = rd_u8(&r);
		size_t take = smaller(n, rd_left(&r));
		one(what, rd_take(&r, take), take);
	}
	secure_info(fuzz.s, &info);
	FUZZ_CHECK(info.sessions <= 12 && info.peers <= 4 && info.waiting_frames <= 64 * 4);
	FUZZ_CHECK(member || !fuzz.frames);
	secure_free(fuzz.s);
	return 0;
}
