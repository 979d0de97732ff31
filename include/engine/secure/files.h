/* The files of secure sessions as values: keys, identity, trust list (edge(8), FILES).  Texts of lines; blank lines, and
 * what follows a '#', mean nothing.  What is wrong is said without quoting what may be a secret.
 */
#ifndef SECURE_FILES_H
#define SECURE_FILES_H

#include "core/text.h"
#include "engine/secure/secure.h"

/* One or two keys, one a line.  False: why is the end of a sentence. */
MUST_CHECK bool secure_key_file_read(uint8_t key[static SECURE_KEYS_MAX][SECURE_KEY], size_t *n, const char *text, size_t len,
                                     struct text *why);

/* A seed, and on a second line the mark of the machine that it was made on, if it is bound to one. */
struct secure_identity_file {
	uint8_t seed[SECURE_SEED];
	bool marked;
	uint8_t mark[SECURE_MARK];
};
enum { SECURE_IDENTITY_TEXT = 44 + 1 + 24 + 1 + 1 };
MUST_CHECK bool secure_identity_file_read(struct secure_identity_file *f, const char *text, size_t len, struct text *why);
void secure_identity_file_write(char text[static SECURE_IDENTITY_TEXT], const struct secure_identity_file *f);

/* "PUBLIC-KEY [NAME [MAC]]" a line; those after max are refused. */
MUST_CHECK bool secure_trust_file_read(struct secure_trusted *listed, size_t *n, size_t max, const char *text, size_t len,
                                       struct text *why);

#endif
