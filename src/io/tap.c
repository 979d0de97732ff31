#include "io/tap.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/segment.h"
#include "io/sys.h"
#include "io/vnet.h"

enum {
	ARENA = 5 * 65536,      /* bytes: what one tap_read() returns at most */
	ALIGN = 64,             /* of the frames in it */
	FRONT = 16,             /* bytes before a frame, for its struct virtio_net_hdr */
	PIECES = COALESCE_FRAMES_MAX + 2,
	REFUSALS = 8,           /* in a row, then super-frames rest */
	REST_FRAMES = 10000
};
#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS _IO('T', 227)
#endif
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* What ioctl() takes; TUNGETIFF does not fit into musl's without a cast. */
#ifdef __GLIBC__
typedef unsigned long ioctl_request;
#else
typedef int ioctl_request;
#endif

struct tap {
	int fd;
	char name[TAP_NAME];
	unsigned ifindex;
	bool existed, gone;
	bool offload;                   /* wanted */
	struct tap_features features, offered;  /* in use; what the kernel has */
	unsigned refused;               /* super-frames in a row that the kernel did not take */
	uint64_t rest_until;            /* so many frames written: try them again; 0: they are in use */
	uint8_t *mem;
	uint8_t *whole;                 /* for a super-frame that must be cut; NULL: was never needed */
	struct tap_frame frames[TAP_READ_MAX];
	uint64_t counts[TAP_COUNT_MAX];
};

const char *const tap_count_names[TAP_COUNT_MAX] = {
#define X(name, text) text,
	TAP_COUNTS(X)
#undef X
};

static bool valid_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= TAP_NAME || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] == '/' || name[i] == ':' || isspace((unsigned char)name[i]))
			return false;
	return true;
}

static enum tap_error open_error(int err)
{
	switch (err) {
	case ENOENT: case ENODEV: case ENXIO: case EISDIR:
		return TAP_NO_DRIVER;
	case EPERM: case EACCES:
		return TAP_NOT_PERMITTED;
	default:
		return TAP_FAILED;
	}
}

static enum tap_error attach_error(int err, bool existed)
{
	switch (err) {
	case EPERM: case EACCES:
		return TAP_NOT_PERMITTED;
	case ENOTTY:                    /* something else is in its place */
		return TAP_NO_DRIVER;
	case EBUSY:
		return TAP_BUSY;
	case EINVAL:
		return existed ? TAP_OTHER_KIND : TAP_BAD_NAME;
	default:
		return TAP_FAILED;
	}
}

static int set_device(struct tap *t, int flags)
{
	struct ifreq ifr = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags) };

	memcpy(ifr.ifr_name, t->name, TAP_NAME);
	if (ioctl(t->fd, TUNSETIFF, &ifr))
		return -1;
	memcpy(t->name, ifr.ifr_name, TAP_NAME);
	t->ifindex = if_nametoindex(t->name);
	t->features = (struct tap_features){ .vnet_hdr = flags & IFF_VNET_HDR };
	return 0;
}

/* Tells the kernel which super-frames it may hand to us: of TCP since Linux 2.6.27, of UDP since 6.2, which older ones
 * refuse together with the rest. */
static void set_offload(struct tap *t)
{
	enum { TCP = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN, UDP = TUN_F_USO4 | TUN_F_USO6 };

	t->features.uso = !ioctl(t->fd, TUNSETOFFLOAD, (unsigned long)(TCP | UDP));
	t->features.tso = t->features.uso || !ioctl(t->fd, TUNSETOFFLOAD, (unsigned long)TCP);
	t->offered = t->features;
}

/* A persistent device remembers what it was told, also by a program that was killed: super-frames would come without
 * their headers. */
static int set_plain_device(struct tap *t)
{
	if (set_device(t, 0))
		return -1;
	ioctl(t->fd, TUNSETOFFLOAD, 0ul);
	return 0;
}

/* Creates the device of t->name or takes the idle one.  errno. */
static int attach(struct tap *t)
{
	int length = VNET_LEN;

	if (!t->offload)
		return set_plain_device(t);
	if (set_device(t, IFF_VNET_HDR))
		return errno == EINVAL ? set_plain_device(t) : -1;
	ioctl(t->fd, TUNSETVNETHDRSZ, &length);         /* as it is at first, unless a persistent device had another */
	set_offload(t);
	return 0;
}

static struct tap *tap_new(const char *name, bool offload)
{
	struct tap *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	memcpy(t->name, name, strlen(name));
	t->offload = offload;
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return t;
}

struct tap *tap_open(const char *name, bool offload, enum tap_error *why)
{
	struct tap *t;

