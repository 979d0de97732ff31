#include "core/patterns.h"

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool pattern_alone(const struct pattern *p, const char *name, size_t len)
{
	struct patterns *ps = patterns_new(p, 1);
	bool match = patterns_match(ps, name, len);
	patterns_free(ps);
	return match;
}

static bool matches(const char *text, const char *name)
{
	struct pattern p;
	const char *wrong = pattern_compile(&p, text);
	if (wrong)
		printf("  \"%s\" %s\n", text, wrong);
	CHECK(!wrong);
	return !wrong && pattern_alone(&p, name, strlen(name));
}

static void known_matches(void)
{
	static const struct { const char *text, *name; bool want; } known[] = {
		{ "abc", "abc", true }, { "abc", "ab", false }, { "abc", "abcd", false },
		{ "abc", "xabc", false }, { "a.c", "abc", true }, { "a.c", "a\xff""c", true },
		{ "a.c", "ac", false }, { "a\\.c", "abc", false }, { "a\\.c", "a.c", true },
		{ "a\\\\c", "a\\c", true }, { "\\[\\]\\*", "[]*", true }, { "ab*c", "ac", true },
		{ "ab*c", "abbbbc", true }, { "ab+c", "ac", false }, { "ab+c", "abbc", true },
		{ ".*", "", true }, { ".*", "anything", true }, { ".+", "", false },
		/* n2n 3.1.1 decides the first two the other way */
		{ "Inter?", "Inte", true }, { "Inter?", "Inter", true }, { "Inter?", "Interr", false },
		{ "n2n[0-9]+", "n2n42", true }, { "n2n[0-9]+", "n2n", false },
		{ "n2n[0-9]+", "n2n4x", false }, { "[abc]", "b", true }, { "[abc]", "d", false },
		{ "[^abc]", "d", true }, { "[^abc]", "a", false }, { "[^abc]", "^", true },
		{ "[^abc]", "", false }, { "[^a-c0-9]+", "xyz", true }, { "[^a-c0-9]+", "xy5", false },
		{ "[a^]", "^", true }, { "[-a]", "-", true }, { "[a-]", "-", true }, { "[a-]", "b", false },
		{ "[a\\-c]", "b", false }, { "[a\\-c]", "-", true }, { "[\\]]", "]", true },
		{ "[[]", "[", true }, { "[.*+?]", "a", false }, { "[.*+?]", "+", true },
		{ "[\\d_]+", "4_2", true }, { "[^\\d]", "4", false }, { "[\\D4]", "4", true },
		{ "[\\D4]", "5", false }, { "[\\d-z]", "-", true }, { "[\\d-z]", "y", false },
		{ "\\d", "7", true }, { "\\d", "x", false }, { "\\D", "x", true }, { "\\D", "7", false },
		{ "\\w+", "aZ_09", true }, { "\\w", "-", false }, { "\\w", "\xe4", false },
		{ "\\W", "-", true }, { "\\W", "_", false }, { "\\s", " ", true }, { "\\s", "\t", true },
		{ "\\s", "\r", true }, { "\\s", "x", false }, { "\\S", "x", true }, { "\\S", " ", false },
		{ "^a$", "a", false }, { "^a$.?", "^a$", true }, { "a|b.?", "a", false },
		{ "(a).?", "(a)", true }, { "a{2}.?", "aa", false }
	};
	for (size_t i = 0; i < COUNT(known); i++)
		if (matches(known[i].text, known[i].name) != known[i].want) {
			printf("  \"%s\" on \"%s\" is not %d\n", known[i].text, known[i].name, known[i].want);
			CHECK(false);
		}
}

/* In 3.1.1 the classes of the last expression were those of all. */
static void classes_are_not_shared(void)
{
	struct pattern a, b;
	CHECK(!pattern_compile(&a, "aa[0-9]") && !pattern_compile(&b, "bb[x-z]"));
	CHECK(pattern_alone(&a, "aa1", 3) && !pattern_alone(&a, "aaz", 3));
	CHECK(pattern_alone(&b, "bbz", 3) && !pattern_alone(&b, "bb1", 3));
}

static void zero_bytes_are_bytes(void)
{
	struct pattern p;
	CHECK(!pattern_compile(&p, "a.b"));
	CHECK(pattern_alone(&p, "a\0b", 3));
	CHECK(!pattern_alone(&p, "a\0c", 3));
}

static void broken_patterns_are_refused(void)
{
	static const char *const bad[] = {
		"*", "+a", "?", "a**", "a+?", "a*b++", "[", "[a", "[^", "[^a", "[]", "[^]", "a]", "]",
		"[\\]", "[a-", "[a-\\", "\\", "abc\\", "[z-a]", "[a-\\d]", "[b-a]x", "[\\"
	};
	struct pattern p;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *wrong = pattern_compile(&p, bad[i]);
		if (!wrong)
			printf("  accepted: \"%s\"\n", bad[i]);
		CHECK(wrong && *wrong);
	}
}

static void length_is_limited(void)
{
	char text[PATTERN_SYMBOLS_MAX + 2];
	struct pattern p;
	memset(text, 'a', sizeof(text));
	text[PATTERN_SYMBOLS_MAX + 1] = 0;
	CHECK(pattern_compile(&p, text));
	text[PATTERN_SYMBOLS_MAX] = 0;
	CHECK(!pattern_compile(&p, text));
	CHECK(pattern_alone(&p, text, PATTERN_SYMBOLS_MAX));
	CHECK(!pattern_alone(&p, text, PATTERN_SYMBOLS_MAX - 1));
}

