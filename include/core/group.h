/* Multicast groups as Ethernet sees them. */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include "core/addr.h"

/* Is this group sent to its members only?  01:00:5e:00:00:00 to 01:00:5e:7f:ff:ff except 01:00:5e:00:00:xx, which
 * is 224.0.0.xx (and 31 more groups each, 239.128.0.xx for one, which are flooded with it), and 33:33:... except
 * 33:33:00:00:00:xx (all nodes, all routers, well-known ones) and 33:33:ff:... (solicited nodes).  Every other
 * group address is flooded: broadcast, bridge control, LLDP, PTP over Ethernet, MPLS (01:00:5e:80:...). */
static inline bool group_is_snooped(const uint8_t mac[static MAC_LEN])
{
	if (mac[0] == 0x01)
		return mac[1] == 0x00 && mac[2] == 0x5e && !(mac[3] & 0x80) && (mac[3] | mac[4]);
	return mac[0] == 0x33 && mac[1] == 0x33 && mac[2] != 0xff && (mac[2] | mac[3] | mac[4]);
}

/* Of 239.255.255.255, which nobody joins: what is for those who want everything goes by it. */
extern const uint8_t group_of_nobody[MAC_LEN];
extern const uint8_t group_of_all[MAC_LEN];      /* broadcast */
/* The MAC of an IP group, IPv4 (RFC 1112, 6.4) or IPv6 (RFC 2464, 7). */
void group_mac(uint8_t mac[static MAC_LEN], const struct addr *group);

#endif
