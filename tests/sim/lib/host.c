#include "host.h"

#include "core/checksum.h"

enum { ETH = 14, IP = 24, IS_EXCLUDE = 2, TO_INCLUDE = 3, TO_EXCLUDE = 4, REPORT_V3 = 0x22, QUERY = 0x11 };

void host_group(unsigned g, uint8_t ip[static 4], uint8_t mac[static MAC_LEN])
{
	memcpy(ip, (uint8_t[]){ 239, 1, (uint8_t)(g >> 8), (uint8_t)g }, 4);
	memcpy(mac, (uint8_t[]){ 1, 0, 0x5e, 1, (uint8_t)(g >> 8), (uint8_t)g }, MAC_LEN);
}

static size_t record_put(uint8_t *out, uint8_t type, unsigned g)
{
	uint8_t mac[MAC_LEN];
	memset(out, 0, 8);
	out[0] = type;
	host_group(g, out + 4, mac);
	return 8;
}

/* The records stand behind the headers already. */
static size_t report_put(uint8_t *out, const uint8_t *mac, const uint8_t *ip, size_t records)
{
	static const uint8_t routers[] = { 1, 0, 0x5e, 0, 0, 22 };
	size_t igmp_len = 8 + 8 * records;
	uint8_t *h = out + ETH, *igmp = h + IP;
	memcpy(out, routers, MAC_LEN);
	memcpy(out + 6, mac, MAC_LEN);
	put_be16(out + 12, 0x0800);
	memcpy(h, (uint8_t[]){ 0x46, 0xc0, 0, 0, 0, 0, 0x40, 0, 1, 2, 0, 0 }, 12);
	put_be16(h + 2, (uint16_t)(IP + igmp_len));
	memcpy(h + 12, ip, 4);
	memcpy(h + 16, (uint8_t[]){ 224, 0, 0, 22, 0x94, 4, 0, 0 }, 8);
	put_be16(h + 10, checksum_fold(checksum_add(0, h, IP)));
	memset(igmp, 0, 8);
	igmp[0] = REPORT_V3;
	put_be16(igmp + 6, (uint16_t)records);
	put_be16(igmp + 2, checksum_fold(checksum_add(0, igmp, igmp_len)));
	return ETH + IP + igmp_len;
}

size_t host_report_change(uint8_t out[static HOST_REPORT_MAX], const uint8_t mac[static MAC_LEN],
                          const uint8_t ip[static 4], unsigned g, bool joined)
{
	record_put(out + ETH + IP + 8, joined ? TO_EXCLUDE : TO_INCLUDE, g);
	return report_put(out, mac, ip, 1);
}

size_t host_report_all(uint8_t out[static HOST_REPORT_MAX], const uint8_t mac[static MAC_LEN],
                       const uint8_t ip[static 4], const struct host_groups *h)
{
	size_t n = 0;
	for (unsigned g = 0; g < HOST_GROUPS; g++)
		if (host_wants(h, g))
			record_put(out + ETH + IP + 8 + 8 * n++, IS_EXCLUDE, g);
	return n ? report_put(out, mac, ip, n) : 0;
}

bool host_is_query(const uint8_t *frame, size_t len)
{
	return len >= ETH + IP + 8 && get_be16(frame + 12) == 0x0800 && frame[ETH] == 0x46 && frame[ETH + 9] == 2 &&
	       frame[ETH + IP] == QUERY;
}
