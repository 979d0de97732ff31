/* The asking side of the status socket: edge status, edge reload. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/status_path.h"

enum { ANSWER_PATIENCE_S = 10 };

/* A link there is not ours: whatever listens at its end would be signalled as if it were. */
static bool may_be_ours(const char *path)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return false;
	errno = ENOTSOCK;
	return S_ISSOCK(st.st_mode);
}

static int connect_to(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = ANSWER_PATIENCE_S };
	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENOENT;
		return -1;
	}
	if (!may_be_ours(path))
		return -1;
	memcpy(at.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

enum { END = 40 };

/* ".4026531840.sock": of this network namespace.  Returns its length. */
static size_t file_end(char end[static END])
{
	return (size_t)snprintf(end, END, ".%llu.sock", (unsigned long long)sys_netns());
}

/* "edge-edge0.4026531840.sock" of this network namespace -> true */
static bool is_ours(const char *file, const char *prefix)
{
	char end[END];
	size_t end_len = file_end(end);
	size_t len = strlen(file);
	return !strncmp(file, prefix, strlen(prefix)) && len > end_len
	       && !strcmp(file + len - end_len, end);
}

/* The only living one; *living counts all, and names has what tells them apart: "edge0, edge1". */
static int find_only(const char *prefix, unsigned *living, char *names, size_t room)
{
	size_t used = 0;
	names[0] = 0;
	int found = -1;
	DIR *folder = opendir(STATUS_FOLDER);
	if (!folder)
		return -1;
	for (struct dirent *d; (d = readdir(folder)); ) {
		char path[sizeof(STATUS_FOLDER) + sizeof(d->d_name) + 1];
		if (!is_ours(d->d_name, prefix))
			continue;
		snprintf(path, sizeof(path), STATUS_FOLDER "/%s", d->d_name);
		int fd = connect_to(path);
		if (fd < 0)
			continue;
		if ((*living)++)
			close(fd);
		else
			found = fd;
		char end[END];
		const char *name = d->d_name + strlen(prefix);
		int n = snprintf(names + used, room - used, "%s%.*s", used ? ", " : "", (int)(strlen(name) - file_end(end)), name);
		used = n > 0 && (size_t)n < room - used ? used + (size_t)n : used;
	}
	closedir(folder);
	return found;
}

int status_find(const char *prefix, const char *suffix, const char **why)
{
	static char sentence[512];
	char names[256] = "";
	unsigned living = 0;
	int fd = -1;
	*why = sentence;
	if (suffix) {
		char path[STATUS_PATH_MAX], name[STATUS_NAME_MAX];
		snprintf(name, sizeof(name), "%s%s", prefix, suffix);
		status_path(path, name);
		fd = connect_to(path);
		living = 1;
		snprintf(sentence, sizeof(sentence), "'%s' is not running in this network namespace (%s: %s)",
		         suffix, path, strerror(errno));
	} else {
		fd = find_only(prefix, &living, names, sizeof(names));
		snprintf(sentence, sizeof(sentence), access(STATUS_FOLDER, F_OK) == 0
		         ? "none is running in this network namespace (nothing answers in %s)"
		         : "none is running here, or it could not make the folder %s, as its log says then", STATUS_FOLDER);
	}
	if (living <= 1)
		return fd;
	close(fd);
	snprintf(sentence, sizeof(sentence), "%u are running in this network namespace: %s; say which one with %s", living, names,
	         !strcmp(prefix, "edge-") ? "-d" : "-p");
	return -1;
}

pid_t status_pid(int fd)
{
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? 0 : peer.pid;
}

int status_line(int fd, const char *question, char out[static STATUS_SENTENCE])
{
	char line[STATUS_SENTENCE];
	size_t len = 0;
	int asked = snprintf(line, sizeof(line), "%s\n", question);
	if (send(fd, line, (size_t)asked, MSG_NOSIGNAL) != asked)
		return -1;
	for (ssize_t n; len < STATUS_SENTENCE - 1 && (n = recv(fd, out + len, STATUS_SENTENCE - 1 - len, 0)) != 0; len += (size_t)n)
		if (n < 0)
			return -1;
	out[len] = 0;
	out[strcspn(out, "\n")] = 0;
	errno = ECONNRESET;
	return len ? 0 : -1;
}

int status_print(int fd, bool json, bool groups, FILE *to)
{
	char part[4096], question[16];
	int len = snprintf(question, sizeof(question), "%s%s\n", json ? "json" : "text", groups ? " groups" : "");
	ssize_t n;
	bool any = false;
	if (send(fd, question, (size_t)len, MSG_NOSIGNAL) != len)
		return -1;
	while ((n = recv(fd, part, sizeof(part), 0)) > 0) {
		any = true;
		if (fwrite(part, 1, (size_t)n, to) != (size_t)n)
			return -1;
	}
	if (n == 0 && !any)
		errno = ECONNRESET;
	return n < 0 || !any || fflush(to) ? -1 : 0;
}
