/* The regular expressions of the community file (specification 13.7): . * + ? [abc] [a-z] [^abc]
 * \d \D \w \W \s \S and \ as escape; no anchors, alternatives or groups; the whole name must match.
 * patterns.h matches names.
 */
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include "core/bytes.h"

enum { PATTERN_SYMBOLS_MAX = 64 };

struct pattern {
	size_t n;
	struct pattern_symbol {
		uint8_t set[32];        /* bit per byte that matches */
		char repeat;            /* 0, '*', '+' or '?' */
	} symbol[PATTERN_SYMBOLS_MAX];
};

bool pattern_is_one(const char *text);          /* holds any of . * + ? [ ] \ */
/* NULL, or what is wrong with the text, as the end of a sentence. */
MUST_CHECK const char *pattern_compile(struct pattern *p, const char *text);

#endif
