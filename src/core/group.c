#include "core/group.h"

const uint8_t group_of_nobody[MAC_LEN] = { 0x01, 0x00, 0x5e, 0x7f, 0xff, 0xff };
const uint8_t group_of_all[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

void group_mac(uint8_t mac[static MAC_LEN], const struct addr *group)
{
	const uint8_t *ip = group->ip;
	const uint8_t v4[MAC_LEN] = { 0x01, 0x00, 0x5e, ip[1] & 0x7f, ip[2], ip[3] };
	const uint8_t v6[MAC_LEN] = { 0x33, 0x33, ip[12], ip[13], ip[14], ip[15] };
	memcpy(mac, group->family == ADDR_V6 ? v6 : v4, MAC_LEN);
}
