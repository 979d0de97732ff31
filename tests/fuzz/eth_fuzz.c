/* The view of any frame stays inside it and agrees with itself. */
#include "core/eth.h"
#include "fuzz.h"

static bool is_inside(const uint8_t *field, size_t n, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at + n <= len; at++)
		if (!memcmp(data + at, field, n))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct eth e;
	bool whole = eth_view(&e, data, len);
	FUZZ_CHECK(whole == (len >= ETH_HEADER_LEN));
	if (!whole)
		return 0;
	FUZZ_CHECK(e.dst == data && e.src == data + MAC_LEN);
	FUZZ_CHECK(e.tagged || e.ethertype == get_be16(data + 2 * MAC_LEN));
	FUZZ_CHECK(!e.ipv4 || (e.ethertype == ETHERTYPE_IPV4 && len >= ETH_HEADER_LEN + 20));
	FUZZ_CHECK(!e.ipv4 || is_inside(e.ip_src, 4, data, len));
	FUZZ_CHECK(!e.ipv4 || is_inside(e.ip_dst, 4, data, len));
	FUZZ_CHECK(!e.ports || (e.ipv4 && (e.protocol == 6 || e.protocol == 17)));
	return 0;
}
