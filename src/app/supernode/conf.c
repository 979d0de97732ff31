#include "app/supernode/conf.h"

#include <stdlib.h>

#include "app/daemon/conf.h"

#define NO_FEDERATION "this version has no federation of supernodes yet; "

static struct supernode_conf *target(struct conf *c)
{
	return c->target;
}

/* n2n 1 and 2: the port to listen on; n2n 3: another supernode.  The value tells which. */
static bool set_listen(struct conf *c, const char *value)
{
	unsigned long port;
	if (strchr(value, ':'))
		return conf_bad(c, "'%s': " NO_FEDERATION "for a port to listen on write -p 7654", value);
	if (!*value || value[strspn(value, "0123456789")])
		return conf_bad(c, "'%s' is neither a port to listen on, such as 7654, nor another supernode, such as host:7654", value);
	if (!conf_uint(c, value, "a UDP port", 1, 65535, &port))
		return false;
	target(c)->listen = (uint16_t)port;
	return true;
}

static bool set_port(struct conf *c, const char *value)
{
	target(c)->port_given = true;
	return daemon_conf_bind(c, value, SUPERNODE_DEFAULT_PORT, &target(c)->bind);
}

static bool parse_range(struct supernode_conf *conf, const char *value)
{
	char min[SUBNET_TEXT];
	struct subnet first, last;
	size_t len = strcspn(value, "-");
	if (len >= sizeof(min) || !value[len] || memchr(value, '/', len) || !strchr(value, '/'))
		return false;
	memcpy(min, value, len);
	min[len] = 0;
	if (!subnet_parse(&first, min, 32) || !subnet_parse(&last, value + len + 1, 32))
		return false;
	conf->auto_min = subnet_ip(&first);
	conf->auto_max = subnet_ip(&last);
	conf->auto_prefix = last.prefix;
	return true;
}

static bool set_range(struct conf *c, const char *value)
{
	struct supernode_conf *conf = target(c);
	if (!parse_range(conf, value))
		return conf_bad(c, "'%s' is no range of networks; give MIN-MAX/N, such as 10.128.0.0-10.255.255.0/24", value);
	if (conf->auto_prefix < 1 || conf->auto_prefix > 30)
		return conf_bad(c, "'%s': networks for addresses need a prefix length from /1 to /30", value);
	if ((conf->auto_min | conf->auto_max) & ~subnet_mask(conf->auto_prefix))
		return conf_bad(c, "'%s': both ends must be networks of prefix length /%u", value,
		                conf->auto_prefix);
	if (conf->auto_min > conf->auto_max)
		return conf_bad(c, "'%s': the first network must not be behind the last", value);
	uint32_t last = conf->auto_max | ~subnet_mask(conf->auto_prefix);
	if (conf->auto_min >> 24 == 0 || last >> 29 == 7 || (conf->auto_min >> 24 <= 127 && last >> 24 >= 127))
		return conf_bad(c, "'%s': no host can have addresses in 0/8, 127/8 and 224/3; leave them out", value);
	return true;
}

/* The daemon leaves its working directory, and reads the file again later. */
static bool set_communities(struct conf *c, const char *value)
{
	char *path = realpath(value, NULL);
	struct supernode_conf *conf = target(c);
	int n = snprintf(conf->communities, sizeof(conf->communities), "%s", path ? path : value);
	free(path);
	return n > 0 && n < (int)sizeof(conf->communities)
	       ? true : conf_bad(c, "'%s' is no community file; give the path of one", value);
}

static bool set_mac(struct conf *c, const char *value)
{
	return daemon_conf_mac(c, value, target(c)->mac);
}

static bool set_version(struct conf *c, const char *value)
{
	return conf_string(c, value, "a version text", VERSION_LEN - 1, target(c)->version);
}

static bool set_count(struct conf *c, const char *value, unsigned long min, unsigned long max, size_t *limit)
{
	unsigned long n;
	if (!conf_uint(c, value, "a limit", min, max, &n))
		return false;
	*limit = n;
	return true;
}

