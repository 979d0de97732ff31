/* JSON strings (RFC 8259, section 7). */
#ifndef IO_JSON_H
#define IO_JSON_H

#include "core/bytes.h"

/* Up to max bytes of text, or to a zero, in quotes and ended by a zero; what does not fit into room is left out whole.
 * UTF-8 stays; a byte that is no part of it is taken for Latin-1.  room at least 3.  Returns the length. */
size_t json_string(char *out, size_t room, const void *text, size_t max);

#endif
