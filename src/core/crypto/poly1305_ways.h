/* The ways of poly1305.c that have a file of their own. */
#ifndef POLY1305_WAYS_H
#define POLY1305_WAYS_H

#include "core/crypto/poly1305.h"

bool poly1305_avx2_available(void);
size_t poly1305_avx2_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks);
bool poly1305_ifma_available(void);
size_t poly1305_ifma_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks);

#endif
