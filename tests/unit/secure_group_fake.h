/* Groups of edges without sessions between them: a test says who was told what, and carries the payloads. */
#ifndef SECURE_GROUP_FAKE_H
#define SECURE_GROUP_FAKE_H

#include "engine/secure/call.h"
#include "engine/secure/group.h"
#include "engine/secure/held.h"
#include "engine/secure/sender.h"
#include "engine/secure/source.h"
#include "test.h"

enum { FAKE_SOURCES = 8, BOTH_SUITES = 3, FRAME_MAX = 2100, ROOM = BURST_MAX * (FRAME_MAX + SECURE_OVERHEAD) };

static const uint8_t MAC_A[MAC_LEN] = { 0xe6, 0x19, 0x52, 0x61, 0xb4, 0x33 };
static const uint8_t MAC_B[MAC_LEN] = { 0x06, 0xfd, 0x7a, 0x4e, 0xec, 0xb5 };
static const uint8_t GROUP_MAC[MAC_LEN] = { 0x01, 0x00, 0x5e, 0x0a, 0x0a, 0x0a };

static inline void fake_random(void *ctx, void *bytes, size_t len)
{
	uint8_t *at = bytes;
	(void)ctx;
	while (len--)
		*at++ = (uint8_t)test_random();
}

/* Suite 1 where this machine has it. */
static inline uint16_t fake_suites(void) { return aead_available(AEAD_AEGIS_128L) ? BOTH_SUITES : 1; }

static inline struct secure_groups *fake_edge(const uint8_t mac[static MAC_LEN], uint16_t suites, uint64_t now)
{
	struct secure_groups_config config = { .suites = suites, .sources_max = FAKE_SOURCES };
	const struct secure_host host = { .random = fake_random };
	const struct secure_keys keys = { .ak = { 0xa1, 0xa2 } };
	memcpy(config.mac, mac, MAC_LEN);
	struct secure_groups *g = secure_groups_new(&config, &host, now);
	secure_groups_set_keys(g, &keys, 1);
	return g;
}

/* from's sender key to to, by a session of that number. */
static inline bool fake_tell(struct secure_groups *from, const uint8_t from_mac[static MAC_LEN], struct secure_groups *to,
                             const uint8_t to_mac[static MAC_LEN], uint64_t now, uint64_t session, uint16_t suites)
{
	uint8_t body[SENDER_KEY_LEN];
	secure_groups_tell(from, now, to_mac, suites, body);
	return secure_groups_told(to, now, from_mac, session, body, sizeof(body));
}

struct message { uint8_t data[FRAME_MAX + SECURE_OVERHEAD]; size_t len; };

static inline size_t fake_frame(uint8_t *frame, const uint8_t dst[static MAC_LEN], size_t len, uint8_t fill)
{
	memset(frame, fill, len);
	memcpy(frame, dst, MAC_LEN);
	memcpy(frame + MAC_LEN, MAC_A, MAC_LEN);
	put_be16(frame + 2 * MAC_LEN, ETHERTYPE_IPV4);
	return len;
}

/* One frame sealed. */
static inline void fake_seal(struct secure_groups *g, uint64_t now, uint8_t *frame, size_t len, struct message *out)
{
	static struct seal s;
	struct burst_frame one = { .head = frame, .head_len = len };
	const struct burst burst = { &one, 1, len };
	s.dst = frame;
	s.frames = &burst;
	s.room = out->data;
	CHECK(secure_groups_seal(g, now, &s) == SEALED);
	CHECK(s.out.n == 1 && s.out.bytes <= sizeof(out->data));
	out->len = s.out.bytes;
}

struct opening_of_one {
	struct message message;         /* becomes the frame */
	struct burst_frame frame;
	struct opening o;
	struct group_opening in;
};
/* Returns what became of a copy of it. */
static inline uint8_t fake_open(struct secure_groups *g, uint64_t now, const uint8_t src[static MAC_LEN], bool session,
                                const struct message *message, struct opening_of_one *one)
{
	one->message = *message;
	one->frame = (struct burst_frame){ .head = one->message.data, .head_len = message->len };
	one->o = (struct opening){ .src = src, .dst = GROUP_MAC, .payload = &one->frame, .n = 1 };
	one->in = (struct group_opening){ .o = &one->o, .session = session, .wanted = true };
	secure_groups_open(g, now, &one->in);
	return one->o.result[0];
}

static inline uint8_t refused(enum secure_refusal why) { return (uint8_t)(OPEN_REFUSED + why); }

#endif
