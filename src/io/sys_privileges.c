/* Users, groups, capabilities. */
#define _GNU_SOURCE
#include "io/sys.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534, GROUPS_MAX = 1024 };

static bool is_number(const char *text, unsigned long *n)
{
	size_t len = strspn(text, "0123456789");
	if (!len || len > 10 || text[len])
		return false;
	*n = strtoul(text, NULL, 10);
	return *n < 0xffffffffu;        /* -1 means "leave it" to setresuid() */
}

bool sys_find_user(const char *name, uid_t *uid, gid_t *gid)
{
	unsigned long n;
	bool number = is_number(name, &n);
	const struct passwd *pw = number ? getpwuid((uid_t)n) : getpwnam(name);
	if (!pw && !number)
		return false;
	*uid = pw ? pw->pw_uid : (uid_t)n;
	*gid = pw ? pw->pw_gid : (gid_t)n;
	return true;
}

bool sys_find_group(const char *name, gid_t *gid)
{
	unsigned long n;
	if (is_number(name, &n)) {
		*gid = (gid_t)n;
		return true;
	}
	const struct group *gr = getgrnam(name);
	if (gr)
		*gid = gr->gr_gid;
	return gr != NULL;
}

void sys_default_identity(struct sys_identity *id)
{
	gid_t gid;
	*id = (struct sys_identity){ .uid = NOBODY, .gid = NOBODY };
	if (!sys_find_user("nobody", &id->uid, &id->gid))
		return;
	if (sys_find_group("nobody", &gid) || sys_find_group("nogroup", &gid))
		id->gid = gid;
}

/* Drops everything but keep from the bounding set: it cannot come back by executing a file. */
static void limit_bounding_set(uint64_t keep)
{
	for (unsigned cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);   /* EPERM without CAP_SETPCAP: no_new_privs does as well */
}

static int capget_own(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	return (int)syscall(SYS_capget, &header, data);
}

/* Keeps of keep what the process has, nothing else. */
static int limit_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	if (capget_own(data) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &header, data);         /* of the calling thread */
}

static bool may_change_identity(void)
{
	struct __user_cap_data_struct data[2];
	return capget_own(data) == 0 && data[0].effective >> CAP_SETUID & 1;
}

/* Where nobody was only the default, it is no error that a user namespace does not map it, or
 * that we were started as an ordinary user: there is nothing to lose then. */
static int change_identity(const struct sys_identity *id, const char **what)
{
	bool already = getuid() == id->uid && getgid() == id->gid;
	if (!may_change_identity() && (!id->asked || already))
		return 0;
	*what = "set the group";
	if (setgroups(0, NULL) < 0 && id->asked && !already)   /* most user namespaces forbid it */
		return -1;
	if (setresgid(id->gid, id->gid, id->gid) < 0)
		return id->asked || errno != EINVAL ? -1 : 0;
	*what = "set the user";
	if (setresuid(id->uid, id->uid, id->uid) < 0)
		return id->asked || errno != EINVAL ? -1 : 0;
	return 0;
}

int sys_drop_capabilities(void)
{
	limit_bounding_set(0);
	return limit_capabilities(0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 : 0;
}

char *sys_read_file_as(const struct sys_identity *id, const char *path, size_t max, size_t *len)
{
	gid_t groups[GROUPS_MAX];
	bool other = may_change_identity();
	int n = other ? getgroups(GROUPS_MAX, groups) : -1, before_uid = -1, before_gid = -1;
	if (other) {
		other = n >= 0 && setgroups(0, NULL) == 0;
		before_gid = setfsgid(id->gid);
		before_uid = setfsuid(id->uid);         /* takes the capabilities that open every file too */
	}
	char *text = sys_read_file(path, max, len);
	int error = errno;
	if (before_uid >= 0)
		setfsuid((uid_t)before_uid);
	if (before_gid >= 0)
		setfsgid((gid_t)before_gid);
	if (other && setgroups((size_t)n, groups) < 0) {
		free(text);
		return NULL;
	}
	errno = error;
	return text;
}

int sys_drop_thread_capabilities(void)
{
	return limit_capabilities(0);
}

int sys_drop_privileges(const struct sys_identity *id, const char **what)
{
	uint64_t keep = id->net_admin ? UINT64_C(1) << CAP_NET_ADMIN : 0;
	*what = "limit capabilities";
	limit_bounding_set(keep);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -1;
	if (change_identity(id, what) < 0)
		return -1;
	*what = "limit capabilities";
	if (limit_capabilities(keep) < 0)
		return -1;
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
