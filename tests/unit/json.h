/* A checker of JSON, as strict as RFC 8259. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Returns behind the value, NULL: not valid. */
static inline const char *json_value(const char *at);

/* Bytes of a character beyond ASCII; 0: it is none. */
static inline size_t json_utf8(const char *at)
{
	static const unsigned char first[] = { 0xc2, 0xe0, 0xf0, 0xf5 };
	unsigned char b = (unsigned char)*at;
	size_t n = b < first[0] ? 0 : b < first[1] ? 2 : b < first[2] ? 3 : b < first[3] ? 4 : 0;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static inline const char *json_string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	for (; *at != '"'; at++) {
		if ((unsigned char)*at >= 0x80) {
			size_t n = json_utf8(at);
			if (!n)
				return NULL;
			at += n - 1;
			continue;
		}
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return NULL;
		if (*at != '\\')
			continue;
		at++;
		if (*at == 'u' && strspn(at + 1, "0123456789abcdef") >= 4)
			at += 4;
		else if (!*at || !strchr("\"\\/bfnrt", *at))
			return NULL;
	}
	return at + 1;
}

static inline const char *json_members(const char *at, char close, bool named)
{
	if (*++at == close)
		return at + 1;
	for (;; at++) {
		if (named && (!(at = json_string(at)) || *at++ != ':'))
			return NULL;
		at = json_value(at);
		if (!at || *at == close)
			return at ? at + 1 : NULL;
		if (*at != ',')
			return NULL;
	}
}

static inline const char *json_value(const char *at)
{
	static const char *const words[] = { "true", "false", "null" };
	if (*at == '{')
		return json_members(at, '}', true);
	if (*at == '[')
		return json_members(at, ']', false);
	if (*at == '"')
		return json_string(at);
	for (size_t i = 0; i < 3; i++)
		if (!strncmp(at, words[i], strlen(words[i])))
			return at + strlen(words[i]);
	size_t digits = strspn(at, "0123456789");
	return digits && (digits == 1 || *at != '0') ? at + digits : NULL;
}

/* One value and a line feed. */
static inline bool is_json(const char *text)
{
	const char *end = json_value(text);
	if (!end || strcmp(end, "\n"))
		printf("  no JSON: %.300s\n", text);
	return end && !strcmp(end, "\n");
}

#endif
