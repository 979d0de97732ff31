#include "app/mcping/proc.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE = 4096 };

/* The column of a name in a line of names, 0 being the prefix; -1: none. */
static int column_of(char *line, const char *name)
{
	char *save;
	int i = 0;
	for (char *word = strtok_r(line, " \n", &save); word; word = strtok_r(NULL, " \n", &save), i++)
		if (!strcmp(word, name))
			return i;
	return -1;
}

static uint64_t value_at(char *line, int column)
{
	char *save, *word = strtok_r(line, " \n", &save);
	for (int i = 0; word && i < column; i++)
		word = strtok_r(NULL, " \n", &save);
	return word ? strtoull(word, NULL, 10) : 0;
}

/* A line of names, and a line of values below it. */
uint64_t proc_counter(const char *path, const char *prefix, const char *name)
{
	char line[LINE];
	FILE *f = fopen(path, "re");
	uint64_t value = 0;
	int column = -1;
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, prefix, strlen(prefix)))
			continue;
		if (column >= 0) {
			value = value_at(line, column);
			break;
		}
		column = column_of(line, name);
		if (column < 0)
			break;
	}
	if (f)
		fclose(f);
	return value;
}

static int read_number(const char *ifname)
{
	char path[128];
	int n = -1;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", ifname);
	FILE *f = fopen(path, "re");
	if (f && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* The greater of both holds (ip-sysctl). */
int proc_rp_filter(const char *ifname)
{
	int all = read_number("all"), own = read_number(ifname);
	return all > own ? all : own;
}

/* Interfaces at the beginning of a line, and groups on lines below them that begin with a blank.  Each group is
 * a word as it lies in memory. */
static int is_joined_v4(const struct addr *group, const char *ifname)
{
	char line[LINE], name[64] = "";
	FILE *f = fopen("/proc/net/igmp", "re");
	uint32_t want;
	int joined = 0;
	memcpy(&want, group->ip, sizeof(want));
	if (!f)
		return -1;
	while (!joined && fgets(line, sizeof(line), f)) {
		if (line[0] != '\t' && line[0] != ' ')
			sscanf(line, "%*d %63[^ :\t]", name);
		else if (!strcmp(name, ifname))
			joined = strtoul(line, NULL, 16) == want;
	}
	fclose(f);
	return joined;
}

static int is_joined_v6(const struct addr *group, const char *ifname)
{
	char line[LINE], name[64], ip[40], want[33];
	FILE *f = fopen("/proc/net/igmp6", "re");
	int joined = 0;
	if (!f)
		return -1;
	for (size_t i = 0; i < 16; i++)
		snprintf(want + 2 * i, 3, "%02x", group->ip[i]);
	while (!joined && fgets(line, sizeof(line), f))
		joined = sscanf(line, "%*d %63s %39s", name, ip) == 2 && !strcmp(name, ifname) && !strcmp(ip, want);
	fclose(f);
	return joined;
}

int proc_is_joined(const struct addr *group, const char *ifname)
{
	return group->family == ADDR_V6 ? is_joined_v6(group, ifname) : is_joined_v4(group, ifname);
}

int proc_igmp_version(const char *ifname)
{
	char line[LINE], name[64];
	FILE *f = fopen("/proc/net/igmp", "re");
	int version = 0, found = 0;
	while (f && !found && fgets(line, sizeof(line), f)) {
		found = sscanf(line, "%*d %63[^ :\t] : %*d V%d", name, &version) == 2 && !strcmp(name, ifname);
	}
	if (f)
		fclose(f);
	return found ? version : 0;
}
