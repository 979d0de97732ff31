/* The command line of mcping. */
#ifndef MCPING_CONF_H
#define MCPING_CONF_H

#include <net/if.h>

#include "core/addr.h"
#include "io/conf.h"

enum {
	MCPING_PORT = 7655, MCPING_SOURCES_MAX = 16, MCPING_SIZE_MAX = 65507,
	MCPING_RATE_MAX = 1000000,      /* per second */
	MCPING_SECONDS_MAX = 1000000
};
enum mcping_command { MCPING_SEND, MCPING_LISTEN };

struct mcping_conf {
	enum mcping_command command;
	struct addr group;              /* with its port */
	char interface[IF_NAMESIZE];    /* "": as the routing table says */
	unsigned ifindex;               /* of it; 0: none given */
	uint16_t local_port;            /* 0: any */
	uint32_t count;                 /* 0: until a signal */
	uint64_t timeout_ms;            /* 0: none */
	bool json;
	/* send */
	uint32_t rate;                  /* 1/1000 per second */
	unsigned size, ttl, expect;
	uint64_t wait_ms;
	/* listen */
	struct addr sources[MCPING_SOURCES_MAX];
	size_t sources_n;
};

/* Parses the words after the program's name; of the three results that are no help CONF_RUN fills conf. */
enum conf_result mcping_conf_parse(struct conf *c, struct mcping_conf *conf, size_t words, char *const *word);

#endif
