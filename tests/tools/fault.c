/* Makes parts of the kernel fail for a daemon, at its start or at random moments: loaded with LD_PRELOAD.
 *
 *	FAULT=WHAT:ERRNO[:PROBABILITY],...  FAULT_SEED=N  LD_PRELOAD=build/tests/tools/fault.so edge ...
 *
 *	vnet_hdr	TUNSETIFF with IFF_VNET_HDR		gro, segment	setsockopt() of UDP_GRO, UDP_SEGMENT
 *	tso, uso	TUNSETOFFLOAD of any kind, of UDP	cut		a message with UDP_SEGMENT
 *	read, write	from and to the TAP			super		a super-frame written to the TAP
 *	recvmmsg, recvmsg, sendmmsg, sendmsg			the call; of sendmmsg the first message
 *	send		any message: those before it in a sendmmsg() are sent
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef UDP_GRO
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif
enum { FAULTS_MAX = 16, USO = 0x60 };

struct fault {
	char what[16];
	int err;
	double probability;
};
static struct fault faults[FAULTS_MAX];
static size_t faults_n;
static uint64_t state = 1;
static int tap = -1;

static const struct { const char *name; int err; } errors[] = {
	{ "EIO", EIO }, { "EINVAL", EINVAL }, { "EOPNOTSUPP", EOPNOTSUPP }, { "EMSGSIZE", EMSGSIZE }, { "ENOSYS", ENOSYS },
	{ "EAGAIN", EAGAIN }, { "ENOBUFS", ENOBUFS }, { "EINTR", EINTR }, { "ENOPROTOOPT", ENOPROTOOPT },
};

static int error_named(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (!strcmp(errors[i].name, name))
			return errors[i].err;
	return 0;
}

/* A typing error must not look like a test that passed. */
static void parse(const char *text)
{
	for (int used = 0; *text; text += used + (text[used] == ',')) {
		struct fault *f = &faults[faults_n];
		char name[16];
		f->probability = 1;
		used = 0;
		if (faults_n == FAULTS_MAX || sscanf(text, "%15[a-z_]:%15[A-Z]%n:%lf%n", f->what, name, &used, &f->probability, &used) < 2 ||
		    !(f->err = error_named(name))) {
			fprintf(stderr, "fault: cannot read %s\n", text);
			_exit(2);
		}
		faults_n++;
	}
}

__attribute__((constructor)) static void start(void)
{
	const char *text = getenv("FAULT"), *seed = getenv("FAULT_SEED");
	if (seed)
		state = strtoull(seed, NULL, 0) * 2 + 1;
	if (text)
		parse(text);
}

static double chance(void)      /* xorshift64* */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (double)(state * 0x2545f4914f6cdd1dull >> 11) / (double)(1ull << 53);
}

/* Sets errno when it does. */
static bool fails(const char *what)
{
	for (size_t i = 0; i < faults_n; i++)
		if (!strcmp(faults[i].what, what) && chance() < faults[i].probability) {
			errno = faults[i].err;
			return true;
		}
	return false;
}

/* The next definition of the function that is called so. */
#define REAL(name) \
	static __typeof__(&name) real; \
	if (!real) \
		*(void **)&real = dlsym(RTLD_NEXT, #name)

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	REAL(ioctl);
	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	if (request == TUNSETIFF) {
		const struct ifreq *ifr = arg;
		tap = fd;
		if (ifr->ifr_flags & IFF_VNET_HDR && fails("vnet_hdr"))
			return -1;
	}
	if (request == TUNSETOFFLOAD && arg && (fails("tso") || ((uintptr_t)arg & USO && fails("uso"))))
		return -1;
	return real(fd, request, arg);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	REAL(setsockopt);
	if (level == IPPROTO_UDP && ((option == UDP_GRO && fails("gro")) || (option == UDP_SEGMENT && fails("segment"))))
		return -1;
	return real(fd, level, option, value, len);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *timeout)
{
	REAL(recvmmsg);
	return fails("recvmmsg") ? -1 : real(fd, messages, n, flags, timeout);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	REAL(recvmsg);
	return fails("recvmsg") ? -1 : real(fd, message, flags);
}

static bool message_fails(const struct msghdr *h)
{
	struct msghdr copy = *h;
	bool segments = false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&copy); c; c = CMSG_NXTHDR(&copy, c))
		segments |= c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_SEGMENT;
	return (segments && fails("cut")) || fails("send");
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	REAL(sendmsg);
	bool ip = message->msg_name && ((const struct sockaddr *)message->msg_name)->sa_family != AF_NETLINK;
	return ip && (fails("sendmsg") || message_fails(message)) ? -1 : real(fd, message, flags);
}

/* sendmmsg() is called this way. */
long syscall(long number, ...)
{
	long a[6];
	va_list args;
	REAL(syscall);
	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_sendmmsg) {
		const struct mmsghdr *m = (const struct mmsghdr *)a[1];
		if (fails("sendmmsg"))
			return -1;
		for (long i = 0; i < a[2]; i++)
			if (message_fails(&m[i].msg_hdr)) {
				if (!i)
					return -1;
				a[2] = i;
			}
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t read(int fd, void *bytes, size_t len)
{
	REAL(read);
	return fd == tap && fails("read") ? -1 : real(fd, bytes, len);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	REAL(writev);
	const struct virtio_net_hdr *h = iov[0].iov_base;
	if (fd == tap && (fails("write") || (iov[0].iov_len == 10 && h->gso_type && fails("super"))))
		return -1;
	return real(fd, iov, n);
}
