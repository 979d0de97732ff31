/* The community file: what it allows, what is wrong with it, and loading it again. */
#include "supernode_fake.h"

static struct fake f;
static struct text why;

static bool load(const char *text)
{
	why = (struct text){ .len = 0 };
	return supernode_load_communities(f.sn, f.now, text, strlen(text), &why);
}

static bool joins(struct edge_like *e, const char *community)
{
	size_t before = f.n;
	e->community = community;
	do_register(&f, e);
	return f.n > before && last_type(&f) == WIRE_REGISTER_SUPER_ACK;
}

static struct subnet network_of(const char *name, bool *fixed)
{
	struct supernode_community_info info;
	for (size_t at = 0; supernode_community_next(f.sn, &at, &info); )
		if (!strcmp((const char *)info.name, name)) {
			*fixed = info.fixed;
			return info.network;
		}
	*fixed = false;
	return (struct subnet){ .prefix = 0 };
}

static void allows_what_is_listed(void)
{
	struct edge_like e = edge_a();
	fake_start(&f, fake_config());
	CHECK(supernode_info(f.sn)->open);
	CHECK(load("# communities\r\n\n  Intershop\t \r\nnet[0-9]+\nx\nbranch.*  # those of the branches"));
	CHECK(!supernode_info(f.sn)->open);
	CHECK_INT(supernode_info(f.sn)->communities, 2);        /* expressions make none until somebody joins */
	CHECK(joins(&e, "Intershop"));
	CHECK(joins(&e, "net42"));
	CHECK(joins(&e, "branch"));
	CHECK(joins(&e, "branch-7"));
	CHECK(joins(&e, "x"));
	CHECK(!joins(&e, "net"));
	CHECK(!joins(&e, "net42a"));
	CHECK(!joins(&e, "intershop"));
	CHECK(!joins(&e, "Intershop2"));
	CHECK(!joins(&e, "Inter"));
	CHECK_INT(dropped(&f, SUPERNODE_DROP_COMMUNITY), 5);
	e.community = "other";                                  /* silence for PING too */
	size_t before = f.n;
	do_query(&f, &e, NULL);
	do_query(&f, &e, NULL);
	CHECK_INT(f.n, before);
	fake_wait(&f, 60000);
	CHECK_INT(supernode_info(f.sn)->communities, 2);        /* names stay, matches go with their last edge */
	fake_stop(&f);
}

static void gives_networks(void)
{
	struct edge_like e = edge_a();
	struct subnet want = subnet_of("10.5.0.0/22"), usual = subnet_of("10.138.16.0/24"), got;
	bool fixed;
	fake_start(&f, fake_config());
	CHECK(load("office 10.5.0.0/22\nIntershop\n"));
	got = network_of("office", &fixed);
	CHECK(subnet_equal(&got, &want) && fixed);
	got = network_of("Intershop", &fixed);
	CHECK(subnet_equal(&got, &usual) && fixed);
	memset(e.mac, 0, MAC_LEN);
	memset(&e.address, 0, sizeof(e.address));
	CHECK(joins(&e, "office"));
	got = read_message(last(&f)).super_ack.address;
	CHECK(subnet_ip(&got) >> 10 == subnet_ip(&want) >> 10 && got.prefix == 22);

	CHECK(load("office 10.138.16.128/25\nIntershop\n"));    /* takes what the other had by itself */
	got = network_of("Intershop", &fixed);
	CHECK_INT(subnet_ip(&got), 0x0a8a0f00);                 /* the next below */
	CHECK(load("office\nIntershop\n"));
	got = network_of("office", &fixed);
	CHECK(subnet_is_set(&got) && got.prefix == 24);
	got = network_of("Intershop", &fixed);
	CHECK_INT(subnet_ip(&got), 0x0a8a0f00);                 /* in nobody's way: it stays */
	fake_stop(&f);
}

static void wide_network_is_stepped_over(void)
{
	struct subnet got;
	bool fixed;
	fake_start(&f, fake_config());
	CHECK(load("all 10.128.0.0/9\nIntershop\n"));
	got = network_of("Intershop", &fixed);
	CHECK(!subnet_is_set(&got) && !got.prefix && fixed);
	CHECK(load("low 10.128.0.0/12\nIntershop\n"));          /* holds all below: the first above */
	got = network_of("Intershop", &fixed);
	CHECK_INT(subnet_ip(&got), 0x0a900000);
	CHECK(load("high 10.138.0.0/15\nIntershop\n"));
	got = network_of("Intershop", &fixed);
	CHECK_INT(subnet_ip(&got), 0x0a900000);                 /* stays */
	fake_stop(&f);
}

