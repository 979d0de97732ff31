#include "core/pattern.h"
#include "core/ascii.h"

bool pattern_is_one(const char *text)
{
	return strpbrk(text, ".*+?[]\\") != NULL;
}

static void add_range(uint8_t set[static 32], unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		set[c / 8] |= (uint8_t)(1 << c % 8);
}

static void invert(uint8_t set[static 32])
{
	for (size_t i = 0; i < 32; i++)
		set[i] = (uint8_t)~set[i];
}

static bool is_named_class(const char *at)
{
	return at[0] == '\\' && at[1] && strchr("dDwWsS", at[1]);
}

/* Adds \d, \D and so on. */
static void take_named_class(const char **at, uint8_t set[static 32])
{
	uint8_t named[32] = { 0 };
	char name = (*at)[1];
	if (name == 's' || name == 'S') {
		add_range(named, '\t', '\r');
		add_range(named, ' ', ' ');
	} else {
		add_range(named, '0', '9');
	}
	if (name == 'w' || name == 'W') {
		add_range(named, 'A', 'Z');
		add_range(named, 'a', 'z');
		add_range(named, '_', '_');
	}
	if (name < 'a')
		invert(named);
	for (size_t i = 0; i < sizeof(named); i++)
		set[i] |= named[i];
	*at += 2;
}

/* One byte, perhaps behind a backslash; false: there is none. */
static bool take_byte(const char **at, uint8_t *c)
{
	const char *p = *at;
	if (*p == '\\')
		p++;
	if (!*p)
		return false;
	*c = (uint8_t)*p;
	*at = p + 1;
	return true;
}

/* What may stand between the brackets: \d, a, a-z.  A '-' that is first or last is itself. */
static const char *take_member(const char **at, uint8_t set[static 32])
{
	uint8_t from, to;
	if (is_named_class(*at)) {
		take_named_class(at, set);
		return NULL;
	}
	if (!take_byte(at, &from))
		return "lacks a ]";
	to = from;
	if ((*at)[0] == '-' && (*at)[1] != ']') {
		++*at;
		if (is_named_class(*at) || !take_byte(at, &to))
			return "has a range without an end";
	}
	if (from > to)
		return "has a range that runs backwards";
	add_range(set, from, to);
	return NULL;
}

/* Behind the opening bracket. */
static const char *take_class(const char **at, uint8_t set[static 32])
{
	bool inverted = ascii_take(at, '^');
	if (**at == ']')
		return "has an empty [ ]";
	while (!ascii_take(at, ']')) {
		const char *wrong = take_member(at, set);
		if (wrong)
			return wrong;
	}
	if (inverted)
		invert(set);
	return NULL;
}

static bool is_repeat(char c)
{
	return c == '*' || c == '+' || c == '?';
}

static const char *take_symbol(const char **at, struct pattern_symbol *s)
{
	uint8_t c;
	*s = (struct pattern_symbol){ .repeat = 0 };
	if (is_repeat(**at))
		return "has nothing before a * + or ?";
	if (**at == ']')
		return "has a ] without a [";
	if (ascii_take(at, '[')) {
		const char *wrong = take_class(at, s->set);
		if (wrong)
			return wrong;
	} else if (is_named_class(*at)) {
		take_named_class(at, s->set);
	} else if (ascii_take(at, '.')) {
		invert(s->set);
	} else if (take_byte(at, &c)) {
		add_range(s->set, c, c);
	} else {
		return "ends in a \\";
	}
	if (is_repeat(**at))
		s->repeat = *(*at)++;
	return NULL;
}

const char *pattern_compile(struct pattern *p, const char *text)
{
	for (p->n = 0; *text; p->n++) {
		if (p->n == PATTERN_SYMBOLS_MAX)
			return "is too long (at most 64 symbols)";
		const char *wrong = take_symbol(&text, &p->symbol[p->n]);
		if (wrong)
			return wrong;
	}
	return NULL;
}
