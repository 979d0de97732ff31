/* The golden vectors of scheme 3. */
#include "hex.h"

#include "core/registration.h"

static const char COMMUNITY[] = "496e74657273686f700000000000000000000000";
static const char RK[] = "7a9c94a7ab5faccec62a8e2a9d6447a2936adb686d209c7f85ea1f9d84adfe21";
static const char SECRET[] = "d87509db4ed173e13f62225a6e1da780e4180f54fe8d88d5062d37c6bb44e0f2";
static const char OWNER[] = "5ae693c573c37ff7e0baf66491048ab8";
static const char MAC[] = "e6195261b433";

static struct hex challenge;

/* What was hashed says for whom the challenge is. */
static void check_challenge(const struct golden *g)
{
	struct hex hashed = golden_hex(g, "hashed"), secret = hex_of(SECRET), mac = hex_of(MAC), community = hex_of(COMMUNITY);
	struct addr from = { .family = ADDR_V4, .port = get_be16(hashed.data + 2) };
	uint8_t got[CHALLENGE_LEN];
	if (get_be16(hashed.data) == 6)
		from.family = ADDR_V6;
	memcpy(from.ip, hashed.data + 4, addr_ip_len(&from));
	registration_challenge(got, secret.data, &from, mac.data, community.data, get_be32(hashed.data + hashed.len - 4));
	CHECK_HEX(got, golden_text(g, "challenge"));
	challenge = golden_hex(g, "challenge");
	struct hex message = golden_hex(g, "message");
	struct wire_message m;
	uint8_t again[WIRE_CONTROL_MAX];
	CHECK_INT(wire_get(&m, message.data, message.len), WIRE_GOOD);
	CHECK_INT(m.super_nak.auth.scheme, AUTH_PROOF);
	CHECK(!memcmp(m.super_nak.auth.token, got, CHALLENGE_LEN));
	CHECK(wire_put(again, sizeof(again), &m) == message.len && !memcmp(again, message.data, message.len));
}

static void check_flipped(const struct hex *message, const uint8_t *rk)
{
	struct wire_message m;
	for (size_t bit = 0; bit < 8 * message->len; bit++) {
		struct hex flipped = *message;
		flipped.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (wire_get(&m, flipped.data, flipped.len) == WIRE_GOOD
		    && (m.type == WIRE_REGISTER_SUPER || m.type == WIRE_UNREGISTER_SUPER))
			CHECK(!registration_is_proven(&m, rk));
	}
}

/* Made by us from the same message without a proof, and looked at as the supernode does. */
static void check_proof(const struct golden *g)
{
	struct hex message = golden_hex(g, "message"), rk = hex_of(RK), owner = hex_of(OWNER);
	struct wire_message m;
	uint8_t again[WIRE_CONTROL_MAX], other[REGISTRATION_KEY] = { 1 };
	CHECK_INT(wire_get(&m, message.data, message.len), WIRE_GOOD);
	CHECK(registration_is_proven(&m, rk.data) && !registration_is_proven(&m, other));
	struct wire_auth *auth = m.type == WIRE_REGISTER_SUPER ? &m.reg_super.auth : &m.unreg_super.auth;
	*auth = (struct wire_auth){ .scheme = AUTH_NONE };
	CHECK(registration_prove(&m, rk.data, challenge.data, owner.data));
	CHECK(wire_put(again, sizeof(again), &m) == message.len);
	CHECK_BYTES(again, message.data, message.len);
	CHECK(!memcmp(proof_owner(auth), owner.data, OWNER_TOKEN));
	check_flipped(&message, rk.data);
	CHECK(registration_prove(&m, NULL, challenge.data, owner.data));
	CHECK(!registration_is_proven(&m, rk.data));
}

static void golden_vectors(void)
{
	static struct golden g;
	int challenges = 0, proofs = 0;
	FILE *f = hex_open("secure-registration.txt");
	while (golden_next(f, &g)) {
		if (golden_text(&g, "hashed")) {
			check_challenge(&g);
			challenges++;
		} else if (golden_text(&g, "proof")) {
			check_proof(&g);
			proofs++;
		}
	}
	CHECK(challenges >= 2 && proofs == 2 * challenges);
}

int main(void)
{
	RUN(golden_vectors);
	return test_done();
}
