/* A frame: what is read of it stays inside and makes sense, and the answer to a question is one itself. */
#include "core/neighbour.h"
#include "fuzz.h"

static void check_answer(const struct layers *question, const struct neighbour *asked)
{
	static const uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, 0, 0xb2 };
	uint8_t out[NEIGHBOUR_ANSWER_MAX];
	struct layers e;
	struct neighbour n;
	size_t len = neighbour_answer(out, question, asked, mac, true);
	FUZZ_CHECK(len <= sizeof(out) && layers_view(&e, out, len));
	neighbour_view(&n, &e);
	if (!addr_is_unspecified(&asked->target) && !addr_is_multicast(&asked->target) && !addr_is_loopback(&asked->target))
		FUZZ_CHECK(n.kind == NEIGHBOUR_TELLS && addr_equal(&n.address, &asked->target) && n.final);
	FUZZ_CHECK(mac_equal(e.dst, asked->mac ? asked->mac : question->src) && mac_equal(e.src, mac));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct layers e;
	struct neighbour n;
	if (!layers_view(&e, data, len))
		return 0;
	neighbour_view(&n, &e);
	if (n.kind == NEIGHBOUR_NONE)
		return 0;
	FUZZ_CHECK(n.target.family == ADDR_V4 || n.target.family == ADDR_V6);
	FUZZ_CHECK(n.target.port < 4096);
	FUZZ_CHECK(!n.mac || (n.mac > data && n.mac + MAC_LEN <= data + len));
	if (n.kind != NEIGHBOUR_PROBES)
		FUZZ_CHECK(!addr_is_unspecified(&n.address) && !addr_is_multicast(&n.address) && n.address.port < 4096);
	if (n.kind == NEIGHBOUR_ASKS)
		check_answer(&e, &n);
	return 0;
}
