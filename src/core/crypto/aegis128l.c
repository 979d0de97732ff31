#include "aegis128l_ways.h"
#include "core/crypto/wipe.h"

#include <assert.h>

#define WAY(way, lanes) \
	{ #way, lanes, aegis128l_##way##_available, aegis128l_##way##_seal, aegis128l_##way##_open }
#define NO_WAY { "none", 1, never, NULL, NULL }

#if defined(__x86_64__)
const struct aegis128l aegis128l_ways[AEGIS128L_WAYS] = { WAY(vaes_pair, 4), WAY(vaes, 2), WAY(aesni, 1) };
#else
static bool never(void) { return false; }

#if defined(__aarch64__) && defined(__AARCH64EL__)
const struct aegis128l aegis128l_ways[AEGIS128L_WAYS] = { NO_WAY, NO_WAY, WAY(arm, 1) };
#else
const struct aegis128l aegis128l_ways[AEGIS128L_WAYS] = { NO_WAY, NO_WAY, NO_WAY };
#endif
#endif

bool aegis128l_available(void) { return aegis128l_ways[AEGIS128L_WAYS - 1].available(); }

static bool same_lengths(const struct aead_frame *frames, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (frames[i].len != frames[0].len || frames[i].ad_len != frames[0].ad_len)
			return false;
	return true;
}

/* The widest way whose lanes the next frames fill. */
static const struct aegis128l *way_for(const struct aead_frame *frames, size_t n)
{
	for (const struct aegis128l *way = aegis128l_ways; way->lanes > 1; way++)
		if (way->lanes <= n && way->available() && same_lengths(frames, way->lanes))
			return way;
	return &aegis128l_ways[AEGIS128L_WAYS - 1];
}

void aegis128l_seal(const uint8_t key[static AEAD_KEY], struct aead_frame *frames, size_t n)
{
	assert(aegis128l_available());
	while (n) {
		const struct aegis128l *way = way_for(frames, n);
		way->seal(key, frames);
		frames += way->lanes;
		n -= way->lanes;
	}
	wipe_stack();
}

size_t aegis128l_open(const uint8_t key[static AEAD_KEY], struct aead_frame *frames, size_t n)
{
	size_t opened = 0;
	assert(aegis128l_available());
	for (size_t i = 0; i < n; ) {
		const struct aegis128l *way = way_for(frames + i, n - i);
		way->open(key, frames + i);
		for (size_t end = i + way->lanes; i < end; i++)
			opened += frames[i].opened;
	}
	wipe_stack();
	return opened;
}
