#include "core/addr.h"

#include <arpa/inet.h>

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct addr v4(uint32_t ip, uint16_t port)
{
	struct addr a = { .family = ADDR_V4, .port = port };
	put_be32(a.ip, ip);
	return a;
}

static struct addr v6(const char *ip, uint16_t port)
{
	struct addr a = { .family = ADDR_V6, .port = port };
	CHECK(inet_pton(AF_INET6, ip, a.ip) == 1);
	return a;
}

static void check_round_trip(const struct addr *a)
{
	char text[ADDR_TEXT];
	struct addr again;
	memset(text, 'x', sizeof(text));
	CHECK(addr_print(text, a) == text);
	CHECK(memchr(text, 0, sizeof(text)));
	CHECK(addr_parse(&again, text, 1));
	CHECK(addr_equal(&again, a));
}

static void parses_and_prints(void)
{
	static const char *const same[] = {
		"0.0.0.0:0", "192.0.2.1:7654", "255.255.255.255:65535", "10.20.30.40:1",
		"[::]:0", "[::1]:7654", "[2001:db8::1]:7654", "[fe80::]:1",
		"[2001:db8:0:1:1:1:1:1]:80",            /* RFC 5952, 4.2.2: a single group is not left out */
		"[2001:0:0:1::1]:80",                   /* 4.2.3: the longest run */
		"[2001:db8::1:0:0:1]:80",               /* 4.2.3: the first of equals */
		"[1:2:3:4:5:6:7:8]:80", "[::2:3:4:5:6:7]:80", "[1:2:3:4:5:6::]:80",
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
	};
	for (size_t i = 0; i < COUNT(same); i++) {
		struct addr a;
		char out[ADDR_TEXT];
		CHECK(addr_parse(&a, same[i], 99));
		CHECK_STR(addr_print(out, &a), same[i]);
	}
}

static void parses_other_spellings(void)
{
	static const struct { const char *text, *want; } known[] = {
		{ "192.0.2.1", "192.0.2.1:7654" },
		{ "[2001:db8::1]", "[2001:db8::1]:7654" },
		{ "[2001:DB8:0000:0:0:0:0:0001]:5", "[2001:db8::1]:5" },
		{ "[2001:db8:1::1:1:1:1]:80", "[2001:db8:1:0:1:1:1:1]:80" },
		{ "[1:2:3:4:5:6:7::]:80", "[1:2:3:4:5:6:7:0]:80" },
		{ "[::2:3:4:5:6:7:8]:80", "[0:2:3:4:5:6:7:8]:80" },
		{ "[64:ff9b::192.0.2.33]:80", "[64:ff9b::c000:221]:80" },
		{ "[1:2:3:4:5:6:255.0.0.1]:80", "[1:2:3:4:5:6:ff00:1]:80" },
		{ "[::ffff:192.0.2.1]:80", "192.0.2.1:80" },
		{ "[::ffff:c000:201]:80", "192.0.2.1:80" }
	};
	for (size_t i = 0; i < COUNT(known); i++) {
		struct addr a;
		char out[ADDR_TEXT];
		CHECK(addr_parse(&a, known[i].text, 7654));
		CHECK_STR(addr_print(out, &a), known[i].want);
	}
}

static void mapped_text_leaves_nothing_of_ipv6(void)
{
	const uint8_t want[16] = { 192, 0, 2, 1 };
	struct addr a;
	CHECK(addr_parse(&a, "[::ffff:192.0.2.1]", 1) && a.family == ADDR_V4);
	CHECK(!memcmp(a.ip, want, sizeof(want)));
}

