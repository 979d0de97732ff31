#define _GNU_SOURCE
#include "app/edge/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/secure/files.h"
#include "io/secret.h"
#include "io/sys.h"

enum { ID_MAX = 128 };

#define IDENTITY_FILE EDGE_STATE_DIRECTORY "/identity"
#define ABOUT(...) snprintf(about, EDGE_IDENTITY_ABOUT, __VA_ARGS__)

/* A line without its end; the length, 0: there is none. */
static size_t read_line(const char *path, char line[static ID_MAX])
{
	size_t len;
	char *text = sys_read_file(path, 4096, &len);
	if (!text)
		return 0;
	len = strcspn(text, "\r\n");
	len = len < ID_MAX ? len : ID_MAX;
	memcpy(line, text, len);
	free(text);
	return len;
}

static void mark_of_this_machine(uint8_t mark[static SECURE_MARK])
{
	char id[ID_MAX], product[ID_MAX];
	size_t id_len = sys_machine_id(id, sizeof(id));
	size_t product_len = read_line("/sys/class/dmi/id/product_uuid", product);
	secure_mark_of(mark, id, id_len, product, product_len);
}

bool edge_identity_read(uint8_t seed[static SECURE_SEED], const char *path, char about[static EDGE_IDENTITY_ABOUT])
{
	struct secret_file file = { .fd = -1 };
	struct secure_identity_file f;
	struct text wrong;
	char *text, why[SECRET_WHY];
	size_t len;
	snprintf(file.path, sizeof(file.path), "%s", path);
	if (!secret_file_read(&file, true, &text, &len, why)) {
		ABOUT("identity file '%.100s': %.180s", path, why);
		return false;
	}
	secret_file_close(&file);
	bool good = secure_identity_file_read(&f, text, len, &wrong);
	secret_free(text, SECRET_FILE_MAX);
	if (good) {
		memcpy(seed, f.seed, SECURE_SEED);
		ABOUT("identity of '%.200s'", path);
	} else {
		ABOUT("identity file '%.100s': %.180s", path, wrong.s);
	}
	secret_wipe(&f, sizeof(f));
	return good;
}

/* In this process only. */
static void in_memory(uint8_t seed[static SECURE_SEED], char about[static EDGE_IDENTITY_ABOUT], const char *why)
{
	sys_random(seed, SECURE_SEED);
	ABOUT("the identity lives in memory until this edge ends: %s", why);
}

/* What is in the file; false: nothing that can be used, and *why says so. */
static bool read_kept(int fd, struct secure_identity_file *f, const char **why)
{
	char text[SECURE_IDENTITY_TEXT + 1];
	struct text wrong;
	uint8_t mark[SECURE_MARK];
	ssize_t n = pread(fd, text, sizeof(text), 0);
	*why = "made and kept in " IDENTITY_FILE;
	if (n <= 0)
		return false;
	*why = "made anew, because " IDENTITY_FILE " held none that could be read";
	bool good = secure_identity_file_read(f, text, (size_t)n, &wrong);
	secret_wipe(text, sizeof(text));
	if (!good)
		return false;
	mark_of_this_machine(mark);
	*why = "made anew, because " IDENTITY_FILE " was made on another machine and came here with an image or a snapshot";
	return !f->marked || !memcmp(mark, f->mark, SECURE_MARK);
}

static bool write_kept(int fd, const struct secure_identity_file *f)
{
	char text[SECURE_IDENTITY_TEXT];
	secure_identity_file_write(text, f);
	size_t len = strlen(text);
	bool good = ftruncate(fd, 0) == 0 && pwrite(fd, text, len, 0) == (ssize_t)len && fsync(fd) == 0;
	secret_wipe(text, sizeof(text));
	return good;
}

static int open_kept(bool *writable)
{
	(void)mkdir(EDGE_STATE_DIRECTORY, 0700);
	int fd = open(IDENTITY_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	*writable = fd >= 0;
	return fd >= 0 ? fd : open(IDENTITY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static bool use_kept(int fd, bool writable, uint8_t seed[static SECURE_SEED], char about[static EDGE_IDENTITY_ABOUT])
{
	struct secure_identity_file f;
	const char *why;
	if (writable)
		(void)fchmod(fd, 0600);
	bool kept = read_kept(fd, &f, &why);
	if (!kept) {
		f.marked = true;
		sys_random(f.seed, SECURE_SEED);
		mark_of_this_machine(f.mark);
	}
	bool good = kept || (writable && write_kept(fd, &f));
	memcpy(seed, f.seed, SECURE_SEED);
	secret_wipe(&f, sizeof(f));
	if (!good)
		ABOUT("the identity lives in memory until this edge ends: " IDENTITY_FILE " cannot be written: %s", strerror(errno));
	else if (kept)
		ABOUT("identity of " IDENTITY_FILE);
	else
		ABOUT("identity %s", why);
	return good;
}

void edge_identity_keep(uint8_t seed[static SECURE_SEED], int *lock, char about[static EDGE_IDENTITY_ABOUT])
{
	bool writable;
	char why[160];
	*lock = open_kept(&writable);
	if (*lock < 0) {
		snprintf(why, sizeof(why), "none can be kept in " EDGE_STATE_DIRECTORY ": %s", strerror(errno));
		in_memory(seed, about, why);
		return;
	}
	if (flock(*lock, LOCK_EX | LOCK_NB) == 0 && use_kept(*lock, writable, seed, about))
		return;
	if (errno == EWOULDBLOCK)
		in_memory(seed, about, "that of " IDENTITY_FILE " is in use by another edge of this host");
	close(*lock);
	*lock = -1;
}

bool edge_identity_look(uint8_t seed[static SECURE_SEED], char about[static EDGE_IDENTITY_ABOUT])
{
	struct secure_identity_file f;
	const char *why;
	int lock, fd = open(IDENTITY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool kept = fd >= 0 && read_kept(fd, &f, &why);
	if (fd >= 0)
		close(fd);
	if (kept) {
		memcpy(seed, f.seed, SECURE_SEED);
		secret_wipe(&f, sizeof(f));
		return true;
	}
	edge_identity_keep(seed, &lock, about);
	if (lock >= 0)
		close(lock);
	return lock >= 0;
}
