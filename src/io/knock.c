#define _GNU_SOURCE
#include "io/knock.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sockaddr.h"

int knock(const struct addr *to)
{
	struct sockaddr_storage ss;
	int family = to->family == ADDR_V6 ? AF_INET6 : AF_INET;
	socklen_t len = addr_to_sockaddr(&ss, to, family);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	uint8_t nothing = 0;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&ss, len) == 0 && send(fd, &nothing, 1, MSG_NOSIGNAL) == 1)
		return fd;
	int err = errno;
	close(fd);
	errno = err;
	return -1;
}

bool knock_refused(int fd)
{
	uint8_t byte;

	return recv(fd, &byte, 1, 0) < 0 && errno == ECONNREFUSED;
}