static void bad_endpoints_are_refused(void)
{
	static const char *const bad[] = {
		"", " ", ":", ":80", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.256",
		"1.2.3.1000", "1.2.3.99999999999999999999", "01.2.3.4", "1.2.3.00", "+1.2.3.4", "-1.2.3.4",
		" 1.2.3.4", "1.2.3.4 ", "1.2.3.a", "0x1.2.3.4", "1,2,3,4", "16909060", "localhost",
		"localhost:80", "1.2.3.4\n", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:70000",
		"1.2.3.4:4294967376", "1.2.3.4:18446744073709551696", "1.2.3.4:+80", "1.2.3.4:-80",
		"1.2.3.4: 80", "1.2.3.4 :80", "1.2.3.4:80 ", "1.2.3.4:080", "1.2.3.4:00", "1.2.3.4:0x50",
		"1.2.3.4:80:80", "1.2.3.4/24", "1.2.3.4:http", "[1.2.3.4]:80", "[1.2.3.4]", "::1",
		"2001:db8::1", "2001:db8::1:80", "[]", "[]:80", "[", "[::1", "[::1:80", "::1]:80",
		"[::1]80", "[::1]:", "[::1]:65536", "[::1]:+1", "[::1]x", "[::1]]:80", "[[::1]]:80",
		"[ ::1]:80", "[::1 ]:80", "[::1%eth0]:80", "[:]:80", "[:::]:80", "[1]:80", "[1:2]:80",
		"[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80", "[1:2:3:4:5:6:7:8:]:80",
		"[:1:2:3:4:5:6:7:8]:80", "[1:2:3:4:5:6:7:8::]:80", "[::1:2:3:4:5:6:7:8]:80",
		"[1:2:3:4::5:6:7:8]:80", "[1::2::3]:80", "[1:::2]:80", "[1:]:80", "[:1]:80", "[12345::]:80",
		"[g::]:80", "[-1::]:80", "[0x1::]:80", "[1:2:3:4:5:6:7:1.2.3.4]:80",
		"[1:2:3:4:5:1.2.3.4]:80", "[::1.2.3]:80", "[::1.2.3.4:5]:80", "[1.2.3.4::]:80",
		"[::1.2.3.256]:80", "[::01.2.3.4]:80", "[1:2:3:4:5:6::1.2.3.4]:80"
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct addr a = v4(7, 7), before = a;
		if (addr_parse(&a, bad[i], 80))
			printf("  accepted: \"%s\"\n", bad[i]);
		CHECK(!addr_parse(&a, bad[i], 80));
		CHECK(addr_equal(&a, &before));
	}
}

static void all_ports_round_trip(void)
{
	for (unsigned port = 0; port <= UINT16_MAX; port++) {
		struct addr a = v4(0xc0000201, (uint16_t)port);
		check_round_trip(&a);
	}
}

/* Addresses with many zero groups, so that every shape of "::" comes along. */
static struct addr random_v6(void)
{
	struct addr a = { .family = ADDR_V6, .port = (uint16_t)test_random() };
	uint64_t zero = test_random();
	for (size_t i = 0; i < 8; i++)
		if (!(zero >> i & 1))
			put_be16(a.ip + 2 * i, (uint16_t)(test_random() >> test_random() % 16));
	return a;
}

static bool all_zero(const struct addr *a, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (get_be16(a->ip + 2 * i))
			return false;
	return true;
}

/* RFC 5952 by trying all: leave out the longest run of at least two zero groups, the first of equals. */
static void canonical(char *out, const struct addr *a)
{
	size_t from = 8, to = 8;
	for (size_t i = 0; i < 8; i++)
		for (size_t k = i + 2; k <= 8; k++)
			if (k - i > to - from && all_zero(a, i, k)) {
				from = i;
				to = k;
			}
	out += sprintf(out, "[");
	for (size_t i = 0; i < from; i++)
		out += sprintf(out, "%s%x", i ? ":" : "", get_be16(a->ip + 2 * i));
	if (from < to)
		out += sprintf(out, "::");
	for (size_t i = to; i < 8; i++)
		out += sprintf(out, "%s%x", i > to ? ":" : "", get_be16(a->ip + 2 * i));
	sprintf(out, "]:%u", a->port);
}

static void random_endpoints_round_trip(void)
{
	for (int n = 0; n < 5000; n++) {
		struct addr a = v4((uint32_t)test_random(), (uint16_t)test_random());
		check_round_trip(&a);
		a = random_v6();
		char want[80], got[ADDR_TEXT];
		canonical(want, &a);
		CHECK_STR(addr_print(got, &a), want);
		if (get_be16(a.ip + 10) != 0xffff)
			check_round_trip(&a);
	}
}

