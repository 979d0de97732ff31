/* Hashes.  hash_keyed() is for tables that strangers fill (SipHash-1-3: whoever does not know the key
 * cannot make keys collide).  pearson32() is n2n's H32 (castnet(7)), from which automatic
 * addresses follow; it protects nothing.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key { uint64_t k0, k1; };

uint64_t hash_keyed(const struct hash_key *key, const void *data, size_t len);
uint64_t pearson64(const void *data, size_t len);
static inline uint32_t pearson32(const void *data, size_t len) { return (uint32_t)pearson64(data, len); }

#endif
