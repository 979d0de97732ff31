/* The community file (specification 13.7) as a value: fixed names, some with a network or keys, and expressions. */
#include "state.h"

#include <stdlib.h>

#include "core/base64.h"

enum {
	WORD_MAX = 255, WORDS_MAX = 4,
	QUOTED_MAX = 32         /* escaped four times as long, and still the whole sentence fits struct text */
};

#define KEY_WORD "key:"

struct line { char word[WORDS_MAX][WORD_MAX + 1]; size_t words; };

struct reader {
	struct allowed *a;
	const struct hash_key *key;
	struct table *seen;             /* of struct allowed_name, by name */
	size_t names_max, number;
	struct text *why;
};

static bool refuse(const struct reader *r, const char *quoted, const char *what)
{
	*r->why = (struct text){ .len = 0 };
	text_str(r->why, "line ");
	text_uint(r->why, r->number);
	text_str(r->why, ": ");
	if (quoted) {
		text_quoted(r->why, quoted, QUOTED_MAX);
		text_str(r->why, strlen(quoted) > QUOTED_MAX ? "... " : " ");
	}
	text_str(r->why, what);
	return false;
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/* Up to WORDS_MAX words; a word that begins with '#' begins a comment. */
static bool split(const struct reader *r, struct line *line, const char *at, const char *end)
{
	line->words = 0;
	for (;;) {
		while (at < end && is_space(*at))
			at++;
		if (at == end || *at == '#' || line->words == WORDS_MAX)
			return true;
		char *word = line->word[line->words++];
		size_t n = 0;
		for (; at < end && !is_space(*at); at++) {
			if (!*at)
				return refuse(r, NULL, "holds a zero byte; the file must be plain text");
			if (n == WORD_MAX)
				return refuse(r, NULL, "holds a word of more than 255 characters");
			word[n++] = *at;
		}
		word[n] = 0;
	}
}

static bool read_network(const struct reader *r, struct subnet *network, const char *word)
{
	if (!subnet_parse(network, word, 0) || !subnet_is_set(network) || network->prefix < 1 || network->prefix > 30
	    || (subnet_ip(network) & ~subnet_mask(network->prefix)))
		return refuse(r, word, "is not a network: say it with its first address and a length of 1 to 30, "
		                       "as in 10.1.2.0/24");
	return true;
}

static const struct allowed_name *seen_before(const struct reader *r, const struct allowed_name *name, uint64_t hash)
{
	const struct allowed_name *other;
	for (size_t at = table_first(r->seen, hash); (other = table_next(r->seen, hash, &at)); )
		if (!memcmp(other->name, name->name, COMMUNITY_LEN))
			return other;
	return NULL;
}

/* "key:BASE64[,BASE64]", which is not quoted back. */
static bool read_keys(const struct reader *r, struct registration_keys *keys, const char *word)
{
	const char *at = word + strlen(KEY_WORD);
	if (keys->n)
		return refuse(r, NULL, "has two words that begin with key:, but both keys belong into one, with a comma between");
	for (;;) {
		size_t len = strcspn(at, ",");
		if (keys->n == REGISTRATION_KEYS || !base64_read(keys->key[keys->n], REGISTRATION_KEY, at, len))
			return refuse(r, NULL, "holds no registration keys behind key: but one or two are needed, with a comma between; "
			                       "edge regkey prints such a line");
		keys->n++;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

/* What may follow the name: a network, keys. */
static bool read_rest(const struct reader *r, struct allowed_name *n, const struct line *line)
{
	for (size_t i = 1; i < line->words; i++) {
		const char *word = line->word[i];
		if (!strncmp(word, KEY_WORD, strlen(KEY_WORD))) {
			if (!read_keys(r, &n->keys, word))
				return false;
		} else if (subnet_is_set(&n->network)) {
			return refuse(r, word, "is too much: a line is a name and perhaps a network, as in net1 10.1.2.0/24, and key:");
		} else if (!read_network(r, &n->network, word)) {
			return false;
		}
	}
	return true;
}

static bool read_name(struct reader *r, const struct line *line)
{
	struct allowed_name *n = &r->a->name[r->a->names];
	size_t len = strlen(line->word[0]);
	if (len >= COMMUNITY_LEN)
		return refuse(r, line->word[0], "is too long: a community's name has at most 19 characters");
	if (line->words == WORDS_MAX)
		return refuse(r, line->word[WORDS_MAX - 1], "is too much: a line is a name and perhaps a network, as in net1 10.1.2.0/24, and key:");
	*n = (struct allowed_name){ .line = r->number };
	memcpy(n->name, line->word[0], len);
	if (!read_rest(r, n, line))
		return false;
	uint64_t hash = hash_keyed(r->key, n->name, COMMUNITY_LEN);
	if (seen_before(r, n, hash))
		return refuse(r, line->word[0], "is listed twice; a name must stand on one line only");
	if (r->a->names == r->names_max || !table_add(r->seen, hash, n))
		return refuse(r, line->word[0], "is one community too many; raise --max-communities");
	r->a->names++;
	return true;
}

static bool read_pattern(struct reader *r, const struct line *line)
{
	if (line->words > 1)
		return refuse(r, line->word[1], "follows an expression, which takes no network; only a plain name does");
	const char *wrong = pattern_compile(&r->a->pattern[r->a->patterns], line->word[0]);
	if (wrong)
		return refuse(r, line->word[0], wrong);
	r->a->patterns++;
	return true;
}

static bool read_line(struct reader *r, const char *at, const char *end)
{
	struct line line;
	if (!split(r, &line, at, end))
		return false;
	if (!line.words)
		return true;
	if (line.word[0][0] == '*')
		return refuse(r, line.word[0], "is a user or a federation: user/password and federation are not in this version");
	return pattern_is_one(line.word[0]) ? read_pattern(r, &line) : read_name(r, &line);
}

static bool read_lines(struct reader *r, const char *text, size_t len)
{
	const char *end = text + len;
	for (const char *at = text; at < end; ) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		r->number++;
		if (!read_line(r, at, stop))
			return false;
		at = newline ? newline + 1 : end;
	}
	return true;
}

/* Upper bounds of what a text can hold: lines, and lines with one of the bytes that make an expression. */
static void count(const char *text, size_t len, size_t *lines, size_t *patterns)
{
	bool special = false;
	*lines = 1;
	*patterns = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			++*lines;
			special = false;
		} else if (!special && text[i] && strchr(".*+?[]\\", text[i])) {
			++*patterns;
			special = true;
		}
	}
}

