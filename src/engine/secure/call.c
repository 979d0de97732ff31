#include "engine/secure/call.h"

#include "core/crypto/blake2b.h"
#include "core/crypto/wipe.h"
#include "core/layers.h"
#include "engine/secure/group.h"

enum { IPV6_HEADER = 40, IPV6_NEXT_AT = 6, SOLICITATION = 135, ADVERTISEMENT = 136 };

static bool is_neighbour_discovery(struct rd packet)
{
	const uint8_t *ip = rd_take(&packet, IPV6_HEADER);
	uint8_t type = rd_u8(&packet);
	return !packet.bad && ip[0] >> 4 == 6 && ip[IPV6_NEXT_AT] == PROTOCOL_ICMP6 &&
	       (type == SOLICITATION || type == ADVERTISEMENT);
}

bool call_carries(const uint8_t *frame, size_t len)
{
	struct layers e;
	if (len > CALL_FRAME_MAX || !layers_view(&e, frame, len) || !mac_is_group(e.dst))
		return false;
	return e.ethertype == ETHERTYPE_ARP || (e.ethertype == ETHERTYPE_IPV6 && is_neighbour_discovery(e.payload));
}

void call_key_of(uint8_t key[static AEAD_KEY], const uint8_t ak[static AEAD_KEY], const uint8_t run[static SENDER_RUN],
                 const uint8_t mac[static MAC_LEN])
{
	uint8_t whose[SENDER_RUN + MAC_LEN];
	memcpy(whose, run, SENDER_RUN);
	memcpy(whose + SENDER_RUN, mac, MAC_LEN);
	blake2b(key, AEAD_KEY, ak, AEAD_KEY, whose, sizeof(whose));
}

void call_header_put(uint8_t out[static CALL_HEADER], const struct call_header *header)
{
	struct wr w = wr_of(out, CALL_HEADER);
	wr_u8(&w, CALL_KIND);
	wr_zero(&w, 3);
	wr_bytes(&w, header->run, SENDER_RUN);
	wr_u64(&w, header->counter);
}

bool call_header_get(struct call_header *header, const uint8_t *payload, size_t len)
{
	struct rd r = rd_of(payload, len);
	bool reserved = rd_u32(&r) & 0xffffff;
	rd_bytes(&r, header->run, SENDER_RUN);
	header->counter = rd_u64(&r);
	return !r.bad && !reserved && rd_left(&r) >= ETH_HEADER_LEN + AEAD_TAG;
}

struct call_run *call_run_find(struct call_runs *runs, const uint8_t run[static SENDER_RUN])
{
	for (size_t i = 0; i < CALL_RUNS; i++)
		if (runs->run[i].known && !memcmp(runs->run[i].run, run, SENDER_RUN))
			return &runs->run[i];
	return NULL;
}

struct call_run *call_run_add(struct call_runs *runs, uint64_t now, const uint8_t run[static SENDER_RUN],
                              const uint8_t key[static AEAD_KEY])
{
	struct call_run *oldest = &runs->run[0];
	for (size_t i = 1; i < CALL_RUNS; i++)
		if (runs->run[i].used < oldest->used)
			oldest = &runs->run[i];
	*oldest = (struct call_run){ .known = true, .used = now };
	memcpy(oldest->run, run, SENDER_RUN);
	memcpy(oldest->key, key, AEAD_KEY);
	replay_init(&oldest->window, oldest->seen, CALL_WORDS);
	return oldest;
}

bool call_open(struct burst_frame *payload, const uint8_t key[static AEAD_KEY], uint64_t counter)
{
	struct aead_frame frame = {
		.ad = payload->head, .ad_len = CALL_HEADER, .data = payload->head + CALL_HEADER,
		.len = payload->head_len - CALL_HEADER - AEAD_TAG, .counter = counter,
	};
	if (!aead_open(AEAD_CHACHA20_POLY1305, key, &frame, 1))
		return false;
	payload->head = frame.data;
	payload->head_len = frame.len;
	return true;
}
