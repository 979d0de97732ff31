/* What the user of supernode asked for, checked. */
#ifndef SUPERNODE_CONF_H
#define SUPERNODE_CONF_H

#include "app/daemon/conf.h"
#include "engine/supernode/supernode.h"

enum { SUPERNODE_DEFAULT_PORT = 7654 };

struct supernode_conf {
	struct daemon_options common;   /* first */
	struct addr bind;               /* -p */
	uint16_t listen;                /* -l with a number; 0: not given */
	bool port_given;                /* by -p */
	uint8_t mac[MAC_LEN];           /* null: not given */
	char version[VERSION_LEN];      /* empty: ours */
	char communities[4096];         /* path of the community file; empty: none */
	uint32_t auto_min, auto_max;
	uint8_t auto_prefix;
	bool spoofing_protection;
	size_t communities_max, edges_max, community_edges_max, source_edges_max, flood_max;
	size_t groups_max, group_members_max;
};

enum conf_result supernode_conf_parse(struct conf *c, struct supernode_conf *conf, size_t words, char *const *word);

#endif
