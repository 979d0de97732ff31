/* Where status sockets lie: /run may be shared by network namespaces, so the namespace is part of the name. */
#ifndef IO_STATUS_PATH_H
#define IO_STATUS_PATH_H

#include <stdio.h>

#include "io/status.h"
#include "io/sys.h"

#define STATUS_FOLDER "/run/castnet"
enum { STATUS_PATH_MAX = 108 };         /* what a socket address holds */

static inline void status_path(char out[static STATUS_PATH_MAX], const char *name)
{
	snprintf(out, STATUS_PATH_MAX, STATUS_FOLDER "/%.*s.%llu.sock", STATUS_NAME_MAX, name,
	         (unsigned long long)sys_netns());
}

/* A socket in that folder for everybody to ask on, listening; sockets of the dead are swept away.  -1 with errno,
 * EADDRINUSE: one of that name is alive. */
MUST_CHECK int status_socket_open(const char path[static STATUS_PATH_MAX], int backlog);
/* Is it the socket of a process that has ended? */
bool status_socket_dead(const char path[static STATUS_PATH_MAX]);

/* A process that removes the socket when the returned descriptor is closed; -1: there is none. */
int status_keeper_start(const char path[static STATUS_PATH_MAX], pid_t *pid);
/* Returns when it has. */
void status_keeper_end(int end, pid_t pid);

#endif
