#include "core/filter.h"

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47 };

static struct layers packet(uint8_t protocol, uint32_t src, uint16_t src_port, uint32_t dst, uint16_t dst_port)
{
	static uint8_t header[64][IPV4_MIN];
	static size_t at;
	uint8_t *ip = header[at++ % 64];
	struct layers e = {
		.ip = ip, .ethertype = ETHERTYPE_IPV4, .ipv4 = true, .protocol = protocol,
		.ports = protocol == TCP || protocol == UDP, .src_port = src_port, .dst_port = dst_port
	};
	put_be32(ip + 12, src);
	put_be32(ip + 16, dst);
	return e;
}

static struct filter_rule rule(const char *text)
{
	struct filter_rule r = { .tcp = 99 };
	bool good = filter_parse(&r, text);
	if (!good)
		printf("  refused: \"%s\"\n", text);
	CHECK(good);
	return r;
}

static bool accepts(const char *text, struct layers frame)
{
	struct filter_rule r = rule(text);
	return filter_accepts(&r, 1, &frame);
}

static void parses_all_parts(void)
{
	struct filter_rule r = rule("10.1.0.0/16:[1000,2000],192.168.7.9:53,TCP-,UDP+");
	CHECK(subnet_equal(&r.src, &(struct subnet){ { 10, 1, 0, 0 }, 16 }));
	CHECK(subnet_equal(&r.dst, &(struct subnet){ { 192, 168, 7, 9 }, 32 }));
	CHECK(r.src_port[0] == 1000 && r.src_port[1] == 2000 && r.dst_port[0] == 53 && r.dst_port[1] == 53);
	CHECK(r.tcp == FILTER_DROP && r.udp == FILTER_ACCEPT && r.icmp == FILTER_SILENT);
	r = rule("0.0.0.0/0,0.0.0.0/0:[0,65535],ICMP-");
	CHECK(r.src.prefix == 0 && r.dst.prefix == 0 && r.src_port[0] == 0 && r.src_port[1] == 65535);
	CHECK(r.tcp == FILTER_SILENT && r.udp == FILTER_SILENT && r.icmp == FILTER_DROP);
	r = rule("1.2.3.4,5.6.7.8");
	CHECK(r.tcp == FILTER_SILENT && r.udp == FILTER_SILENT && r.icmp == FILTER_SILENT);
}

static void bad_rules_are_refused(void)
{
	static const char *const bad[] = {
		"", ",", "10.0.0.0/8", "10.0.0.0/8,", ",10.0.0.0/8", "10.0.0.0/33,1.2.3.4,TCP+",
		"10.0.0.0/,1.2.3.4,TCP+", "10.0.0/8,1.2.3.4,TCP+", "10.0.0.256/8,1.2.3.4", "host,1.2.3.4",
		"10.0.0.0/8 ,1.2.3.4", " 10.0.0.0/8,1.2.3.4", "1.2.3.4:65536,1.2.3.4", "1.2.3.4:,1.2.3.4",
		"1.2.3.4:-1,1.2.3.4", "1.2.3.4:+1,1.2.3.4", "1.2.3.4:[1,1.2.3.4", "1.2.3.4:[1],1.2.3.4",
		"1.2.3.4:[1,2,1.2.3.4", "1.2.3.4:[2,1],1.2.3.4", "1.2.3.4:[1,65536],1.2.3.4",
		"1.2.3.4:[,2],1.2.3.4", "1.2.3.4:[1,],1.2.3.4", "1.2.3.4:[1 ,2],1.2.3.4",
		"1.2.3.4,1.2.3.4,", "1.2.3.4,1.2.3.4,TCP", "1.2.3.4,1.2.3.4,TCP*", "1.2.3.4,1.2.3.4,tcp+",
		"1.2.3.4,1.2.3.4,SCTP+", "1.2.3.4,1.2.3.4,TCP+UDP+", "1.2.3.4,1.2.3.4,TCP+,",
		"1.2.3.4,1.2.3.4,TCP+ ", "1.2.3.4,1.2.3.4,TCP+,TCP-", "1.2.3.4,1.2.3.4,,TCP+",
		"::1,1.2.3.4,TCP+"
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct filter_rule r = { .tcp = 99 };
		if (filter_parse(&r, bad[i]))
			printf("  accepted: \"%s\"\n", bad[i]);
		CHECK(!filter_parse(&r, bad[i]) && r.tcp == 99);
	}
}

static void without_a_matching_rule_all_pass(void)
{
	const struct layers other = { .ethertype = ETHERTYPE_IPV6 };
	const struct layers tcp = packet(TCP, IP(10, 1, 2, 3), 999, IP(10, 9, 9, 9), 80);
	CHECK(filter_accepts(NULL, 0, &tcp) && filter_accepts(NULL, 0, &other));
	CHECK(!accepts("0.0.0.0/0,0.0.0.0/0,TCP-,UDP-,ICMP-", tcp));
	CHECK(accepts("0.0.0.0/0,0.0.0.0/0,TCP-,UDP-,ICMP-", other));
	CHECK(accepts("10.2.0.0/16,0.0.0.0/0,TCP-", tcp));
	CHECK(accepts("0.0.0.0/0,10.2.0.0/16,TCP-", tcp));
	CHECK(!accepts("10.1.255.255/16,10.9.9.9,TCP-", tcp));
}

