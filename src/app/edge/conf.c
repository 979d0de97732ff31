#include "app/edge/conf.h"

#include <stdlib.h>

#include "app/daemon/conf.h"
#include "app/edge/identity.h"

#define NO_CIPHER "n2n's ciphers are not in this version, which will not send plain what you asked to have encrypted; "

static struct edge_conf *target(struct conf *c)
{
	return c->target;
}

bool edge_conf_phrase(struct conf *c, const char *value, char phrase[static EDGE_PHRASE_MAX])
{
	size_t len = strlen(value);
	if (phrase[0])
		return conf_bad(c, "a pass phrase was given already; for two keys at a time take a --key-file");
	if (!len || len >= EDGE_PHRASE_MAX)
		return conf_bad(c, "a pass phrase has 1 to %d bytes", EDGE_PHRASE_MAX - 1);
	memcpy(phrase, value, len + 1);
	return true;
}

static bool set_community(struct conf *c, const char *value)
{
	return conf_string(c, value, "a community", COMMUNITY_LEN - 1, target(c)->community);
}

static bool set_supernode(struct conf *c, const char *value)
{
	struct edge_conf *conf = target(c);
	if (conf->supernodes_n == EDGE_SUPERNODES_MAX)
		return conf_bad(c, "'%s' is one supernode too many: at most %d can be given", value,
		                EDGE_SUPERNODES_MAX);
	return conf_endpoint(c, value, EDGE_DEFAULT_PORT, &conf->supernodes[conf->supernodes_n++]);
}

static bool bad_address(struct conf *c, const char *value)
{
	return conf_bad(c, "'%s' is no overlay address; give one such as 10.9.9.1, 10.9.9.1/24, auto: or dhcp:0.0.0.0", value);
}

static bool set_address(struct conf *c, const char *value)
{
	static const struct { const char *word; enum edge_address_mode mode; } modes[] = {
		{ "auto", ADDRESS_AUTO }, { "dhcp", ADDRESS_DHCP }, { "static", ADDRESS_STATIC },
	};
	struct edge_conf *conf = target(c);
	const char *ip = value;
	conf->mode = ADDRESS_STATIC;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		size_t len = strlen(modes[i].word);
		if (strncmp(value, modes[i].word, len) || (value[len] && value[len] != ':'))
			continue;
		conf->mode = modes[i].mode;
		ip = value + len + (value[len] == ':');
	}
	conf->mode_given = true;
	conf->address = (struct subnet){ .prefix = 24 };
	conf->prefix_given = strchr(ip, '/') != NULL;
	if (!*ip && conf->mode != ADDRESS_STATIC)
		return true;
	if (!subnet_parse(&conf->address, ip, 24) || conf->address.prefix == 0)
		return bad_address(c, value);
	if (conf->mode != ADDRESS_STATIC)       /* n2n's form names an address there, which means nothing */
		memset(&conf->address, 0, sizeof(conf->address));
	else if (!subnet_is_set(&conf->address))
		return bad_address(c, value);
	return true;
}

static bool set_netmask(struct conf *c, const char *value)
{
	struct subnet mask;
	if (subnet_parse(&mask, value, 32) && !strchr(value, '/'))
		for (uint8_t prefix = 1; prefix <= 32; prefix++)
			if (subnet_ip(&mask) == subnet_mask(prefix)) {
				target(c)->netmask = prefix;
				return true;
			}
	return conf_bad(c, "'%s' is no netmask; give one such as 255.255.255.0, or write the address as 10.9.9.1/24", value);
}

static bool set_mac(struct conf *c, const char *value)
{
	uint8_t *mac = target(c)->mac;
	if (!daemon_conf_mac(c, value, mac))
		return false;
	if (!secure_mac_is_made(mac))
		return true;
	return conf_bad(c, "'%s': MACs whose first byte ends in 6 are made from identities (--identity) and cannot be chosen; "
	                "give one such as 02%s", value, value + 2);
}

static bool set_phrase(struct conf *c, const char *value)
{
	return edge_conf_phrase(c, value, target(c)->keys.phrase);
}

static bool set_key_file(struct conf *c, const char *value)
{
	return conf_string(c, value, "a file", EDGE_PATH_MAX - 1, target(c)->keys.key_file);
}

