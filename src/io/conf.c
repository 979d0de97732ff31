#include "io/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "io/sys.h"

enum { LINE_WORDS_MAX = 4096 };         /* as many words as a file of CONF_FILE_MAX may sensibly have */

/* A user's words may hold anything.  Printed they stay one line and do nothing to a terminal; of what is too
 * long the middle, where his words are, is left out, because the end says what would be right. */
static void put_fitting(char *to, size_t room, const char *head, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	size_t head_len = strlen(head), len = head_len + (size_t)vsnprintf(NULL, 0, fmt, again), n = 0;
	va_end(again);
	char *plain = malloc(5 * (len + 1)), *safe = plain + len + 1;
	if (!plain) {
		snprintf(to, room, "%sout of memory", head);
		return;
	}
	memcpy(plain, head, head_len);
	vsnprintf(plain + head_len, len - head_len + 1, fmt, ap);
	for (const char *at = plain; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			n += (size_t)sprintf(safe + n, "\\x%02x", (unsigned char)*at);
		else
			safe[n++] = *at;
	safe[n] = 0;
	size_t half = n < room ? n : room / 2, rest = room - half - sizeof("...");
	snprintf(to, room, "%.*s%s%s", (int)half, safe, n < room ? "" : "...", n < room ? "" : safe + n - rest);
	free(plain);
}

bool conf_bad(struct conf *c, const char *fmt, ...)
{
	char head[256];
	int n = snprintf(head, sizeof(head), "%s: ", c->program);
	if (c->file && c->line)
		n += snprintf(head + n, sizeof(head) - (size_t)n, "%.120s:%u: ", c->file, c->line);
	if (c->option[0])
		snprintf(head + n, sizeof(head) - (size_t)n, "%s: ", c->option);

	va_list ap;
	va_start(ap, fmt);
	put_fitting(c->message, sizeof(c->message), head, fmt, ap);
	va_end(ap);
	c->result = CONF_BAD;
	c->status = CONF_EXIT_USAGE;
	return false;
}

bool conf_end(struct conf *c, enum conf_result result)
{
	c->result = result;
	return false;
}

void conf_note(struct conf *c, const char *fmt, ...)
{
	if (c->notes_n == CONF_NOTES_MAX)
		return;
	char head[sizeof(c->option) + 2];
	snprintf(head, sizeof(head), "%s%s", c->option, c->option[0] ? ": " : "");
	va_list ap;
	va_start(ap, fmt);
	put_fitting(c->notes[c->notes_n++], CONF_NOTE_LEN, head, fmt, ap);
	va_end(ap);
}

const char *conf_peek(const struct conf *c)
{
	return c->words ? c->word[0] : NULL;
}

void conf_take(struct conf *c)
{
	c->word++;
	c->words--;
}

/* Is name one of the words of names? */
static bool is_among(const char *names, const char *name, size_t len)
{
	for (const char *at = names; *at; ) {
		size_t n = strcspn(at, " ");
		if (n == len && !memcmp(at, name, len))
			return true;
		at += n + (at[n] == ' ');
	}
	return false;
}

static const struct conf_option *by_name(const struct conf *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->options_n; i++)
		if (len && is_among(c->options[i].names, name, len))
			return &c->options[i];
	return NULL;
}

static const struct conf_option *by_letter(const struct conf *c, char letter)
{
	for (size_t i = 0; i < c->options_n; i++)
		if (letter && c->options[i].letter == letter)
			return &c->options[i];
	return NULL;
}

/* Runs the parser of an option; value is what was written in the same word, or NULL. */
static bool apply(struct conf *c, const struct conf_option *o, const char *value)
{
	if (o->refusal)
		return conf_bad(c, "%s", o->refusal);
	if (o->kind == CONF_FLAG && value)
		return conf_bad(c, "takes no value, but '%s' was given", value);
	if (o->kind == CONF_VALUE && !value) {
		if (!conf_peek(c))
			return conf_bad(c, "needs a value: %s", o->arg);
		value = conf_peek(c);
		conf_take(c);
	}
	return o->set(c, value);
}

