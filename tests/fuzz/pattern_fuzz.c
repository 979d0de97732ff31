/* First line: a pattern; the rest: the name.  A pattern without special characters is the name itself. */
#include "core/patterns.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct pattern p;
	char text[256];
	const uint8_t *newline = len ? memchr(data, '\n', len) : NULL;
	size_t line = newline ? (size_t)(newline - data) : len;
	const uint8_t *name = newline ? newline + 1 : data;
	size_t name_len = newline ? len - line - 1 : len;

	fuzz_text(text, sizeof(text), data, line);
	if (pattern_compile(&p, text))
		return 0;
	FUZZ_CHECK(p.n <= PATTERN_SYMBOLS_MAX);
	struct patterns *ps = patterns_new(&p, 1);
	bool matches = patterns_match(ps, name, name_len);
	patterns_free(ps);
	if (!pattern_is_one(text))
		FUZZ_CHECK(matches == (name_len == strlen(text) && !memcmp(name, text, name_len)));
	return 0;
}