static bool set_trust(struct conf *c, const char *value)
{
	return conf_string(c, value, "a file", EDGE_PATH_MAX - 1, target(c)->keys.trust);
}

static bool set_identity(struct conf *c, const char *value)
{
	return conf_string(c, value, "a file", EDGE_PATH_MAX - 1, target(c)->keys.identity);
}

static bool set_device(struct conf *c, const char *value)
{
	size_t len = strlen(value);
	if (len >= IFNAMSIZ)
		return conf_bad(c, "'%s' is too long for a device name: %zu bytes, at most %d fit", value, len,
		                IFNAMSIZ - 1);
	bool bad = !len || value[strcspn(value, "/:% \x7f")] || !strcmp(value, ".") || !strcmp(value, "..");
	for (size_t i = 0; i < len; i++)
		bad |= (unsigned char)value[i] < ' ';
	if (bad)
		return conf_bad(c, "'%s' is no device name; give one such as edge0", value);
	memset(target(c)->device, 0, IFNAMSIZ);
	memcpy(target(c)->device, value, len);
	return true;
}

static bool set_mtu(struct conf *c, const char *value)
{
	unsigned long n = 0;
	if (strcmp(value, "auto") && !conf_uint(c, value, "an MTU or auto", EDGE_MTU_MIN, EDGE_MTU_MAX, &n))
		return false;
	target(c)->mtu = (unsigned)n;
	return true;
}

static bool parse_route(struct route *r, const char *value)
{
	char net[SUBNET_TEXT];
	size_t len = strcspn(value, ":");
	struct addr gateway = { .family = ADDR_NONE };
	if (len >= sizeof(net) || !memchr(value, '/', len))
		return false;
	memcpy(net, value, len);
	net[len] = 0;
	if (value[len] && (strchr(value + len + 1, ':') || !addr_parse(&gateway, value + len + 1, 1)
	                   || gateway.family != ADDR_V4 || !addr_is_endpoint(&gateway)))
		return false;
	*r = (struct route){ .ifindex = 0 };
	memcpy(r->gateway, gateway.ip, 4);
	return subnet_parse(&r->to, net, 32);
}

static bool set_route(struct conf *c, const char *value)
{
	struct edge_conf *conf = target(c);
	if (conf->routes_n == EDGE_ROUTES_MAX)
		return conf_bad(c, "'%s' is one route too many: at most %d can be given", value, EDGE_ROUTES_MAX);
	struct route *r = &conf->routes[conf->routes_n];
	if (!parse_route(r, value))
		return conf_bad(c, "'%s' is no route; give net/n or net/n:gateway, such as 224.0.0.0/4 or 10.1.0.0/16:10.9.9.2", value);
	uint32_t host = subnet_ip(&r->to) & ~subnet_mask(r->to.prefix);
	if (host) {
		char right[SUBNET_TEXT];
		put_be32(r->to.ip, subnet_ip(&r->to) - host);
		return conf_bad(c, "'%s' has bits set behind its prefix length; write %s", value,
		                subnet_print(right, &r->to));
	}
	conf->routes_n++;
	return true;
}

static bool set_bind(struct conf *c, const char *value)
{
	return daemon_conf_bind(c, value, 0, &target(c)->bind);
}

static bool set_tos(struct conf *c, const char *value)
{
	unsigned long n;
	if (!conf_uint(c, value, "a TOS byte", 0, 255, &n))
		return false;
	target(c)->tos = (uint8_t)n;
	return true;
}

static bool set_ttl(struct conf *c, const char *value)
{
	unsigned long n;
	if (strchr(value, '.') || strchr(value, ':'))
		return conf_bad(c, "'%s' looks like an address, but -L is the TTL of hole-punching; the local address is -e", value);
	if (!conf_uint(c, value, "a TTL", 0, 255, &n))
		return false;
	target(c)->punch_ttl = (uint8_t)n;
	return true;
}

static bool set_preferred(struct conf *c, const char *value)
{
	struct edge_conf *conf = target(c);
	conf->preferred_auto = !strcmp(value, "auto");
	conf->preferred = (struct addr){ .family = ADDR_NONE };
	if (conf->preferred_auto)
		return true;
	char text[ADDR_TEXT];
	bool bare_v6 = value[0] != '[' && strchr(value, ':');
	int len = snprintf(text, sizeof(text), bare_v6 ? "[%s]" : "%s", value);
	bool bad = len >= (int)sizeof(text) || (text[0] == '[' && text[len - 1] != ']');
	if (bad || !addr_parse(&conf->preferred, text, 1) || !addr_is_endpoint(&conf->preferred))
		return conf_bad(c, "'%s' is no address at which peers can reach this host; give one such as 192.0.2.1, or auto", value);
	conf->preferred.port = 0;
	return true;
}

