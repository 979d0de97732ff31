/* Membership, driven by a stream of events: frames from the TAP and from the net, made whole so that they are
 * listened to, time, link-ups.  Whatever comes, the set is sorted, snooped and within its bounds, it changes only with its
 * generation, the deadline lies ahead, and what is injected is sound.
 *
 *	event: 1 byte what, 1 byte how much; a frame has that many bytes
 */
#include "core/igmp.h"
#include "core/membership.h"
#include "fuzz.h"

struct seen {
	uint32_t generation;
	bool all;
	size_t n;
	uint8_t macs[MEMBERSHIP_MACS_MAX][MAC_LEN];
};

static void deliver(void *ctx, const struct buf *frame)
{
	struct layers e;
	struct igmp m;
	(void)ctx;
	FUZZ_CHECK(layers_view(&e, frame->data, frame->len));
	igmp_view(&m, &e);
	FUZZ_CHECK(m.kind == IGMP_QUERY || m.kind == IGMP_ROUTER);
}

static void fixed_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	memset(bytes, 3, len);
}

static void look(const struct membership *m, struct seen *s)
{
	const uint8_t (*macs)[MAC_LEN];
	s->generation = membership_generation(m);
	s->all = membership_wants_all(m);
	s->n = membership_macs(m, &macs);
	FUZZ_CHECK(s->n <= MEMBERSHIP_MACS_MAX && (!s->all || !s->n));
	memcpy(s->macs, macs, s->n * MAC_LEN);
	for (size_t i = 0; i < s->n; i++)
		FUZZ_CHECK(group_is_snooped(macs[i]) && (!i || memcmp(macs[i - 1], macs[i], MAC_LEN) < 0));
}

static void check_set(const struct membership *m, struct seen *before)
{
	struct seen after;
	look(m, &after);
	if (after.generation == before->generation)
		FUZZ_CHECK(after.all == before->all && after.n == before->n &&
		           !memcmp(after.macs, before->macs, after.n * MAC_LEN));
	*before = after;
}

static void sum(uint8_t *at, const uint8_t *data, size_t len, uint32_t sum)
{
	put_be16(at, 0);
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_be16(at, (uint16_t)~sum);
}

/* Checksums that a fuzzer cannot guess. */
static void make_whole(uint8_t *data, size_t len)
{
	struct layers e;
	if (!layers_view(&e, data, len))
		return;
	uint8_t *ip = data + (len - rd_left(&e.payload));
	if (e.ipv4) {
		size_t header = (ip[0] & 15u) * 4u, total = get_be16(ip + 2);
		sum(ip + 10, ip, header, 0);
		if (total >= header + 4)
			sum(ip + header + 2, ip + header, total - header, 0);
	} else if (e.ethertype == ETHERTYPE_IPV6 && rd_left(&e.payload) >= 52 && ip[6] == 0 && ip[41] == 0 &&
	           get_be16(ip + 4) >= 12 && get_be16(ip + 4) + 40u <= rd_left(&e.payload)) {
		uint8_t lengths[2];
		size_t message = get_be16(ip + 4) - 8u;
		sum(lengths, ip + 8, 32, (uint32_t)message + ip[40]);
		sum(ip + 50, ip + 48, message, (uint16_t)~get_be16(lengths));
	}
}

static void frame(struct membership *m, uint64_t now, const uint8_t *data, size_t len, bool from_tap)
{
	struct layers e;
	uint8_t *copy = malloc(len + 1);
	if (!copy)
		abort();
	memcpy(copy, data, len);
	make_whole(copy, len);
	if (layers_view(&e, copy, len)) {
		bool passes = from_tap ? membership_from_tap(m, now, &e) : membership_from_net(m, now, &e);
		FUZZ_CHECK(passes || from_tap || mac_is_group(copy));
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct host host = { .inject = deliver, .random = fixed_random };
	struct membership_config config = { .fast_leave = len & 1 };
	struct rd r = rd_of(data, len);
	struct seen seen;
	uint64_t now = 1;
	struct membership *m = membership_new(&config, &host, now);
	if (!m)
		abort();
	look(m, &seen);
	while (rd_left(&r) >= 2) {
		uint8_t what = rd_u8(&r) & 3;
		size_t n = rd_u8(&r);
		if (what == 2)
			now += n * n * 2;
		else if (what == 3)
			membership_link_up(m, now);
		else {
			n = n < rd_left(&r) ? n : rd_left(&r);
			frame(m, now, rd_take(&r, n), n, what == 0);
		}
		FUZZ_CHECK(membership_tick(m, now) > now);
		check_set(m, &seen);
	}
	membership_free(m);
	return 0;
}
