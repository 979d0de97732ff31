/* Which groups are snooped, held against a slow list, and the MACs of IP groups. */
#include "core/group.h"
#include "igmp_frames.h"

enum { TRIES = 200000 };

/* By IP groups: a MAC is snooped if some group has it, and none that must be flooded. */
static bool is_snooped_by_list(const uint8_t mac[static MAC_LEN])
{
	char text[MAC_TEXT];
	mac_print(text, mac);
	if (!strncmp(text, "01:00:5e:", 9))
		return strcmp(text + 9, "80") < 0 && strncmp(text + 9, "00:00:", 6);
	if (!strncmp(text, "33:33:", 6))
		return strncmp(text + 6, "ff:", 3) && strncmp(text + 6, "00:00:00:", 9);
	return false;
}

static void snooped_or_flooded(void)
{
	static const uint8_t likely[] = { 0x00, 0x01, 0x33, 0x5e, 0x7f, 0x80, 0xff };
	for (size_t i = 0; i < TRIES; i++) {
		uint8_t mac[MAC_LEN];
		for (size_t b = 0; b < MAC_LEN; b++)
			mac[b] = likely[test_random() % sizeof(likely)];
		if (i % 2)
			memcpy(mac, i % 4 == 1 ? "\x01\x00\x5e" : "\x33\x33\x00", 3);
		CHECK_INT(group_is_snooped(mac), is_snooped_by_list(mac));
	}
}

static void well_known(void)
{
	static const struct { const char *group; bool snooped; const char *mac; } known[] = {
		{ "239.10.10.10", true, "01:00:5e:0a:0a:0a" }, { "224.0.1.129", true, "01:00:5e:00:01:81" },
		{ "232.129.2.3", true, "01:00:5e:01:02:03" }, { "224.0.0.251", false, "01:00:5e:00:00:fb" },
		{ "239.128.0.9", false, "01:00:5e:00:00:09" }, { "225.0.0.1", false, "01:00:5e:00:00:01" },
		{ "ff02::1", false, "33:33:00:00:00:01" }, { "ff02::fb", false, "33:33:00:00:00:fb" },
		{ "ff02::1:ff12:3456", false, "33:33:ff:12:34:56" }, { "ff02::1:3", true, "33:33:00:01:00:03" },
		{ "ff15::abcd:1", true, "33:33:ab:cd:00:01" },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct addr group = ip_of(known[i].group);
		uint8_t mac[MAC_LEN];
		char text[MAC_TEXT];
		group_mac(mac, &group);
		CHECK_STR(mac_print(text, mac), known[i].mac);
		CHECK_INT(group_is_snooped(mac), known[i].snooped);
	}
	static const char *const flooded[] = {
		"ff:ff:ff:ff:ff:ff", "01:80:c2:00:00:0e", "01:1b:19:00:00:00", "01:00:5e:90:00:00", "01:00:0c:cc:cc:cc"
	};
	for (size_t i = 0; i < sizeof(flooded) / sizeof(flooded[0]); i++) {
		uint8_t mac[MAC_LEN];
		CHECK(mac_parse(mac, flooded[i]) && !group_is_snooped(mac));
	}
}

int main(void)
{
	RUN(snooped_or_flooded);
	RUN(well_known);
	return test_done();
}