static bool set_interval(struct conf *c, const char *value)
{
	unsigned long n;
	if (!conf_uint(c, value, "a number of seconds between registrations", 1, 3600, &n))
		return false;
	target(c)->interval_ms = n * 1000;
	return true;
}

static bool set_description(struct conf *c, const char *value)
{
	struct edge_conf *conf = target(c);
	size_t len = strlen(value);
	if (len >= DESC_LEN) {
		len = DESC_LEN - 1;
		conf_note(c, "'%.64s' is cut to %d bytes", value, DESC_LEN - 1);
	}
	memset(conf->desc, 0, DESC_LEN);
	memcpy(conf->desc, value, len);
	return true;
}

static bool set_rule(struct conf *c, const char *value)
{
	struct edge_conf *conf = target(c);
	if (conf->rules_n == EDGE_RULES_MAX)
		return conf_bad(c, "'%s' is one rule too many: at most %d can be given", value, EDGE_RULES_MAX);
	if (!filter_parse(&conf->rules[conf->rules_n], value))
		return conf_bad(c, "'%s' is no filter rule; give one such as 10.9.9.0/24:22,0.0.0.0/0,TCP+,UDP-", value);
	conf->rules_n++;
	return true;
}

static bool set_cipher(struct conf *c, const char *value)
{
	static const char *const names[] = { "null", "twofish", "aes", "chacha20", "speck" };
	const char *next = conf_peek(c);
	if (!value && next && next[0] >= '0' && next[0] <= '9')
		return conf_bad(c, "the number belongs to the letter: write -A%s", next);
	for (size_t i = 0; !value && next && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(next, names[i])) {
			value = next;
			conf_take(c);
		}
	target(c)->plain = value && (!strcmp(value, "1") || !strcmp(value, "null"));
	if (target(c)->plain)
		return true;
	bool known = !value || (value[0] >= '2' && value[0] <= '5' && !value[1]);
	for (size_t i = 1; value && i < sizeof(names) / sizeof(names[0]); i++)
		known |= !strcmp(value, names[i]);
	if (!known)
		return conf_bad(c, "'%s' is no cipher; this version has 1 or null only: -A1", value);
	return conf_bad(c, "'%s': " NO_CIPHER "leave out -A: with --key-file or -k frames are encrypted", value ? value : "aes");
}

static bool set_no_p2p(struct conf *c, const char *value)
{
	const char *next = conf_peek(c);
	if (!value && next && next[0] >= '0' && next[0] <= '9')
		return conf_bad(c, "the number belongs to the letter: write -S%s", next);
	if (value && !strcmp(value, "2"))
		return conf_bad(c, "'2': this version has no TCP to the supernode; write -S1 for UDP");
	if (value && strcmp(value, "1"))
		return conf_bad(c, "'%s' is not known; write -S1: no peer-to-peer, all through the supernode",
		                value);
	target(c)->p2p = false;
	return true;
}

static bool set_wait(struct conf *c, const char *value)
{
	struct edge_conf *conf = target(c);
	unsigned long n = 0;
	size_t len = strlen("registered");
	if (strncmp(value, "registered", len) || (value[len] && value[len] != ','))
		return conf_bad(c, "'%s' is nothing to wait for; give registered, or registered,SECONDS", value);
	if (value[len] && !conf_uint(c, value + len + 1, "a number of seconds to wait", 1, 86400, &n))
		return false;
	conf->wait_registered = true;
	conf->wait_ms = n * 1000;
	return true;
}

static bool set_tx_queue_len(struct conf *c, const char *value)
{
	unsigned long n;
	if (!conf_uint(c, value, "a number of frames", 1, 1000000, &n))
		return false;
	target(c)->tx_queue_len = (unsigned)n;
	return true;
}

static bool set_addresses_max(struct conf *c, const char *value)
{
	unsigned long n;
	if (!conf_uint(c, value, "a number of addresses", 1, 65536, &n))
		return false;
	target(c)->addresses_max = n;
	return true;
}

