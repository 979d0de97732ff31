#include "core/addr.h"
#include "core/ascii.h"

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && !memcmp(a->ip, b->ip, addr_ip_len(a));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_ip(a, b);
}

uint64_t addr_hash(const struct hash_key *key, const struct addr *a)
{
	uint8_t bytes[3 + sizeof(a->ip)] = { a->family };
	put_be16(bytes + 1, a->port);
	memcpy(bytes + 3, a->ip, addr_ip_len(a));
	return hash_keyed(key, bytes, 3 + addr_ip_len(a));
}

static bool starts_with_zeros(const struct addr *a, size_t n)
{
	static const uint8_t zeros[16];
	return !memcmp(a->ip, zeros, n);
}

bool addr_is_loopback(const struct addr *a)
{
	if (a->family == ADDR_V6)
		return starts_with_zeros(a, 15) && a->ip[15] == 1;
	return a->family == ADDR_V4 && a->ip[0] == 127;
}

bool addr_is_unspecified(const struct addr *a)
{
	return addr_is_set(a) && starts_with_zeros(a, addr_ip_len(a));
}

bool addr_is_multicast(const struct addr *a)
{
	if (a->family == ADDR_V6)
		return a->ip[0] == 0xff;
	return a->family == ADDR_V4 && a->ip[0] >> 4 == 0xe;
}

static bool is_ipv4_mapped(const struct addr *a)
{
	return a->family == ADDR_V6 && starts_with_zeros(a, 10) && a->ip[10] == 0xff && a->ip[11] == 0xff;
}

/* A mapped address is refused too: with one from the wire, ::ffff:127.0.0.1 would get past here. */
bool addr_is_endpoint(const struct addr *a)
{
	if (!addr_is_set(a) || !a->port || addr_is_unspecified(a) || addr_is_loopback(a) || addr_is_multicast(a))
		return false;
	if (a->family == ADDR_V4)
		return get_be32(a->ip) != 0xffffffffu;
	return !is_ipv4_mapped(a);
}

bool addr_in_subnet(const struct addr *a, const struct subnet *s)
{
	if (a->family != ADDR_V4 || !subnet_is_set(s))
		return false;
	return !((get_be32(a->ip) ^ subnet_ip(s)) & subnet_mask(s->prefix));
}

/* One group of an IPv6 address: one to four hexadecimal digits. */
static bool take_group(const char **at, uint8_t out[static 2])
{
	unsigned v = 0, digits = 0;
	for (; digits < 4 && ascii_hex((*at)[digits]) >= 0; digits++)
		v = v << 4 | (unsigned)ascii_hex((*at)[digits]);
	put_be16(out, (uint16_t)v);
	*at += digits;
	return digits > 0;
}

/* Eight groups, of which a run of zeros may be left out ("::") and the last two may be a dotted quad
 * (RFC 4291, 2.2). */
static bool take_ipv6(const char **at, uint8_t ip[static 16])
{
	enum { NO_GAP = 17 };
	size_t n = 0, gap = NO_GAP;
	bool group_due = true;
	if ((*at)[0] == ':' && (*at)[1] == ':') {
		*at += 2;
		gap = 0;
		group_due = false;
	}
	while (n < 16) {
		if (n <= 12 && ascii_take_ipv4(at, ip + n)) {
			n += 4;
			group_due = false;
			break;
		}
		if (!take_group(at, ip + n))
			break;
		n += 2;
		group_due = ascii_take(at, ':');
		if (!group_due)
			break;
		if (!ascii_take(at, ':'))
			continue;
		if (gap != NO_GAP)
			return false;
		gap = n;
		group_due = false;
	}
	if (group_due || (gap == NO_GAP) != (n == 16))
		return false;
	if (gap != NO_GAP) {
		memmove(ip + gap + (16 - n), ip + gap, n - gap);
		memset(ip + gap, 0, 16 - n);
	}
	return true;
}

bool addr_parse(struct addr *a, const char *text, uint16_t default_port)
{
	struct addr r = { .family = ADDR_V4, .port = default_port };
	if (ascii_take(&text, '[')) {
		r.family = ADDR_V6;
		if (!take_ipv6(&text, r.ip) || !ascii_take(&text, ']'))
			return false;
	} else if (!ascii_take_ipv4(&text, r.ip)) {
		return false;
	}
	if (ascii_take(&text, ':') && !ascii_take_uint(&text, UINT16_MAX, &r.port))
		return false;
	if (*text)
		return false;
	if (is_ipv4_mapped(&r)) {
		r.family = ADDR_V4;
		memcpy(r.ip, r.ip + 12, 4);
		memset(r.ip + 4, 0, 12);
	}
	*a = r;
	return true;
}