/* What is an IPv6 address is what libc says. */
static void ipv6_text_means_what_libc_says(void)
{
	static const char *const piece[] = {
		":", "::", ":", "1", "ab:", "0:", "f00f:", "12345", "1.2.3.4", ":ffff:", "1.2"
	};
	unsigned good = 0;
	for (int n = 0; n < 50000; n++) {
		char ip[128] = "", text[140];
		for (uint64_t pieces = 1 + test_random() % 9; pieces; pieces--)
			strcat(ip, piece[test_random() % COUNT(piece)]);
		struct addr a, want = { .family = ADDR_V6 };
		bool is_good = inet_pton(AF_INET6, ip, want.ip) == 1;
		snprintf(text, sizeof(text), "[%s]:0", ip);
		if (addr_parse(&a, text, 1) != is_good) {
			printf("  differs: %s\n", text);
			CHECK(false);
		} else if (is_good && a.family == ADDR_V6) {
			CHECK(addr_equal(&a, &want));
		}
		good += is_good;
	}
	CHECK(good > 500);
}

static void prints_none(void)
{
	const struct addr none = { 0 };
	const struct subnet no_subnet = { 0 };
	char out[ADDR_TEXT], s[SUBNET_TEXT];
	CHECK_STR(addr_print(out, &none), "-");
	CHECK_STR(subnet_print(s, &no_subnet), "-");
}

static void longest_texts_fit(void)
{
	struct addr a = { ADDR_V6, 65535, { 0 } };
	char out[ADDR_TEXT], s[SUBNET_TEXT];
	memset(a.ip, 0xff, sizeof(a.ip));
	CHECK(strlen(addr_print(out, &a)) < sizeof(out));
	CHECK_STR(subnet_print(s, &(struct subnet){ { 255, 255, 255, 255 }, 32 }), "255.255.255.255/32");
	CHECK(strlen(subnet_print(s, &(struct subnet){ { 255, 255, 255, 255 }, 255 })) < sizeof(s));
}

static void kinds(void)
{
	static const struct { const char *text; bool loopback, unspecified, multicast, endpoint; } known[] = {
		{ "192.0.2.1:1", .endpoint = true }, { "192.0.2.1:0", .endpoint = false },
		{ "126.255.255.255:1", .endpoint = true }, { "128.0.0.0:1", .endpoint = true },
		{ "127.0.0.1:1", .loopback = true }, { "127.255.255.255:1", .loopback = true },
		{ "0.0.0.0:1", .unspecified = true }, { "0.0.0.1:1", .endpoint = true },
		{ "223.255.255.255:1", .endpoint = true }, { "224.0.0.0:1", .multicast = true },
		{ "239.255.255.255:1", .multicast = true }, { "240.0.0.0:1", .endpoint = true },
		{ "255.255.255.255:1", .endpoint = false }, { "[::]:1", .unspecified = true },
		{ "[::1]:1", .loopback = true }, { "[::2]:1", .endpoint = true },
		{ "[1::1]:1", .endpoint = true }, { "[2001:db8::1]:0", .endpoint = false },
		{ "[ff00::]:1", .multicast = true }, { "[ff02::1]:1", .multicast = true },
		{ "[feff::]:1", .endpoint = true }
	};
	for (size_t i = 0; i < COUNT(known); i++) {
		struct addr a;
		CHECK(addr_parse(&a, known[i].text, 1));
		CHECK_INT(addr_is_loopback(&a), known[i].loopback);
		CHECK_INT(addr_is_unspecified(&a), known[i].unspecified);
		CHECK_INT(addr_is_multicast(&a), known[i].multicast);
		CHECK_INT(addr_is_endpoint(&a), known[i].endpoint);
	}
	const struct addr none = { 0 };
	CHECK(!addr_is_endpoint(&none) && !addr_is_loopback(&none));
	CHECK(!addr_is_unspecified(&none) && !addr_is_multicast(&none));
}

