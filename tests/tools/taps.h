/* Two TAPs for gso.c and gro.c: super-frames are written to one, what comes of them is read from the other.  Include
 * after test.h.
 */
#ifndef TAPS_H
#define TAPS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/coalesce.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static int in, out;

static inline int open_tap(const char *name, int flags)
{
	struct ifreq request = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags) };
	int fd = open("/dev/net/tun", O_RDWR);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

static inline bool write_frame(const struct offload *o, const struct coalesce_piece *piece, size_t pieces)
{
	static const uint8_t types[] = { VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6,
	                                 VIRTIO_NET_HDR_GSO_UDP_L4 };
	struct virtio_net_hdr header = {
		.flags = o->checksum ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
		.gso_type = (uint8_t)(types[o->kind] | (o->ecn ? VIRTIO_NET_HDR_GSO_ECN : 0)),
		.hdr_len = o->header_len, .gso_size = o->segment_len,
		.csum_start = o->csum_start, .csum_offset = o->csum_offset
	};
	struct iovec iov[COALESCE_FRAMES_MAX + 2] = { { &header, sizeof(header) } };
	for (size_t i = 0; i < pieces; i++)
		iov[i + 1] = (struct iovec){ (void *)(uintptr_t)piece[i].data, piece[i].len };
	return writev(in, iov, (int)pieces + 1) > 0;
}

/* The next frame of ours: the host's own chatter goes to other addresses. */
static inline size_t read_frame(uint8_t *frame, size_t size, int wait_ms)
{
	struct pollfd ready = { .fd = out, .events = POLLIN };
	while (poll(&ready, 1, wait_ms) > 0) {
		ssize_t n = read(out, frame, size);
		if (n >= 14 && !memcmp(frame, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12))
			return (size_t)n;
	}
	return 0;
}

#endif
