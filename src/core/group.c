#include "core/group.h"

void group_mac(uint8_t mac[static MAC_LEN], const struct addr *group)
{
	struct wr w = wr_of(mac, MAC_LEN);
	if (group->family == ADDR_V6) {
		wr_u16(&w, 0x3333);
		wr_bytes(&w, group->ip + 12, 4);
		return;
	}
	wr_u16(&w, 0x0100);
	wr_u8(&w, 0x5e);
	wr_u8(&w, group->ip[1] & 0x7f);
	wr_bytes(&w, group->ip + 2, 2);
}
