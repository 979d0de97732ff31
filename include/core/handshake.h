/* The messages by which two edges set up a session: payloads of PACKETs with transform 32.  Noise inside, which
 * says where a handshake stands; what is drawn at random comes from the caller.
 */
#ifndef CORE_HANDSHAKE_H
#define CORE_HANDSHAKE_H

#include "core/noise.h"

enum { HANDSHAKE_INIT = 1, HANDSHAKE_RESPONSE = 2, HANDSHAKE_FINISH = 3, HANDSHAKE_RETRY = 8 };       /* first byte */
enum { HANDSHAKE_INIT_LEN = 112, HANDSHAKE_RESPONSE_LEN = 112, HANDSHAKE_FINISH_LEN = 72, HANDSHAKE_RETRY_LEN = 40 };
enum { HANDSHAKE_COOKIE = 16, HANDSHAKE_MAC = 6 };

struct handshake_init {
	uint32_t sender;                        /* index by which the answer finds its way */
	uint16_t suites;                        /* bit s: suite s */
	uint8_t cookie[HANDSHAKE_COOKIE];       /* of a RETRY, or zeros */
};
struct handshake_response { uint32_t sender; uint16_t suites, chosen; };
struct handshake_retry { uint32_t receiver; uint8_t cookie[HANDSHAKE_COOKIE], proof[HANDSHAKE_COOKIE]; };

/* A message that is not for a function below, or not genuine, changes nothing; n stands where it stood. */
void handshake_put_init(struct noise *n, const uint8_t ephemeral[static NOISE_KEY], const struct handshake_init *m,
                        uint8_t out[static HANDSHAKE_INIT_LEN]);
MUST_CHECK bool handshake_get_init(struct noise *n, struct handshake_init *m, const uint8_t *data, size_t len);

MUST_CHECK bool handshake_put_response(struct noise *n, const struct noise_static *own,
                                       const uint8_t ephemeral[static NOISE_KEY], uint32_t receiver,
                                       const struct handshake_response *m, uint8_t out[static HANDSHAKE_RESPONSE_LEN]);
MUST_CHECK bool handshake_get_response(struct noise *n, const struct noise_static *own, struct handshake_response *m,
                                       const uint8_t *data, size_t len);

MUST_CHECK bool handshake_put_finish(struct noise *n, const struct noise_static *own, uint32_t receiver,
                                     uint8_t out[static HANDSHAKE_FINISH_LEN]);
MUST_CHECK bool handshake_get_finish(struct noise *n, const struct noise_static *own, const uint8_t *data, size_t len);

void handshake_put_retry(const struct handshake_retry *m, uint8_t out[static HANDSHAKE_RETRY_LEN]);
MUST_CHECK bool handshake_get_retry(struct handshake_retry *m, const uint8_t *data, size_t len);

/* The receiver's index in clear, of every kind but INIT, GROUP and CALL; data has 8 bytes at least. */
MUST_CHECK uint32_t handshake_receiver(const uint8_t *data);
/* The ephemeral key of an INIT, by which a repeated one is known. */
MUST_CHECK const uint8_t *handshake_ephemeral(const uint8_t init[static HANDSHAKE_INIT_LEN]);

/* What the responder gives to an initiator without keeping anything, and what shows that it knows K. */
void handshake_cookie(uint8_t cookie[static HANDSHAKE_COOKIE], const uint8_t secret[static 32],
                      const uint8_t mac[static HANDSHAKE_MAC]);
void handshake_proof(uint8_t proof[static HANDSHAKE_COOKIE], const uint8_t ck[static 32],
                     const uint8_t ephemeral[static NOISE_KEY], const uint8_t cookie[static HANDSHAKE_COOKIE]);

/* The highest suite of both masks, or -1. */
MUST_CHECK int handshake_suite(uint16_t ours, uint16_t theirs);

#endif
