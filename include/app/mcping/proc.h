/* What the kernel says in /proc about groups, filters and counters. */
#ifndef MCPING_PROC_H
#define MCPING_PROC_H

#include "core/addr.h"

/* A counter by its names, such as ("/proc/net/netstat", "TcpExt:", "IPReversePathFilter"); 0: there is none. */
uint64_t proc_counter(const char *path, const char *prefix, const char *name);
/* The reverse-path filter in force: 0 off, 1 strict, 2 loose; -1: unknown. */
int proc_rp_filter(const char *ifname);
/* Is the group joined there?  -1: unknown. */
int proc_is_joined(const struct addr *group, const char *ifname);
/* The version of IGMP that is spoken there, 1 to 3; 0: unknown. */
int proc_igmp_version(const char *ifname);

#endif
