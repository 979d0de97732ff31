/* Cursors over bytes from and to the wire.  They cannot leave their bytes: the first bad read or
 * write sticks, so a codec is straight lines and one question at the end.  Integers are big-endian.
 */
#ifndef CORE_BYTES_H
#define CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct rd { const uint8_t *at, *end; bool bad; };
struct wr { uint8_t *at, *end; bool bad; };

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline uint16_t get_be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}
static inline uint64_t get_be64(const uint8_t *p) { return (uint64_t)get_be32(p) << 32 | get_be32(p + 4); }
static inline uint32_t get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t get_le64(const uint8_t *p) { return get_le32(p) | (uint64_t)get_le32(p + 4) << 32; }
static inline void put_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}
static inline void put_le64(uint8_t *p, uint64_t v)
{
	put_le32(p, (uint32_t)v);
	put_le32(p + 4, (uint32_t)(v >> 32));
}
static inline void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static inline void put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}
static inline void put_be64(uint8_t *p, uint64_t v)
{
	put_be32(p, (uint32_t)(v >> 32));
	put_be32(p + 4, (uint32_t)v);
}

static inline struct rd rd_of(const uint8_t *data, size_t len)
{
	return (struct rd){ data, data + len, false };
}
static inline size_t rd_left(const struct rd *r) { return r->bad ? 0 : (size_t)(r->end - r->at); }

/* The next n bytes in place, or NULL. */
static inline const uint8_t *rd_take(struct rd *r, size_t n)
{
	const uint8_t *p = r->at;
	if (r->bad || n > (size_t)(r->end - p)) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return p;
}
static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_take(r, 1);
	return p ? *p : 0;
}
static inline uint16_t rd_u16(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);
	return p ? get_be16(p) : 0;
}
static inline uint32_t rd_u32(struct rd *r)
{
	const uint8_t *p = rd_take(r, 4);
	return p ? get_be32(p) : 0;
}
static inline uint64_t rd_u64(struct rd *r)
{
	const uint8_t *p = rd_take(r, 8);
	return p ? get_be64(p) : 0;
}
/* Copies n bytes, or zeroes the destination. */
static inline void rd_bytes(struct rd *r, void *to, size_t n)
{
	const uint8_t *p = rd_take(r, n);
	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}
/* No bad read, nothing left over. */
MUST_CHECK static inline bool rd_done(const struct rd *r) { return !r->bad && r->at == r->end; }

static inline struct wr wr_of(uint8_t *data, size_t room)
{
	return (struct wr){ data, data + room, false };
}
static inline uint8_t *wr_take(struct wr *w, size_t n)
{
	uint8_t *p = w->at;
	if (w->bad || n > (size_t)(w->end - p)) {
		w->bad = true;
		return NULL;
	}
	w->at += n;
	return p;
}
/* "!w->bad" says the same as "p" below, but gcc 12 understands it: no false warning. */
static inline void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *p = wr_take(w, 1);
	if (!w->bad)
		*p = v;
}
static inline void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *p = wr_take(w, 2);
	if (!w->bad)
		put_be16(p, v);
}
static inline void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_take(w, 4);
	if (!w->bad)
		put_be32(p, v);
}
static inline void wr_u64(struct wr *w, uint64_t v)
{
	uint8_t *p = wr_take(w, 8);
	if (!w->bad)
		put_be64(p, v);
}
static inline void wr_bytes(struct wr *w, const void *from, size_t n)
{
	uint8_t *p = wr_take(w, n);
	if (!w->bad)
		memcpy(p, from, n);
}
static inline void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = wr_take(w, n);
	if (!w->bad)
		memset(p, 0, n);
}

#endif
