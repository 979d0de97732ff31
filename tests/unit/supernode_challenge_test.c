/* Communities with a key: who has not proved it is asked, and nothing is kept of him. */
#include "supernode_fake.h"

#include "core/base64.h"
#include "core/registration.h"

static const uint8_t key_a[REGISTRATION_KEY] = { 1 }, key_b[REGISTRATION_KEY] = { 2 };
static const uint8_t owner_a[OWNER_TOKEN] = { 7 }, owner_b[OWNER_TOKEN] = { 8 };

static struct edge_like one(void)
{
	return (struct edge_like){
		.at = addr_of("192.0.2.11:50001"), .mac = { 2, 0, 0, 0, 0, 1 }, .address = subnet_of("10.9.9.1"), .token = 5,
	};
}

static void load(struct fake *f, const char *rest)
{
	char text[300], a[BASE64_KEY_TEXT], b[BASE64_KEY_TEXT];
	struct text why = { .len = 0 };
	base64_write(a, key_a, sizeof(key_a));
	base64_write(b, key_b, sizeof(key_b));
	if (!strcmp(rest, "a"))
		snprintf(text, sizeof(text), "Intershop key:%s\n", a);
	else if (!strcmp(rest, "ba"))
		snprintf(text, sizeof(text), "Intershop 10.9.9.0/24 key:%s,%s # both\n", b, a);
	else
		snprintf(text, sizeof(text), "Intershop %s\n", rest);
	CHECK(supernode_load_communities(f->sn, f->now, text, strlen(text), &why));
}

static void start(struct fake *f)
{
	fake_start(f, fake_config());
	load(f, "a");
}

struct proof { const uint8_t *key, *owner; uint8_t challenge[CHALLENGE_LEN]; };

static void give_proof(struct fake *f, const struct edge_like *e, enum wire_type type, const struct proof *p)
{
	struct wire_message m = message_of(e, type);
	if (type == WIRE_REGISTER_SUPER) {
		m.reg_super.cookie = 77;
		m.reg_super.address = e->address;
		memcpy(m.reg_super.mac, e->mac, MAC_LEN);
	} else {
		memcpy(m.unreg_super.mac, e->mac, MAC_LEN);
	}
	CHECK(registration_prove(&m, p->key, p->challenge, p->owner));
	give_message(f, &e->at, &m);
}

/* What the supernode has just asked. */
static struct proof asked(const struct fake *f, const uint8_t *key, const uint8_t *owner)
{
	struct wire_message m = read_message(last(f));
	struct proof p = { .key = key, .owner = owner };
	CHECK(m.type == WIRE_REGISTER_SUPER_NAK && m.super_nak.auth.scheme == AUTH_PROOF && m.super_nak.auth.len == 16);
	memcpy(p.challenge, m.super_nak.auth.token, CHALLENGE_LEN);
	return p;
}

/* It was acknowledged; perhaps it was then asked how it answers (castnet(7), "Whose MAC"). */
static bool acked(const struct fake *f)
{
	for (size_t i = f->n < 2 ? 0 : f->n - 2; i < f->n; i++)
		if (read_message(&f->sent[i % SENT_MAX]).type == WIRE_REGISTER_SUPER_ACK)
			return true;
	return false;
}

static bool is_in(const struct fake *f, const struct edge_like *e)
{
	struct supernode_edge_info info;
	return find_edge(f, e, &info);
}

static void without_proof(void)
{
	struct fake f;
	struct edge_like e = one();
	start(&f);
	do_claim(&f, &e);
	struct wire_message m = read_message(last(&f));
	CHECK(m.type == WIRE_REGISTER_SUPER_NAK && m.super_nak.cookie == e.cookie && mac_equal(m.super_nak.mac, e.mac));
	CHECK_INT(last(&f)->len, 54);
	CHECK(!is_in(&f, &e));
	CHECK_INT(supernode_info(f.sn)->counts.drops[SUPERNODE_DROP_UNPROVEN], 1);
	CHECK_INT(supernode_info(f.sn)->counts.challenges, 1);
	fake_stop(&f);
}

static void with_proof(void)
{
	struct fake f;
	struct edge_like e = one();
	struct supernode_edge_info info;
	start(&f);
	do_claim(&f, &e);
	struct proof p = asked(&f, key_a, owner_a);
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	CHECK(find_edge(&f, &e, &info) && info.confirmed);      /* it has shown its address, too */
	CHECK(acked(&f));
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);            /* good until it is refused */
	CHECK(acked(&f));
	do_unregister(&f, &e);
	CHECK(is_in(&f, &e));
	give_proof(&f, &e, WIRE_UNREGISTER_SUPER, &p);
	CHECK(!is_in(&f, &e));
	fake_stop(&f);
}

