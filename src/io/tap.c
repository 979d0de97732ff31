#include "io/tap.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct tap {
	int fd;
	char name[TAP_NAME];
	unsigned ifindex;
	bool existed, gone;
	uint8_t *mem;
	struct buf frames[TAP_READ_MAX];
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

/* Creates the device of t->name or takes the idle one.  errno. */
static int attach(struct tap *t)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	memcpy(ifr.ifr_name, t->name, TAP_NAME);
	if (ioctl(t->fd, TUNSETIFF, &ifr))
		return -1;
	memcpy(t->name, ifr.ifr_name, TAP_NAME);
	t->ifindex = if_nametoindex(t->name);
	return 0;
}

static struct tap *tap_new(const char *name)
{
	struct tap *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	memcpy(t->name, name, strlen(name));
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return t;
}

struct tap *tap_open(const char *name, enum tap_error *why)
{
	struct tap *t;

	*why = TAP_BAD_NAME;
	errno = EINVAL;
	if (!valid_name(name))
		return NULL;
	*why = TAP_FAILED;
	t = tap_new(name);
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
	t->mem = calloc(TAP_READ_MAX, BUF_SIZE);
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
	if (t->fd >= 0)
		close(t->fd);
	free(t->mem);
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

size_t tap_read(struct tap *t, struct buf **out)
{
	size_t n = 0;

	*out = t->frames;
	while (!t->gone && n < TAP_READ_MAX) {
		struct buf b = buf_of(t->mem + n * BUF_SIZE, BUF_SIZE);
		/* One byte more than the longest frame: the kernel cuts silently. */
		ssize_t len = read(t->fd, b.data, BUF_FRAME_MAX + 1);

		if (len < 0) {
			t->gone = means_gone(errno);
			break;
		}
		if (len > BUF_FRAME_MAX) {
			t->counts[TAP_COUNT_TOO_LONG]++;
			break;          /* bounded: the frames that are too long count for the turn too */
		}
		b.len = (size_t)len;
		t->frames[n++] = b;
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

void tap_write(struct tap *t, const struct buf *frame)
{
	if (t->gone)
		t->counts[TAP_COUNT_GONE]++;
	else if (write(t->fd, frame->data, frame->len) < 0)
		t->counts[write_failed(t, errno)]++;
	else
		t->counts[TAP_COUNT_FRAMES_WRITTEN]++;
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

const uint64_t *tap_counts(const struct tap *t)
{
	return t->counts;
}
