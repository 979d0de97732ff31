/* A TAP device: Ethernet frames from and to the kernel.  Address, MAC, MTU and up are io/netlink.h's.
 *
 *	tap_open -> { tap_read, tap_write } -> tap_close
 *	when tap_gone: loop_remove, tap_reopen until it is 0, loop_add
 *
 * A device that tap_open() created vanishes with tap_close() (and with the process); a persistent one
 * that was there before stays.
 */
#ifndef IO_TAP_H
#define IO_TAP_H

#include "core/buf.h"
#include "core/coalesce.h"

enum { TAP_NAME = 16, TAP_READ_MAX = 128 };

/* Why it cannot be opened; errno has the system's reason beside it. */
enum tap_error {
	TAP_OK,
	TAP_NO_DRIVER,          /* no /dev/net/tun: module tun not loaded, or not given to this container */
	TAP_NOT_PERMITTED,      /* needs root or CAP_NET_ADMIN */
	TAP_BUSY,               /* another process has this device */
	TAP_OTHER_KIND,         /* a device of that name is there and is no TAP, or has several queues */
	TAP_BAD_NAME,           /* empty, longer than 15 bytes, or with '/', ':' or white space */
	TAP_FAILED              /* anything else: see errno */
};

/* What went where: X(enum, name in status). */
#define TAP_COUNTS(X) \
	X(FRAMES_READ, "tap_frames_read") X(FRAMES_WRITTEN, "tap_frames_written") \
	X(TOO_LONG, "tap_read_too_long") X(DOWN, "tap_write_device_down") X(GONE, "tap_write_device_gone") \
	X(NO_BUFFER, "tap_write_no_buffer") X(REFUSED, "tap_write_refused") \
	X(SUPER_READ, "tap_super_frames_read") X(SUPER_WRITTEN, "tap_super_frames_written") \
	X(UNKNOWN, "tap_read_unknown_offload") X(GIVEN_UP, "tap_offload_given_up")

enum tap_count {
#define X(name, text) TAP_COUNT_##name,
	TAP_COUNTS(X)
#undef X
	TAP_COUNT_MAX
};
extern const char *const tap_count_names[TAP_COUNT_MAX];

/* With an offload that is not OFFLOAD_NONE: a super-frame. */
struct tap_frame {
	uint8_t *data;
	size_t len;
	struct offload offload;
};
/* What is in use now: frames with a struct virtio_net_hdr (IFF_VNET_HDR, Linux 2.6.27), super-frames of TCP
 * (TUN_F_TSO4 and 6, with TUN_F_CSUM) and of UDP (TUN_F_USO4 and 6, Linux 6.2).  A kind that the kernel has refused
 * from us several times in a row is not written for the next thousands of frames, but may be read as before. */
struct tap_features { bool vnet_hdr, tso, uso; };

struct tap;

/* Creates the device, or takes an idle TAP of that name.  offload: with what the kernel has of tap_features.
 * NULL with errno and *why. */
MUST_CHECK struct tap *tap_open(const char *name, bool offload, enum tap_error *why);
void tap_close(struct tap *t);                  /* NULL is fine */
int tap_fd(const struct tap *t);                /* for loop_add(), LOOP_READ; the same after tap_reopen() */
const char *tap_name(const struct tap *t);      /* as the kernel calls it: "edge%d" became "edge0" */
unsigned tap_ifindex(const struct tap *t);      /* another one after tap_reopen() */
bool tap_existed(const struct tap *t);          /* it was there before tap_open() */

/* Frames that wait, at most TAP_READ_MAX; 0: nothing now, or gone.  *out is borrowed until the next call; the
 * frames may be changed in place. */
size_t tap_read(struct tap *t, struct tap_frame **out);
/* One system call for each.  A super-frame that the kernel does not take is cut, and written frame by frame. */
void tap_write(struct tap *t, const struct coalesced *frame);
struct tap_features tap_features(const struct tap *t);

/* The device was deleted, seen by tap_read() or tap_write().  The descriptor is then always ready
 * (LOOP_ERROR): take it out of the loop. */
bool tap_gone(const struct tap *t);
/* Creates the device again: same name, not configured, needs CAP_NET_ADMIN but not root.  0, or -1 with
 * errno (EBUSY: somebody else has the name now): try later. */
MUST_CHECK int tap_reopen(struct tap *t);

/* Others may rename it, or move it to another network namespace, where the descriptor goes on working, but addresses and
 * routes are out of reach.  When it is here, tap_name() and tap_ifindex() are those of now. */
enum tap_place { TAP_HERE, TAP_ELSEWHERE, TAP_DELETED };
enum tap_place tap_look(struct tap *t);

const uint64_t *tap_counts(const struct tap *t);        /* [TAP_COUNT_MAX], borrowed */

#endif
