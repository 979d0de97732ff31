#include "io/netlink.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "io/nlmsg.h"

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif
enum { RECEIVE = 32768, WORDS = 128, PATIENCE_S = 5, DUMPS = 4 };
#define ATTRIBUTE sizeof(struct nlattr)         /* NLA_HDRLEN as a size; the kernel's macros are of type int */

struct netlink {
	int fd;
	uint32_t seq;
	bool torn;                      /* what was dumped changed meanwhile: some of it may be missing, or there twice */
	unsigned parts;                 /* in which it came */
	char words[WORDS];
	_Alignas(struct nlmsghdr) uint8_t mem[RECEIVE];
};

struct netlink *netlink_open(void)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct netlink *nl = calloc(1, sizeof(*nl));
	int on = 1;

	if (!nl)
		return NULL;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (nl->fd < 0 || bind(nl->fd, (const struct sockaddr *)&self, sizeof(self))) {
		int err = errno;
		netlink_close(nl);
		errno = err;
		return NULL;
	}
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));      /* Linux 4.12 */
	/* Linux 4.20: a dump holds what was asked for only; before that all comes, and is looked through here. */
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return nl;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl);
}

static size_t aligned(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

const char *netlink_words(const struct netlink *nl)
{
	return nl->words;
}

void nl_begin(struct nl_request *q, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	struct nlmsghdr h = { .nlmsg_type = type, .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST) };

	memset(q, 0, sizeof(*q));
	memcpy(q->bytes, &h, sizeof(h));
	memcpy(q->bytes + NLMSG_HDRLEN, body, len);
	q->len = NLMSG_HDRLEN + NLMSG_ALIGN(len);
}

void nl_put(struct nl_request *q, uint16_t attribute, const void *value, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(ATTRIBUTE + len), .nla_type = attribute };

	assert(len <= sizeof(q->bytes) - q->len - ATTRIBUTE);
	memcpy(q->bytes + q->len, &a, sizeof(a));
	memcpy(q->bytes + q->len + ATTRIBUTE, value, len);
	q->len += aligned(ATTRIBUTE + len);
}

void nl_put_u32(struct nl_request *q, uint16_t attribute, uint32_t value)
{
	nl_put(q, attribute, &value, sizeof(value));
}

const void *nl_body(const struct nlmsghdr *h, size_t len)
{
	return h->nlmsg_len >= NLMSG_HDRLEN + len ? (const uint8_t *)h + NLMSG_HDRLEN : NULL;
}

const void *nl_find(const uint8_t *attributes, size_t total, uint16_t attribute, size_t len, size_t *found)
{
	struct nlattr a;

	for (size_t at = 0; at < total && total - at >= sizeof(a); at += aligned(a.nla_len)) {
		memcpy(&a, attributes + at, sizeof(a));
		if (a.nla_len < ATTRIBUTE || a.nla_len > total - at)
			return NULL;
		if ((a.nla_type & NLA_TYPE_MASK) != attribute)
			continue;
		if (found)
			*found = a.nla_len - ATTRIBUTE;
		return a.nla_len >= ATTRIBUTE + len ? attributes + at + ATTRIBUTE : NULL;
	}
	return NULL;
}

const void *nl_attribute(const struct nlmsghdr *h, size_t body, uint16_t attribute, size_t len)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(body);

	if (h->nlmsg_len < skip)
		return NULL;
	return nl_find((const uint8_t *)h + skip, h->nlmsg_len - skip, attribute, len, NULL);
}

uint32_t nl_u32(const struct nlmsghdr *h, size_t body, uint16_t attribute)
{
	uint32_t value = 0;
	const void *p = nl_attribute(h, body, attribute, sizeof(value));

	if (p)
		memcpy(&value, p, sizeof(value));
	return value;
}

const struct nlmsghdr *nl_next(const uint8_t **at, const uint8_t *end)
{
	const struct nlmsghdr *h = (const void *)*at;
	size_t left = (size_t)(end - *at);

	if (left < sizeof(*h) || h->nlmsg_len < sizeof(*h) || h->nlmsg_len > left)
		return NULL;
	*at += NLMSG_ALIGN(h->nlmsg_len) < left ? NLMSG_ALIGN(h->nlmsg_len) : left;
	return h;
}

