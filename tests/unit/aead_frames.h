/* Frames for tests of the AEADs: each in a piece of memory that is exactly as long, so that a sanitizer sees what
 * is read or written beyond, at any alignment.
 */
#ifndef AEAD_FRAMES_H
#define AEAD_FRAMES_H

#include "core/crypto/aead.h"
#include "test.h"

enum { AEAD_FRAMES_MAX = 40 };

struct aead_frames {
	struct aead_frame f[AEAD_FRAMES_MAX];
	uint8_t *memory[AEAD_FRAMES_MAX], *plain[AEAD_FRAMES_MAX];
	size_t n;
};

static inline void fill_random(uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)test_random();
}

/* Adds a frame: skew, ad, data and tag in one piece. */
static inline struct aead_frame *aead_frames_add(struct aead_frames *fs, size_t ad_len, size_t len, size_t skew)
{
	struct aead_frame *f = &fs->f[fs->n];
	uint8_t *memory = malloc(skew + ad_len + len + AEAD_TAG);
	fill_random(memory, skew + ad_len + len + AEAD_TAG);
	*f = (struct aead_frame){ memory + skew, ad_len, memory + skew + ad_len, len, test_random(), false };
	fs->memory[fs->n] = memory;
	fs->plain[fs->n] = malloc(len + AEAD_TAG);
	memcpy(fs->plain[fs->n++], f->data, len);
	return f;
}

static inline void aead_frames_free(struct aead_frames *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		free(fs->memory[i]);
		free(fs->plain[i]);
	}
	fs->n = 0;
}

/* Every frame is what it was before it was sealed, and said to be. */
static inline void check_opened(const struct aead_frames *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		CHECK(fs->f[i].opened);
		CHECK(!memcmp(fs->f[i].data, fs->plain[i], fs->f[i].len));
	}
}

#endif
