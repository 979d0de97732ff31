#include "app/mcping/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_HINT "give one such as 239.10.10.10 or [ff15::1:10], and a port after it if need be: 239.10.10.10:7655"

static struct mcping_conf *target(struct conf *c)
{
	return c->target;
}

/* Options of the other command are no error of spelling: say where they belong. */
static bool only(struct conf *c, enum mcping_command command)
{
	if (target(c)->command == command)
		return true;
	return conf_bad(c, "this is an option of mcping %s, not of mcping %s", command == MCPING_SEND ? "send" : "listen",
	                command == MCPING_SEND ? "listen" : "send");
}

static const char *interface_names(char *out, size_t room)
{
	struct if_nameindex *all = if_nameindex();
	size_t n = 0;
	out[0] = 0;
	for (struct if_nameindex *i = all; i && i->if_index && n < room; i++)
		n += (size_t)snprintf(out + n, room - n, "%s%s", n ? ", " : "", i->if_name);
	if (all)
		if_freenameindex(all);
	return out;
}

static bool take_interface(struct conf *c, const char *name)
{
	struct mcping_conf *conf = target(c);
	char names[160];
	unsigned ifindex = if_nametoindex(name);
	if (!ifindex)
		return conf_bad(c, "'%s' is no interface of this host; it has: %s", name, interface_names(names, sizeof(names)));
	if (conf->ifindex && conf->ifindex != ifindex)
		return conf_bad(c, "'%s' is another interface than '%s'; name one", name, conf->interface);
	conf->ifindex = ifindex;
	snprintf(conf->interface, sizeof(conf->interface), "%s", name);
	return true;
}

static bool set_interface(struct conf *c, const char *value)
{
	return take_interface(c, value);
}

/* Cuts "%zone" out of "[ff15::1:10%edge0]:5000". */
static bool take_zone(struct conf *c, const char *word, char *plain, size_t room)
{
	const char *zone = strchr(word, '%'), *close = zone ? strchr(zone, ']') : NULL;
	char name[IF_NAMESIZE];
	if (strlen(word) >= room)
		return conf_bad(c, "'%s' is no multicast group; " GROUP_HINT, word);
	strcpy(plain, word);
	if (!zone)
		return true;
	if (word[0] != '[' || !close)
		return conf_bad(c, "'%s': a zone belongs into the brackets of an IPv6 group: [ff15::1:10%%edge0]:7655; "
		                "for IPv4 use -i", word);
	if ((size_t)(close - zone - 1) >= sizeof(name))
		return conf_bad(c, "'%s': the name of an interface has at most %d bytes", word, IF_NAMESIZE - 1);
	memcpy(name, zone + 1, (size_t)(close - zone - 1));
	name[close - zone - 1] = 0;
	strcpy(plain + (zone - word), close);
	return take_interface(c, name);
}

static bool looks_like_bare_ipv6(const char *text)
{
	const char *colon = strchr(text, ':');
	return text[0] != '[' && colon && strchr(colon + 1, ':');
}

static bool set_group(struct conf *c, const char *word)
{
	struct mcping_conf *conf = target(c);
	struct addr group;
	char plain[ADDR_TEXT + IF_NAMESIZE];
	if (addr_is_set(&conf->group))
		return conf_bad(c, "'%s': there is a group already; give one", word);
	if (looks_like_bare_ipv6(word))
		return conf_bad(c, "'%s': an IPv6 group needs brackets: [ff15::1:10] or [ff15::1:10]:7655", word);
	if (!take_zone(c, word, plain, sizeof(plain)))
		return false;
	if (!addr_parse(&group, plain, MCPING_PORT)) {
		const char *colon = strchr(plain, ':');
		char host[sizeof(plain)];
		snprintf(host, sizeof(host), "%.*s", (int)(colon ? colon - plain : (long)strlen(plain)), plain);
		if (plain[0] != '[' && colon && addr_parse(&group, host, 1))
			return conf_bad(c, "'%s' is no port; give a number from 1 to 65535", colon + 1);
		return conf_bad(c, "'%s' is no multicast group; " GROUP_HINT, word);
	}
	if (!addr_is_multicast(&group))
		return conf_bad(c, "'%s' is no multicast group; groups are 224.0.0.0 to 239.255.255.255, and [ff00::] and up", word);
	if (!group.port)
		return conf_bad(c, "'%s': 0 is no port; give a number from 1 to 65535", word);
	conf->group = group;
	return true;
}