static char *put_group(char *to, unsigned v)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		if (v >> shift || !shift)
			*to++ = ascii_digit(v >> shift);
	return to;
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952, 4.2); length 0: none. */
static size_t longest_zeros(const uint8_t ip[static 16], size_t *start)
{
	size_t best = 0, run = 0;
	for (size_t i = 0; i < 8; i++) {
		run = get_be16(ip + 2 * i) ? 0 : run + 1;
		if (run < 2 || run <= best)
			continue;
		best = run;
		*start = i + 1 - run;
	}
	return best;
}

static char *put_ipv6(char *to, const uint8_t ip[static 16])
{
	size_t start = 8, zeros = longest_zeros(ip, &start);
	for (size_t i = 0; i < 8; i++) {
		if (i == start) {
			*to++ = ':';
			*to++ = ':';
			i += zeros - 1;
			continue;
		}
		if (i && i != start + zeros)
			*to++ = ':';
		to = put_group(to, get_be16(ip + 2 * i));
	}
	return to;
}

const char *addr_print(char out[static ADDR_TEXT], const struct addr *a)
{
	char *to = out;
	if (!addr_is_set(a))
		return memcpy(out, "-", 2);
	if (a->family == ADDR_V6) {
		*to++ = '[';
		to = put_ipv6(to, a->ip);
		*to++ = ']';
	} else {
		to = ascii_put_ipv4(to, a->ip);
	}
	*to++ = ':';
	*ascii_put_uint(to, a->port) = 0;
	return out;
}

bool mac_parse(uint8_t mac[static MAC_LEN], const char *text)
{
	uint8_t out[MAC_LEN];
	char separator = 0;
	for (size_t i = 0; i < MAC_LEN; i++) {
		if (i == 1)
			separator = *text == '-' ? '-' : ':';
		if (i && !ascii_take(&text, separator))
			return false;
		if (ascii_hex(text[0]) < 0 || ascii_hex(text[1]) < 0)
			return false;
		out[i] = (uint8_t)(ascii_hex(text[0]) << 4 | ascii_hex(text[1]));
		text += 2;
	}
	if (*text)
		return false;
	memcpy(mac, out, MAC_LEN);
	return true;
}

const char *mac_print(char out[static MAC_TEXT], const uint8_t mac[static MAC_LEN])
{
	for (size_t i = 0; i < MAC_LEN; i++) {
		out[3 * i] = ascii_digit(mac[i] >> 4);
		out[3 * i + 1] = ascii_digit(mac[i]);
		out[3 * i + 2] = i + 1 < MAC_LEN ? ':' : 0;
	}
	return out;
}

bool subnet_is_host(const struct subnet *s)
{
	uint32_t ip = subnet_ip(s), mask = subnet_mask(s->prefix), host = ip & ~mask;
	if (!s->prefix || s->prefix > 32 || !ip || ip >> 24 == 127 || ip >> 28 >= 14)
		return false;
	return s->prefix >= 31 || (host && host != ~mask);
}

bool subnet_equal(const struct subnet *a, const struct subnet *b)
{
	return a->prefix == b->prefix && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

bool subnet_parse(struct subnet *s, const char *text, uint8_t default_prefix)
{
	uint8_t ip[4];
	uint16_t prefix = default_prefix;
	if (!ascii_take_ipv4(&text, ip))
		return false;
	if (ascii_take(&text, '/') && !ascii_take_uint(&text, 32, &prefix))
		return false;
	if (*text)
		return false;
	memcpy(s->ip, ip, sizeof(ip));
	s->prefix = (uint8_t)prefix;
	return true;
}

const char *subnet_print(char out[static SUBNET_TEXT], const struct subnet *s)
{
	char *to = out;
	if (!subnet_is_set(s))
		return memcpy(out, "-", 2);
	to = ascii_put_ipv4(to, s->ip);
	*to++ = '/';
	*ascii_put_uint(to, s->prefix) = 0;
	return out;
}