static bool set_limit(struct conf *c, const char *value, unsigned long max, size_t *limit)
{
	return set_count(c, value, 1, max, limit);
}

static bool set_communities_max(struct conf *c, const char *value)
{
	return set_limit(c, value, 65536, &target(c)->communities_max);
}

static bool set_edges_max(struct conf *c, const char *value)
{
	return set_limit(c, value, 1000000, &target(c)->edges_max);
}

static bool set_community_edges_max(struct conf *c, const char *value)
{
	return set_limit(c, value, 1000000, &target(c)->community_edges_max);
}

static bool set_source_edges_max(struct conf *c, const char *value)
{
	return set_count(c, value, 0, 1000000, &target(c)->source_edges_max);
}

static bool set_flood_max(struct conf *c, const char *value)
{
	return set_count(c, value, 0, 1000000000, &target(c)->flood_max);
}

static bool set_groups_max(struct conf *c, const char *value)
{
	return set_count(c, value, 0, 1000000, &target(c)->groups_max);
}

static bool set_group_members_max(struct conf *c, const char *value)
{
	return set_count(c, value, 0, SUPERNODE_GROUP_MEMBERS_MAX, &target(c)->group_members_max);
}

static bool set_unprotected(struct conf *c, const char *unused)
{
	(void)unused;
	target(c)->spoofing_protection = false;
	return true;
}

static bool set_daemon(struct conf *c, const char *unused)
{
	(void)c, (void)unused;
	return true;
}

static const struct conf_option options[] = {
	{ 'p', "local-port bind", CONF_VALUE, set_port, "[IP:]PORT", "7654", "UDP port to listen on", NULL },
	{ 'l', "listen", CONF_VALUE, set_listen, "PORT", "7654", "the same, as n2n 1 and 2 have it", NULL },
	{ 'c', "communities", CONF_VALUE, set_communities, "FILE", "any community",
	  "accept the communities of this file only", NULL },
	{ 'a', "autoip", CONF_VALUE, set_range, "MIN-MAX/N", "10.128.0.0-10.255.255.0/24",
	  "networks for automatic addresses", NULL },
	{ 'm', "mac", CONF_VALUE, set_mac, "MAC", "random", "MAC of the supernode in its messages", NULL },
	{ 'M', "no-spoofing-protection", CONF_FLAG, set_unprotected, NULL, "tokens are compared",
	  "whoever registers a MAC last has it", NULL },
	{ 'V', "version-text", CONF_VALUE, set_version, "TEXT", "castnet's version",
	  "version that edges are told, at most 19 bytes", NULL },
	{ 0, "max-communities", CONF_VALUE, set_communities_max, "NUMBER", "1024",
	  "communities at a time", NULL },
	{ 0, "max-edges", CONF_VALUE, set_edges_max, "NUMBER", "16384", "edges in all", NULL },
	{ 0, "max-community-edges", CONF_VALUE, set_community_edges_max, "NUMBER", "4096",
	  "edges in one community", NULL },
	{ 0, "max-source-edges", CONF_VALUE, set_source_edges_max, "NUMBER", "2048",
	  "edges behind one IPv4 address or IPv6 /64, 0: no limit", NULL },
	{ 0, "max-flood", CONF_VALUE, set_flood_max, "NUMBER", "2000000",
	  "copies a second of what one edge floods, 0: no limit", NULL },
	{ 0, "max-groups", CONF_VALUE, set_groups_max, "NUMBER", "65536",
	  "multicast groups of all edges that are remembered", NULL },
	{ 0, "max-group-members", CONF_VALUE, set_group_members_max, "NUMBER", "256",
	  "members of a group that its sources are told; a larger group is relayed", NULL },
	{ 0, "check-config", CONF_FLAG, daemon_conf_check_only, NULL, NULL,
	  "look at the options and files, change nothing, and end", NULL },
	{ 'f', "foreground", CONF_FLAG, daemon_conf_foreground, NULL, NULL,
	  "stay in the foreground, log to standard error", NULL },
	{ 'd', "daemon", CONF_FLAG, set_daemon, NULL, NULL,
	  "no effect: going to the background is the default", NULL },
	{ 'u', "user euid", CONF_VALUE, daemon_conf_user, "USER", "nobody", "user to run as, name or number", NULL },
	{ 'g', "group egid", CONF_VALUE, daemon_conf_group, "GROUP", "nobody or nogroup",
	  "group to run as, name or number", NULL },
	{ 0, "busy-poll", CONF_VALUE, daemon_conf_busy_poll, "USEC", "0: sleep at once",
	  "go on polling so long after each datagram or frame", NULL },
	{ 0, "no-offload", CONF_FLAG, daemon_conf_no_offload, NULL, NULL,
	  "no segmentation offload: one datagram, one frame at a time", NULL },
	{ 'v', "verbose", CONF_FLAG, daemon_conf_verbose, NULL, NULL, "log more", NULL },
	{ 't', "mgmt-port management-port", CONF_VALUE, daemon_conf_management, "PORT", "none",
	  "answer n2n's management requests on this port of 127.0.0.1", NULL },
	{ 0, "management-password", CONF_VALUE, daemon_conf_password, "TEXT", "none: nothing can be changed",
	  "password of requests that change something", NULL },
	{ 0, "version", CONF_FLAG, daemon_conf_version, NULL, NULL, "print the version", NULL },
	{ 'h', "help", CONF_FLAG, daemon_conf_help, NULL, NULL, "print this; --help prints all", NULL },
	{ 0, "list-options", CONF_FLAG, daemon_conf_list, NULL, NULL, NULL, NULL },

	{ 'F', "federation", CONF_VALUE, NULL, NULL, NULL, NULL, NO_FEDERATION "leave out -F" },
	{ 'O', "option", CONF_VALUE, NULL, NULL, NULL, NULL,
	  "n3n's -O section.key=value is not known here; use the option itself, such as -p 7654 (supernode --help)" },
};