static bool set_peers_max(struct conf *c, const char *value)
{
	unsigned long n;
	if (!conf_uint(c, value, "a number of peers", 1, 65536, &n))
		return false;
	target(c)->peers_max = n;
	return true;
}

static bool set_storm(struct conf *c, const char *value, enum edge_storm kind)
{
	unsigned long n;
	if (!conf_uint(c, value, "a number of frames per second", 0, EDGE_STORM_RATE_MAX, &n))
		return false;
	target(c)->storm[kind] = (uint32_t)n;
	return true;
}

static bool set_storm_broadcast(struct conf *c, const char *value)
{
	return set_storm(c, value, STORM_BROADCAST);
}

static bool set_storm_multicast(struct conf *c, const char *value)
{
	return set_storm(c, value, STORM_MULTICAST);
}

static bool set_storm_unicast(struct conf *c, const char *value)
{
	return set_storm(c, value, STORM_UNICAST);
}

#define EDGE_FLAG(function, member, value) \
	static bool function(struct conf *c, const char *unused) \
	{ \
		(void)unused; \
		target(c)->member = value; \
		return true; \
	}
EDGE_FLAG(set_routing, routing, true)
EDGE_FLAG(set_multicast, multicast, true)
EDGE_FLAG(set_no_multicast, multicast, false)
EDGE_FLAG(set_no_mss_clamp, mss_clamp, false)
EDGE_FLAG(set_no_groups, no_groups, true)
EDGE_FLAG(set_fast_leave, fast_leave, true)
EDGE_FLAG(set_arp_suppress, arp_suppress, true)
EDGE_FLAG(set_no_join_udp, no_join_udp, true)
EDGE_FLAG(set_pmtu, pmtu_discovery, true)
EDGE_FLAG(set_select_load, select, SELECT_LOAD)
EDGE_FLAG(set_select_rtt, select, SELECT_RTT)
EDGE_FLAG(set_select_mac, select, SELECT_MAC)

static bool set_protocol(struct conf *c, const char *value)
{
	return !strcmp(value, "3") ? true : conf_bad(c, "'%s': this version speaks n2n protocol 3 only", value);
}

static bool no_effect(struct conf *c, const char *unused)
{
	(void)unused;
	conf_note(c, "accepted, but has no effect here");
	return true;
}

static bool set_resolve(struct conf *c, const char *unused)
{
	(void)unused;
	conf_note(c, "has no effect: names are always resolved again in the background");
	return true;
}