static bool set_source(struct conf *c, const char *value)
{
	struct mcping_conf *conf = target(c);
	struct addr a;
	char bracketed[ADDR_TEXT + 2];
	snprintf(bracketed, sizeof(bracketed), strchr(value, ':') && value[0] != '[' ? "[%s]" : "%s", value);
	if (!only(c, MCPING_LISTEN))
		return false;
	if (strlen(value) > ADDR_TEXT || !addr_parse(&a, bracketed, 0) || a.port || addr_is_multicast(&a) ||
	    addr_is_unspecified(&a))
		return conf_bad(c, "'%s' is no address of a sender; give one such as 10.9.9.1 or 2001:db8::1", value);
	for (size_t i = 0; i < conf->sources_n; i++)
		if (addr_equal(&conf->sources[i], &a))
			return true;            /* the kernel would refuse the second join */
	if (conf->sources_n == MCPING_SOURCES_MAX)
		return conf_bad(c, "'%s' is one too many; at most %d sources can be given", value, MCPING_SOURCES_MAX);
	conf->sources[conf->sources_n++] = a;
	return true;
}

/* What of three decimals: "10", "0.5", "2.125", in thousandths. */
static bool take_thousandths(struct conf *c, const char *value, const char *what, unsigned long max, unsigned long *out)
{
	static const char digits[] = "0123456789";
	size_t whole = strspn(value, digits), part = value[whole] == '.' ? strspn(value + whole + 1, digits) : 0;
	bool good = whole && whole <= 7 && part <= 3 && !(value[whole] == '.' && !part) &&
	            !value[whole + part + (value[whole] == '.')];
	char thousandths[4] = "000";
	if (good && part)
		memcpy(thousandths, value + whole + 1, part);
	*out = good ? strtoul(value, NULL, 10) * 1000 + strtoul(thousandths, NULL, 10) : 0;
	if (!*out || *out > max * 1000)
		return conf_bad(c, "'%s' is no %s; give a number from 0.001 to %lu", value, what, max);
	return true;
}

static bool set_rate(struct conf *c, const char *value)
{
	unsigned long n;
	if (!only(c, MCPING_SEND) || !take_thousandths(c, value, "rate in datagrams per second", MCPING_RATE_MAX, &n))
		return false;
	target(c)->rate = (uint32_t)n;
	return true;
}

static bool set_count(struct conf *c, const char *value)
{
	unsigned long n;
	if (!conf_uint(c, value, "a number of datagrams", 0, 4294967294u, &n))
		return false;
	target(c)->count = (uint32_t)n;
	return true;
}

static bool set_size(struct conf *c, const char *value)
{
	unsigned long n;
	if (!only(c, MCPING_SEND) || !conf_uint(c, value, "a size in bytes that mcping can send", 64, MCPING_SIZE_MAX, &n))
		return false;
	target(c)->size = (unsigned)n;
	return true;
}

static bool set_ttl(struct conf *c, const char *value)
{
	unsigned long n;
	if (!only(c, MCPING_SEND) || !conf_uint(c, value, "a TTL", 0, 255, &n))
		return false;
	target(c)->ttl = (unsigned)n;
	return true;
}

static bool set_expect(struct conf *c, const char *value)
{
	unsigned long n;
	if (!only(c, MCPING_SEND) || !conf_uint(c, value, "a number of listeners", 1, 1024, &n))
		return false;
	target(c)->expect = (unsigned)n;
	return true;
}

static bool set_port(struct conf *c, const char *value)
{
	unsigned long n;
	if (!conf_uint(c, value, "a UDP port", 1, 65535, &n))
		return false;
	target(c)->local_port = (uint16_t)n;
	return true;
}

static bool set_timeout(struct conf *c, const char *value)
{
	unsigned long n;
	if (!take_thousandths(c, value, "time in seconds", MCPING_SECONDS_MAX, &n))
		return false;
	target(c)->timeout_ms = n;
	return true;
}

static bool set_wait(struct conf *c, const char *value)
{
	unsigned long n;
	if (!only(c, MCPING_SEND) || !take_thousandths(c, value, "time in seconds", MCPING_SECONDS_MAX, &n))
		return false;
	target(c)->wait_ms = n;
	return true;
}

static bool set_json(struct conf *c, const char *unused)
{
	(void)unused;
	target(c)->json = true;
	return true;
}

static bool ask_help(struct conf *c, const char *unused)
{
	(void)unused;
	return conf_end(c, c->option[1] == '-' ? CONF_LONG_HELP : CONF_SHORT_HELP);
}

static bool ask_version(struct conf *c, const char *unused)
{
	(void)unused;
	return conf_end(c, CONF_VERSION);
}

static bool ask_list(struct conf *c, const char *unused)
{
	(void)unused;
	return conf_end(c, CONF_LIST);
}