static bool parse_long(struct conf *c, const char *name)
{
	size_t len = strcspn(name, "=");
	const struct conf_option *o = by_name(c, name, len);
	if (!o) {
		c->option[0] = 0;
		return conf_bad(c, "unknown option '--%s'; %s --help lists all options", name, c->program);
	}
	snprintf(c->option, sizeof(c->option), "--%.*s", (int)len, name);
	return apply(c, o, name[len] ? name + len + 1 : NULL);
}

/* The letters of one word: flags, of which the last may be an option with a value. */
static bool parse_letters(struct conf *c, const char *letters)
{
	for (const char *at = letters; *at; at++) {
		const struct conf_option *o = by_letter(c, *at);
		if (!o) {
			c->option[0] = 0;
			if (!letters[1] || (unsigned char)*at >= 0x80)
				return conf_bad(c, "unknown option '-%s'; %s --help lists all options", letters,
				                c->program);
			return conf_bad(c, "unknown option '-%c' in '-%s'; %s --help lists all options", *at,
			                letters, c->program);
		}
		snprintf(c->option, sizeof(c->option), "-%c", *at);
		if (o->kind == CONF_FLAG && at[1] != '=') {
			if (!apply(c, o, NULL))
				return false;
			continue;
		}
		const char *value = at[1] ? at + 1 + (at[1] == '=') : NULL;
		return apply(c, o, value);
	}
	return true;
}

static bool parse_file(struct conf *c, const char *path, bool by_line);

static bool parse_words(struct conf *c)
{
	while (c->words) {
		const char *word = conf_peek(c);
		conf_take(c);
		c->option[0] = 0;
		bool good;
		if (c->operand && word[0] != '-')
			good = c->operand(c, word);
		else if (word[0] == '@')
			good = parse_file(c, word + 1, false);
		else if (word[0] != '-' || !word[1] || !strcmp(word, "--"))
			good = conf_bad(c, "'%s' is no option; options begin with '-', and values with spaces need quotes", word);
		else if (word[1] == '-')
			good = parse_long(c, word + 2);
		else
			good = parse_letters(c, word + 1);
		if (!good)
			return false;
	}
	return true;
}

/* Cuts the next word out of a line, in place: 'a b', "a b", a\ b; '#' at the start of a word ends the
 * line.  NULL: no more.  *bad: a quote was not closed. */
static char *next_word(char **at, bool *bad)
{
	char *p = *at + strspn(*at, " \t\r");
	if (!*p || *p == '#')
		return NULL;
	char *word = p, *to = p, quote = 0;
	for (; *p && (quote || !strchr(" \t\r", *p)); p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? 0 : *p;
		else if (*p == '\\' && quote != '\'' && p[1])
			*to++ = *++p;
		else
			*to++ = *p;
	}
	*bad |= quote != 0;
	*at = *p ? p + 1 : p;
	*to = 0;
	return word;
}

/* The words of one line. */
static bool split_line(struct conf *c, char *line, char **word, size_t *words)
{
	char whole[128];
	bool bad = false;
	snprintf(whole, sizeof(whole), "%s", line);
	for (char *at = line, *w; (w = next_word(&at, &bad)); word[(*words)++] = w)
		if (*words == LINE_WORDS_MAX)
			return conf_bad(c, "holds more than %d words: is it a config file?", LINE_WORDS_MAX);
	return bad ? conf_bad(c, "a quote is not closed; write \\' or \\\" for one that is meant, in: %s", whole) : true;
}

static bool parse_text(struct conf *c, char *text, char **word, bool by_line)
{
	size_t words = 0;
	for (char *line = text, *end; line; line = end) {
		c->option[0] = 0;
		c->line++;
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		if (by_line && line[strspn(line, " \t")] == '[')
			return conf_bad(c, "'%s' is a section of an n3n file; here a file has one option per line, such as: -c net", line);
		if (!split_line(c, line, word, &words))
			return false;
		if (end && !by_line)
			continue;
		c->word = word;
		c->words = words;
		words = 0;
		if (!parse_words(c))
			return false;
	}
	return true;
}