static const struct conf_option options[] = {
	{ 'c', "community", CONF_VALUE, set_community, "NAME", NULL,
	  "community to join, 1 to 19 bytes; also from N2N_COMMUNITY", NULL },
	{ 'l', "supernode-list supernode", CONF_VALUE, set_supernode, "HOST[:PORT]", "port 7654",
	  "supernode to register with, may be repeated", NULL },
	{ 'a', "address", CONF_VALUE, set_address, "[MODE:]IP[/N]", "auto:",
	  "overlay address; modes are static, auto and dhcp", NULL },
	{ 's', "netmask", CONF_VALUE, set_netmask, "MASK", "255.255.255.0",
	  "netmask of the overlay address, same as /N", NULL },
	{ 'n', "route", CONF_VALUE, set_route, "NET/N[:GATEWAY]", NULL,
	  "route through the TAP while running, may be repeated", NULL },
	{ 'd', "tap-device tun-device", CONF_VALUE, set_device, "NAME", "edge0",
	  "name of the TAP device", NULL },
	{ 'm', "mac", CONF_VALUE, set_mac, "MAC", "one that stays the same", "MAC of the TAP device", NULL },
	{ 'M', "mtu", CONF_VALUE, set_mtu, "BYTES", "auto: what the way to the supernode carries",
	  "MTU of the TAP device", NULL },
	{ 'p', "local-port bind", CONF_VALUE, set_bind, "[IP:]PORT", "any",
	  "own UDP address and port", NULL },
	{ 'e', "advertise-addr", CONF_VALUE, set_preferred, "IP", "none: peers on the same LAN are discovered",
	  "own address that peers on the same site are told, or auto", NULL },
	{ 'I', "description", CONF_VALUE, set_description, "TEXT", "the host's name",
	  "shown to others, at most 15 bytes", NULL },
	{ 'i', "register-interval", CONF_VALUE, set_interval, "SECONDS", "20",
	  "time between registrations", NULL },
	{ 'E', "multicast", CONF_FLAG, set_multicast, NULL, "on", "carry multicast", NULL },
	{ 0, "no-multicast", CONF_FLAG, set_no_multicast, NULL, NULL,
	  "drop multicast in both directions", NULL },
	{ 0, "no-groups", CONF_FLAG, set_no_groups, NULL, "members only",
	  "send multicast to every edge and get all of it, as n2n does", NULL },
	{ 0, "fast-leave", CONF_FLAG, set_fast_leave, NULL, "when nobody answers for 1 s",
	  "a host that leaves a multicast group has left it at once", NULL },
	{ 0, "arp-suppress", CONF_FLAG, set_arp_suppress, NULL, "off",
	  "answer ARP and IPv6 neighbour questions out of what is known", NULL },
	{ 0, "storm-broadcast", CONF_VALUE, set_storm_broadcast, "FRAMES", "20000",
	  "broadcasts from here per second at most; 0: no limit", NULL },
	{ 0, "storm-multicast", CONF_VALUE, set_storm_multicast, "FRAMES", "200000",
	  "the same for multicast that goes to every edge", NULL },
	{ 0, "storm-unicast", CONF_VALUE, set_storm_unicast, "FRAMES", "100000",
	  "the same for frames to MACs that are not known", NULL },
	{ 'r', "routing", CONF_FLAG, set_routing, NULL, "off",
	  "carry frames of other hosts' addresses too: routing, bridging", NULL },
	{ 'R', "filter-rule", CONF_VALUE, set_rule, "RULE", "accept",
	  "SRC,DST,TCP+-,UDP+-,ICMP+-, may be repeated", NULL },
	{ 'S', "no-p2p", CONF_ATTACHED, set_no_p2p, "1", "off",
	  "all through the supernode, nothing peer to peer", NULL },
	{ 'L', "register-ttl", CONF_VALUE, set_ttl, "TTL", "0: the system's",
	  "TTL of datagrams that open a NAT", NULL },
	{ 'T', "tos", CONF_VALUE, set_tos, "BYTE", "0", "IP type of service of datagrams sent", NULL },
	{ 'D', "pmtu-discovery", CONF_FLAG, set_pmtu, NULL, "off",
	  "send datagrams with Don't Fragment set", NULL },
	{ 0, "no-mss-clamp", CONF_FLAG, set_no_mss_clamp, NULL, NULL,
	  "leave the segment size that TCP connections agree on as it is", NULL },
	{ 0, "select-load", CONF_FLAG, set_select_load, NULL, "the first -l that answers",
	  "use the supernode with the least load", NULL },
	{ 0, "select-rtt", CONF_FLAG, set_select_rtt, NULL, NULL,
	  "use the supernode that answers fastest", NULL },
	{ 0, "select-mac", CONF_FLAG, set_select_mac, NULL, NULL,
	  "use the supernode with the lowest MAC", NULL },
	{ 0, "key-file", CONF_VALUE, set_key_file, "FILE", "none: frames are plain",
	  "encrypt with the key in this file, of edge genkey", NULL },
	{ 'k', "key", CONF_VALUE, set_phrase, "WORDS", NULL,
	  "encrypt with a pass phrase; also from N2N_KEY", NULL },
	{ 0, "trust", CONF_VALUE, set_trust, "FILE", "whoever has the key",
	  "talk only to edges whose public keys are listed", NULL },
	{ 0, "identity", CONF_VALUE, set_identity, "FILE", EDGE_STATE_DIRECTORY "/identity",
	  "the own identity, as edge genkey makes it", NULL },
	{ 'A', "cipher", CONF_ATTACHED, set_cipher, "1", "encrypted with a key, else 1",
	  "transform of frames without a key: 1 or null", NULL },
	{ 0, "tx-queue-len", CONF_VALUE, set_tx_queue_len, "FRAMES", "8192", "frames that may wait in the TAP device", NULL },
	{ 0, "busy-poll", CONF_VALUE, daemon_conf_busy_poll, "USEC", "0: sleep at once",
	  "go on polling so long after each datagram or frame", NULL },
	{ 0, "no-offload", CONF_FLAG, daemon_conf_no_offload, NULL, NULL,
	  "no segmentation offload: one datagram, one frame at a time", NULL },
	{ 0, "no-join-udp", CONF_FLAG, set_no_join_udp, NULL, NULL,
	  "write each UDP datagram to the device alone", NULL },
	{ 0, "check-config", CONF_FLAG, daemon_conf_check_only, NULL, NULL,
	  "look at the options and files, change nothing, and end", NULL },
	{ 'f', "foreground", CONF_FLAG, daemon_conf_foreground, NULL, NULL,
	  "stay in the foreground, log to standard error", NULL },
	{ 0, "wait", CONF_VALUE, set_wait, "registered[,SECONDS]", NULL,
	  "say ready only when registered; fail after SECONDS", NULL },
	{ 'u', "user euid", CONF_VALUE, daemon_conf_user, "USER", "nobody", "user to run as, name or number", NULL },
	{ 'g', "group egid", CONF_VALUE, daemon_conf_group, "GROUP", "nobody or nogroup",
	  "group to run as, name or number", NULL },
	{ 0, "max-addresses", CONF_VALUE, set_addresses_max, "NUMBER", "4096",
	  "IPv4 addresses of the device that count as this host's own", NULL },
	{ 0, "max-peers", CONF_VALUE, set_peers_max, "NUMBER", "4096", "peers to know at a time", NULL },
	{ 'v', "verbose", CONF_FLAG, daemon_conf_verbose, NULL, NULL, "log more", NULL },
	{ 't', "management-port", CONF_VALUE, daemon_conf_management, "PORT", "none",
	  "answer n2n's management requests on this port of 127.0.0.1", NULL },
	{ 0, "management-password", CONF_VALUE, daemon_conf_password, "TEXT", "none: nothing can be changed",
	  "password of requests that change something", NULL },
	{ 'b', "resolve", CONF_FLAG, set_resolve, NULL, NULL,
	  "no effect: names are always resolved again", NULL },
	{ 'x', "metric", CONF_VALUE, no_effect, "NUMBER", NULL, "no effect", NULL },
	{ 0, "no-port-forwarding", CONF_FLAG, no_effect, NULL, NULL, "no effect", NULL },
	{ 0, "protocol", CONF_VALUE, set_protocol, "VERSION", "3", "version of n2n's protocol", NULL },
	{ 'V', "version", CONF_FLAG, daemon_conf_version, NULL, NULL, "print the version", NULL },
	{ 'h', "help", CONF_FLAG, daemon_conf_help, NULL, NULL, "print this; --help prints all", NULL },
	{ 0, "list-options", CONF_FLAG, daemon_conf_list, NULL, NULL, NULL, NULL },

	{ 'K', "key-schedule", CONF_VALUE, NULL, NULL, NULL, NULL,
	  "key schedules belong to n2n protocol 2; give a --key-file in the place of -K" },
	{ 'H', "header-encryption", CONF_FLAG, NULL, NULL, NULL, NULL, "this version has no header encryption; leave out -H" },
	{ 'J', "password", CONF_VALUE, NULL, NULL, NULL, NULL,
	  "this version has no user and password authentication yet; leave out -J" },
	{ 0, "password-file", CONF_VALUE, NULL, NULL, NULL, NULL,
	  "this version has no user and password authentication yet; leave out --password-file" },
	{ 'P', "public-key", CONF_VALUE, NULL, NULL, NULL, NULL,
	  "this version has no user and password authentication yet; leave out -P" },
	{ 'z', "compression", CONF_ATTACHED, NULL, NULL, NULL, NULL,
	  "this version has no compression yet; leave out -z" },
	{ 'O', "option", CONF_VALUE, NULL, NULL, NULL, NULL,
	  "n3n's -O section.key=value is not known here; use the option itself, such as -d edge0 or --mtu=1400 (edge --help)" },
};

