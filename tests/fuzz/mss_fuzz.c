/* Whatever a frame holds, clamping reads nothing beyond it, changes nothing but announced MSS and the checksum, and leaves
 * a right checksum right and a wrong one as wrong as it was.  The first two bytes are the MTU. */
#include "core/mss.h"
#include "fuzz.h"

/* Sum of what the packet carries; the pseudo-header does not change. */
static uint32_t sum_of(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < len; i++) {
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum % 0xffff;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct layers p;
	if (len < 2)
		return 0;
	size_t n = len - 2, mtu = get_be16(data);
	uint8_t *frame = malloc(n ? n : 1);
	if (!frame)
		abort();
	memcpy(frame, data + 2, n);
	bool did = layers_view(&p, frame, n) && mss_clamp(frame, &p, mtu);
	FUZZ_CHECK(did == (memcmp(frame, data + 2, n) != 0));
	if (did) {
		FUZZ_CHECK(layers_view(&p, frame, n) && p.transport && p.protocol == PROTOCOL_TCP);
		size_t tcp = (size_t)(p.transport - frame), options = tcp + TCP_MIN, header = tcp + p.transport_len;
		size_t bytes = p.transport_len + p.data_len;
		FUZZ_CHECK(!memcmp(frame, data + 2, tcp + TCP_CHECKSUM));
		FUZZ_CHECK(!memcmp(frame + options - 2, data + 2 + options - 2, 2));
		FUZZ_CHECK(!memcmp(frame + header, data + 2 + header, n - header));
		FUZZ_CHECK(sum_of(frame + tcp, bytes) == sum_of(data + 2 + tcp, bytes));
		FUZZ_CHECK(!mss_clamp(frame, &p, mtu));
	}
	free(frame);
	return 0;
}
