/* Numbers and dotted quads in text, for the core, which has no stdio and no locale.  A "take" reads
 * at a cursor in a zero-terminated text: true: taken and moved past; false: nothing has moved.
 */
#ifndef CORE_ASCII_H
#define CORE_ASCII_H

#include "core/bytes.h"

static inline bool ascii_is_digit(char c) { return c >= '0' && c <= '9'; }

/* The value of a hexadecimal digit, or -1. */
static inline int ascii_hex(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

MUST_CHECK static inline bool ascii_take(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

/* A plain decimal of at most max: no sign, no space, no leading zero (which others read as octal). */
MUST_CHECK static inline bool ascii_take_uint(const char **at, uint16_t max, uint16_t *n)
{
	const char *p = *at;
	uint32_t v = 0;
	if (!ascii_is_digit(*p) || (p[0] == '0' && ascii_is_digit(p[1])))
		return false;
	for (; ascii_is_digit(*p); p++) {
		v = v * 10 + (uint32_t)(*p - '0');
		if (v > max)
			return false;
	}
	*at = p;
	*n = (uint16_t)v;
	return true;
}

/* Exactly four decimal bytes with dots. */
MUST_CHECK static inline bool ascii_take_ipv4(const char **at, uint8_t ip[static 4])
{
	const char *p = *at;
	uint8_t out[4];
	for (size_t i = 0; i < 4; i++) {
		uint16_t n;
		if ((i && !ascii_take(&p, '.')) || !ascii_take_uint(&p, 255, &n))
			return false;
		out[i] = (uint8_t)n;
	}
	memcpy(ip, out, 4);
	*at = p;
	return true;
}

enum { ASCII_UINT_MAX = 20 };   /* digits of the largest uint64_t */

/* Writes n in decimal, without a terminator; returns the end. */
static inline char *ascii_put_uint(char *to, uint64_t n)
{
	char digits[ASCII_UINT_MAX];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	memcpy(to, digits + at, sizeof(digits) - at);
	return to + (sizeof(digits) - at);
}

static inline char *ascii_put_ipv4(char *to, const uint8_t ip[static 4])
{
	for (size_t i = 0; i < 4; i++) {
		if (i)
			*to++ = '.';
		to = ascii_put_uint(to, ip[i]);
	}
	return to;
}

static inline char ascii_digit(unsigned nibble) { return "0123456789abcdef"[nibble & 15]; }

#endif
