/* One line on stdout per datagram, for SIM_TRACE=1. */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "core/addr.h"

void trace_datagram(void *queue, const struct addr *from, const struct addr *to, const uint8_t *data, size_t len);

#endif
