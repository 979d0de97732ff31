#include "engine/secure/files.h"

#include "core/base64.h"
#include "core/crypto/wipe.h"

enum { WORDS_MAX = 4 };

struct line { const char *word[WORDS_MAX]; size_t len[WORDS_MAX], words; };
struct lines { const char *at, *end; size_t number; struct text *why; };

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static void split(struct line *line, const char *at, const char *end)
{
	line->words = 0;
	while (line->words < WORDS_MAX) {
		while (at < end && is_space(*at))
			at++;
		if (at == end || *at == '#')
			return;
		const char *word = at;
		while (at < end && !is_space(*at))
			at++;
		line->word[line->words] = word;
		line->len[line->words++] = (size_t)(at - word);
	}
}

/* The next line that says something; false: there is none. */
static bool next_line(struct lines *ls, struct line *line)
{
	while (ls->at < ls->end) {
		const char *newline = memchr(ls->at, '\n', (size_t)(ls->end - ls->at));
		const char *stop = newline ? newline : ls->end;
		ls->number++;
		split(line, ls->at, stop);
		ls->at = newline ? newline + 1 : ls->end;
		if (line->words)
			return true;
	}
	return false;
}

static bool refuse(const struct lines *ls, const char *what)
{
	*ls->why = (struct text){ .len = 0 };
	text_str(ls->why, "line ");
	text_uint(ls->why, ls->number);
	text_str(ls->why, " ");
	text_str(ls->why, what);
	return false;
}

static bool nothing(const struct lines *ls, const char *what)
{
	*ls->why = (struct text){ .len = 0 };
	text_str(ls->why, what);
	return false;
}

static bool read_secret(const struct lines *ls, const struct line *line, uint8_t key[static SECURE_KEY])
{
	if (line->words == 1 && base64_read(key, SECURE_KEY, line->word[0], line->len[0]))
		return true;
	wipe(key, SECURE_KEY);
	return refuse(ls, "is no key: a key is the 44 characters that edge genkey writes, alone on its line");
}

bool secure_key_file_read(uint8_t key[static SECURE_KEYS_MAX][SECURE_KEY], size_t *n, const char *text, size_t len,
                          struct text *why)
{
	struct lines ls = { text, text + len, 0, why };
	struct line line;
	*n = 0;
	while (next_line(&ls, &line)) {
		if (*n == SECURE_KEYS_MAX)
			return refuse(&ls, "is a third key, but at most two are used: the first seals, both open");
		if (!read_secret(&ls, &line, key[*n]))
			return false;
		++*n;
	}
	if (*n == 2 && same_secret(key[0], key[1], SECURE_KEY))
		return refuse(&ls, "is the first key again; leave one of both out");
	return *n ? true : nothing(&ls, "holds no key; edge genkey makes one");
}

bool secure_identity_file_read(struct secure_identity_file *f, const char *text, size_t len, struct text *why)
{
	struct lines ls = { text, text + len, 0, why };
	struct line line;
	*f = (struct secure_identity_file){ .marked = false };
	if (!next_line(&ls, &line))
		return nothing(&ls, "is empty; edge genkey makes what belongs there");
	if (!read_secret(&ls, &line, f->seed))
		return false;
	if (!next_line(&ls, &line))
		return true;
	f->marked = line.words == 1 && base64_read(f->mark, SECURE_MARK, line.word[0], line.len[0]);
	if (f->marked && !next_line(&ls, &line))
		return true;
	wipe(f, sizeof(*f));
	return refuse(&ls, "is too much: behind the seed stands the mark of the machine, and nothing else");
}

void secure_identity_file_write(char text[static SECURE_IDENTITY_TEXT], const struct secure_identity_file *f)
{
	size_t at = base64_len(SECURE_SEED);
	base64_write(text, f->seed, SECURE_SEED);
	text[at++] = '\n';
	if (f->marked) {
		base64_write(text + at, f->mark, SECURE_MARK);
		at += base64_len(SECURE_MARK);
		text[at++] = '\n';
	}
	text[at] = 0;
}

static bool read_mac(const struct line *line, size_t i, uint8_t mac[static MAC_LEN])
{
	char word[MAC_TEXT];
	if (i >= line->words || line->len[i] >= sizeof(word))
		return false;
	memcpy(word, line->word[i], line->len[i]);
	word[line->len[i]] = 0;
	return mac_parse(mac, word) && !mac_is_group(mac) && !mac_is_null(mac);
}

static bool read_trusted(const struct lines *ls, const struct line *line, struct secure_trusted *t)
{
	*t = (struct secure_trusted){ .bound = false };
	if (!base64_read(t->public, SECURE_KEY, line->word[0], line->len[0]))
		return refuse(ls, "begins with no public key: that is the 44 characters that edge pubkey prints");
	t->bound = read_mac(line, line->words - 1, t->mac);
	if (line->words > 3 || (line->words == 3 && !t->bound))
		return refuse(ls, "is no entry: write a public key, a name, and perhaps a MAC that the key is bound to");
	uint8_t made[MAC_LEN];
	secure_mac_of(made, t->public);
	if (t->bound && secure_mac_is_made(t->mac) && !mac_equal(made, t->mac))
		return refuse(ls, "binds the key to a MAC that is made from another identity; leave the MAC out");
	return true;
}

bool secure_trust_file_read(struct secure_trusted *listed, size_t *n, size_t max, const char *text, size_t len,
                            struct text *why)
{
	struct lines ls = { text, text + len, 0, why };
	struct line line;
	*n = 0;
	while (next_line(&ls, &line)) {
		if (*n == max)
			return refuse(&ls, "is one entry too many");
		if (!read_trusted(&ls, &line, &listed[*n]))
			return false;
		++*n;
	}
	return *n ? true : nothing(&ls, "lists nobody: it would let nobody in; leave out --trust to let in whoever has the key");
}
