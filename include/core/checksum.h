/* The Internet checksum (RFC 1071) of bytes in memory: the sum that IPv4, TCP, UDP and ICMP carry the
 * complement of.  A running sum is a number that only checksum_fold() turns into bytes, so pieces may be
 * summed one by one as long as each but the last is of even length.
 */
#ifndef CORE_CHECKSUM_H
#define CORE_CHECKSUM_H

#include "core/bytes.h"

/* sum and these bytes; start with 0. Any alignment.  The fast one of the machine (AVX2 where it is). */
MUST_CHECK uint64_t checksum_add(uint64_t sum, const void *data, size_t len);
/* What stands in the header, to be written with put_be16(): the complement of the folded sum. */
MUST_CHECK uint16_t checksum_fold(uint64_t sum);

#endif
