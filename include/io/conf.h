/* Options of a program: one table feeds the command line, the config file, "@file" and the help.
 *
 *	-x value  -xvalue  -x=value  --name value  --name=value  -abc (flags)  @file
 *
 * A first word without '-' names a config file: one option per line, '#' begins a comment, quotes keep
 * words together.  What comes later wins; options that may be repeated collect.  A program with operands has
 * no config file.  Nothing is touched and nothing printed here: a wrong word ends in CONF_BAD with one sentence in message, which quotes the
 * value and says what would be right.
 */
#ifndef IO_CONF_H
#define IO_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CONF_MESSAGE_MAX = 512, CONF_NOTES_MAX = 16, CONF_NOTE_LEN = 160, CONF_FILE_MAX = 1 << 16 };
enum conf_status { CONF_EXIT_SYSTEM = 1, CONF_EXIT_USAGE = 2 };
enum conf_result { CONF_RUN, CONF_SHORT_HELP, CONF_LONG_HELP, CONF_VERSION, CONF_LIST, CONF_BAD };
enum conf_kind { CONF_FLAG, CONF_VALUE, CONF_ATTACHED };        /* attached: a value may follow, but as one word */

struct conf;

struct conf_option {
	char letter;                    /* 0: none */
	const char *names;              /* long names, separated by spaces, the usual one first */
	enum conf_kind kind;
	/* value: NULL for a flag, or when nothing is attached.  False: conf_bad() or conf_end() was called. */
	bool (*set)(struct conf *c, const char *value);
	const char *arg;                /* name of the value in the help */
	const char *standard;           /* what holds without the option; NULL: nothing to say */
	const char *help;
	const char *refusal;            /* why this version refuses it; then it is not in the help */
};

struct conf {
	const char *program;            /* in front of every message */
	const struct conf_option *options;
	size_t options_n;
	bool (*operand)(struct conf *c, const char *word);      /* takes words without '-'; NULL: there are none */
	const char *usage;              /* first lines of both helps */
	const char *more;               /* last lines of the long help */
	void *target;                   /* for the parsers */

	char message[CONF_MESSAGE_MAX]; /* after CONF_BAD */
	int status;                     /* after CONF_BAD: exit status */
	char notes[CONF_NOTES_MAX][CONF_NOTE_LEN];      /* for the log, once it is open */
	size_t notes_n;

	/* private */
	enum conf_result result;
	const char *file;               /* NULL: the command line */
	unsigned line;
	char option[64];                /* as it was written */
	char *const *word;              /* the words left */
	size_t words;
};

/* Parses the words after the program's name. */
enum conf_result conf_parse(struct conf *c, size_t words, char *const *word);
void conf_print_help(const struct conf *c, FILE *to, bool all);
/* "letter <tab> long names <tab> value <tab> default" per option, '-' where there is none; for tests. */
void conf_print_list(const struct conf *c, FILE *to);

/* For parsers.  These return false, so that a parser can end with them. */
bool conf_bad(struct conf *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool conf_end(struct conf *c, enum conf_result result);
/* A line for the log, such as "-b has no effect". */
void conf_note(struct conf *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The next word of the same line, or NULL; conf_take() consumes it. */
const char *conf_peek(const struct conf *c);
void conf_take(struct conf *c);
/* Decimal or 0x.  What is "a port", "an MTU", ... */
bool conf_uint(struct conf *c, const char *value, const char *what, unsigned long min, unsigned long max,
               unsigned long *out);
/* Copies a text of 1 to max bytes; to has max + 1 and is padded with zeros. */
bool conf_string(struct conf *c, const char *value, const char *what, size_t max, char *to);

/* A host and a UDP port as the user wrote them: "host", "host:port", "192.0.2.1", "[2001:db8::1]:port". */
enum { CONF_HOST_MAX = 253 };
struct conf_endpoint {
	char host[CONF_HOST_MAX + 1];   /* without brackets */
	uint16_t port;
};
bool conf_endpoint(struct conf *c, const char *value, uint16_t default_port, struct conf_endpoint *out);
/* Without any struct conf: NULL, or what is wrong, as the end of a sentence. */
const char *conf_endpoint_parse(struct conf_endpoint *out, const char *value, uint16_t default_port);

#endif
