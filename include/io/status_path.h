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

#endif
