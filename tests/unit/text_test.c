#include "core/text.h"

#include "test.h"

static void appends(void)
{
	struct text t = { 0 };
	const struct addr a = { ADDR_V4, 7654, { 192, 0, 2, 1 } };
	const struct subnet s = { { 10, 9, 9, 1 }, 24 };
	text_str(&t, "peer ");
	text_mac(&t, (const uint8_t[MAC_LEN]){ 2, 0, 0, 0, 0, 0xa1 });
	text_str(&t, " at ");
	text_addr(&t, &a);
	text_str(&t, ", ");
	text_subnet(&t, &s);
	text_str(&t, ", ");
	text_uint(&t, 0);
	text_str(&t, " of ");
	text_uint(&t, UINT64_MAX);
	CHECK_STR(t.s, "peer 02:00:00:00:00:a1 at 192.0.2.1:7654, 10.9.9.1/24, 0 of 18446744073709551615");
	CHECK_INT(t.len, strlen(t.s));
}

static void quotes_what_came_from_the_wire(void)
{
	struct text t = { 0 };
	text_quoted(&t, "plain name", 20);
	CHECK_STR(t.s, "'plain name'");
	t = (struct text){ 0 };
	text_quoted(&t, "cut off", 3);
	CHECK_STR(t.s, "'cut'");
	t = (struct text){ 0 };
	text_quoted(&t, "a'b\\c\n\x1b[31m\x7f\xff", 20);
	CHECK_STR(t.s, "'a\\x27b\\x5cc\\x0a\\x1b[31m\\x7f\\xff'");
	t = (struct text){ 0 };
	text_quoted(&t, "", 0);
	CHECK_STR(t.s, "''");
}

static void every_byte_quoted_is_printable(void)
{
	for (unsigned c = 1; c < 256; c++) {
		struct text t = { 0 };
		uint8_t byte = (uint8_t)c;
		text_quoted(&t, &byte, 1);
		CHECK(t.len == 3 || t.len == 6);
		for (size_t i = 0; i < t.len; i++)
			CHECK(t.s[i] >= ' ' && t.s[i] <= '~');
	}
}

static void too_long_is_cut(void)
{
	struct text t = { 0 };
	for (int i = 0; i < 100; i++) {
		text_str(&t, "0123456789");
		CHECK_INT(t.len, strlen(t.s));
		CHECK(t.len < TEXT_MAX);
	}
	CHECK_INT(t.len, TEXT_MAX - 1);
	CHECK(!strncmp(t.s + 250, "01234", 6));
	text_uint(&t, 7);
	text_quoted(&t, "\xff", 1);
	CHECK_INT(t.len, TEXT_MAX - 1);
}

int main(void)
{
	RUN(appends);
	RUN(quotes_what_came_from_the_wire);
	RUN(every_byte_quoted_is_printable);
	RUN(too_long_is_cut);
	return test_done();
}
