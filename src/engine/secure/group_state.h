/* What group.c and group_open.c share. */
#ifndef SECURE_GROUP_STATE_H
#define SECURE_GROUP_STATE_H

#include "core/bucket.h"
#include "engine/secure/group.h"
#include "engine/secure/held.h"
#include "engine/secure/sender.h"
#include "engine/secure/source.h"

struct secure_groups {
	struct secure_groups_config config;
	struct secure_host host;
	uint8_t ak[SECURE_KEYS_MAX][AEAD_KEY];
	size_t keys_n;
	struct sender sender;
	struct pool sources;
	struct table *by_mac;
	struct hash_key key;
	uint64_t sweep_due;
	struct held held;
	uint64_t held_dropped;
	struct bucket strangers;
};

/* NULL: nothing is known of it. */
struct source *groups_source(const struct secure_groups *g, const uint8_t mac[static MAC_LEN]);
/* Only for who has proven that he knows the community's key. */
struct source *groups_source_make(struct secure_groups *g, const uint8_t mac[static MAC_LEN]);

#endif
