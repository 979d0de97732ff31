#include "io/json.h"

#include <stdio.h>

#include "io/utf8.h"

size_t json_string(char *out, size_t room, const void *text, size_t max)
{
	const uint8_t *b = text;
	size_t len = 0;
	out[len++] = '"';
	for (size_t i = 0, n; i < max && b[i]; i += n ? n : 1) {
		char c[8];
		n = utf8_character(b + i, max - i);
		int put = !n || b[i] < 0x20 || b[i] == 0x7f ? snprintf(c, sizeof(c), "\\u%04x", b[i])
		          : snprintf(c, sizeof(c), "%s%.*s", b[i] == '\\' || b[i] == '"' ? "\\" : "", (int)n, (const char *)b + i);
		if (len + (size_t)put + 2 > room)
			break;
		memcpy(out + len, c, (size_t)put);
		len += (size_t)put;
	}
	out[len++] = '"';
	out[len] = 0;
	return len;
}
