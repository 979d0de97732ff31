#include "core/text.h"
#include "core/ascii.h"

static void append(struct text *t, const char *s, size_t n)
{
	size_t room = sizeof(t->s) - 1 - t->len;
	if (n > room)
		n = room;
	memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = 0;
}

void text_str(struct text *t, const char *s)
{
	append(t, s, strlen(s));
}

void text_quoted(struct text *t, const void *bytes, size_t max)
{
	const uint8_t *p = bytes;
	append(t, "'", 1);
	for (size_t i = 0; i < max && p[i]; i++) {
		char plain = (char)p[i];
		char escaped[4] = { '\\', 'x', ascii_digit(p[i] >> 4), ascii_digit(p[i]) };
		bool printable = p[i] >= ' ' && p[i] <= '~' && p[i] != '\'' && p[i] != '\\';
		append(t, printable ? &plain : escaped, printable ? 1 : sizeof(escaped));
	}
	append(t, "'", 1);
}

void text_uint(struct text *t, uint64_t n)
{
	char digits[ASCII_UINT_MAX];
	append(t, digits, (size_t)(ascii_put_uint(digits, n) - digits));
}

void text_mac(struct text *t, const uint8_t mac[static MAC_LEN])
{
	char out[MAC_TEXT];
	text_str(t, mac_print(out, mac));
}

void text_addr(struct text *t, const struct addr *a)
{
	char out[ADDR_TEXT];
	text_str(t, addr_print(out, a));
}

void text_subnet(struct text *t, const struct subnet *s)
{
	char out[SUBNET_TEXT];
	text_str(t, subnet_print(out, s));
}
