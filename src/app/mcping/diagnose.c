#include "app/mcping/diagnose.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "app/mcping/proc.h"

static __attribute__((format(printf, 2, 3))) void hint(struct hints *h, const char *fmt, ...)
{
	va_list ap;
	if (h->n == HINTS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(h->text[h->n++], HINT_LEN, fmt, ap);
	va_end(ap);
}

void hints_print(const struct hints *h)
{
	for (size_t i = 0; i < h->n; i++)
		fprintf(stderr, "mcping: %s\n", h->text[i]);
}

struct mcping_drops mcping_read_drops(void)
{
	return (struct mcping_drops){
		.reverse_path = proc_counter("/proc/net/netstat", "TcpExt:", "IPReversePathFilter"),
		.no_room = proc_counter("/proc/net/snmp", "Udp:", "RcvbufErrors"),
		.bad_checksum = proc_counter("/proc/net/snmp", "Udp:", "InCsumErrors"),
	};
}

/* The group without its port. */
static const char *group_of(char out[static ADDR_TEXT], const struct mcping_conf *conf)
{
	addr_print(out, &conf->group);
	*strrchr(out, ':') = 0;
	return out;
}

static bool is_v6(const struct mcping_conf *conf)
{
	return conf->group.family == ADDR_V6;
}

/* Any interface that could be meant, for examples. */
static const char *example(char out[static IF_NAMESIZE], const struct mcping_way *way)
{
	snprintf(out, IF_NAMESIZE, "%.*s", (int)strcspn(way->others, ","), way->others[0] ? way->others : "edge0");
	return out;
}

static void route_command(char *out, size_t room, const struct mcping_conf *conf, const char *ifname)
{
	snprintf(out, room, is_v6(conf) ? "ip -6 route add multicast ff00::/8 dev %s table local metric 1"
	         : "ip route add 224.0.0.0/4 dev %s", ifname);
}

void diagnose_no_route(struct hints *h, const struct mcping_conf *conf)
{
	struct mcping_way way;
	char group[ADDR_TEXT], name[IF_NAMESIZE], route[128];
	mcping_way_find(&way, conf);
	route_command(route, sizeof(route), conf, example(name, &way));
	hint(h, "There is no route to %s. Name the interface with -i IF (this host has %s), or add a route, such as: %s",
	     group_of(group, conf), way.others[0] ? way.others : "none that is up and has an address", route);
}

/* What makes the interface itself useless. */
static void interface_faults(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way)
{
	char name[IF_NAMESIZE];
	if (!way->up)
		hint(h, "%s is down. Set it up: ip link set dev %s up", way->name, way->name);
	else if (!way->running)
		hint(h, "%s has no carrier: no cable, or what is at its other end is down.", way->name);
	if (way->loopback)
		hint(h, "%s is the loopback interface, so only this host is reached. Name another one, such as -i %s, or give "
		     "the group a route by it.", way->name, example(name, way));
	else if (!way->multicast)
		hint(h, "%s does not do multicast. Switch it on: ip link set dev %s multicast on", way->name, way->name);
	if (!way->addressed)
		hint(h, "%s has no %s address. Give it one: ip address add ADDRESS/N dev %s", way->name,
		     is_v6(conf) ? "IPv6" : "IPv4", way->name);
}

static void other_interfaces(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way,
                             const char *how)
{
	char name[IF_NAMESIZE], group[ADDR_TEXT], route[128];
	if (!way->others[0])
		return;
	example(name, way);
	route_command(route, sizeof(route), conf, name);
	if (conf->ifindex)
		hint(h, "%s %s %s as asked for; there is also %s. If another one was meant: -i %s", group_of(group, conf), how,
		     way->name, way->others, name);
	else
		hint(h, "%s %s %s, which the routing table says; there is also %s. If another one was meant: -i %s, or: %s",
		     group_of(group, conf), how, way->name, way->others, name, route);
}

void diagnose_cannot_send(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way, int error)
{
	char group[ADDR_TEXT];
	hint(h, "Cannot send to %s by %s: %s.", group_of(group, conf), way->name, strerror(error));
	interface_faults(h, conf, way);
	if (error == EPERM)
		hint(h, "A firewall of this host refuses it. Look at: nft list ruleset; allow UDP to %s port %u out by %s.", group,
		     conf->group.port, way->name);
	if (error == EADDRNOTAVAIL)
		hint(h, "%s has no address that is ready to be used: look at ip address show dev %s; one that is tentative is so "
		     "after a second or two.", way->name, way->name);
	if (error == EMSGSIZE)
		hint(h, "Give a smaller --size than %u.", conf->size);
}

void diagnose_cannot_join(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way, int error,
                          const char *what)
{
	char group[ADDR_TEXT];
	group_of(group, conf);
	if (!strcmp(what, "use the port"))
		hint(h, "Cannot use UDP port %u of %s: %s.%s", conf->group.port, group, strerror(error), error == EADDRINUSE ?
		     " A program that does not share it has it (ss -ulnp); give another one to both sides, after the group." : "");
	else
		hint(h, "Cannot %s %s on %s: %s.", what, group, way->name, strerror(error));
	if (error == ENOBUFS)
		hint(h, "The kernel's limit is reached: raise net.ipv4.igmp_max_memberships, or igmp_max_msf for sources.");
	interface_faults(h, conf, way);
}

static void dropped_here(struct hints *h, const struct mcping_way *way, const struct mcping_drops *before)
{
	struct mcping_drops now = mcping_read_drops();
	if (now.reverse_path > before->reverse_path)
		hint(h, "The reverse-path filter of this host dropped %" PRIu64 " packets meanwhile: it has no route back to their "
		     "senders by the interface that they came by. Add one, or: sysctl net.ipv4.conf.%s.rp_filter=2",
		     now.reverse_path - before->reverse_path, way->name);
	if (now.bad_checksum > before->bad_checksum)
		hint(h, "This host dropped %" PRIu64 " UDP datagrams with a bad checksum meanwhile.",
		     now.bad_checksum - before->bad_checksum);
	if (now.no_room > before->no_room)
		hint(h, "This host dropped %" PRIu64 " UDP datagrams meanwhile because a program was too slow for them. Raise "
		     "net.core.rmem_max, or lower the rate.", now.no_room - before->no_room);
}

static void time_to_live(struct hints *h, const struct mcping_conf *conf)
{
	if (conf->ttl == 0)
		hint(h, "The TTL is 0: nothing leaves this host. Give --ttl 1 or more.");
	if (conf->ttl == 1)
		hint(h, "The TTL is 1: no router passes the datagrams on. If there is one in between it must route multicast "
		     "(such as by smcroute or PIM), and the TTL must be greater: --ttl 16");
}

void diagnose_no_answer(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way, uint16_t port,
                        const struct mcping_drops *before)
{
	char group[ADDR_TEXT], whole[ADDR_TEXT], source[ADDR_TEXT];
	interface_faults(h, conf, way);
	if (!way->addressed && addr_is_set(&way->source) && !addr_is_unspecified(&way->source)) {
		addr_print(source, &way->source);
		*strrchr(source, ':') = 0;
		hint(h, "What was sent has the source %s, an address of another interface; answers to it go there.", source);
	}
	dropped_here(h, way, before);
	other_interfaces(h, conf, way, "left by");
	time_to_live(h, conf);
	hint(h, "Has anybody joined? On another host run: mcping listen %s -i IF; it says on which interface it joined, and "
	     "why it may hear nothing.", addr_print(whole, &conf->group));
	hint(h, "A firewall may be in the way, here or there (nft list ruleset; security groups). Allow UDP to %s port %u, "
	     "and the answers, which are UDP to port %u of this host.", group_of(group, conf), conf->group.port, port);
}

static void membership(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way)
{
	char group[ADDR_TEXT];
	int version = is_v6(conf) ? 0 : proc_igmp_version(way->name);
	if (proc_is_joined(&conf->group, way->name) == 0)
		hint(h, "The kernel does not have %s on %s any more (%s): was it taken down? Start mcping again.",
		     group_of(group, conf), way->name, is_v6(conf) ? "/proc/net/igmp6" : "/proc/net/igmp");
	if (conf->sources_n && (version == 1 || version == 2))
		hint(h, "%s speaks IGMPv%d, because the querier there does (or force_igmp_version is set), and that knows no "
		     "sources. Set the querier to IGMPv3, or listen without --source.", way->name, version);
	else if (version == 1 || version == 2)
		hint(h, "%s speaks IGMPv%d, so there is a querier, or force_igmp_version is set.", way->name, version);
	else
		hint(h, "If the switch or bridge in between snoops, it needs a querier: without one it forgets who joined after some "
		     "minutes. %s", is_v6(conf) ? "Look at: bridge mdb" : "Look at: bridge mdb; ip -d link show type bridge");
}

static bool is_source_specific(const struct addr *group)
{
	return group->family == ADDR_V6 ? (group->ip[1] & 0xf0) == 0x30 && !group->ip[3] : group->ip[0] == 232;
}

void diagnose_silence(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way,
                      const struct mcping_drops *before, uint64_t elsewhere)
{
	char whole[ADDR_TEXT], group[ADDR_TEXT];
	group_of(group, conf);
	interface_faults(h, conf, way);
	if (elsewhere)
		hint(h, "%" PRIu64 " datagrams to %s came by another interface than %s. Join there: -i IF", elsewhere, group,
		     way->name);
	dropped_here(h, way, before);
	other_interfaces(h, conf, way, "is joined on");
	if (!is_v6(conf) && proc_rp_filter(way->name) == 1)
		hint(h, "The reverse-path filter of %s is strict: what comes from an address that is not routed back by %s is "
		     "dropped. To allow it: sysctl net.ipv4.conf.%s.rp_filter=2 net.ipv4.conf.all.rp_filter=2", way->name, way->name,
		     way->name);
	membership(h, conf, way);
	if (conf->sources_n)
		hint(h, "Only what --source names is let in: is it the address that the sender's datagrams have?");
	else if (is_source_specific(&conf->group))
		hint(h, "%s is a group for source-specific multicast, which routers forward only to those who name the sender: "
		     "--source ADDRESS", group);
	hint(h, "Does anybody send, and by the right interface? On the sender's host: mcping send %s -i IF; with a router in "
	     "between also --ttl 16.", addr_print(whole, &conf->group));
	hint(h, "A firewall may be in the way (nft list ruleset; security groups). Allow UDP to %s port %u in by %s.", group,
	     conf->group.port, way->name);
}