static const struct conf_option options[] = {
	{ 'i', "interface", CONF_VALUE, set_interface, "IF", "as the routing table says",
	  "send by or join on this interface", NULL },
	{ 'c', "count", CONF_VALUE, set_count, "N", "send 10; listen 0: no limit",
	  "end after N datagrams; 0: at a signal", NULL },
	{ 'r', "rate", CONF_VALUE, set_rate, "N", "10", "send: datagrams per second, such as 0.5 or 50000", NULL },
	{ 's', "size", CONF_VALUE, set_size, "BYTES", "100", "send: bytes of UDP payload, 64 or more", NULL },
	{ 't', "ttl", CONF_VALUE, set_ttl, "N", "1", "send: TTL; 1: no router passes them on", NULL },
	{ 'e', "expect", CONF_VALUE, set_expect, "N", "1", "send: succeed only if N listeners got everything once", NULL },
	{ 'W', "wait", CONF_VALUE, set_wait, "SECONDS", "2", "send: wait for answers after the last datagram", NULL },
	{ 'S', "source", CONF_VALUE, set_source, "ADDRESS", "any",
	  "listen: join for this sender only; may be repeated", NULL },
	{ 'w', "timeout", CONF_VALUE, set_timeout, "SECONDS", "none", "end after this time", NULL },
	{ 'p', "local-port", CONF_VALUE, set_port, "PORT", "any",
	  "send: answers come here; listen: they leave from here", NULL },
	{ 'j', "json", CONF_FLAG, set_json, NULL, NULL, "print the result as JSON", NULL },
	{ 'V', "version", CONF_FLAG, ask_version, NULL, NULL, "print the version", NULL },
	{ 'h', "help", CONF_FLAG, ask_help, NULL, NULL, "print this; --help prints all", NULL },
	{ 0, "list-options", CONF_FLAG, ask_list, NULL, NULL, NULL, NULL },
};

static const char usage[] =
	"usage: mcping listen GROUP[:PORT] [-i IF] [options]\n"
	"       mcping send GROUP[:PORT] [-i IF] [options]\n";
static const char more[] =
	"GROUP is an address such as 239.10.10.10 or [ff15::1:10]; PORT is 7655 if none is given.\n"
	"Example: mcping listen 239.10.10.10 -i edge0, and on another host: mcping send 239.10.10.10 -i edge0\n";

/* Link-local groups are on each link: none of them is meant without a name. */
static bool needs_interface(const struct addr *group)
{
	return group->family == ADDR_V6 && (group->ip[1] & 15) <= 2;
}

static bool check(struct conf *c, const struct mcping_conf *conf)
{
	char group[ADDR_TEXT];
	if (!addr_is_set(&conf->group))
		return conf_bad(c, "which group? " GROUP_HINT);
	addr_print(group, &conf->group);
	if (needs_interface(&conf->group) && !conf->ifindex)
		return conf_bad(c, "%s is on every link: name the interface, such as -i edge0", group);
	for (size_t i = 0; i < conf->sources_n; i++)
		if (conf->sources[i].family != conf->group.family)
			return conf_bad(c, "--source: senders to %s have %s addresses", group,
			                conf->group.family == ADDR_V6 ? "IPv6" : "IPv4");
	return true;
}

/* The first word says what to do; false: it is an option that does not need to, or wrong. */
static bool take_command(struct conf *c, struct mcping_conf *conf, size_t words, char *const *word)
{
	static const char *const names[] = { [MCPING_SEND] = "send", [MCPING_LISTEN] = "listen" };
	for (size_t i = 0; words && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(word[0], names[i])) {
			conf->command = (enum mcping_command)i;
			conf->count = conf->command == MCPING_SEND ? 10 : 0;
			return true;
		}
	if (!words)
		return conf_bad(c, "what to do? mcping listen GROUP on one host, mcping send GROUP on another; "
		                "mcping --help tells more");
	if (word[0][0] == '-' && conf_parse(c, words, word) != CONF_RUN)
		return false;
	return conf_bad(c, "'%s' is no command of mcping; begin with send or listen, such as mcping send 239.10.10.10",
	                word[0]);
}

enum conf_result mcping_conf_parse(struct conf *c, struct mcping_conf *conf, size_t words, char *const *word)
{
	*conf = (struct mcping_conf){ .rate = 10 * 1000, .size = 100, .ttl = 1, .expect = 1, .wait_ms = 2000 };
	*c = (struct conf){
		.program = "mcping", .options = options, .options_n = sizeof(options) / sizeof(options[0]),
		.operand = set_group, .usage = usage, .more = more, .target = conf,
	};
	if (!take_command(c, conf, words, word))
		return c->result;
	enum conf_result result = conf_parse(c, words - 1, word + 1);
	if (result == CONF_RUN && !check(c, conf))
		return c->result;
	return result;
}