/* The wire could smuggle IPv4 past the checks for loopback and the like. */
static void mapped_address_is_no_endpoint(void)
{
	struct addr a = v6("::ffff:127.0.0.1", 1);
	CHECK(!addr_is_endpoint(&a));
	a = v6("::fffe:127.0.0.1", 1);
	CHECK(addr_is_endpoint(&a));
}

static void equality(void)
{
	const struct hash_key key = { 1, 2 };
	const struct addr a = v4(0xc0000201, 80), port = v4(0xc0000201, 81), ip = v4(0xc0000202, 80);
	const struct addr six = v6("c000:201::", 80), last = v6("c000:201::1", 80);
	struct addr copy = a;
	CHECK(addr_equal(&a, &copy) && addr_same_ip(&a, &port) && !addr_equal(&a, &port));
	CHECK(!addr_equal(&a, &ip) && !addr_same_ip(&a, &ip));
	CHECK(!addr_equal(&a, &six) && !addr_same_ip(&a, &six) && !addr_same_ip(&six, &a));
	CHECK(!addr_equal(&six, &last) && !addr_same_ip(&six, &last));
	CHECK(addr_hash(&key, &a) == addr_hash(&key, &copy));
	CHECK(addr_hash(&key, &a) != addr_hash(&key, &port) && addr_hash(&key, &a) != addr_hash(&key, &ip));
	CHECK(addr_hash(&key, &a) != addr_hash(&key, &six) && addr_hash(&key, &six) != addr_hash(&key, &last));
}

static void membership_of_subnets(void)
{
	const struct subnet s = { { 10, 9, 9, 1 }, 24 }, host = { { 10, 9, 9, 1 }, 32 };
	const struct subnet half = { { 10, 0, 0, 1 }, 1 }, none = { 0 };
	const struct addr in = v4(0x0a0909ff, 1), out = v4(0x0a090aff, 1), high = v4(0x80000000, 1);
	const struct addr six = v6("a09:9ff::", 1);
	CHECK(addr_in_subnet(&in, &s) && !addr_in_subnet(&out, &s));
	CHECK(!addr_in_subnet(&in, &host) && !addr_in_subnet(&in, &none) && !addr_in_subnet(&six, &s));
	CHECK(addr_in_subnet(&in, &half) && !addr_in_subnet(&high, &half));
}

static void macs(void)
{
	uint8_t mac[MAC_LEN];
	char out[MAC_TEXT];
	static const char *const bad[] = {
		"", "02", "02:00:00:00:00", "02:00:00:00:00:", "02:00:00:00:00:a", "02:00:00:00:00:a1:",
		"02:00:00:00:00:a1:02", "2:0:0:0:0:a1", "02:00:00:00:00:g1", " 02:00:00:00:00:a1",
		"02:00:00:00:00:a1 ", "02-00:00-00:00-a1", "02.00.00.00.00.a1", "0200000000a1",
		"02:00:00:00:00:0a1", "02::00:00:00:a1", "+2:00:00:00:00:a1", "0x:00:00:00:00:a1"
	};
	CHECK(mac_parse(mac, "02:00:5E:00:fF:a1"));
	CHECK_STR(mac_print(out, mac), "02:00:5e:00:ff:a1");
	CHECK(mac_parse(mac, "ff-ff-ff-ff-ff-ff") && mac_is_broadcast(mac) && mac_is_group(mac));
	CHECK(mac_parse(mac, "00:00:00:00:00:00") && mac_is_null(mac) && !mac_is_group(mac));
	for (size_t i = 0; i < COUNT(bad); i++) {
		memset(mac, 0x77, sizeof(mac));
		if (mac_parse(mac, bad[i]))
			printf("  accepted: \"%s\"\n", bad[i]);
		CHECK(!mac_parse(mac, bad[i]));
		CHECK_STR(mac_print(out, mac), "77:77:77:77:77:77");
	}
}

