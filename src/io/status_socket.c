/* The folder of the status sockets, and a socket in it.
 *
 * The folder is of whoever starts the daemons, root as a rule: what they become later, nobody, can neither put
 * something there nor take anybody's socket away.  So the socket of an ended daemon stays until the next one starts.
 * Nothing here follows a link or changes the mode of something by its path.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/status_path.h"

enum { FOLDER_MODE = 0755, NOT_FOR_SOCKETS = 0111 };

static int open_folder(void)
{
	int folder;
	if (mkdir(STATUS_FOLDER, FOLDER_MODE) < 0 && errno == ENOENT) {
		/* A bare container has no /run. */
		if (mkdir("/run", FOLDER_MODE) < 0 || mkdir(STATUS_FOLDER, FOLDER_MODE) < 0)
			return -1;
	}
	folder = open(STATUS_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return folder;
}

/* One that was there before may be somebody else's.  What cannot be changed stays: whoever cannot has little to lose. */
static void own_folder(int folder)
{
	struct stat st;
	if (fstat(folder, &st) < 0)
		return;
	if (st.st_uid != geteuid() && fchown(folder, geteuid(), getegid()) < 0)
		return;
	if ((st.st_mode & 07777) != FOLDER_MODE && fchmod(folder, FOLDER_MODE) < 0)
		return;
}

static void set_path(struct sockaddr_un *at, const char *path)
{
	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(at->sun_path, path, strnlen(path, sizeof(at->sun_path) - 1));
}

bool status_socket_dead(const char path[static STATUS_PATH_MAX])
{
	struct sockaddr_un at;
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return false;
	set_path(&at, path);
	bool dead = connect(probe, (struct sockaddr *)&at, sizeof(at)) < 0 && errno == ECONNREFUSED;
	close(probe);
	return dead;
}

/* A name only ever stands for a socket that listens, or for a dead one: see below.  Links are nobody's socket. */
static bool is_litter(int folder, const char *name)
{
	struct stat st;
	char path[STATUS_PATH_MAX];
	int len = snprintf(path, sizeof(path), STATUS_FOLDER "/%s", name);
	if (len < 0 || (size_t)len >= sizeof(path) || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return S_ISLNK(st.st_mode) || (S_ISSOCK(st.st_mode) && name[0] != '.' && status_socket_dead(path));
}

static void sweep(int folder)
{
	DIR *dir = opendir(STATUS_FOLDER);
	if (!dir)
		return;
	for (struct dirent *d; (d = readdir(dir)); )
		if (is_litter(folder, d->d_name))
			unlinkat(folder, d->d_name, 0);
	closedir(dir);
}

/* Writing to a socket is what its mode allows; nobody else runs in this process yet, whom the umask could hurt. */
static int bind_for_all(int fd, const char *path)
{
	struct sockaddr_un at;
	set_path(&at, path);
	mode_t before = umask(NOT_FOR_SOCKETS);
	int result = bind(fd, (struct sockaddr *)&at, sizeof(at));
	umask(before);
	return result;
}

/* It gets its name when it listens: before, another one that starts would take it for dead. */
static int listen_at(int folder, const char *path, int backlog)
{
	char early[STATUS_PATH_MAX];
	const char *name = path + sizeof(STATUS_FOLDER);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	snprintf(early, sizeof(early), STATUS_FOLDER "/.%.*s", (int)(sizeof(early) - sizeof(STATUS_FOLDER) - 2), name);
	unlink(early);
	if (bind_for_all(fd, early) == 0 && listen(fd, backlog) == 0 && renameat(folder, early + sizeof(STATUS_FOLDER), folder, name) == 0)
		return fd;
	int error = errno;
	close(fd);
	unlink(early);
	errno = error;
	return -1;
}

int status_socket_open(const char path[static STATUS_PATH_MAX], int backlog)
{
	struct stat st;
	int fd = -1, folder = open_folder();
	if (folder < 0)
		return -1;
	own_folder(folder);
	sweep(folder);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !status_socket_dead(path))
		errno = EADDRINUSE;
	else
		fd = listen_at(folder, path, backlog);
	int error = errno;
	close(folder);
	errno = error;
	return fd;
}