/* Would not end in our time with a matcher that goes back. */
static void no_pattern_takes_long(void)
{
	char text[PATTERN_SYMBOLS_MAX * 2 + 1] = "", name[1000];
	struct pattern p;
	for (size_t i = 0; i < PATTERN_SYMBOLS_MAX; i++)
		strcat(text, i % 2 ? "a*" : ".*");
	text[strlen(text) - 2] = 'b';
	text[strlen(text) - 1] = 0;
	memset(name, 'a', sizeof(name));
	CHECK(!pattern_compile(&p, text));
	CHECK(!pattern_alone(&p, name, sizeof(name)));
	name[sizeof(name) - 1] = 'b';
	CHECK(pattern_alone(&p, name, sizeof(name)));
}

static void is_one(void)
{
	CHECK(!pattern_is_one("") && !pattern_is_one("plain-name_7") && !pattern_is_one("^$|(){}"));
	for (const char *c = ".*+?[]\\"; *c; c++)
		CHECK(pattern_is_one((const char[]){ 'a', *c, 'b', 0 }));
}

/* The slow model: symbols whose meaning is written out, matched by trying everything. */
static const struct { const char *text, *bytes; } symbols[] = {
	{ "a", "a" }, { "b", "b" }, { ".", "ab-7" }, { "[ab]", "ab" }, { "[^a]", "b-7" }, { "[a-c]", "ab" },
	{ "\\d", "7" }, { "\\D", "ab-" }, { "\\w", "ab7" }, { "[^\\w]", "-" }, { "\\-", "-" },
	{ "[0-9-]", "-7" }, { "[^ab-]", "7" }
};
struct term { size_t symbol; char repeat; };

static bool model(const struct term *t, size_t n, const char *name)
{
	if (!n)
		return !*name;
	bool here = *name && strchr(symbols[t->symbol].bytes, *name);
	switch (t->repeat) {
	case '*':
		return model(t + 1, n - 1, name) || (here && model(t, n, name + 1));
	case '+':
		return here && (model(t + 1, n - 1, name + 1) || model(t, n, name + 1));
	case '?':
		return model(t + 1, n - 1, name) || (here && model(t + 1, n - 1, name + 1));
	default:
		return here && model(t + 1, n - 1, name + 1);
	}
}

static void matches_what_the_model_matches(void)
{
	unsigned matched = 0;
	for (int round = 0; round < 4000; round++) {
		struct term term[6];
		char text[64] = "";
		size_t n = 1 + test_random() % COUNT(term);
		for (size_t i = 0; i < n; i++) {
			term[i] = (struct term){ test_random() % COUNT(symbols), "\0\0*+?"[test_random() % 5] };
			strcat(text, symbols[term[i].symbol].text);
			strncat(text, &term[i].repeat, 1);
		}
		for (int names = 0; names < 10; names++) {
			char name[8] = "";
			for (size_t len = test_random() % sizeof(name), i = 0; i < len; i++)
				name[i] = "ab-7"[test_random() % 4];
			bool want = model(term, n, name);
			if (matches(text, name) != want) {
				printf("  \"%s\" on \"%s\" is not %d\n", text, name, want);
				CHECK(false);
			}
			matched += want;
		}
	}
	CHECK(matched > 1000);
}

/* A text of one to six symbols. */
static void random_text(char *text)
{
	*text = 0;
	for (size_t n = 1 + test_random() % 6; n; n--) {
		strcat(text, symbols[test_random() % COUNT(symbols)].text);
		strncat(text, &"\0\0*+?"[test_random() % 5], 1);
	}
}

/* Side by side they are what each is alone, also where one begins in the middle of a word of bits. */
static void many_at_once(void)
{
	static struct pattern p[40];
	unsigned matched = 0;
	for (int round = 0; round < 300; round++) {
		size_t n = test_random() % (COUNT(p) + 1);
		char text[64];
		for (size_t i = 0; i < n; i++) {
			random_text(text);
			CHECK(!pattern_compile(&p[i], text));
		}
		struct patterns *ps = patterns_new(p, n);
		for (int names = 0; names < 10; names++) {
			char name[16];
			size_t len = test_random() % sizeof(name);
			for (size_t i = 0; i < len; i++)
				name[i] = "ab-7"[test_random() % 4];
			bool want = false;
			for (size_t i = 0; i < n; i++)
				want |= pattern_alone(&p[i], name, len);
			CHECK_INT(patterns_match(ps, name, len), want);
			matched += want;
		}
		patterns_free(ps);
	}
	CHECK(matched > 300 && matched < 2700);
}

/* Whatever the text: compiled or refused, and matched, without a step outside. */
static void any_text_is_survived(void)
{
	for (int round = 0; round < 20000; round++) {
		char text[12] = "";
		struct pattern p;
		for (size_t len = test_random() % sizeof(text), i = 0; i < len; i++)
			text[i] = "[]^-\\d.*+?az"[test_random() % 12];
		if (!pattern_compile(&p, text))
			CHECK(pattern_alone(&p, text, 0) || p.n);
	}
}

int main(void)
{
	RUN(known_matches);
	RUN(classes_are_not_shared);
	RUN(zero_bytes_are_bytes);
	RUN(broken_patterns_are_refused);
	RUN(length_is_limited);
	RUN(no_pattern_takes_long);
	RUN(is_one);
	RUN(matches_what_the_model_matches);
	RUN(many_at_once);
	RUN(any_text_is_survived);
	return test_done();
}
