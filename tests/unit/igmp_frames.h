/* IGMP and MLD frames as hosts and routers send them, field by field, with sums of their own. */
#ifndef IGMP_FRAMES_H
#define IGMP_FRAMES_H

#include "core/group.h"
#include "core/igmp.h"
#include "test.h"

enum { IGMP_FRAME_MAX = 1600 };
enum { IS_IN = 1, IS_EX, TO_IN, TO_EX, ALLOW, BLOCK };

struct igmp_frame { uint8_t data[IGMP_FRAME_MAX]; size_t len; };

static inline uint16_t frame_sum(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline struct addr ip_of(const char *text)
{
	char with_port[ADDR_TEXT];
	struct addr a;
	snprintf(with_port, sizeof(with_port), strchr(text, ':') ? "[%s]:1" : "%s:1", text);
	if (!addr_parse(&a, with_port, 0))
		abort();
	a.port = 0;
	return a;
}

/* Behind a frame's tags. */
static inline uint8_t *frame_ip(struct igmp_frame *f)
{
	size_t at = 2 * MAC_LEN;
	while (get_be16(f->data + at) == 0x8100 || get_be16(f->data + at) == 0x88a8)
		at += 4;
	return f->data + at + 2;
}

/* Sums made right again after a change; the lengths in the headers are believed. */
static inline void frame_resum(struct igmp_frame *f)
{
	uint8_t *ip = frame_ip(f);
	if (ip[0] >> 4 == 4) {
		size_t header = (ip[0] & 15u) * 4u, total = get_be16(ip + 2);
		put_be16(ip + 10, 0);
		put_be16(ip + 10, frame_sum(ip, header, 0));
		put_be16(ip + header + 2, 0);
		put_be16(ip + header + 2, frame_sum(ip + header, total - header, 0));
		return;
	}
	size_t options = ip[6] == 0 ? ip[41] * 8u + 8u : 0, len = get_be16(ip + 4) - options;
	uint8_t *message = ip + 40 + options, next = options ? ip[40] : ip[6];
	uint32_t pseudo = (uint16_t)~frame_sum(ip + 8, 32, (uint32_t)len + next);
	put_be16(message + 2, 0);
	put_be16(message + 2, frame_sum(message, len, pseudo));
}

static inline struct igmp_frame frame_make(const char *from, const struct addr *to, uint8_t protocol,
                                           const uint8_t *message, size_t len)
{
	static const uint8_t router_alert[] = { 0, 0, 5, 2, 0, 0, 1, 0 };
	struct igmp_frame f = { .len = 0 };
	struct wr w = wr_of(f.data, sizeof(f.data));
	struct addr src = ip_of(from);
	uint8_t mac[MAC_LEN];
	group_mac(mac, to);
	wr_bytes(&w, mac, MAC_LEN);
	wr_bytes(&w, (uint8_t[]){ 2, 0, 0, 0, 7, src.ip[src.family == ADDR_V4 ? 3 : 15] }, MAC_LEN);
	if (src.family == ADDR_V4) {
		wr_u16(&w, ETHERTYPE_IPV4);
		wr_bytes(&w, (uint8_t[]){ 0x46, 0xc0 }, 2);
		wr_u16(&w, (uint16_t)(24 + len));
		wr_u32(&w, 0);
		wr_bytes(&w, (uint8_t[]){ 1, protocol, 0, 0 }, 4);
		wr_bytes(&w, src.ip, 4);
		wr_bytes(&w, to->ip, 4);
		wr_u32(&w, 0x94040000);
	} else {
		wr_u16(&w, ETHERTYPE_IPV6);
		wr_u32(&w, 0x60000000);
		wr_u16(&w, (uint16_t)(8 + len));
		wr_bytes(&w, (uint8_t[]){ 0, 1 }, 2);
		wr_bytes(&w, src.ip, 16);
		wr_bytes(&w, to->ip, 16);
		wr_u8(&w, protocol);
		wr_bytes(&w, router_alert + 1, 7);
	}
	wr_bytes(&w, message, len);
	f.len = (size_t)(w.at - f.data);
	frame_resum(&f);
	return f;
}

static inline const char *sender_of(uint8_t family) { return family == ADDR_V4 ? "10.9.9.7" : "fe80::7"; }

/* A report or leave of the versions before IGMPv3 and MLDv2. */
static inline struct igmp_frame frame_plain(uint8_t type, const struct addr *group)
{
	bool v4 = group->family == ADDR_V4;
	struct addr routers = ip_of(v4 ? "224.0.0.2" : "ff02::2");
	uint8_t m[24] = { type };
	memcpy(m + (v4 ? 4 : 8), group->ip, v4 ? 4 : 16);
	bool leave = type == 0x17 || type == 132;
	return frame_make(sender_of(group->family), leave ? &routers : group, v4 ? 2 : 58, m, v4 ? 8 : 24);
}

struct frame_record { uint8_t type, sources; struct addr group; };

/* IGMPv3 or MLDv2. */
static inline struct igmp_frame frame_records(const struct frame_record *records, uint16_t n)
{
	uint8_t family = records[0].group.family, m[1400] = { family == ADDR_V4 ? 0x22 : 143 };
	size_t ip_len = family == ADDR_V4 ? 4 : 16;
	struct addr to = ip_of(family == ADDR_V4 ? "224.0.0.22" : "ff02::16");
	struct wr w = wr_of(m, sizeof(m));
	wr_take(&w, 6);
	wr_u16(&w, n);
	for (uint16_t i = 0; i < n; i++) {
		wr_u8(&w, records[i].type);
		wr_u8(&w, 0);
		wr_u16(&w, records[i].sources);
		wr_bytes(&w, records[i].group.ip, ip_len);
		wr_zero(&w, records[i].sources * ip_len);
	}
	return frame_make(sender_of(family), &to, family == ADDR_V4 ? 2 : 58, m, (size_t)(w.at - m));
}
static inline struct igmp_frame frame_record(uint8_t type, uint8_t sources, const struct addr *group)
{
	struct frame_record r = { type, sources, *group };
	return frame_records(&r, 1);
}

/* IGMPv2 or MLDv1; group NULL: general. */
static inline struct igmp_frame frame_query(const char *from, const struct addr *group)
{
	bool v4 = !strchr(from, ':');
	struct addr to = ip_of(v4 ? "224.0.0.1" : "ff02::1");
	uint8_t m[24] = { v4 ? 0x11 : 130, v4 ? 100 : 0 };
	if (group)
		memcpy(m + (v4 ? 4 : 8), group->ip, v4 ? 4 : 16);
	return frame_make(from, &to, v4 ? 2 : 58, m, v4 ? 8 : 24);
}

static inline struct igmp_frame frame_pim_hello(const char *from)
{
	bool v4 = !strchr(from, ':');
	struct addr to = ip_of(v4 ? "224.0.0.13" : "ff02::d");
	return frame_make(from, &to, 103, (uint8_t[]){ 0x20, 0, 0, 0, 0, 1, 0, 2, 0, 105 }, 10);
}

static inline void frame_tag(struct igmp_frame *f, uint16_t type, uint16_t tci)
{
	memmove(f->data + 16, f->data + 12, f->len - 12);
	put_be16(f->data + 12, type);
	put_be16(f->data + 14, tci);
	f->len += 4;
}

#endif