static const char usage[] =
	"usage: edge [FILE] -c COMMUNITY -l HOST[:PORT] [-a ADDRESS] [options]\n"
	"       edge status [groups] [-d DEVICE] [--json]\n"
	"       edge reload [-d DEVICE]\n"
	"       edge genkey > FILE | pubkey [--identity FILE] | regkey -c COMMUNITY --key-file FILE\n";
static const char more[] =
	"FILE has one option per line, as above. Refused in this version: -A2 to -A5, -H, -J, -P, -z, -S2.\n"
	"Example: edge -l supernode.example.org:7654 -c Intershop -a 10.9.9.1 -n 224.0.0.0/4\n";

static bool take_environment(struct conf *c, struct edge_conf *conf)
{
	static const char *const passwords[] = { "N2N_PASSWORD", "N3N_PASSWORD" };
	const char *name = NULL;
	for (size_t i = 0; i < 2; i++)
		if (daemon_conf_env(passwords[i], NULL, &name))
			return conf_bad(c, "%s: this version has no user and password authentication yet; unset it", name);
	const char *community = daemon_conf_env("N2N_COMMUNITY", "N3N_COMMUNITY", &name);
	if (conf->community[0] || !community)
		return true;
	snprintf(c->option, sizeof(c->option), "%s", name);
	return set_community(c, community);
}

