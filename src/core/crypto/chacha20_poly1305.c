#include "core/crypto/chacha20_poly1305.h"
#include "core/crypto/chacha20.h"
#include "core/crypto/poly1305.h"
#include "core/crypto/wipe.h"

/* Block 0 of a frame's key stream is for the tag, the others for its data. */
struct place { size_t frame; uint32_t block; };

struct burst {
	const uint8_t *key;
	uint32_t prefix;
	struct aead_frame *frames;
	size_t n, blocks;               /* blocks of key stream still to be made */
	bool opening;
	struct place made, used;        /* of the row of all blocks: the next one to make, to use */
	uint8_t mac_key[POLY1305_KEY];  /* of the frame in use */
};

static uint32_t last_block(const struct aead_frame *f)
{
	return (uint32_t)((f->len + CHACHA20_BLOCK - 1) / CHACHA20_BLOCK);
}

static void advance(const struct burst *b, struct place *p)
{
	if (p->block++ == last_block(&b->frames[p->frame]))
		*p = (struct place){ p->frame + 1, 0 };
}

/* Zeros behind, up to a whole block. */
static void authenticate(struct poly1305 *mac, const uint8_t *data, size_t len)
{
	uint8_t last[POLY1305_BLOCK] = { 0 };
	size_t whole = len / POLY1305_BLOCK * POLY1305_BLOCK;
	poly1305_blocks(mac, data, len / POLY1305_BLOCK);
	if (whole == len)
		return;
	memcpy(last, data + whole, len - whole);
	poly1305_blocks(mac, last, 1);
}

static void make_tag(uint8_t tag[static AEAD_TAG], const uint8_t mac_key[static POLY1305_KEY],
                     const struct aead_frame *f)
{
	struct poly1305 mac;
	uint8_t lengths[POLY1305_BLOCK];
	put_le64(lengths, f->ad_len);
	put_le64(lengths + 8, f->len);
	poly1305_init(&mac, mac_key);
	authenticate(&mac, f->ad, f->ad_len);
	authenticate(&mac, f->data, f->len);
	poly1305_blocks(&mac, lengths, 1);
	poly1305_tag(&mac, tag);
}

static bool genuine(const uint8_t mac_key[static POLY1305_KEY], const struct aead_frame *f)
{
	uint8_t tag[AEAD_TAG];
	make_tag(tag, mac_key, f);
	return same_secret(tag, f->data + f->len, sizeof(tag));
}

static void xor_bytes(uint8_t *restrict data, const uint8_t *restrict stream, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] ^= stream[i];
}

/* What is opened is authenticated before its first byte is touched. */
static void begin_frame(struct burst *b, struct aead_frame *f, const uint8_t stream[static CHACHA20_BLOCK])
{
	memcpy(b->mac_key, stream, sizeof(b->mac_key));
	if (b->opening)
		f->opened = genuine(b->mac_key, f);
	b->used.block = 1;
}

static void end_frame(struct burst *b, struct aead_frame *f)
{
	if (!b->opening)
		make_tag(f->data + f->len, b->mac_key, f);
	b->used = (struct place){ b->used.frame + 1, 0 };
}

/* From one block of key stream to all that are left of the frame; returns how many. */
static size_t use_blocks(struct burst *b, const uint8_t *stream, size_t count)
{
	struct aead_frame *f = &b->frames[b->used.frame];
	size_t done = 0;
	if (b->used.block == 0) {
		begin_frame(b, f, stream);
		done = 1;
	}
	size_t from = (size_t)(b->used.block - 1) * CHACHA20_BLOCK;
	size_t blocks = smaller(count - done, last_block(f) + 1 - b->used.block);
	if (!b->opening || f->opened)
		xor_bytes(f->data + from, stream + done * CHACHA20_BLOCK, smaller(blocks * CHACHA20_BLOCK, f->len - from));
	b->used.block += (uint32_t)blocks;
	if (b->used.block > last_block(f))
		end_frame(b, f);
	return done + blocks;
}

static void place_blocks(struct burst *b, struct chacha20_places *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t counter = b->frames[b->made.frame].counter;
		places->words[0][i] = b->made.block;
		places->words[1][i] = b->prefix;
		places->words[2][i] = (uint32_t)counter;
		places->words[3][i] = (uint32_t)(counter >> 32);
		advance(b, &b->made);
	}
}

static OUT_OF_LINE void run(struct burst *b)
{
	uint8_t stream[CHACHA20_LANES_MAX * CHACHA20_BLOCK];
	struct chacha20_places places = { { { 0 } } };
	while (b->blocks) {
		const struct chacha20 *way = chacha20_way(b->blocks);
		size_t count = smaller(way->lanes, b->blocks);
		place_blocks(b, &places, count);
		way->blocks(stream, b->key, &places);
		for (size_t done = 0; done < count; )
			done += use_blocks(b, stream + done * CHACHA20_BLOCK, count - done);
		b->blocks -= count;
	}
}

static struct burst burst_of(const uint8_t *key, const uint8_t *prefix, struct aead_frame *frames, size_t n)
{
	struct burst b = { .key = key, .prefix = get_le32(prefix), .frames = frames, .n = n };
	for (size_t i = 0; i < n; i++)
		b.blocks += 1 + last_block(&frames[i]);
	return b;
}

void chacha20_poly1305_seal(const uint8_t key[static AEAD_KEY], const uint8_t prefix[static CHACHA20_POLY1305_PREFIX],
                            struct aead_frame *frames, size_t n)
{
	struct burst b = burst_of(key, prefix, frames, n);
	run(&b);
	wipe(&b, sizeof(b));
	wipe_stack();
}

size_t chacha20_poly1305_open(const uint8_t key[static AEAD_KEY], const uint8_t prefix[static CHACHA20_POLY1305_PREFIX],
                              struct aead_frame *frames, size_t n)
{
	struct burst b = burst_of(key, prefix, frames, n);
	size_t opened = 0;
	b.opening = true;
	run(&b);
	for (size_t i = 0; i < n; i++)
		opened += frames[i].opened;
	wipe(&b, sizeof(b));
	wipe_stack();
	return opened;
}