static int by_first(const void *a, const void *b)
{
	uint32_t x = ((const struct given_range *)a)->first, y = ((const struct given_range *)b)->first;
	return x < y ? -1 : x > y;
}

/* What touches becomes one range, so that looking for a way past the networks of the file takes one step. */
static void collect_given(struct allowed *a)
{
	size_t n = 0;
	for (size_t i = 0; i < a->names; i++) {
		const struct subnet *s = &a->name[i].network;
		if (subnet_is_set(s))
			a->given[n++] = (struct given_range){ subnet_ip(s), subnet_ip(s) | ~subnet_mask(s->prefix) };
	}
	if (n)
		qsort(a->given, n, sizeof(*a->given), by_first);
	for (size_t i = 0; i < n; i++) {
		struct given_range *before = a->given_n ? &a->given[a->given_n - 1] : NULL;
		if (!before || (before->last < a->given[i].first && before->last + 1 != a->given[i].first))
			a->given[a->given_n++] = a->given[i];
		else if (before->last < a->given[i].last)
			before->last = a->given[i].last;
	}
}

static bool allocate(struct reader *r, const char *text, size_t len)
{
	size_t lines, patterns;
	count(text, len, &lines, &patterns);
	if (lines > r->names_max)
		lines = r->names_max;
	r->a = calloc(1, sizeof(*r->a));
	if (!r->a)
		return false;
	r->a->name = calloc(lines + 1, sizeof(*r->a->name));
	r->a->pattern = calloc(patterns + 1, sizeof(*r->a->pattern));
	r->a->given = calloc(lines + 1, sizeof(*r->a->given));
	r->seen = table_new(lines + 1);
	return r->a->name && r->a->pattern && r->a->given && r->seen;
}

struct allowed *allowed_new(const struct hash_key *key, size_t names_max, const char *text, size_t len,
                            struct text *why)
{
	struct reader r = { .key = key, .names_max = names_max, .why = why };
	bool good = allocate(&r, text, len);
	if (!good)
		text_str(why, "not enough memory");
	good = good && read_lines(&r, text, len);
	table_free(r.seen);
	if (good) {
		collect_given(r.a);
		r.a->all = patterns_new(r.a->pattern, r.a->patterns);
		if (r.a->all)
			return r.a;
		text_str(why, "not enough memory");
	}
	allowed_free(r.a);
	return NULL;
}

void allowed_free(struct allowed *a)
{
	if (!a)
		return;
	free(a->name);
	free(a->pattern);
	patterns_free(a->all);
	free(a->given);
	free(a);
}

bool allowed_matches(const struct allowed *a, const uint8_t *name)
{
	const uint8_t *zero = memchr(name, 0, COMMUNITY_LEN);
	size_t len = zero ? (size_t)(zero - name) : COMMUNITY_LEN;
	return patterns_match(a->all, name, len);
}
