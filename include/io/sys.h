/* What a daemon asks of the system besides sockets: background and readiness, privileges, random
 * bytes, files, and who this host is.
 */
#ifndef IO_SYS_H
#define IO_SYS_H

#include <sys/types.h>

#include "core/bytes.h"

/* Closes this descriptor and all above. */
void sys_close_from(int fd);
/* First thing of all: standard streams that were closed are opened, so that no socket gets their numbers.  What
 * is written to such a stream still fails. */
void sys_open_streams(void);

/* Background.  The parent waits, so that its exit status tells whether the daemon runs:
 *
 *	sys_background();       first thing after the options; returns in the child
 *	...                     errors are seen on the terminal; exit(1) becomes the parent's status
 *	sys_ready();            the parent exits 0; the child leaves the terminal
 *
 * Without sys_background() sys_ready() tells NOTIFY_SOCKET only, which sys_notify() does for everything else. */
void sys_background(void);
/* Own session, working directory /, the standard streams on /dev/null: only when in the background. */
void sys_ready(void);
/* "STOPPING=1", "RELOADING=1", ... to the service manager, when there is one. */
void sys_notify(const char *state);

/* Blocks at early boot only, until the kernel has randomness; never fails later. */
void sys_random(void *bytes, size_t len);

/* The whole file, without the byte order mark that some editors put before UTF-8, terminated; the caller frees it.  NULL with errno, EFBIG: longer than max. */
MUST_CHECK char *sys_read_file(const char *path, size_t max, size_t *len);

/* By name or number; false: there is none.  For a number gid is that of the user's entry, or the number. */
MUST_CHECK bool sys_find_user(const char *name, uid_t *uid, gid_t *gid);
MUST_CHECK bool sys_find_group(const char *name, gid_t *gid);

struct sys_identity {
	uid_t uid;
	gid_t gid;
	bool asked;             /* for this user or group explicitly: else it is no error if it cannot be had */
	bool group_asked;       /* the group was given, and does not follow from the user */
	bool net_admin;         /* keep CAP_NET_ADMIN */
};
/* No capability is left, and none can be had again; user and group stay.  -1 with errno. */
MUST_CHECK int sys_drop_capabilities(void);
/* The default identity: nobody, and the group nobody or nogroup. */
void sys_default_identity(struct sys_identity *id);
/* Becomes id; of all capabilities at most CAP_NET_ADMIN is kept, and none can be had
 * again.  -1 with errno, and *what is the step that failed. */
MUST_CHECK int sys_drop_privileges(const struct sys_identity *id, const char **what);
/* As sys_read_file(), with the rights that the process has once it has become id. */
MUST_CHECK char *sys_read_file_as(const struct sys_identity *id, const char *path, size_t max, size_t *len);
/* A thread that needs none keeps none, whatever the others have.  -1 with errno. */
int sys_drop_thread_capabilities(void);

/* Inode of the own network namespace; 0: unknown. */
uint64_t sys_netns(void);
/* Something that is this host's own and stays the same over restarts; returns its length, 0: none. */
size_t sys_machine_id(char *out, size_t room);

#endif
