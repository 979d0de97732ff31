/* Handshakes byte for byte as in the golden vectors, in both roles; what is cut, changed or of somebody else is refused
 * and leaves the handshake where it was.
 */
#include "hex.h"

#include "core/crypto/x25519.h"
#include "core/handshake.h"

/* One handshake of the golden vectors with both of its sides. */
struct sides {
	struct golden g;
	struct noise_static a, b;
	struct noise_psk psk;
	struct hex prologue, ck;
	struct noise initiator, responder;
	uint32_t a_index, b_index;
};

static struct noise_static static_of(const struct golden *g, const char *private, const char *public)
{
	struct noise_static s;
	memcpy(s.private, golden_hex(g, private).data, NOISE_KEY);
	x25519_public(s.public, s.private);
	CHECK_HEX(s.public, golden_text(g, public));
	return s;
}

static void begin(struct sides *s)
{
	s->a = static_of(&s->g, "a_private", "a_public");
	s->b = static_of(&s->g, "b_private", "b_public");
	s->prologue = golden_hex(&s->g, "prologue");
	s->ck = golden_hex(&s->g, "ck");
	noise_psk_init(&s->psk, golden_hex(&s->g, "psk").data);
	noise_begin(&s->initiator, &s->psk, s->prologue.data, s->prologue.len);
	noise_begin(&s->responder, &s->psk, s->prologue.data, s->prologue.len);
}

static void check_state(const struct sides *s, const struct noise *n)
{
	CHECK_HEX(n->hash, golden_text(&s->g, "h"));
	CHECK_HEX(n->chaining_key, golden_text(&s->g, "noise_ck"));
}

typedef bool getter(struct sides *s, struct noise *n, const uint8_t *data, size_t len);

