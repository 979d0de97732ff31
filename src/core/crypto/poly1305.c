#include "poly1305_ways.h"
#include "poly1305_number.h"
#include "core/crypto/wipe.h"

void poly1305_init(struct poly1305 *p, const uint8_t key[static POLY1305_KEY])
{
	uint8_t r[16];
	for (int i = 0; i < 16; i++)
		r[i] = key[i] & (i % 4 == 3 ? 15 : i && i % 4 == 0 ? 252 : 255);
	memset(p, 0, sizeof(*p));
	number_load(&p->r, r, 0);
	memcpy(p->pad, key + 16, sizeof(p->pad));
	wipe(r, sizeof(r));
}

static size_t plain_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks)
{
	struct poly1305_number sum = p->sum, block;
	for (size_t i = 0; i < blocks; i++) {
		number_load(&block, data + i * POLY1305_BLOCK, 1);
		number_add(&sum, &block);
		number_mul(&sum, &sum, &p->r);
	}
	p->sum = sum;
	return blocks;
}

static bool always(void) { return true; }

#define PLAIN { "plain", 0, always, plain_blocks }

const struct poly1305_way poly1305_ways[POLY1305_WAYS] = {
#if defined(__x86_64__) && !defined(POLY1305_PORTABLE)
	{ "ifma", 16, poly1305_ifma_available, poly1305_ifma_blocks },
	{ "avx2", 16, poly1305_avx2_available, poly1305_avx2_blocks },
	PLAIN,
#else
	PLAIN, PLAIN, PLAIN,
#endif
};

void poly1305_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks)
{
	for (const struct poly1305_way *way = poly1305_ways; blocks; way++) {
		if (blocks < way->worthwhile || !way->available())
			continue;
		size_t done = way->blocks(p, data, blocks);
		data += done * POLY1305_BLOCK;
		blocks -= done;
	}
}

void poly1305_tag(struct poly1305 *p, uint8_t tag[static POLY1305_TAG])
{
	uint8_t sum[16];
	uint32_t carry = 0;
	number_store(sum, &p->sum);
	for (int i = 0; i < POLY1305_TAG; i++) {
		carry += (uint32_t)sum[i] + p->pad[i];
		tag[i] = (uint8_t)carry;
		carry >>= 8;
	}
	wipe(sum, sizeof(sum));
	wipe(p, sizeof(*p));
}
