/* Base64 (RFC 4648, section 4) of keys: with padding, canonical, and in a time that depends on the length alone. */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include "core/bytes.h"

enum { BASE64_KEY_TEXT = 44 + 1 };      /* of 32 bytes, with the zero at its end */

static inline size_t base64_len(size_t n) { return (n + 2) / 3 * 4; }
/* text has base64_len(n) + 1 bytes; ends in a zero. */
void base64_write(char *text, const uint8_t *bytes, size_t n);
/* Exactly n bytes from len characters.  False: it is not that; bytes are then undefined. */
MUST_CHECK bool base64_read(uint8_t *bytes, size_t n, const char *text, size_t len);

#endif