static const char usage[] =
	"usage: supernode [FILE] [-p PORT] [-c FILE] [options]\n"
	"       supernode status [groups] [-p PORT] [--json]\n"
	"       supernode reload [-p PORT]\n";
static const char more[] =
	"FILE has one option per line, as above. Refused in this version: -F, -l HOST:PORT.\n"
	"Example: supernode -p 7654 -c /etc/castnet/community.list\n";

static bool check(struct conf *c, struct supernode_conf *conf)
{
	const char *name;
	daemon_conf_check_management(c, &conf->common.management);
	if (daemon_conf_env("N2N_FEDERATION", "N3N_FEDERATION", &name))
		return conf_bad(c, "%s: " NO_FEDERATION "unset it", name);
	if (conf->listen && conf->port_given && conf->listen != conf->bind.port)
		return conf_bad(c, "-l %u and -p %u are two ports to listen on; leave out one", conf->listen,
		                conf->bind.port);
	if (conf->listen)
		conf->bind.port = conf->listen;
	return true;
}

enum conf_result supernode_conf_parse(struct conf *c, struct supernode_conf *conf, size_t words, char *const *word)
{
	*conf = (struct supernode_conf){
		.common.log_level = LOG_LEVEL_INFO, .bind = { .port = SUPERNODE_DEFAULT_PORT },
		.auto_min = 0x0a800000, .auto_max = 0x0affff00, .auto_prefix = 24, .spoofing_protection = true,
		.communities_max = 1024, .edges_max = 16384, .community_edges_max = 4096, .source_edges_max = 2048,
		.flood_max = 2000000,
		.groups_max = 65536, .group_members_max = 256,
	};
	sys_default_identity(&conf->common.identity);
	*c = (struct conf){
		.program = "supernode", .options = options, .options_n = sizeof(options) / sizeof(options[0]),
		.usage = usage, .more = more, .target = conf,
	};
	enum conf_result result = conf_parse(c, words, word);
	if (result == CONF_RUN && !check(c, conf))
		return c->result;
	return result;
}
