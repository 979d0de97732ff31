#include "poly1305_ways.h"
#include "poly1305_number.h"
#include "core/crypto/wipe.h"

void poly1305_init(struct poly1305 *p, const uint8_t key[static POLY1305_KEY])
{
	memset(p, 0, sizeof(*p));
	number_load(&p->r, get_le64(key) & 0x0ffffffc0fffffff, get_le64(key + 8) & 0x0ffffffc0ffffffc, 0);
	p->pad[0] = get_le64(key + 16);
	p->pad[1] = get_le64(key + 24);
}

static size_t plain_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks)
{
	struct poly1305_number sum = p->sum, r = p->r, block;
	for (size_t i = 0; i < blocks; i++) {
		number_load(&block, get_le64(data + i * POLY1305_BLOCK), get_le64(data + i * POLY1305_BLOCK + 8), 1);
		number_add(&sum, &block);
		number_mul(&sum, &sum, &r);
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
	uint64_t low, high;
	number_store(&low, &high, &p->sum);
	low += p->pad[0];
	high += p->pad[1] + (low < p->pad[0]);
	put_le64(tag, low);
	put_le64(tag + 8, high);
	wipe(p, sizeof(*p));
}
