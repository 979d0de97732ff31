#include "core/handshake.h"
#include "core/crypto/wipe.h"

/* Kind and three zeros; then, but in INIT, the receiver's index. */
enum { HEAD = 4, INDEX = 4 };
enum { INIT_PAYLOAD = 60, INIT_ZEROS = 36, RESPONSE_PAYLOAD = 8 };

static void put_head(struct wr *w, uint8_t kind)
{
	wr_u8(w, kind);
	wr_zero(w, HEAD - 1);
}

MUST_CHECK static bool is(const uint8_t *data, size_t len, uint8_t kind, size_t want)
{
	return len == want && get_be32(data) == (uint32_t)kind << 24;
}

MUST_CHECK static bool zeros(const uint8_t *bytes, size_t len)
{
	uint8_t any = 0;
	for (size_t i = 0; i < len; i++)
		any |= bytes[i];
	return !any;
}

void handshake_put_init(struct noise *n, const uint8_t ephemeral[static NOISE_KEY], const struct handshake_init *m,
                        uint8_t out[static HANDSHAKE_INIT_LEN])
{
	uint8_t plain[INIT_PAYLOAD];
	struct wr head = wr_of(out, HEAD), w = wr_of(plain, sizeof(plain));
	put_head(&head, HANDSHAKE_INIT);
	wr_u32(&w, m->sender);
	wr_u16(&w, m->suites);
	wr_zero(&w, 2);
	wr_bytes(&w, m->cookie, sizeof(m->cookie));
	wr_zero(&w, INIT_ZEROS);
	noise_write_1(n, ephemeral, plain, sizeof(plain), out + HEAD);
	wipe(plain, sizeof(plain));
}

/* Reserved bytes are known to be zero only when the seal is off. */
bool handshake_get_init(struct noise *n, struct handshake_init *m, const uint8_t *data, size_t len)
{
	uint8_t plain[INIT_PAYLOAD];
	struct noise next = *n;
	struct handshake_init got;
	bool good = is(data, len, HANDSHAKE_INIT, HANDSHAKE_INIT_LEN) &&
	            noise_read_1(&next, data + HEAD, plain, sizeof(plain));
	if (good) {
		struct rd r = rd_of(plain, sizeof(plain));
		got.sender = rd_u32(&r);
		got.suites = rd_u16(&r);
		good = rd_u16(&r) == 0;
		rd_bytes(&r, got.cookie, sizeof(got.cookie));
		good = good && zeros(rd_take(&r, INIT_ZEROS), INIT_ZEROS) && rd_done(&r);
	}
	if (good) {
		*m = got;
		*n = next;
	}
	noise_wipe(&next);
	return good;
}

bool handshake_put_response(struct noise *n, const struct noise_static *own, const uint8_t ephemeral[static NOISE_KEY],
                            uint32_t receiver, const struct handshake_response *m,
                            uint8_t out[static HANDSHAKE_RESPONSE_LEN])
{
	uint8_t plain[RESPONSE_PAYLOAD];
	struct wr head = wr_of(out, HEAD + INDEX), w = wr_of(plain, sizeof(plain));
	put_head(&head, HANDSHAKE_RESPONSE);
	wr_u32(&head, receiver);
	wr_u32(&w, m->sender);
	wr_u16(&w, m->suites);
	wr_u16(&w, m->chosen);
	return noise_write_2(n, own, ephemeral, plain, sizeof(plain), out + HEAD + INDEX);
}

bool handshake_get_response(struct noise *n, const struct noise_static *own, struct handshake_response *m,
                            const uint8_t *data, size_t len)
{
	uint8_t plain[RESPONSE_PAYLOAD];
	if (!is(data, len, HANDSHAKE_RESPONSE, HANDSHAKE_RESPONSE_LEN) ||
	    !noise_read_2(n, own, data + HEAD + INDEX, plain, sizeof(plain)))
		return false;
	struct rd r = rd_of(plain, sizeof(plain));
	m->sender = rd_u32(&r);
	m->suites = rd_u16(&r);
	m->chosen = rd_u16(&r);
	return rd_done(&r);
}

bool handshake_put_finish(struct noise *n, const struct noise_static *own, uint32_t receiver,
                          uint8_t out[static HANDSHAKE_FINISH_LEN])
{
	struct wr head = wr_of(out, HEAD + INDEX);
	put_head(&head, HANDSHAKE_FINISH);
	wr_u32(&head, receiver);
	return noise_write_3(n, own, NULL, 0, out + HEAD + INDEX);
}

bool handshake_get_finish(struct noise *n, const struct noise_static *own, const uint8_t *data, size_t len)
{
	uint8_t nothing[1];
	return is(data, len, HANDSHAKE_FINISH, HANDSHAKE_FINISH_LEN) &&
	       noise_read_3(n, own, data + HEAD + INDEX, nothing, 0);
}

void handshake_put_retry(const struct handshake_retry *m, uint8_t out[static HANDSHAKE_RETRY_LEN])
{
	struct wr w = wr_of(out, HANDSHAKE_RETRY_LEN);
	put_head(&w, HANDSHAKE_RETRY);
	wr_u32(&w, m->receiver);
	wr_bytes(&w, m->cookie, sizeof(m->cookie));
	wr_bytes(&w, m->proof, sizeof(m->proof));
}

bool handshake_get_retry(struct handshake_retry *m, const uint8_t *data, size_t len)
{
	if (!is(data, len, HANDSHAKE_RETRY, HANDSHAKE_RETRY_LEN))
		return false;
	struct rd r = rd_of(data + HEAD, len - HEAD);
	m->receiver = rd_u32(&r);
	rd_bytes(&r, m->cookie, sizeof(m->cookie));
	rd_bytes(&r, m->proof, sizeof(m->proof));
	return rd_done(&r);
}

uint32_t handshake_receiver(const uint8_t *data) { return get_be32(data + HEAD); }

const uint8_t *handshake_ephemeral(const uint8_t init[static HANDSHAKE_INIT_LEN]) { return init + HEAD; }

void handshake_cookie(uint8_t cookie[static HANDSHAKE_COOKIE], const uint8_t secret[static 32],
                      const uint8_t mac[static HANDSHAKE_MAC])
{
	blake2b(cookie, HANDSHAKE_COOKIE, secret, 32, mac, HANDSHAKE_MAC);
}

void handshake_proof(uint8_t proof[static HANDSHAKE_COOKIE], const uint8_t ck[static 32],
                     const uint8_t ephemeral[static NOISE_KEY], const uint8_t cookie[static HANDSHAKE_COOKIE])
{
	static const char label[] = "castnet 1 retry";
	struct blake2b b;
	blake2b_init(&b, HANDSHAKE_COOKIE, ck, 32);
	blake2b_add(&b, label, sizeof(label) - 1);
	blake2b_add(&b, ephemeral, NOISE_KEY);
	blake2b_add(&b, cookie, HANDSHAKE_COOKIE);
	blake2b_digest(&b, proof);
}

int handshake_suite(uint16_t ours, uint16_t theirs)
{
	int highest = -1;
	for (uint32_t both = ours & theirs; both; both >>= 1)
		highest++;
	return highest;
}
