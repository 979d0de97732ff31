/* Offload and super-frame as a kernel or somebody else might hand them over: what is cut at all is cut into frames that
 * are sound, that carry the payload whole and in order, and whose checksums are right.
 */
#include "core/checksum.h"
#include "core/layers.h"
#include "core/segment.h"
#include "fuzz.h"

static void check_frame(const struct segment *s, const uint8_t *header, const uint8_t *payload, size_t len)
{
	static uint8_t frame[OFFLOAD_FRAME_MAX + SEGMENT_HEADER_MAX];
	struct layers p;
	memcpy(frame, header, s->header_len);
	memcpy(frame + s->header_len, payload, len);
	FUZZ_CHECK(layers_view(&p, frame, s->header_len + len) && p.transport);
	FUZZ_CHECK(layers_headers_len(&p) == s->header_len && p.data_len == len && !p.padding);
	FUZZ_CHECK(p.ipv6 || !checksum_fold(checksum_add(0, p.ip, p.ip_len)));
	FUZZ_CHECK(p.protocol == PROTOCOL_TCP || get_be16(p.transport + UDP_CHECKSUM));
}

static void check_checksum(const uint8_t *data, size_t len, const struct offload *o)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, data, len);
	bool inside = segment_checksum(copy, len, o);
	FUZZ_CHECK(inside == (!o->checksum || o->csum_start + o->csum_offset + 2u <= len));
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(copy[i] == data[i] || (inside && o->checksum && i - o->csum_start - o->csum_offset < 2));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct segment s;
	uint8_t header[SEGMENT_HEADER_MAX];
	const uint8_t *payload, *expected;
	size_t payload_len, count = 0;
	if (len < 6 || len > OFFLOAD_FRAME_MAX)
		return 0;
	struct offload o = {
		.kind = data[0] & 7, .checksum = data[0] & 8, .segment_len = get_be16(data + 1),
		.csum_start = data[3], .csum_offset = data[4]
	};
	data += 5;
	len -= 5;
	check_checksum(data, len, &o);
	if (!segment_begin(&s, data, len, &o))
		return 0;
	FUZZ_CHECK(s.count >= 1 && s.header_len <= len);
	for (expected = data + s.header_len; segment_next(&s, header, &payload, &payload_len); count++) {
		FUZZ_CHECK(payload == expected && (payload_len == o.segment_len || count + 1 == s.count));
		if (count < 3 || count + 1 == s.count)          /* not 65 thousand of one byte each */
			check_frame(&s, header, payload, payload_len);
		expected += payload_len;
	}
	FUZZ_CHECK(count == s.count && expected == data + len);
	return 0;
}
