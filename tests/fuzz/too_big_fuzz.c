/* Whatever a frame holds, its answer is a sound packet from where it was going, about that frame, and gets no answer
 * itself.  The first two bytes say where it is cut into two pieces, the next how long it may be. */
#include "core/too_big.h"
#include "fuzz.h"

static void check_answer(uint8_t *out, size_t n, const uint8_t *frame, const struct layers *of)
{
	struct layers e;
	uint8_t again[TOO_BIG_LEN];
	FUZZ_CHECK(n <= TOO_BIG_LEN && layers_view(&e, out, n) && (e.ipv4 || e.ipv6) && e.ipv4 == of->ipv4);
	FUZZ_CHECK(mac_equal(e.dst, of->src) && mac_equal(e.src, of->dst) && e.ethertype == of->ethertype);
	size_t at = layers_link_len(&e), address = e.ipv4 ? 4 : 16, header = e.ipv4 ? IPV4_MIN : IPV6_MIN;
	size_t most = e.ipv4 ? 576u : IP6_MTU_MIN, quoted = n - at - header - 8;
	FUZZ_CHECK(at == layers_link_len(of) && at + e.ip_total == n);
	FUZZ_CHECK(!memcmp(layers_addresses(&e), layers_destination(of), address));
	FUZZ_CHECK(!memcmp(layers_destination(&e), layers_addresses(of), address));
	FUZZ_CHECK(e.protocol == (e.ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6));
	FUZZ_CHECK(e.ip_len == header && e.ip_total <= most);
	FUZZ_CHECK(quoted <= of->ip_total && !memcmp(out + at + header + 8, frame + at, quoted));
	FUZZ_CHECK(quoted == of->ip_total || e.ip_total == most);
	struct burst_frame answer = { .head = out, .head_len = n };
	FUZZ_CHECK(too_big_answer(again, &answer, &e, ETH_HEADER_LEN) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct layers e;
	if (len < 4)
		return 0;
	size_t frame_len = len - 4, cut = get_be16(data), room = get_be16(data + 2);
	size_t head_len = cut < frame_len ? cut : frame_len;
	uint8_t *out = malloc(TOO_BIG_LEN), *head = malloc(head_len ? head_len : 1);
	if (!out || !head)
		abort();
	memcpy(head, data + 4, head_len);
	struct burst_frame f = { head, data + 4 + head_len, head_len, frame_len - head_len };
	size_t n = layers_view_head(&e, head, head_len, frame_len) ? too_big_answer(out, &f, &e, room) : 0;
	FUZZ_CHECK(!n || frame_len > room);
	if (n)
		check_answer(out, n, data + 4, &e);
	free(out);
	free(head);
	return 0;
}
