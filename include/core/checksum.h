/* The Internet checksum (RFC 1071) of bytes in memory: the sum that IPv4, TCP, UDP and ICMP carry the
 * complement of.  A running sum is a number that only checksum_fold() turns into bytes, so pieces may be
 * summed one by one as long as each but the last is of even length.  Sums may be added to each other with +:
 * one is below 2^34, so there is room for a great many.
 */
#ifndef CORE_CHECKSUM_H
#define CORE_CHECKSUM_H

#include "core/bytes.h"

/* sum and these bytes; start with 0. Any alignment.  The fast one of the machine (AVX2 where it is). */
MUST_CHECK uint64_t checksum_add(uint64_t sum, const void *data, size_t len);
/* What stands in the header, to be written with put_be16(): the complement of the folded sum.  Over bytes
 * that contain their own checksum it is 0. */
MUST_CHECK uint16_t checksum_fold(uint64_t sum);
/* The sum of the pseudo header of TCP and UDP (RFC 793, RFC 8200 section 8.1): both addresses as they stand one
 * after the other in the IP header, the protocol, and the bytes from the TCP or UDP header on. */
MUST_CHECK uint64_t checksum_pseudo(const uint8_t *addresses, size_t addresses_len, uint8_t protocol, size_t len);

/* The sum of a number that stands at an even place, without the bytes. */
static inline uint64_t checksum_word(uint16_t value)
{
	uint8_t bytes[2];
	uint16_t word;
	put_be16(bytes, value);
	memcpy(&word, bytes, sizeof(word));
	return word;
}

#endif
