/* Values that name things: a MAC, an address with its UDP port, an overlay subnet.  Compared, hashed, parsed and
 * printed here; nobody else knows their text form.
 */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include "core/bytes.h"
#include "core/hash.h"

enum {
	MAC_LEN = 6,
	MAC_TEXT = 18,          /* "02:00:00:00:00:a1" and the zero */
	ADDR_TEXT = 56,         /* "[ipv6]:port" and the zero */
	SUBNET_TEXT = 20        /* "255.255.255.255/32" and the zero */
};
enum addr_family { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

/* An address and a port.  All zero: none.  IPv4 lies in ip[0..3], the rest is zero; an IPv4-mapped IPv6
 * address never stands here (the rim turns it into IPv4). */
struct addr {
	uint8_t family;         /* enum addr_family */
	uint16_t port;          /* host order */
	uint8_t ip[16];
};

/* An overlay IPv4 address with its prefix length.  All zero: none. */
struct subnet {
	uint8_t ip[4];
	uint8_t prefix;
};

static inline bool addr_is_set(const struct addr *a) { return a->family != ADDR_NONE; }
static inline size_t addr_ip_len(const struct addr *a) { return a->family == ADDR_V6 ? 16 : 4; }
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_same_ip(const struct addr *a, const struct addr *b);
uint64_t addr_hash(const struct hash_key *key, const struct addr *a);
bool addr_is_loopback(const struct addr *a);            /* 127/8, ::1 */
bool addr_is_unspecified(const struct addr *a);         /* 0.0.0.0, :: */
bool addr_is_multicast(const struct addr *a);           /* 224/4, ff00::/8 */
/* Can a datagram be sent there and reach one host: set, port not 0, not loopback, unspecified,
 * multicast, 255.255.255.255 or IPv4-mapped. */
bool addr_is_endpoint(const struct addr *a);
/* Is an IPv4 endpoint inside the subnet?  False for subnet none and for IPv6. */
bool addr_in_subnet(const struct addr *a, const struct subnet *s);
/* "192.0.2.1:7654", "[2001:db8::1]:7654"; without port: default_port.  IPv6 needs the brackets; no
 * names.  False: not that, and a is as it was. */
MUST_CHECK bool addr_parse(struct addr *a, const char *text, uint16_t default_port);
const char *addr_print(char out[static ADDR_TEXT], const struct addr *a);     /* returns out; "-" for none */

static inline bool mac_is_null(const uint8_t mac[static MAC_LEN])
{
	return !(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
}
static inline bool mac_is_group(const uint8_t mac[static MAC_LEN]) { return mac[0] & 1; }
static inline bool mac_is_broadcast(const uint8_t mac[static MAC_LEN])
{
	return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}
static inline bool mac_equal(const uint8_t a[static MAC_LEN], const uint8_t b[static MAC_LEN])
{
	return !memcmp(a, b, MAC_LEN);
}
MUST_CHECK bool mac_parse(uint8_t mac[static MAC_LEN], const char *text);      /* six hex bytes with ':' or '-' */
const char *mac_print(char out[static MAC_TEXT], const uint8_t mac[static MAC_LEN]);

static inline uint32_t subnet_mask(uint8_t prefix)       /* 24 -> 0xffffff00; 0 -> 0 */
{
	return prefix ? 0xffffffffu << (32 - (prefix > 32 ? 32 : prefix)) : 0;
}
static inline uint32_t subnet_ip(const struct subnet *s) { return get_be32(s->ip); }
static inline bool subnet_is_set(const struct subnet *s) { return subnet_ip(s) != 0; }
bool subnet_is_host(const struct subnet *s);            /* an address that a host may have in its network */
bool subnet_equal(const struct subnet *a, const struct subnet *b);
/* "10.9.9.1/24"; without "/n": default_prefix. */
MUST_CHECK bool subnet_parse(struct subnet *s, const char *text, uint8_t default_prefix);
const char *subnet_print(char out[static SUBNET_TEXT], const struct subnet *s);        /* "-" for none */

#endif
