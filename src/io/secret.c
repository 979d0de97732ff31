#define _GNU_SOURCE
#include "io/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

/* Each of these is more than nothing where the others are not to be had. */
void *secret_new(size_t len)
{
	void *secret = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (secret == MAP_FAILED)
		return NULL;
	(void)mlock(secret, len);
	(void)madvise(secret, len, MADV_DONTDUMP);
	(void)madvise(secret, len, MADV_WIPEONFORK);
	return secret;
}

void secret_wipe(void *secret, size_t len)
{
	explicit_bzero(secret, len);
}

void secret_free(void *secret, size_t len)
{
	if (!secret)
		return;
	secret_wipe(secret, len);
	munmap(secret, len);
}

void secret_process(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)mlockall(MCL_CURRENT | MCL_ONFAULT);
}

static bool say(char why[static SECRET_WHY], const char *what, int error)
{
	snprintf(why, SECRET_WHY, "%s%s%s", what, error ? ": " : "", error ? strerror(error) : "");
	return false;
}

/* Opens it anew.  Where that is not allowed any more, the file of the start is as good as long as it is the same. */
static int open_file(struct secret_file *f)
{
	struct stat now, then;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 || f->fd < 0 || (errno != EACCES && errno != EPERM))
		return fd;
	int error = errno;
	if (stat(f->path, &now) == 0 && fstat(f->fd, &then) == 0 && now.st_ino == then.st_ino && now.st_dev == then.st_dev)
		return f->fd;
	errno = error;
	return -1;
}

static bool mode_is_private(int fd, char why[static SECRET_WHY])
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return say(why, "cannot look at it", errno);
	if (!(st.st_mode & 0137))
		return true;
	snprintf(why, SECRET_WHY, "mode %04o lets others read or change it; make it 0600, or 0640 for a group: chmod 600",
	         (unsigned)(st.st_mode & 0777));
	return false;
}

static bool read_whole(int fd, char *text, size_t *len, char why[static SECRET_WHY])
{
	*len = 0;
	(void)lseek(fd, 0, SEEK_SET);
	(void)fcntl(fd, F_SETFL, 0);
	for (;;) {
		ssize_t n = read(fd, text + *len, SECRET_FILE_MAX - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return say(why, "cannot read it", errno);
		if (!n)
			return true;
		*len += (size_t)n;
		if (*len == SECRET_FILE_MAX)
			return say(why, "longer than 64 KiB", 0);
	}
}

bool secret_file_read(struct secret_file *f, bool private_, char **text, size_t *len, char why[static SECRET_WHY])
{
	int fd = open_file(f);
	if (fd < 0)
		return say(why, "cannot open it", errno);
	*text = secret_new(SECRET_FILE_MAX);
	bool good = *text || say(why, "cannot read it", errno);
	good = good && (!private_ || mode_is_private(fd, why)) && read_whole(fd, *text, len, why);
	if (!good) {
		secret_free(*text, SECRET_FILE_MAX);
		*text = NULL;
	}
	if (fd == f->fd)
		return good;
	if (!good) {
		close(fd);
		return false;
	}
	secret_file_close(f);
	f->fd = fd;
	return true;
}

void secret_file_close(struct secret_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* As a word of its own, or at the end of one: -kVALUE, --key=VALUE. */
void secret_wipe_words(int argc, char **argv, const char *value)
{
	size_t len = strlen(value);
	for (int i = 1; len && i < argc; i++) {
		size_t n = strlen(argv[i]);
		if (n >= len && !strcmp(argv[i] + n - len, value))
			secret_wipe(argv[i] + n - len, len);
	}
}

void secret_wipe_variable(const char *name)
{
	char *value = getenv(name);
	if (value)
		secret_wipe(value, strlen(value));
	unsetenv(name);
}