static void wrong_proofs(void)
{
	struct fake f;
	struct edge_like e = one(), elsewhere = one(), other = one();
	start(&f);
	elsewhere.at.port++;
	other.mac[5]++;
	do_claim(&f, &e);
	struct proof p = asked(&f, key_a, owner_a), wrong = p;
	wrong.key = key_b;
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &wrong);
	wrong.key = NULL;
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &wrong);
	wrong = p;
	wrong.challenge[15] ^= 1;
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &wrong);
	give_proof(&f, &elsewhere, WIRE_REGISTER_SUPER, &p);
	give_proof(&f, &other, WIRE_REGISTER_SUPER, &p);
	CHECK_INT(supernode_info(f.sn)->edges, 0);
	CHECK_INT(supernode_info(f.sn)->counts.drops[SUPERNODE_DROP_UNPROVEN], 6);
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	CHECK(is_in(&f, &e));
	fake_stop(&f);
}

static void a_challenge_grows_old(void)
{
	struct fake f;
	struct edge_like e = one();
	start(&f);
	do_claim(&f, &e);
	struct proof p = asked(&f, key_a, owner_a);
	f.now += 60000;
	do_claim(&f, &e);               /* a new secret is drawn; the one before is good */
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	CHECK(is_in(&f, &e));
	f.now += 60000;
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	p = asked(&f, key_a, owner_a);
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	CHECK(acked(&f));
	fake_stop(&f);
}

/* The owner moves at once; a recording from before the move does not move it back. */
static void moving(void)
{
	struct fake f;
	struct edge_like e = one(), moved = one();
	struct supernode_edge_info info;
	start(&f);
	moved.at = addr_of("192.0.2.12:50001");
	do_claim(&f, &e);
	struct proof first = asked(&f, key_a, owner_a);
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &first);
	do_claim(&f, &moved);
	struct proof second = asked(&f, key_a, owner_a);
	give_proof(&f, &moved, WIRE_REGISTER_SUPER, &second);
	CHECK(find_edge(&f, &moved, &info) && addr_equal(&info.endpoint, &moved.at));
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &first);
	CHECK(find_edge(&f, &moved, &info) && addr_equal(&info.endpoint, &moved.at));
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_NAK);
	fake_stop(&f);
}

/* Another owner is a claimant, also where tokens are not checked otherwise. */
static void another_owner(void)
{
	struct fake f;
	struct edge_like e = one(), thief = one();
	struct supernode_edge_info info;
	struct supernode_config config = fake_config();
	config.spoofing_protection = false;
	fake_start(&f, config);
	load(&f, "a");
	thief.at = addr_of("192.0.2.66:6");
	do_claim(&f, &e);
	struct proof p = asked(&f, key_a, owner_a);
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	do_claim(&f, &thief);
	struct proof q = asked(&f, key_a, owner_b);
	give_proof(&f, &thief, WIRE_REGISTER_SUPER, &q);
	CHECK(find_edge(&f, &e, &info) && addr_equal(&info.endpoint, &e.at));
	fake_stop(&f);
}

/* While a key is changed both are good; one that has gone is not; without any, proofs are tokens. */
static void change_of_keys(void)
{
	struct fake f;
	struct edge_like e = one();
	start(&f);
	do_claim(&f, &e);
	struct proof p = asked(&f, key_a, owner_a);
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	load(&f, "ba");
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	CHECK(acked(&f));
	p.key = key_b;
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	CHECK(acked(&f));
	load(&f, "a");
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_NAK);
	load(&f, "");
	give_proof(&f, &e, WIRE_REGISTER_SUPER, &p);
	CHECK(acked(&f));
	fake_stop(&f);
}

static void bad_lines(void)
{
	static const char *const bad[] = {
		"net key:", "net key:secret", "net key:AAAA", "net key:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,",
		"net key:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= key:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	};
	struct fake f;
	fake_start(&f, fake_config());
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct text why = { .len = 0 };
		CHECK(!supernode_load_communities(f.sn, f.now, bad[i], strlen(bad[i]), &why));
		CHECK(!strncmp(why.s, "line 1: ", 8) && strstr(why.s, "key:") && !strstr(why.s, "secret"));
	}
	fake_stop(&f);
}

int main(void)
{
	RUN(without_proof);
	RUN(with_proof);
	RUN(wrong_proofs);
	RUN(a_challenge_grows_old);
	RUN(moving);
	RUN(another_owner);
	RUN(change_of_keys);
	RUN(bad_lines);
	return test_done();
}
