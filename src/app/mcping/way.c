#define _GNU_SOURCE
#include "app/mcping/way.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/netlink.h"
#include "io/sockaddr.h"
#include "app/mcping/socket.h"

static unsigned routed_by(const struct addr *group)
{
	struct netlink *nl = netlink_open();
	struct route_info route;
	unsigned ifindex = nl && !route_lookup(nl, group, &route) ? route.ifindex : 0;
	netlink_close(nl);
	return ifindex;
}

static bool is_family(const struct ifaddrs *i, const struct addr *group)
{
	return i->ifa_addr && i->ifa_addr->sa_family == (group->family == ADDR_V6 ? AF_INET6 : AF_INET);
}

/* Is the name in a list such as "edge0, eth1"? */
static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = list; (at = strstr(at, name)); at += len)
		if ((at == list || at[-1] == ' ') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

static void add_other(struct mcping_way *way, const struct ifaddrs *i)
{
	unsigned usable = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
	size_t n = strlen(way->others);
	if ((i->ifa_flags & usable) != usable || (i->ifa_flags & IFF_LOOPBACK) || is_listed(way->others, i->ifa_name))
		return;
	if (n + strlen(i->ifa_name) + sizeof(", ") <= sizeof(way->others))
		snprintf(way->others + n, sizeof(way->others) - n, "%s%s", n ? ", " : "", i->ifa_name);
}

static void read_interfaces(struct mcping_way *way, const struct addr *group)
{
	struct ifaddrs *all;
	way->up = way->running = way->multicast = way->loopback = way->addressed = false;
	way->others[0] = 0;
	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (strcmp(i->ifa_name, way->name)) {
			if (is_family(i, group))
				add_other(way, i);
			continue;
		}
		way->up = i->ifa_flags & IFF_UP;
		way->running = i->ifa_flags & IFF_RUNNING;
		way->multicast = i->ifa_flags & IFF_MULTICAST;
		way->loopback = i->ifa_flags & IFF_LOOPBACK;
		way->addressed |= is_family(i, group);
	}
	freeifaddrs(all);
}

/* What the kernel would write into a datagram, asked without sending one. */
static void find_source(struct mcping_way *way, const struct addr *group)
{
	int family = group->family == ADDR_V6 ? AF_INET6 : AF_INET;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	socklen_t len = mcping_sockaddr(&ss, group, way->ifindex);
	way->source = (struct addr){ .family = ADDR_NONE };
	if (fd < 0)
		return;
	if (mcping_set_interface(fd, family, way->ifindex) == 0 && connect(fd, (struct sockaddr *)&ss, len) == 0) {
		len = sizeof(ss);
		if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0 && addr_from_sockaddr(&way->source, (struct sockaddr *)&ss))
			way->source.port = 0;
	}
	close(fd);
}

void mcping_way_look(struct mcping_way *way, const struct addr *group)
{
	read_interfaces(way, group);
	if (way->ifindex)
		find_source(way, group);
}

bool mcping_way_find(struct mcping_way *way, const struct mcping_conf *conf)
{
	memset(way, 0, sizeof(*way));
	way->ifindex = conf->ifindex ? conf->ifindex : routed_by(&conf->group);
	if (way->ifindex && !if_indextoname(way->ifindex, way->name))
		way->ifindex = 0;
	mcping_way_look(way, &conf->group);
	return way->ifindex;
}
