/* What the user of edge asked for: command line, config file and environment, checked. */
#ifndef EDGE_CONF_H
#define EDGE_CONF_H

#include <net/if.h>

#include "app/daemon/conf.h"
#include "app/edge/keys.h"
#include "engine/edge/edge.h"
#include "io/netlink.h"

enum { EDGE_ROUTES_MAX = 64, EDGE_DEFAULT_PORT = 7654, EDGE_MTU_MIN = 576, EDGE_MTU_MAX = 9216 };
enum { EDGE_STORM_RATE_MAX = 100000000 };

struct edge_conf {
	struct daemon_options common;   /* first */
	char device[IFNAMSIZ];
	char community[COMMUNITY_LEN];
	struct conf_endpoint supernodes[EDGE_SUPERNODES_MAX];
	size_t supernodes_n;
	enum edge_select select;

	enum edge_address_mode mode;
	bool mode_given;
	struct subnet address;          /* static */
	bool prefix_given;
	uint8_t netmask;                /* -s as a prefix length; 0: not given */
	uint8_t mac[MAC_LEN];           /* null: not given */
	struct edge_keys_conf keys;
	bool plain;                     /* -A1 */
	unsigned mtu;                   /* 0: from the route to the supernode */
	unsigned tx_queue_len;          /* frames */
	struct route routes[EDGE_ROUTES_MAX];   /* ifindex 0: the TAP */
	size_t routes_n;

	struct addr bind;
	uint8_t tos, punch_ttl;
	bool pmtu_discovery;
	bool preferred_auto;            /* -e auto */
	struct addr preferred;          /* -e; port 0 */
	bool p2p, multicast, routing, mss_clamp, no_groups, fast_leave, arp_suppress, no_join_udp;
	uint32_t storm[STORM_MAX];      /* frames per second; 0: no limit */
	uint64_t interval_ms;
	char desc[DESC_LEN];            /* empty: the host's name */
	struct filter_rule rules[EDGE_RULES_MAX];
	size_t rules_n;
	size_t peers_max, addresses_max;

	bool wait_registered;
	uint64_t wait_ms;               /* 0: as long as it takes */
};

/* Fills conf; c says what to do next (io/conf.h). */
enum conf_result edge_conf_parse(struct conf *c, struct edge_conf *conf, size_t words, char *const *word);

/* A pass phrase, which is not quoted back when it is none. */
bool edge_conf_phrase(struct conf *c, const char *value, char phrase[static EDGE_PHRASE_MAX]);

#endif