/* The kernel's sentence lies behind the error, and behind the request when that is repeated. */
static void keep_words(struct netlink *nl, const struct nlmsghdr *h, const struct nlmsgerr *e)
{
	size_t skip = NLMSG_HDRLEN + sizeof(*e), len = 0;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len - sizeof(e->msg));
	if (skip > h->nlmsg_len)
		return;
	const char *words = nl_find((const uint8_t *)h + skip, h->nlmsg_len - skip, NLMSGERR_ATTR_MSG, 1, &len);
	if (!words)
		return;
	len = len < WORDS ? len : WORDS;
	memcpy(nl->words, words, len);
	nl->words[len - 1] = '\0';
}

/* A dump that failed half-way ends by NLMSG_DONE with an error, and none ends so because of the request. */
static int end_of_dump(const struct nlmsghdr *h)
{
	const int *error = nl_body(h, sizeof(*error));

	return error && *error < 0 ? -*error : 0;
}

/* 1: it goes on; 0: that was all, errno 0 or what the kernel said. */
static int verdict(struct netlink *nl, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e;

	errno = 0;
	if (h->nlmsg_type == NLMSG_DONE) {
		errno = end_of_dump(h);
		return 0;
	}
	if (h->nlmsg_type != NLMSG_ERROR)
		return 1;
	e = nl_body(h, sizeof(*e));
	errno = e ? -e->error : EPROTO;
	if (e && e->error)
		keep_words(nl, h, e);
	return 0;
}

static int read_answer(struct netlink *nl, void (*each)(void *ctx, const struct nlmsghdr *h), void *ctx)
{
	for (;;) {
		ssize_t len = recv(nl->fd, nl->mem, sizeof(nl->mem), 0);
		const uint8_t *at = nl->mem;
		bool empty = true;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -1;
		for (const struct nlmsghdr *h; (h = nl_next(&at, nl->mem + len)); ) {
			if (h->nlmsg_seq != nl->seq)
				continue;       /* the rest of an exchange that was given up */
			nl->torn |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (!verdict(nl, h))
				return errno ? -1 : 0;
			nl->parts += empty;
			empty = false;
			if (each)
				each(ctx, h);
		}
	}
}

int nl_talk(struct netlink *nl, struct nl_request *q,
            void (*each)(void *ctx, const struct nlmsghdr *h), void *ctx)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr h;

	memcpy(&h, q->bytes, sizeof(h));
	h.nlmsg_len = (uint32_t)q->len;
	h.nlmsg_seq = ++nl->seq;
	if ((h.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		h.nlmsg_flags |= NLM_F_ACK;
	memcpy(q->bytes, &h, sizeof(h));
	nl->words[0] = '\0';
	nl->torn = false;
	nl->parts = 0;
	if (sendto(nl->fd, q->bytes, q->len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -1;
	return read_answer(nl, each, ctx);
}

/* In one part it cannot be torn.  Else the kernel tells when something went between two parts, but it takes an address out
 * of its list before it counts the change, and a dump that ends just then passes over the one behind without a word.  So
 * what comes in parts is read until it is twice the same. */
int nl_dump(struct netlink *nl, struct nl_request *q,
            void (*each)(void *ctx, const struct nlmsghdr *h), void *ctx, size_t len)
{
	uint8_t before[NL_GATHERED_MAX], last[NL_GATHERED_MAX];
	bool whole = false;

	assert(len <= sizeof(before));
	memcpy(before, ctx, len);
	for (int i = 0; i < DUMPS; i++) {
		memcpy(ctx, before, len);
		if (nl_talk(nl, q, each, ctx))
			return -1;
		if (!nl->torn && (nl->parts <= 1 || (whole && !memcmp(ctx, last, len))))
			return 0;
		whole = !nl->torn;
		memcpy(last, ctx, len);
	}
	errno = EAGAIN;
	return whole ? 0 : -1;
}
