#include "core/mss.h"
#include "core/layers.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_MSS_LEN = 4 };

/* What a segment may carry beside headers without options (RFC 6691).  IPv6 counts on 1280 everywhere. */
static size_t mss_of(bool ipv6, size_t mtu)
{
	size_t headers = (ipv6 ? IPV6_MIN : IPV4_MIN) + TCP_MIN;
	if (ipv6 && mtu < IP6_MTU_MIN)
		mtu = IP6_MTU_MIN;
	return mtu > headers ? mtu - headers : 0;
}

static uint16_t swapped(uint16_t v) { return (uint16_t)(v << 8 | v >> 8); }

/* The checksum after a 16-bit value became another: RFC 1624, equation 3.  A value that does not start on a word of
 * the header adds its bytes the other way round. */
static uint16_t checksum_changed(uint16_t checksum, uint16_t from, uint16_t to, bool odd)
{
	uint32_t sum = (uint16_t)~checksum;
	sum += (uint16_t)~(odd ? swapped(from) : from);
	sum += odd ? swapped(to) : to;
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}

/* One option with its kind and length at tcp + at. */
static bool clamp_option(uint8_t *tcp, size_t at, size_t mss)
{
	uint16_t announced = get_be16(tcp + at + 2);
	if (tcp[at] != OPTION_MSS || tcp[at + 1] != OPTION_MSS_LEN || announced <= mss)
		return false;
	put_be16(tcp + TCP_CHECKSUM, checksum_changed(get_be16(tcp + TCP_CHECKSUM), announced, (uint16_t)mss, at & 1));
	put_be16(tcp + at + 2, (uint16_t)mss);
	return true;
}

/* Options as receivers read them: up to the first malformed one, and of several MSS each may count. */
static bool clamp_options(uint8_t *tcp, size_t header, size_t mss)
{
	bool changed = false;
	for (size_t at = TCP_MIN; at < header && tcp[at] != OPTION_END; ) {
		if (tcp[at] == OPTION_NOP) {
			at++;
			continue;
		}
		size_t n = header - at > 1 ? tcp[at + 1] : 0;
		if (n < 2 || n > header - at)
			break;
		changed |= n == OPTION_MSS_LEN && clamp_option(tcp, at, mss);
		at += n;
	}
	return changed;
}

bool mss_clamp(uint8_t *frame, const struct layers *l, size_t mtu)
{
	if (!layers_is_syn(l))
		return false;
	size_t mss = mss_of(l->ipv6, mtu);
	return mss && clamp_options(frame + (l->transport - frame), l->transport_len, mss);
}
