/* UTF-8 in text that strangers wrote (RFC 3629). */
#ifndef IO_UTF8_H
#define IO_UTF8_H

#include "core/bytes.h"

static inline bool utf8_is_tail(uint8_t b)
{
	return (b & 0xc0) == 0x80;
}

/* Bytes of the character that begins here, of at most max, ASCII included; 0: it is none: a stray byte, cut off, longer
 * than need be, a surrogate, beyond U+10FFFF, or a control code of U+0080 to U+009F, which terminals obey. */
static inline size_t utf8_character(const uint8_t *b, size_t max)
{
	static const uint32_t least[] = { 0, 0, 0xa0, 0x800, 0x10000 };
	size_t len = b[0] < 0x80 ? 1 : b[0] < 0xc0 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : b[0] < 0xf8 ? 4 : 0;
	if (len < 2 || len > max)
		return len == 1 && max ? 1 : 0;
	uint32_t code = b[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (!utf8_is_tail(b[i]))
			return 0;
		code = code << 6 | (b[i] & 0x3fu);
	}
	bool surrogate = code >= 0xd800 && code <= 0xdfff;
	return code < least[len] || code > 0x10ffff || surrogate ? 0 : len;
}

#endif