/* Every length, every bit: refused, and nothing has changed. */
static void check_refused(struct sides *s, const struct noise *n, getter *get, const uint8_t *data, size_t len)
{
	static uint8_t changed[HANDSHAKE_INIT_LEN + 1];
	struct noise copy = *n;
	memset(changed, 0, sizeof(changed));
	memcpy(changed, data, len);
	for (size_t cut = 0; cut <= len + 1; cut++)
		CHECK(cut == len || !get(s, &copy, changed, cut));
	for (size_t bit = 0; bit < 8 * len; bit++) {
		/* The receiver's index has led here, and X25519 ignores the highest bit of a key but the hash does not. */
		if (data[0] != HANDSHAKE_INIT && bit / 32 == 1)
			continue;
		changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK(!get(s, &copy, changed, len));
		changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CHECK(!memcmp(&copy, n, sizeof(copy)));
}

static bool get_init(struct sides *s, struct noise *n, const uint8_t *data, size_t len)
{
	struct handshake_init m;
	(void)s;
	return handshake_get_init(n, &m, data, len);
}
static bool get_response(struct sides *s, struct noise *n, const uint8_t *data, size_t len)
{
	struct handshake_response m;
	return handshake_get_response(n, &s->a, &m, data, len);
}
static bool get_finish(struct sides *s, struct noise *n, const uint8_t *data, size_t len)
{
	return handshake_get_finish(n, &s->b, data, len);
}

/* Fields of the plain payload as the file has it. */
static void check_init(struct sides *s)
{
	struct hex want = golden_hex(&s->g, "payload"), plain = golden_hex(&s->g, "plain");
	uint8_t out[HANDSHAKE_INIT_LEN];
	struct handshake_init m = { get_be32(plain.data), get_be16(plain.data + 4), { 0 } }, got;
	memcpy(m.cookie, plain.data + 8, HANDSHAKE_COOKIE);
	noise_begin(&s->initiator, &s->psk, s->prologue.data, s->prologue.len);
	noise_begin(&s->responder, &s->psk, s->prologue.data, s->prologue.len);
	handshake_put_init(&s->initiator, golden_hex(&s->g, "e_private").data, &m, out);
	CHECK_INT(want.len, sizeof(out));
	CHECK_BYTES(out, want.data, sizeof(out));
	check_state(s, &s->initiator);
	check_refused(s, &s->responder, get_init, out, sizeof(out));
	CHECK(handshake_get_init(&s->responder, &got, out, sizeof(out)));
	check_state(s, &s->responder);
	CHECK_INT(got.sender, m.sender);
	CHECK_INT(got.suites, m.suites);
	CHECK_BYTES(got.cookie, m.cookie, HANDSHAKE_COOKIE);
	CHECK_BYTES(s->responder.peer_ephemeral, handshake_ephemeral(out), NOISE_KEY);
	s->a_index = m.sender;
}

static void check_response(struct sides *s)
{
	struct hex want = golden_hex(&s->g, "payload"), plain = golden_hex(&s->g, "plain");
	uint8_t out[HANDSHAKE_RESPONSE_LEN];
	struct handshake_response got, m = { get_be32(plain.data), get_be16(plain.data + 4), get_be16(plain.data + 6) };
	CHECK(handshake_put_response(&s->responder, &s->b, golden_hex(&s->g, "e_private").data, s->a_index, &m, out));
	CHECK_INT(want.len, sizeof(out));
	CHECK_BYTES(out, want.data, sizeof(out));
	check_state(s, &s->responder);
	CHECK_INT(handshake_receiver(out), s->a_index);
	check_refused(s, &s->initiator, get_response, out, sizeof(out));
	CHECK(handshake_get_response(&s->initiator, &s->a, &got, out, sizeof(out)));
	check_state(s, &s->initiator);
	CHECK_INT(got.sender, m.sender);
	CHECK_INT(got.suites, m.suites);
	CHECK_INT(got.chosen, m.chosen);
	CHECK_BYTES(s->initiator.peer_static, s->b.public, NOISE_KEY);
	s->b_index = m.sender;
}

static void check_split(const struct sides *s, const struct noise *n)
{
	uint8_t forth[NOISE_KEY], back[NOISE_KEY];
	noise_split(n, forth, back);
	CHECK_HEX(forth, golden_text(&s->g, "key_AtoB"));
	CHECK_HEX(back, golden_text(&s->g, "key_BtoA"));
}

static void check_finish(struct sides *s)
{
	struct hex want = golden_hex(&s->g, "payload");
	uint8_t out[HANDSHAKE_FINISH_LEN];
	CHECK(handshake_put_finish(&s->initiator, &s->a, s->b_index, out));
	CHECK_INT(want.len, sizeof(out));
	CHECK_BYTES(out, want.data, sizeof(out));
	check_state(s, &s->initiator);
	check_refused(s, &s->responder, get_finish, out, sizeof(out));
	CHECK(handshake_get_finish(&s->responder, &s->b, out, sizeof(out)));
	check_state(s, &s->responder);
	CHECK_BYTES(s->responder.peer_static, s->a.public, NOISE_KEY);
	check_split(s, &s->initiator);
	check_split(s, &s->responder);
}

static void check_retry(struct sides *s)
{
	struct hex want = golden_hex(&s->g, "payload");
	uint8_t out[HANDSHAKE_RETRY_LEN], proof[HANDSHAKE_COOKIE];
	struct handshake_retry m = { .receiver = s->a_index }, got;
	handshake_cookie(m.cookie, golden_hex(&s->g, "secret").data, s->prologue.data + 29);
	handshake_proof(m.proof, s->ck.data, s->responder.peer_ephemeral, m.cookie);
	handshake_put_retry(&m, out);
	CHECK_INT(want.len, sizeof(out));
	CHECK_BYTES(out, want.data, sizeof(out));
	for (size_t len = 0; len < sizeof(out); len++)
		CHECK(!handshake_get_retry(&got, out, len));
	CHECK(handshake_get_retry(&got, out, sizeof(out)));
	CHECK_INT(got.receiver, m.receiver);
	handshake_proof(proof, s->ck.data, s->initiator.hash, got.cookie);
	CHECK(memcmp(proof, got.proof, sizeof(proof)));
	out[1] = 1;
	CHECK(!handshake_get_retry(&got, out, sizeof(out)));
}

static void golden_vectors(void)
{
	static struct sides s;
	int handshakes = 0, messages = 0;
	FILE *f = hex_open("secure-handshake.txt");
	while (golden_next(f, &s.g)) {
		const char *what = strchr(s.g.title, ' ') + 1;
		messages++;
		if (!strncmp(s.g.title, "HANDSHAKE", 9)) {
			begin(&s);
			handshakes++;
		} else if (!strncmp(what, "init", 4)) {
			check_init(&s);
		} else if (!strncmp(what, "response", 8)) {
			check_response(&s);
		} else if (!strncmp(what, "retry", 5)) {
			check_retry(&s);
		} else if (!strncmp(what, "finish", 6)) {
			check_finish(&s);
		} else {
			CHECK_STR(what, "a message that this test knows");
		}
	}
	CHECK_INT(handshakes, 3);
	CHECK_INT(messages, 3 + 3 + 5 + 5);
}

/* Two sides with keys of their own. */
static void meet(struct noise *n, struct noise *m, struct noise_static own[2], uint8_t keys[2][NOISE_KEY])
{
	struct noise_psk psk;
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < NOISE_KEY; k++) {
			own[i].private[k] = (uint8_t)test_random();
			keys[i][k] = (uint8_t)test_random();
		}
	x25519_public(own[0].public, own[0].private);
	x25519_public(own[1].public, own[1].private);
	noise_psk_init(&psk, keys[0]);
	noise_begin(n, &psk, "p", 1);
	noise_begin(m, &psk, "p", 1);
}