/* The key in the environment is one beside none. */
static bool take_phrase(struct conf *c, struct edge_conf *conf)
{
	const char *name = NULL, *phrase = daemon_conf_env("N2N_KEY", "N3N_KEY", &name);
	if (!phrase || edge_keys_given(&conf->keys))
		return true;
	snprintf(c->option, sizeof(c->option), "%s", name);
	return edge_conf_phrase(c, phrase, conf->keys.phrase);
}

static bool check_keys(struct conf *c, struct edge_conf *conf)
{
	struct edge_keys_conf *keys = &conf->keys;
	if (!take_phrase(c, conf))
		return false;
	c->option[0] = 0;
	if (keys->key_file[0] && keys->phrase[0])
		return conf_bad(c, "-k and --key-file are two keys; leave out one of both");
	if (conf->plain && edge_keys_given(keys))
		return conf_bad(c, "-A1 means plain frames, but a key was given; leave out -A1 to encrypt, or the key");
	if (!edge_keys_given(keys) && (keys->trust[0] || keys->identity[0]))
		return conf_bad(c, "%s has no effect without a key; add --key-file, or -k", keys->trust[0] ? "--trust" : "--identity");
	return true;
}

/* What only all options together can tell. */
static bool check(struct conf *c, struct edge_conf *conf)
{
	daemon_conf_check_management(c, &conf->common.management);
	if (!take_environment(c, conf))
		return false;
	if (!conf->community[0])
		return conf_bad(c, "no community given; add -c and its name, such as -c Intershop");
	if (!check_keys(c, conf))
		return false;
	if (!conf->supernodes_n)
		return conf_bad(c,
		                "no supernode given; add -l and host:port, such as -l supernode.example.org:7654");
	if (conf->netmask && (!conf->mode_given || conf->mode != ADDRESS_STATIC))
		return conf_bad(c, "-s needs an address; add -a, such as -a 10.9.9.1");
	if (conf->netmask && conf->prefix_given && conf->netmask != conf->address.prefix)
		return conf_bad(c, "-s says /%u, but -a says /%u; leave out -s", conf->netmask,
		                conf->address.prefix);
	if (conf->netmask)
		conf->address.prefix = conf->netmask;
	if (conf->mode == ADDRESS_STATIC && !subnet_is_host(&conf->address)) {
		char text[SUBNET_TEXT];
		return conf_bad(c, "-a: '%s' is no address that a host can have in its network; give one such as 10.9.9.1/24",
		                subnet_print(text, &conf->address));
	}
	return true;
}

enum conf_result edge_conf_parse(struct conf *c, struct edge_conf *conf, size_t words, char *const *word)
{
	*conf = (struct edge_conf){
		.common.log_level = LOG_LEVEL_INFO, .device = "edge0", .mode = ADDRESS_AUTO, .p2p = true, .multicast = true,
		.mss_clamp = true, .interval_ms = 20000, .peers_max = 4096, .addresses_max = 4096, .tx_queue_len = 8192, .select = SELECT_ORDER,
		.storm = { [STORM_BROADCAST] = 20000, [STORM_MULTICAST] = 200000, [STORM_UNICAST] = 100000 },
	};
	sys_default_identity(&conf->common.identity);
	conf->common.identity.net_admin = true;
	*c = (struct conf){
		.program = "edge", .options = options, .options_n = sizeof(options) / sizeof(options[0]),
		.usage = usage, .more = more, .target = conf,
	};
	enum conf_result result = conf_parse(c, words, word);
	if (result == CONF_RUN && !check(c, conf))
		return c->result;
	return result;
}
