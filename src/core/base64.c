#include "core/base64.h"

/* All ones where lo <= c <= hi, else zero.  No branch and no table: what is looked at may be a key. */
static uint32_t mask_within(uint32_t c, uint32_t lo, uint32_t hi)
{
	return (((c - lo) | (hi - c)) >> 31) - 1;
}

static char letter(uint32_t v)
{
	uint32_t c = (mask_within(v, 0, 25) & (v + 'A')) | (mask_within(v, 26, 51) & (v - 26 + 'a'))
	             | (mask_within(v, 52, 61) & (v - 52 + '0')) | (mask_within(v, 62, 62) & '+') | (mask_within(v, 63, 63) & '/');
	return (char)c;
}

/* Above 63: it is none. */
static uint32_t value(uint8_t c)
{
	uint32_t upper = mask_within(c, 'A', 'Z'), lower = mask_within(c, 'a', 'z'), digit = mask_within(c, '0', '9');
	uint32_t plus = mask_within(c, '+', '+'), slash = mask_within(c, '/', '/');
	uint32_t v = (upper & (c - 'A')) | (lower & (c - 'a' + 26u)) | (digit & (c - '0' + 52u)) | (plus & 62) | (slash & 63);
	return v | (~(upper | lower | digit | plus | slash) & 64);
}

void base64_write(char *text, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16 | (i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0)
		                 | (i + 2 < n ? bytes[i + 2] : 0);
		*text++ = letter(three >> 18);
		*text++ = letter(three >> 12 & 63);
		*text++ = i + 1 < n ? letter(three >> 6 & 63) : '=';
		*text++ = i + 2 < n ? letter(three & 63) : '=';
	}
	*text = 0;
}

bool base64_read(uint8_t *bytes, size_t n, const char *text, size_t len)
{
	uint32_t bad = 0;
	if (len != base64_len(n))
		return false;
	for (size_t i = 0; i < n; i += 3, text += 4) {
		size_t left = n - i < 3 ? n - i : 3;
		uint32_t four = 0;
		for (size_t j = 0; j < 4; j++) {
			uint32_t v = j <= left ? value((uint8_t)text[j]) : (text[j] == '=' ? 0 : 64);
			bad |= v & 64;
			four = four << 6 | (v & 63);
		}
		for (size_t j = 0; j < left; j++)
			bytes[i + j] = (uint8_t)(four >> (16 - 8 * j));
		bad |= left < 3 ? four & (left == 2 ? 0xff : 0xffff) : 0;
	}
	return !bad;
}