	*why = TAP_BAD_NAME;
	errno = EINVAL;
	if (!valid_name(name))
		return NULL;
	*why = TAP_FAILED;
	t = tap_new(name, offload);
	if (!t)
		return NULL;
	if (t->fd < 0) {
		*why = open_error(errno);
		goto fail;
	}
	t->existed = if_nametoindex(name) != 0;
	if (attach(t)) {
		*why = attach_error(errno, t->existed);
		goto fail;
	}
	t->mem = calloc(1, ARENA);
	if (!t->mem)
		goto fail;
	*why = TAP_OK;
	return t;
fail:;
	int err = errno;
	tap_close(t);
	errno = err;
	return NULL;
}

void tap_close(struct tap *t)
{
	if (!t)
		return;
	if (t->fd >= 0) {
		if (t->features.vnet_hdr)
			ioctl(t->fd, TUNSETOFFLOAD, 0ul);       /* a persistent one may be somebody else's next */
		close(t->fd);
	}
	free(t->mem);
	free(t->whole);
	free(t);
}

int tap_fd(const struct tap *t)
{
	return t->fd;
}

const char *tap_name(const struct tap *t)
{
	return t->name;
}

unsigned tap_ifindex(const struct tap *t)
{
	return t->ifindex;
}

bool tap_existed(const struct tap *t)
{
	return t->existed;
}

/* EBADFD: no device behind the descriptor any more. */
static bool means_gone(int err)
{
	return err == EBADFD || err == ENODEV || err == ENXIO;
}

/* What was read; false: it is no frame for us. */
static bool take(struct tap *t, struct tap_frame *f, uint8_t *at, size_t len)
{
	size_t front = t->features.vnet_hdr ? VNET_LEN : 0;

	if (len < front) {
		t->counts[TAP_COUNT_UNKNOWN]++;
		return false;
	}
	f->data = at + front;
	f->len = len - front;
	f->offload = (struct offload){ .kind = OFFLOAD_NONE };
	if (front && !vnet_get(&f->offload, at)) {
		t->counts[TAP_COUNT_UNKNOWN]++;
		return false;
	}
	if (f->len > (f->offload.kind == OFFLOAD_NONE ? (size_t)BUF_FRAME_MAX : (size_t)OFFLOAD_FRAME_MAX)) {
		t->counts[TAP_COUNT_TOO_LONG]++;
		return false;
	}
	t->counts[TAP_COUNT_SUPER_READ] += f->offload.kind != OFFLOAD_NONE;
	return true;
}

/* Frames lie one behind the other: short ones stay on few cache lines. */
size_t tap_read(struct tap *t, struct tap_frame **out)
{
	/* One byte more than the longest frame: the kernel cuts silently.  Super-frames that it does not take from us any
	 * more it goes on handing over. */
	size_t n = 0, used = 0, longest = t->features.vnet_hdr ? VNET_LEN + OFFLOAD_FRAME_MAX + 1 : BUF_FRAME_MAX + 1;

	*out = t->frames;
	while (!t->gone && n < TAP_READ_MAX && used + FRONT + longest <= ARENA) {
		uint8_t *at = t->mem + used + FRONT - (t->features.vnet_hdr ? VNET_LEN : 0);
		ssize_t len = read(t->fd, at, longest);

		if (len < 0) {
			t->gone = means_gone(errno);
			break;
		}
		if (!take(t, &t->frames[n], at, (size_t)len))
			break;          /* bounded: what is no frame for us counts for the turn too */
		used += (FRONT + (size_t)len + ALIGN - 1) / ALIGN * ALIGN;
		n++;
	}
	t->counts[TAP_COUNT_FRAMES_READ] += n;
	return n;
}

static enum tap_count write_failed(struct tap *t, int err)
{
	if (means_gone(err)) {
		t->gone = true;
		return TAP_COUNT_GONE;
	}
	switch (err) {
	case EIO:
		return TAP_COUNT_DOWN;
	case EAGAIN: case ENOBUFS: case ENOMEM:
		return TAP_COUNT_NO_BUFFER;
	default:
		return TAP_COUNT_REFUSED;
	}
}