/* A mirror: who is shown his own key ends it. */
static void ones_own_key_is_refused(void)
{
	struct noise a, b;
	struct noise_static own[2];
	uint8_t e[2][NOISE_KEY], out[HANDSHAKE_INIT_LEN];
	struct handshake_init init = { 1, 3, { 0 } }, got;
	struct handshake_response response = { 2, 3, 1 };
	meet(&a, &b, own, e);
	handshake_put_init(&a, e[0], &init, out);
	CHECK(handshake_get_init(&b, &got, out, HANDSHAKE_INIT_LEN));
	CHECK(handshake_put_response(&b, &own[0], e[1], 1, &response, out));
	CHECK(!handshake_get_response(&a, &own[0], &response, out, HANDSHAKE_RESPONSE_LEN));
}

/* A point of small order as ephemeral key: the responder does not answer. */
static void zeros_are_refused(void)
{
	struct noise a, b;
	struct noise_static own[2];
	uint8_t e[2][NOISE_KEY], out[HANDSHAKE_INIT_LEN];
	struct handshake_init init = { 1, 3, { 0 } }, got;
	struct handshake_response response = { 2, 3, 1 };
	meet(&a, &b, own, e);
	handshake_put_init(&a, e[0], &init, out);
	CHECK(handshake_get_init(&b, &got, out, HANDSHAKE_INIT_LEN));
	memset(b.peer_ephemeral, 0, NOISE_KEY);
	CHECK(!handshake_put_response(&b, &own[1], e[1], 1, &response, out));
}

/* Another key, and another prologue. */
static void strangers_are_refused(void)
{
	struct noise a, b;
	struct noise_psk psk;
	struct noise_static own[2];
	uint8_t e[2][NOISE_KEY], out[HANDSHAKE_INIT_LEN];
	struct handshake_init init = { 1, 3, { 0 } }, got;
	meet(&a, &b, own, e);
	handshake_put_init(&a, e[0], &init, out);
	noise_psk_init(&psk, e[1]);
	noise_begin(&b, &psk, "p", 1);
	CHECK(!handshake_get_init(&b, &got, out, HANDSHAKE_INIT_LEN));
	noise_psk_init(&psk, e[0]);
	noise_begin(&b, &psk, "q", 1);
	CHECK(!handshake_get_init(&b, &got, out, HANDSHAKE_INIT_LEN));
	noise_begin(&b, &psk, "p", 1);
	CHECK(handshake_get_init(&b, &got, out, HANDSHAKE_INIT_LEN));
}

/* Sealed by one who knows the key, and yet not as it must be. */
static void reserved_bytes_are_zero(void)
{
	struct noise a, b;
	struct noise_static own[2];
	uint8_t e[2][NOISE_KEY], out[HANDSHAKE_INIT_LEN] = { HANDSHAKE_INIT };
	struct handshake_init got;
	for (size_t i = 0; i < 60; i++) {
		uint8_t plain[60] = { 0 };
		bool reserved = i == 6 || i == 7 || i >= 24;
		meet(&a, &b, own, e);
		plain[i] = 1;
		noise_write_1(&a, e[0], plain, sizeof(plain), out + 4);
		CHECK_INT(handshake_get_init(&b, &got, out, HANDSHAKE_INIT_LEN), !reserved);
	}
}

static void the_highest_common_suite(void)
{
	CHECK_INT(handshake_suite(3, 3), 1);
	CHECK_INT(handshake_suite(1, 3), 0);
	CHECK_INT(handshake_suite(3, 0xfffd), 0);
	CHECK_INT(handshake_suite(3, 0xfffc), -1);
}

int main(void)
{
	RUN(golden_vectors);
	RUN(ones_own_key_is_refused);
	RUN(zeros_are_refused);
	RUN(strangers_are_refused);
	RUN(reserved_bytes_are_zero);
	RUN(the_highest_common_suite);
	return test_done();
}
