/* The view of any frame stays inside it and agrees with itself. */
#include "core/layers.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct layers e;
	bool whole = layers_view(&e, data, len);
	FUZZ_CHECK(whole == (len >= ETH_HEADER_LEN));
	if (!whole)
		return 0;
	FUZZ_CHECK(e.dst == data && e.src == data + MAC_LEN);
	size_t link = layers_link_len(&e);
	FUZZ_CHECK(e.tags_len <= 8 && link <= len && e.ethertype == get_be16(data + link - 2));
	FUZZ_CHECK(!e.ipv4 || (e.ethertype == ETHERTYPE_IPV4 && e.ip_len >= IPV4_MIN && e.ip_len <= 60));
	FUZZ_CHECK(!e.ipv6 || (e.ethertype == ETHERTYPE_IPV6 && e.ip_len >= IPV6_MIN));
	FUZZ_CHECK(!(e.ipv4 || e.ipv6) || (e.ip == data + link && e.ip_len <= e.ip_total && link + e.ip_total + e.padding == len));
	FUZZ_CHECK(!e.later_fragment || e.fragment);
	FUZZ_CHECK(!e.ports || ((e.ipv4 || e.ipv6) && (e.protocol == PROTOCOL_TCP || e.protocol == PROTOCOL_UDP)));
	FUZZ_CHECK(!e.transport || (e.ports && !e.fragment && e.transport == e.ip + e.ip_len));
	FUZZ_CHECK(!e.transport || (e.data == e.transport + e.transport_len && e.data + e.data_len == e.ip + e.ip_total));
	FUZZ_CHECK(!e.transport || e.transport_len >= (e.protocol == PROTOCOL_TCP ? TCP_MIN : UDP_MIN));
	return 0;
}
