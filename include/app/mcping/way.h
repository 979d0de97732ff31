/* By which interface a group is reached from this host, and what is to be known about it. */
#ifndef MCPING_WAY_H
#define MCPING_WAY_H

#include "app/mcping/conf.h"

struct mcping_way {
	unsigned ifindex;               /* 0: there is no route */
	char name[IF_NAMESIZE];
	bool up, running, multicast, loopback;
	bool addressed;                 /* has an address of the group's family */
	struct addr source;             /* that datagrams to the group leave from; none: they do not leave */
	char others[160];               /* interfaces that could be meant too: "edge0, eth1" */
};

/* False: no route, and no interface was named. */
bool mcping_way_find(struct mcping_way *way, const struct mcping_conf *conf);
/* What is to be known may have changed: the same interface again. */
void mcping_way_look(struct mcping_way *way, const struct addr *group);

#endif