static bool cannot_read(struct conf *c, const char *path, bool is_first_word, int error)
{
	if (error == EFBIG)
		return conf_bad(c, "file '%s' is longer than 64 KiB: is it a config file?", path);
	if (error == ENOENT && is_first_word)
		return conf_bad(c, "there is no config file '%s', and no such command; commands are status and reload", path);
	conf_bad(c, "cannot read the config file '%s': %s", path, strerror(error));
	if (error != ENOENT && error != EISDIR)
		c->status = CONF_EXIT_SYSTEM;
	return false;
}

static bool parse_file(struct conf *c, const char *path, bool by_line)
{
	if (c->file)
		return conf_bad(c, "'@%s': a file cannot name another file", path);
	size_t len;
	char *text = sys_read_file(path, CONF_FILE_MAX, &len);
	if (!text)
		return cannot_read(c, path, by_line, errno);
	char **word = calloc(LINE_WORDS_MAX, sizeof(*word));
	char *const *rest = c->word;
	size_t rest_n = c->words;

	c->file = path;
	c->line = 0;
	bool good = !word ? conf_bad(c, "out of memory")
	          : strlen(text) != len ? conf_bad(c, "file '%s' holds a zero byte: is it a config file?", path)
	          : parse_text(c, text, word, by_line);
	c->file = NULL;
	c->word = rest;
	c->words = rest_n;
	free(word);
	free(text);
	return good;
}

enum conf_result conf_parse(struct conf *c, size_t words, char *const *word)
{
	c->result = CONF_RUN;
	c->word = word;
	c->words = words;
	const char *first = conf_peek(c);
	if (first && !c->operand && first[0] != '-' && first[0] != '@') {
		conf_take(c);
		if (!parse_file(c, first, true))
			return c->result;
	}
	parse_words(c);
	c->option[0] = 0;
	return c->result;
}

/* " -M, --mtu BYTES" */
static int print_synopsis(const struct conf_option *o, FILE *to, bool all)
{
	char names[80] = "", value[64] = "";
	const char *equals = o->kind == CONF_ATTACHED ? "[=" : " ";
	if (o->kind != CONF_FLAG)
		snprintf(value, sizeof(value), "%s%s%s", all ? equals : o->kind == CONF_ATTACHED ? "[" : " ",
		         o->arg, o->kind == CONF_ATTACHED ? "]" : "");
	if (all)
		snprintf(names, sizeof(names), "--%.*s", (int)strcspn(o->names, " "), o->names);
	if (o->letter)
		return fprintf(to, "  -%c%s%s%s", o->letter, all ? ", " : "", names, value);
	return fprintf(to, "      %s%s", names, value);
}

void conf_print_help(const struct conf *c, FILE *to, bool all)
{
	enum { SHORT_COLUMN = 20, LONG_COLUMN = 40 };
	fputs(c->usage, to);
	for (size_t i = 0; i < c->options_n; i++) {
		const struct conf_option *o = &c->options[i];
		if (!o->help || (!all && !o->letter))
			continue;
		int column = all ? LONG_COLUMN : SHORT_COLUMN;
		int n = print_synopsis(o, to, all);
		fprintf(to, "%*s%s", n < column ? column - n : 2, "", o->help);
		if (all && o->standard)
			fprintf(to, " (default: %s)", o->standard);
		fputc('\n', to);
	}
	if (all)
		fputs(c->more, to);
	else
		fprintf(to, "%s --help tells more, and has the long names.\n", c->program);
}

void conf_print_list(const struct conf *c, FILE *to)
{
	for (size_t i = 0; i < c->options_n; i++) {
		const struct conf_option *o = &c->options[i];
		if (o->help)
			fprintf(to, "%c\t%s\t%s\t%s\n", o->letter ? o->letter : '-', o->names,
			        o->arg ? o->arg : "-", o->standard ? o->standard : "-");
	}
}
