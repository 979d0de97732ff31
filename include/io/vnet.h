/* struct virtio_net_hdr (linux/virtio_net.h) as a TAP with IFF_VNET_HDR puts it in front of each frame, in the
 * host's byte order: bytes to and from core/offload.h.
 */
#ifndef IO_VNET_H
#define IO_VNET_H

#include "core/offload.h"

enum { VNET_LEN = 10 };

/* False: a kind that was not asked for. */
MUST_CHECK bool vnet_get(struct offload *o, const uint8_t bytes[static VNET_LEN]);
void vnet_put(uint8_t bytes[static VNET_LEN], const struct offload *o);

#endif