/* errno, 0: good. */
static int write_pieces(struct tap *t, const struct offload *o, const struct coalesce_piece *piece, size_t n)
{
	struct iovec iov[PIECES];
	uint8_t front[VNET_LEN];
	size_t at = 0;

	if (t->features.vnet_hdr) {
		vnet_put(front, o);
		iov[at++] = (struct iovec){ front, sizeof(front) };
	}
	for (size_t i = 0; i < n; i++)
		iov[at++] = (struct iovec){ (void *)(uintptr_t)piece[i].data, piece[i].len };
	while (writev(t->fd, iov, (int)at) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

static void write_one(struct tap *t, const struct coalesce_piece *piece, size_t n)
{
	static const struct offload none;
	int err = write_pieces(t, &none, piece, n);

	t->counts[err ? write_failed(t, err) : TAP_COUNT_FRAMES_WRITTEN]++;
}

/* The same super-frame again, frame by frame. */
static void write_cut(struct tap *t, const struct coalesced *f)
{
	struct segment s;
	uint8_t header[SEGMENT_HEADER_MAX];
	struct coalesce_piece piece[2] = { { header, 0 } };
	size_t len = 0;

	bool fits = f->len <= OFFLOAD_FRAME_MAX && (t->whole || (t->whole = malloc(OFFLOAD_FRAME_MAX)));
	for (size_t i = 0; fits && i < f->pieces; len += f->piece[i++].len)
		memcpy(t->whole + len, f->piece[i].data, f->piece[i].len);
	if (!fits || !segment_begin(&s, t->whole, len, &f->offload)) {
		t->counts[TAP_COUNT_REFUSED] += f->frames;
		return;
	}
	piece[0].len = s.header_len;
	while (segment_next(&s, header, &piece[1].data, &piece[1].len))
		write_one(t, piece, 2);
}

/* It was not about this frame only if the frames that are in it are taken. */
static void super_refused(struct tap *t, const struct coalesced *f)
{
	uint64_t written = t->counts[TAP_COUNT_FRAMES_WRITTEN];

	write_cut(t, f);
	if (t->counts[TAP_COUNT_FRAMES_WRITTEN] == written)
		return;
	if (++t->refused < REFUSALS)
		return;
	t->counts[TAP_COUNT_GIVEN_UP]++;
	t->refused = 0;
	t->rest_until = t->counts[TAP_COUNT_FRAMES_WRITTEN] + REST_FRAMES;
	if (f->offload.kind == OFFLOAD_UDP)
		t->features.uso = false;
	else
		t->features.tso = t->features.uso = false;
}

/* One bad frame is no reason to do without for ever, nor are many. */
static void try_again(struct tap *t)
{
	if (t->rest_until && t->counts[TAP_COUNT_FRAMES_WRITTEN] >= t->rest_until) {
		t->features = t->offered;
		t->rest_until = 0;
	}
}

void tap_write(struct tap *t, const struct coalesced *f)
{
	if (t->gone) {
		t->counts[TAP_COUNT_GONE] += f->frames;
		return;
	}
	if (f->offload.kind == OFFLOAD_NONE) {
		write_one(t, f->piece, f->pieces);
		try_again(t);
		return;
	}
	int err = write_pieces(t, &f->offload, f->piece, f->pieces);
	if (err == EINVAL || err == EOPNOTSUPP || err == EPROTO || err == EMSGSIZE) {
		super_refused(t, f);
		return;
	}
	t->counts[err ? write_failed(t, err) : TAP_COUNT_FRAMES_WRITTEN] += f->frames;
	t->counts[TAP_COUNT_SUPER_WRITTEN] += !err;
	if (!err)
		t->refused = 0;
}

struct tap_features tap_features(const struct tap *t)
{
	return t->features;
}

bool tap_gone(const struct tap *t)
{
	return t->gone;
}

/* On the same descriptor: /dev/net/tun need not be openable for the user we have become. */
int tap_reopen(struct tap *t)
{
	if (attach(t))
		return -1;
	t->gone = false;
	t->existed = false;
	return 0;
}

/* Linux 5.2; before that, and where the namespace is not ours to look at, the name has to do. */
static bool is_elsewhere(const struct tap *t)
{
	struct stat there;
	int ns = ioctl(t->fd, TUNGETDEVNETNS);
	if (ns < 0)
		return errno == EPERM || !if_nametoindex(t->name);
	bool known = fstat(ns, &there) == 0;
	close(ns);
	return known && (uint64_t)there.st_ino != sys_netns();
}

enum tap_place tap_look(struct tap *t)
{
	struct ifreq ifr;
	memset(&ifr, 0, sizeof(ifr));
	if (ioctl(t->fd, (ioctl_request)TUNGETIFF, &ifr) < 0)
		return TAP_DELETED;
	if (is_elsewhere(t))
		return TAP_ELSEWHERE;
	memcpy(t->name, ifr.ifr_name, TAP_NAME);
	t->ifindex = if_nametoindex(t->name);
	return TAP_HERE;
}

const uint64_t *tap_counts(const struct tap *t)
{
	return t->counts;
}
