/* Whatever a frame holds, its answer is a sound packet from where it was going, about that frame, and gets no answer
 * itself.  The first two bytes say where it is cut into two pieces, the next how long it may be. */
#include "core/too_big.h"
#include "fuzz.h"

static void check_answer(uint8_t *out, size_t n, const uint8_t *frame, size_t len, const struct eth *of)
{
	struct eth e;
	struct ip ip, was;
	uint8_t again[TOO_BIG_LEN];
	FUZZ_CHECK(n <= TOO_BIG_LEN && eth_view(&e, out, n) && ip_view(&ip, &e, out, n) && ip_view(&was, of, frame, len));
	FUZZ_CHECK(mac_equal(e.dst, of->src) && mac_equal(e.src, of->dst) && e.ethertype == of->ethertype);
	FUZZ_CHECK(ip.at == was.at && ip.at + ip.len == n && ip.version == was.version);
	size_t address = ip.version == 4 ? 4 : 16, header = ip.version == 4 ? 20 : 40;
	FUZZ_CHECK(!memcmp(ip.src, was.dst, address) && !memcmp(ip.dst, was.src, address));
	FUZZ_CHECK(ip.protocol == (ip.version == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6));
	FUZZ_CHECK(ip.payload == ip.at + header && ip.len <= (ip.version == 4 ? 576u : IP6_MTU_MIN));
	size_t quoted = n - ip.payload - 8;
	FUZZ_CHECK(quoted <= was.len && !memcmp(out + ip.payload + 8, frame + was.at, quoted));
	FUZZ_CHECK(quoted == was.len || ip.len == (ip.version == 4 ? 576u : IP6_MTU_MIN));
	struct burst_frame answer = { .head = out, .head_len = n };
	FUZZ_CHECK(too_big_answer(again, &answer, &e, ETH_HEADER_LEN) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct eth e;
	if (len < 4)
		return 0;
	size_t frame_len = len - 4, cut = get_be16(data), room = get_be16(data + 2);
	size_t head_len = cut < frame_len ? cut : frame_len;
	uint8_t *out = malloc(TOO_BIG_LEN), *head = malloc(head_len ? head_len : 1);
	if (!out || !head)
		abort();
	memcpy(head, data + 4, head_len);
	struct burst_frame f = { head, data + 4 + head_len, head_len, frame_len - head_len };
	size_t n = eth_view_head(&e, head, head_len, frame_len) ? too_big_answer(out, &f, &e, room) : 0;
	FUZZ_CHECK(!n || frame_len > room);
	if (n)
		check_answer(out, n, data + 4, frame_len, &e);
	free(out);
	free(head);
	return 0;
}
