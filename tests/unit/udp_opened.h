/* A UDP socket of io/udp.h that is there, or the test ends. */
#ifndef TEST_UDP_OPENED_H
#define TEST_UDP_OPENED_H

#include <stdlib.h>

#include "io/udp.h"
#include "test.h"

static inline struct udp *udp_opened(const struct udp_config *config)
{
	struct udp *u = udp_open(config);
	CHECK(u);
	if (!u)
		exit(1);
	return u;
}

#endif
