#include "io/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "io/sockaddr.h"
#include "io/sys.h"

enum { STACK = 256 * 1024 };    /* bytes: getaddrinfo() of glibc takes some 70 KiB with its modules */

struct question {
	size_t index;
	uint16_t port;
	char host[NAMES_HOST_MAX];
};
/* One ring of questions, one of answers.  A request holds its place in open from asking to names_next(), so
 * neither ring can overflow. */
struct names {
	pthread_mutex_t lock;
	pthread_cond_t asked;
	pthread_t thread;
	int fd;
	bool busy;                      /* the thread is inside getaddrinfo() */
	bool closing;                   /* whoever is last frees */
	size_t open;
	size_t first_question, questions, first_answer, answers;
	struct question question[NAMES_QUEUE_MAX];
	struct names_answer answer[NAMES_QUEUE_MAX];
};

static void add(struct names_answer *answer, const struct addr *a)
{
	for (size_t i = 0; i < answer->n; i++)
		if (addr_equal(&answer->addrs[i], a))
			return;
	if (answer->n < NAMES_ADDRS_MAX)
		answer->addrs[answer->n++] = *a;
}

/* The slow part: no lock is held, nothing shared is touched. */
static void resolve(const struct question *q, struct names_answer *answer)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM }, *list = NULL;
	int err = getaddrinfo(q->host, NULL, &hints, &list);

	*answer = (struct names_answer){ .index = q->index };
	for (const struct addrinfo *ai = err ? NULL : list; ai; ai = ai->ai_next) {
		struct addr a;
		if (!addr_from_sockaddr(&a, ai->ai_addr))
			continue;
		a.port = q->port;
		add(answer, &a);
	}
	if (!answer->n)
		snprintf(answer->failure, sizeof(answer->failure), "%s",
		         err == EAI_SYSTEM ? strerror(errno) : err ? gai_strerror(err) : "no address");
	if (!err)
		freeaddrinfo(list);
}

static bool numeric(const struct question *q, struct names_answer *answer)
{
	struct addr a = { .port = q->port };
	char bare[NAMES_HOST_MAX];
	size_t len = strlen(q->host);

	memcpy(bare, q->host, len + 1);
	if (len > 2 && bare[0] == '[' && bare[len - 1] == ']') {
		memmove(bare, bare + 1, len - 2);
		bare[len - 2] = '\0';
	}
	if (inet_pton(AF_INET, q->host, a.ip) == 1) {
		a.family = ADDR_V4;
	} else {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(q->port) };
		if (inet_pton(AF_INET6, bare, &in6.sin6_addr) != 1)
			return false;
		addr_from_sockaddr(&a, (const struct sockaddr *)&in6);  /* a mapped address becomes IPv4 */
	}
	*answer = (struct names_answer){ .index = q->index, .n = 1 };
	answer->addrs[0] = a;
	return true;
}

/* Locked. */
static void put_answer(struct names *ns, const struct names_answer *answer)
{
	ns->answer[(ns->first_answer + ns->answers++) % NAMES_QUEUE_MAX] = *answer;
	eventfd_write(ns->fd, 1);
}

static void destroy(struct names *ns)
{
	close(ns->fd);
	pthread_cond_destroy(&ns->asked);
	pthread_mutex_destroy(&ns->lock);
	free(ns);
}

/* Locked before and after, not meanwhile. */
static void answer_one(struct names *ns)
{
	struct question q = ns->question[ns->first_question];
	struct names_answer answer;

	ns->first_question = (ns->first_question + 1) % NAMES_QUEUE_MAX;
	ns->questions--;
	ns->busy = true;
	pthread_mutex_unlock(&ns->lock);
	resolve(&q, &answer);
	pthread_mutex_lock(&ns->lock);
	ns->busy = false;
	put_answer(ns, &answer);
}

static void *work(void *arg)
{
	struct names *ns = arg;
	bool abandoned = false;

	sys_drop_thread_capabilities();         /* the C library's modules and what servers answer run here */
	pthread_mutex_lock(&ns->lock);
	while (!ns->closing) {
		if (!ns->questions) {
			pthread_cond_wait(&ns->asked, &ns->lock);
			continue;
		}
		answer_one(ns);
		abandoned = ns->closing;
	}
	pthread_mutex_unlock(&ns->lock);
	if (abandoned)
		destroy(ns);
	return NULL;
}

/* With all signals blocked: they belong to the loop. */
static int start(struct names *ns)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	err = pthread_create(&ns->thread, &attr, work, ns);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

struct names *names_new(void)
{
	struct names *ns = calloc(1, sizeof(*ns));
	int err;

	if (!ns)
		return NULL;
	pthread_mutex_init(&ns->lock, NULL);
	pthread_cond_init(&ns->asked, NULL);
	ns->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = ns->fd < 0 ? errno : start(ns);
	if (!err)
		return ns;
	destroy(ns);
	errno = err;
	return NULL;
}

void names_free(struct names *ns)
{
	bool busy;
	pthread_t thread;

	if (!ns)
		return;
	pthread_mutex_lock(&ns->lock);
	busy = ns->busy;
	thread = ns->thread;
	ns->closing = true;
	pthread_cond_signal(&ns->asked);
	if (busy)
		pthread_detach(thread);         /* it frees everything when getaddrinfo() comes back */
	pthread_mutex_unlock(&ns->lock);
	if (busy)
		return;
	pthread_join(thread, NULL);
	destroy(ns);
}

int names_fd(const struct names *ns)
{
	return ns->fd;
}

/* Locked.  The question for this index that nobody works on yet. */
static struct question *waiting(struct names *ns, size_t index)
{
	for (size_t i = 0; i < ns->questions; i++) {
		struct question *q = &ns->question[(ns->first_question + i) % NAMES_QUEUE_MAX];
		if (q->index == index)
			return q;
	}
	return NULL;
}

/* Locked. */
static bool enqueue(struct names *ns, const struct question *q)
{
	struct names_answer answer;
	struct question *same = waiting(ns, q->index);

	if (same) {
		*same = *q;
		return true;
	}
	if (ns->open == NAMES_QUEUE_MAX)
		return false;
	ns->open++;
	if (numeric(q, &answer)) {
		put_answer(ns, &answer);
		return true;
	}
	ns->question[(ns->first_question + ns->questions++) % NAMES_QUEUE_MAX] = *q;
	pthread_cond_signal(&ns->asked);
	return true;
}

bool names_request(struct names *ns, size_t index, const char *host, uint16_t port)
{
	struct question q = { .index = index, .port = port };
	size_t len = strlen(host);

	if (!len || len >= sizeof(q.host))
		return false;
	memcpy(q.host, host, len + 1);
	pthread_mutex_lock(&ns->lock);
	bool taken = enqueue(ns, &q);
	pthread_mutex_unlock(&ns->lock);
	return taken;
}

bool names_next(struct names *ns, struct names_answer *out)
{
	eventfd_t count;
	bool got;

	pthread_mutex_lock(&ns->lock);
	got = ns->answers > 0;
	if (got) {
		*out = ns->answer[ns->first_answer];
		ns->first_answer = (ns->first_answer + 1) % NAMES_QUEUE_MAX;
		ns->answers--;
		ns->open--;
	} else {
		eventfd_read(ns->fd, &count);
	}
	pthread_mutex_unlock(&ns->lock);
	return got;
}
