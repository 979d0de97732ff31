/* Short lines of text without stdio: log notes of the engines.  A line that is too long is cut.
 * Text from the wire goes through text_quoted(), which escapes what is not printable ASCII.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include "core/addr.h"

enum { TEXT_MAX = 256 };
struct text { char s[TEXT_MAX]; size_t len; };  /* s is always terminated; all zero: empty */

void text_str(struct text *t, const char *s);
void text_quoted(struct text *t, const void *bytes, size_t max);        /* up to max bytes or a zero byte, in '…' */
void text_uint(struct text *t, uint64_t n);
void text_mac(struct text *t, const uint8_t mac[static MAC_LEN]);
void text_addr(struct text *t, const struct addr *a);
void text_subnet(struct text *t, const struct subnet *s);

#endif
