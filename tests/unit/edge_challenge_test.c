/* Supernodes that want the key proven: the edge answers once a second at most, with what was asked last. */
#include "edge_fake.h"

#include "core/registration.h"

static const uint8_t key[REGISTRATION_KEY] = { 1 }, other_key[REGISTRATION_KEY] = { 2 }, owner[OWNER_TOKEN] = { 9, 9 };

static void challenge(struct fake *f, uint8_t fill)
{
	struct wire_message m = fake_head(f, WIRE_REGISTER_SUPER_NAK, WIRE_FROM_SUPERNODE);
	struct wire_message asked = sent_message(sent_last(f, WIRE_REGISTER_SUPER));
	m.super_nak.cookie = asked.reg_super.cookie;
	memcpy(m.super_nak.mac, asked.reg_super.mac, MAC_LEN);
	m.super_nak.auth = (struct wire_auth){ .scheme = AUTH_PROOF, .len = AUTH_CHALLENGE_LEN };
	memset(m.super_nak.auth.token, fill, CHALLENGE_LEN);
	fake_message(f, &f->sn[0].addr, &m);
}

static struct wire_message last_registration(const struct fake *f)
{
	return sent_message(sent_last(f, WIRE_REGISTER_SUPER));
}

static bool proves(const struct wire_message *m, uint8_t fill, const uint8_t *with)
{
	const struct wire_auth *auth = m->type == WIRE_REGISTER_SUPER ? &m->reg_super.auth : &m->unreg_super.auth;
	uint8_t want[CHALLENGE_LEN];
	memset(want, fill, sizeof(want));
	return registration_is_proven(m, with) && !memcmp(proof_challenge(auth), want, CHALLENGE_LEN)
	       && !memcmp(proof_owner(auth), owner, OWNER_TOKEN);
}

static struct fake *start(void)
{
	struct fake *f = fake_new();
	f->config.owner = owner;
	f->config.registration_key = key;
	f->sn[0].deaf = true;
	fake_start(f);
	return f;
}

static void answers_at_once_and_keeps_the_challenge(void)
{
	struct fake *f = start();
	struct wire_message m = last_registration(f);
	CHECK(m.reg_super.auth.scheme == AUTH_SIMPLE_ID && !memcmp(m.reg_super.auth.token, owner, OWNER_TOKEN));
	challenge(f, 3);
	m = last_registration(f);
	CHECK(proves(&m, 3, key));
	f->sn[0].deaf = false;
	fake_run(f, 1000);
	CHECK(registered(f));
	fake_run(f, 60000);
	m = last_registration(f);
	CHECK(registered(f) && proves(&m, 3, key));
	edge_stop(f->e, f->now);
	m = sent_message(sent_last(f, WIRE_UNREGISTER_SUPER));
	CHECK(proves(&m, 3, key));
	CHECK_INT(edge_info(f->e)->counts.challenges, 1);
	CHECK_INT(edge_info(f->e)->counts.naks, 0);
	fake_end(f);
}

static void once_a_second(void)
{
	struct fake *f = start();
	challenge(f, 3);
	size_t sent = sent_count(f, 0, WIRE_REGISTER_SUPER);
	challenge(f, 4);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), sent);
	fake_run(f, 1000);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), sent + 1);
	struct wire_message m = last_registration(f);
	CHECK(proves(&m, 4, key));
	fake_end(f);
}

static void says_that_it_is_in_vain(void)
{
	struct fake *f = start();
	for (uint8_t i = 1; i < 6; i++) {
		challenge(f, i);
		fake_run(f, 1000);
	}
	CHECK_INT(edge_info(f->e)->trouble, TROUBLE_KEY);
	CHECK_INT(notes_with(f, "lets in only who has its key"), 1);
	edge_set_registration_key(f->e, other_key);
	challenge(f, 9);
	fake_run(f, 1000);
	struct wire_message m = last_registration(f);
	CHECK(proves(&m, 9, other_key));
	f->sn[0].deaf = false;
	fake_run(f, 3000);
	CHECK(registered(f) && edge_info(f->e)->trouble == TROUBLE_NONE);
	fake_end(f);
}

/* Without a key the answer shows the address: a supernode may want no more. */
static void without_a_key(void)
{
	struct fake *f = fake_new();
	f->sn[0].deaf = true;
	fake_start(f);
	challenge(f, 3);
	struct wire_message m = last_registration(f);
	static const uint8_t zeros[16];
	CHECK(m.reg_super.auth.scheme == AUTH_PROOF && !memcmp(m.reg_super.auth.token + 32, zeros, 16));
	CHECK_INT(m.reg_super.auth.token[0], 3);
	fake_end(f);
}

/* Nobody but the supernode that was asked. */
static void of_others(void)
{
	struct fake *f = start();
	struct wire_message m = fake_head(f, WIRE_REGISTER_SUPER_NAK, WIRE_FROM_SUPERNODE);
	m.super_nak.cookie = last_registration(f).reg_super.cookie;
	m.super_nak.auth = (struct wire_auth){ .scheme = AUTH_PROOF, .len = AUTH_CHALLENGE_LEN };
	size_t sent = f->sent_n;
	fake_message(f, &stranger, &m);
	m.super_nak.cookie++;
	fake_message(f, &f->sn[0].addr, &m);
	CHECK_INT(f->sent_n, sent);
	fake_end(f);
}

int main(void)
{
	RUN(answers_at_once_and_keeps_the_challenge);
	RUN(once_a_second);
	RUN(says_that_it_is_in_vain);
	RUN(without_a_key);
	RUN(of_others);
	return test_done();
}