static void forgets_who_is_no_longer_listed(void)
{
	struct edge_like a = edge_a(), b = edge_b(), c = edge_c(), d = edge_c();
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	CHECK(joins(&a, "one") && joins(&b, "two") && joins(&c, "three") && joins(&d, "four"));
	d.token++;
	d.at.port++;
	do_register(&f, &d);                                    /* contested when it is forgotten */
	CHECK(load("one\nt.*\n"));
	CHECK_INT(edges(&f), 3);
	CHECK(find_edge(&f, &a, &info) && find_edge(&f, &b, &info) && find_edge(&f, &c, &info));
	CHECK(!find_edge(&f, &d, &info) && is_noted(&f, "'four'"));
	CHECK(load("two\n"));
	CHECK_INT(edges(&f), 1);
	CHECK(find_edge(&f, &b, &info));
	CHECK_INT(supernode_info(f.sn)->communities, 1);
	CHECK(load("one\nt.*\n"));                              /* "two" is now only matched, and not empty */
	CHECK_INT(supernode_info(f.sn)->communities, 2);
	do_unregister(&f, &b);
	CHECK_INT(supernode_info(f.sn)->communities, 1);
	CHECK(load(""));
	CHECK_INT(supernode_info(f.sn)->communities, 0);
	CHECK(!joins(&a, "one"));
	CHECK(is_noted(&f, "no edge can register"));
	fake_wait(&f, 100000);
	fake_stop(&f);
}

static void refused(const char *text, const char *line, const char *quoted, const char *word)
{
	CHECK(!load(text));
	CHECK(strstr(why.s, line));
	CHECK(strstr(why.s, quoted));
	CHECK(strstr(why.s, word));
	if (test_failed_checks)
		printf("  said: %s\n", why.s);
}

static void says_what_is_wrong(void)
{
	struct edge_like a = edge_a();
	struct supernode_edge_info info;
	char many[200] = { 0 }, *at = many;
	fake_start(&f, fake_config());
	CHECK(load("good\n"));
	CHECK(joins(&a, "good"));
	refused("one\n\n* joe 0123456789\n", "line 3", "'*'", "not in this version");
	refused("*Federation\n", "line 1", "'*Federation'", "not in this version");
	refused("one\nabcdefghijklmnopqrst\n", "line 2", "'abcdefghijklmnopqrst'", "19");
	refused("one 10.1.2.3/24\n", "line 1", "'10.1.2.3/24'", "10.1.2.0/24");
	refused("one 10.1.2.0\n", "line 1", "'10.1.2.0'", "10.1.2.0/24");
	refused("one 10.1.2.0/31\n", "line 1", "'10.1.2.0/31'", "1 to 30");
	refused("one 0.0.0.0/0\n", "line 1", "'0.0.0.0/0'", "1 to 30");
	refused("one ten\n", "line 1", "'ten'", "10.1.2.0/24");
	refused("one 10.1.2.0/24 more\n", "line 1", "'more'", "10.1.2.0/24");
	refused("one\ntwo\none\n", "line 3", "'one'", "twice");
	refused("a[b\n", "line 1", "'a[b'", "]");
	refused("a.* 10.1.2.0/24\n", "line 1", "'10.1.2.0/24'", "expression");
	memset(many, 0xff, 150);                                /* however long and odd: what is right is still said */
	refused(many, "line 1", "\\xff'...", "at most 19 characters");
	for (char c = 'a'; c < 'j'; c++)
		at += sprintf(at, "%c\n", c);
	refused(many, "line 9", "'i'", "--max-communities");
	CHECK(!supernode_load_communities(f.sn, f.now, "a\0b\n", 4, &why) && strstr(why.s, "plain text"));
	CHECK(find_edge(&f, &a, &info));                        /* nothing has changed */
	CHECK(joins(&a, "good"));
	a.mac[5]++;
	CHECK(!joins(&a, "one"));
	fake_stop(&f);
}

/* Names have room even when matches have filled the table. */
static void names_go_before_matches(void)
{
	struct edge_like e = edge_a();
	fake_start(&f, fake_config());
	for (int i = 0; i < 8; i++) {
		char name[] = { 'n', (char)('0' + i), 0 };
		CHECK(joins(&e, name));
	}
	CHECK(load("a\nb\nc\nn[0-9]\n"));
	CHECK_INT(supernode_info(f.sn)->communities, 8);
	CHECK_INT(edges(&f), 5);
	CHECK(joins(&e, "a") && joins(&e, "b") && joins(&e, "c"));
	fake_stop(&f);
}

int main(void)
{
	RUN(allows_what_is_listed);
	RUN(gives_networks);
	RUN(wide_network_is_stepped_over);
	RUN(forgets_who_is_no_longer_listed);
	RUN(says_what_is_wrong);
	RUN(names_go_before_matches);
	return test_done();
}
