/* Where secrets may be: memory that is not swapped, dumped or inherited, and files that others cannot read. */
#ifndef IO_SECRET_H
#define IO_SECRET_H

#include <stdio.h>
#include <sys/types.h>

#include "core/bytes.h"

/* Zeroed pages of their own.  NULL with errno. */
MUST_CHECK void *secret_new(size_t len);
void secret_free(void *secret, size_t len);     /* wiped; NULL is no error */
void secret_wipe(void *secret, size_t len);
/* This process: it leaves no core dump, nobody of its user may look into it, and what it has allocated so far is not
 * swapped, where that is allowed.  Again after a change of the user. */
void secret_process(void);

/* A file that is read again when the program has fewer rights than at its start. */
enum { SECRET_FILE_MAX = 65536, SECRET_WHY = 256 };
struct secret_file {
	char path[4096];
	int fd;                         /* what it was at the start; -1: not read yet */
};
/* private_: its mode must be 0640, or less.  *text is terminated, to be given to secret_free(*text, SECRET_FILE_MAX).
 * False: why is a sentence without the path. */
MUST_CHECK bool secret_file_read(struct secret_file *f, bool private_, char **text, size_t *len, char why[static SECRET_WHY]);
void secret_file_close(struct secret_file *f);

/* All the pieces of argv and of the environment that are this value are wiped. */
void secret_wipe_words(int argc, char **argv, const char *value);
void secret_wipe_variable(const char *name);

#endif