static void only_named_protocols_are_touched(void)
{
	static const uint8_t protocol[] = { TCP, UDP, ICMP, GRE };
	static const char *const drop[] = {
		"0.0.0.0/0,0.0.0.0/0,TCP-", "0.0.0.0/0,0.0.0.0/0,UDP-", "0.0.0.0/0,0.0.0.0/0,ICMP-"
	};
	for (size_t r = 0; r < COUNT(drop); r++)
		for (size_t p = 0; p < COUNT(protocol); p++) {
			struct layers e = packet(protocol[p], IP(1, 2, 3, 4), 1, IP(1, 2, 3, 5), 2);
			CHECK(accepts(drop[r], e) == (p != r));
		}
	/* A longer prefix that does not name the protocol does not shield it. */
	struct filter_rule rules[] = { rule("0.0.0.0/0,0.0.0.0/0,TCP-"), rule("10.0.0.0/8,10.0.0.0/8,UDP+") };
	struct layers tcp = packet(TCP, IP(10, 1, 1, 1), 1, IP(10, 1, 1, 2), 2);
	CHECK(!filter_accepts(rules, 2, &tcp));
}

static void longest_prefixes_decide(void)
{
	struct filter_rule rules[] = {
		rule("0.0.0.0/0,0.0.0.0/0,TCP-"), rule("10.0.0.0/8,0.0.0.0/0,TCP+"),
		rule("10.0.0.0/8,10.0.0.0/8,TCP-"), rule("10.1.1.1,0.0.0.0/0,TCP+")
	};
	static const struct { uint32_t src, dst; bool want; } known[] = {
		{ IP(9, 0, 0, 1), IP(10, 0, 0, 2), false }, { IP(10, 0, 0, 1), IP(11, 0, 0, 2), true },
		{ IP(10, 0, 0, 1), IP(10, 0, 0, 2), false }, { IP(10, 1, 1, 1), IP(10, 0, 0, 2), true }
	};
	for (size_t turn = 0; turn < COUNT(rules); turn++) {
		for (size_t i = 0; i < COUNT(known); i++) {
			struct layers e = packet(TCP, known[i].src, 1, known[i].dst, 2);
			CHECK(filter_accepts(rules, COUNT(rules), &e) == known[i].want);
		}
		struct filter_rule first = rules[0];
		memmove(rules, rules + 1, sizeof(rules) - sizeof(rules[0]));
		rules[COUNT(rules) - 1] = first;
	}
}

static void first_of_equals_decides(void)
{
	struct filter_rule rules[] = {
		rule("10.0.0.0/8,0.0.0.0/0:80,TCP+"), rule("0.0.0.0/0,10.0.0.0/8,TCP-"),
		rule("10.0.0.0/8,0.0.0.0/0,TCP+")
	};
	struct layers web = packet(TCP, IP(10, 0, 0, 1), 1, IP(10, 0, 0, 2), 80);
	struct layers mail = packet(TCP, IP(10, 0, 0, 1), 1, IP(10, 0, 0, 2), 25);
	CHECK(filter_accepts(rules, 3, &web) && !filter_accepts(rules, 3, &mail));
}

static void ports_are_ranges_with_both_ends(void)
{
	static const uint16_t port[] = { 0, 999, 1000, 1500, 2000, 2001, 65535 };
	for (size_t i = 0; i < COUNT(port); i++) {
		bool inside = port[i] >= 1000 && port[i] <= 2000;
		struct layers to = packet(UDP, IP(1, 1, 1, 1), 5, IP(2, 2, 2, 2), port[i]);
		struct layers from = packet(UDP, IP(1, 1, 1, 1), port[i], IP(2, 2, 2, 2), 5);
		CHECK(accepts("0.0.0.0/0,0.0.0.0/0:[1000,2000],UDP-", to) == !inside);
		CHECK(accepts("0.0.0.0/0:[1000,2000],0.0.0.0/0,UDP-", from) == !inside);
		CHECK(accepts("0.0.0.0/0,0.0.0.0/0:1000,UDP-", to) == (port[i] != 1000));
		CHECK(!accepts("0.0.0.0/0,0.0.0.0/0,UDP-", to));
	}
}

static void ports_do_not_count_for_icmp(void)
{
	CHECK(!accepts("0.0.0.0/0:7,0.0.0.0/0:7,ICMP-", packet(ICMP, IP(1, 1, 1, 1), 0, IP(2, 2, 2, 2), 0)));
}

static void later_fragments(void)
{
	struct layers fragment = packet(TCP, IP(1, 1, 1, 1), 0, IP(2, 2, 2, 2), 0);
	fragment.ports = false;
	struct filter_rule web_only[] = { rule("0.0.0.0/0,0.0.0.0/0,TCP-"), rule("0.0.0.0/0,2.2.2.2:80,TCP+") };
	CHECK(filter_accepts(web_only, 2, &fragment));
	CHECK(!filter_accepts(web_only, 1, &fragment));
	CHECK(accepts("0.0.0.0/0,0.0.0.0/0:25,TCP-", fragment));
	CHECK(accepts("0.0.0.0/0:[0,65534],0.0.0.0/0,TCP-", fragment));
	CHECK(!accepts("0.0.0.0/0:[0,65535],0.0.0.0/0,TCP-", fragment));
}

int main(void)
{
	RUN(parses_all_parts);
	RUN(bad_rules_are_refused);
	RUN(without_a_matching_rule_all_pass);
	RUN(only_named_protocols_are_touched);
	RUN(longest_prefixes_decide);
	RUN(first_of_equals_decides);
	RUN(ports_are_ranges_with_both_ends);
	RUN(ports_do_not_count_for_icmp);
	RUN(later_fragments);
	return test_done();
}
