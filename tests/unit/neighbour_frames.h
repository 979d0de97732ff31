/* ARP and neighbour discovery as hosts send them, put together byte by byte.  Include after test.h. */
#ifndef NEIGHBOUR_FRAMES_H
#define NEIGHBOUR_FRAMES_H

#include "core/layers.h"
#include "frames.h"

enum { ARP_ASKS = 1, ARP_TELLS = 2, ND_ASKS = 135, ND_TELLS = 136 };
enum { ND_ROUTER = 0x80, ND_SOLICITED = 0x40, ND_OVERRIDE = 0x20 };

struct said {
	uint8_t bytes[128];
	size_t len, at;         /* at: behind the Ethernet type */
};

static inline void said_add(struct said *s, const void *bytes, size_t n)
{
	memcpy(s->bytes + s->len, bytes, n);
	s->len += n;
}

static inline void said_link(struct said *s, const uint8_t *dst, const uint8_t *src, uint16_t vlan, uint16_t ethertype)
{
	uint8_t tag[4] = { 0x81, 0, (uint8_t)(0x20 | vlan >> 8), (uint8_t)vlan };       /* with a priority */
	*s = (struct said){ .len = 0 };
	said_add(s, dst, MAC_LEN);
	said_add(s, src, MAC_LEN);
	if (vlan)
		said_add(s, tag, 4);
	said_add(s, (uint8_t[]){ (uint8_t)(ethertype >> 8), (uint8_t)ethertype }, 2);
	s->at = s->len;
}

/* From src, who says it is spa, to dst. */
static inline struct said said_arp(uint8_t operation, const uint8_t *dst, const uint8_t *src, const uint8_t *spa,
                                   const uint8_t *tpa, uint16_t vlan)
{
	struct said s;
	said_link(&s, dst, src, vlan, ETHERTYPE_ARP);
	said_add(&s, (uint8_t[]){ 0, 1, 8, 0, 6, 4, 0, operation }, 8);
	said_add(&s, src, MAC_LEN);
	said_add(&s, spa, 4);
	said_add(&s, mac_is_group(dst) ? (const uint8_t[MAC_LEN]){ 0 } : dst, MAC_LEN);
	said_add(&s, tpa, 4);
	return s;
}

static inline void said_sum(struct said *s)
{
	uint8_t *icmp = s->bytes + s->at + 40, *sum = icmp + 2;
	size_t len = s->len - s->at - 40;
	uint8_t tail[4] = { 0, 58, 0, (uint8_t)len };
	s->bytes[s->at + 5] = (uint8_t)len;
	memset(sum, 0, 2);
	model_put(&sum, model_fold(model_sum(model_sum(model_sum(0, s->bytes + s->at + 8, 32), tail, 4), icmp, len)), 2);
}

/* From source to ip_dst about target; option: the MAC in it, or NULL. */
static inline struct said said_nd(uint8_t type, uint8_t flags, const uint8_t *dst, const uint8_t *src,
                                  const uint8_t *source, const uint8_t *ip_dst, const uint8_t *target,
                                  const uint8_t *option)
{
	struct said s;
	said_link(&s, dst, src, 0, ETHERTYPE_IPV6);
	said_add(&s, (uint8_t[]){ 0x60, 0, 0, 0, 0, 0, 58, 255 }, 8);
	said_add(&s, source, 16);
	said_add(&s, ip_dst, 16);
	said_add(&s, (uint8_t[]){ type, 0, 0, 0, flags, 0, 0, 0 }, 8);
	said_add(&s, target, 16);
	if (option) {
		said_add(&s, (uint8_t[]){ type == ND_ASKS ? 1 : 2, 1 }, 2);
		said_add(&s, option, MAC_LEN);
	}
	said_sum(&s);
	return s;
}

#endif