static void each_bit_of_a_mac_counts(void)
{
	for (size_t bit = 0; bit < 48; bit++) {
		uint8_t one[MAC_LEN] = { 0 }, all[MAC_LEN], again[MAC_LEN];
		char out[MAC_TEXT];
		memset(all, 0xff, sizeof(all));
		one[bit / 8] ^= (uint8_t)(1 << bit % 8);
		all[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK(!mac_is_null(one) && !mac_is_broadcast(one) && !mac_is_broadcast(all));
		CHECK(mac_is_group(one) == (bit == 0));
		CHECK(mac_parse(again, mac_print(out, one)) && mac_equal(again, one) && !mac_equal(again, all));
	}
}

static void host_addresses(void)
{
	const struct subnet good[] = {
		{ { 10, 9, 9, 1 }, 24 }, { { 10, 9, 9, 0 }, 31 }, { { 10, 9, 9, 255 }, 32 }, { { 10, 9, 9, 255 }, 16 },
		{ { 223, 255, 255, 254 }, 1 },
	};
	const struct subnet bad[] = {
		{ { 0 }, 0 }, { { 0 }, 24 }, { { 10, 9, 9, 1 }, 0 }, { { 10, 9, 9, 1 }, 33 }, { { 10, 9, 9, 0 }, 24 },
		{ { 10, 9, 9, 255 }, 24 }, { { 127, 1, 2, 3 }, 8 }, { { 224, 0, 0, 1 }, 24 }, { { 255, 255, 255, 255 }, 32 },
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(subnet_is_host(&good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!subnet_is_host(&bad[i]));
}

static void subnets(void)
{
	static const char *const bad[] = {
		"", "10.9.9", "10.9.9.1/", "10.9.9.1/33", "10.9.9.1/256", "10.9.9.1/-1", "10.9.9.1/+24",
		"10.9.9.1/ 24", "10.9.9.1/024", "10.9.9.1 /24", "10.9.9.1/24 ", "10.9.9.1/24/1",
		"10.9.9.1/255.255.255.0", "10.9.9.1:24", "10.9.9.256/24", "/24", "::1/64"
	};
	struct subnet s;
	char out[SUBNET_TEXT];
	CHECK(subnet_parse(&s, "10.9.9.1/24", 8));
	CHECK_STR(subnet_print(out, &s), "10.9.9.1/24");
	CHECK(subnet_parse(&s, "10.9.9.1", 8));
	CHECK_STR(subnet_print(out, &s), "10.9.9.1/8");
	CHECK(subnet_parse(&s, "0.0.0.0/0", 8) && !subnet_is_set(&s) && s.prefix == 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		s = (struct subnet){ { 1, 2, 3, 4 }, 5 };
		if (subnet_parse(&s, bad[i], 24))
			printf("  accepted: \"%s\"\n", bad[i]);
		CHECK(!subnet_parse(&s, bad[i], 24));
		CHECK(subnet_equal(&s, &(struct subnet){ { 1, 2, 3, 4 }, 5 }));
	}
	CHECK(!subnet_equal(&s, &(struct subnet){ { 1, 2, 3, 4 }, 6 }));
	CHECK(!subnet_equal(&s, &(struct subnet){ { 1, 2, 3, 5 }, 5 }));
}

static void masks(void)
{
	CHECK_INT(subnet_mask(0), 0);
	CHECK_INT(subnet_mask(1), 0x80000000);
	CHECK_INT(subnet_mask(24), 0xffffff00);
	CHECK_INT(subnet_mask(32), 0xffffffff);
	CHECK_INT(subnet_mask(255), 0xffffffff);
}

int main(void)
{
	RUN(parses_and_prints);
	RUN(parses_other_spellings);
	RUN(mapped_text_leaves_nothing_of_ipv6);
	RUN(bad_endpoints_are_refused);
	RUN(all_ports_round_trip);
	RUN(random_endpoints_round_trip);
	RUN(ipv6_text_means_what_libc_says);
	RUN(prints_none);
	RUN(longest_texts_fit);
	RUN(kinds);
	RUN(mapped_address_is_no_endpoint);
	RUN(equality);
	RUN(membership_of_subnets);
	RUN(macs);
	RUN(each_bit_of_a_mac_counts);
	RUN(host_addresses);
	RUN(subnets);
	RUN(masks);
	return test_done();
}
