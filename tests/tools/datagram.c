/* Sends raw UDP datagrams and prints the answers: the stranger in the namespace tests.
 *
 *	datagram [-b PORT] [-n ANSWERS] [-w MS] HOST PORT HEX...
 *
 * Each HEX is one datagram ("@N" instead: N zero bytes).  Answers are printed as hex, one per line, until ANSWERS have come
 * or MS milliseconds (default 500) have passed since the last datagram went out or came in.  All leave
 * from one socket, so their source is one endpoint; -b fixes its port.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

enum { DATAGRAM_MAX = 65507 };

static void fatal(const char *what, const char *value)
{
	fprintf(stderr, "datagram: %s %s\n", what, value);
	exit(2);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static size_t parse(uint8_t *out, const char *text)
{
	size_t n = 0;
	if (*text == '@') {
		n = strtoul(text + 1, NULL, 10);
		if (n > DATAGRAM_MAX)
			fatal("too long:", text);
		memset(out, 0, n);
		return n;
	}
	for (; *text; text += 2, n++) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0 || n == DATAGRAM_MAX)
			fatal("not hex (lower case):", text);
		out[n] = (uint8_t)(high << 4 | low);
	}
	return n;
}

static int open_socket(const char *host, const char *port, unsigned bind_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST }, *to;
	if (getaddrinfo(host, port, &hints, &to))
		fatal("bad address", host);
	int fd = socket(to->ai_family, SOCK_DGRAM, 0);
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)bind_port) };
	struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)bind_port) };
	int bad = to->ai_family == AF_INET6 ? bind(fd, (struct sockaddr *)&any6, sizeof(any6))
	                                    : bind(fd, (struct sockaddr *)&any4, sizeof(any4));
	if (fd < 0 || bad || connect(fd, to->ai_addr, to->ai_addrlen))
		fatal(strerror(errno), host);
	freeaddrinfo(to);
	return fd;
}

static void print_answers(int fd, unsigned answers, int wait_ms, uint8_t *bytes)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	for (unsigned n = 0; (!answers || n < answers) && poll(&pfd, 1, wait_ms) > 0; ) {
		ssize_t len = recv(fd, bytes, DATAGRAM_MAX, 0);
		if (len < 0)
			continue;               /* port unreachable, told by ICMP */
		for (ssize_t i = 0; i < len; i++)
			printf("%02x", bytes[i]);
		putchar('\n');
		n++;
	}
}

int main(int argc, char **argv)
{
	static uint8_t bytes[DATAGRAM_MAX];
	unsigned bind_port = 0, answers = 0;
	int opt, wait_ms = 500;

	while ((opt = getopt(argc, argv, "b:n:w:")) != -1) {
		if (opt == '?')
			return 2;
		unsigned value = (unsigned)strtoul(optarg, NULL, 10);
		if (opt == 'b')
			bind_port = value;
		else if (opt == 'n')
			answers = value;
		else
			wait_ms = (int)value;
	}
	if (argc - optind < 3) {
		fputs("usage: datagram [-b PORT] [-n ANSWERS] [-w MS] HOST PORT HEX...\n", stderr);
		return 2;
	}
	int fd = open_socket(argv[optind], argv[optind + 1], bind_port);
	for (int i = optind + 2; i < argc; i++)
		if (send(fd, bytes, parse(bytes, argv[i]), 0) < 0 && errno != ECONNREFUSED)
			fatal(strerror(errno), argv[i]);
	print_answers(fd, answers, wait_ms, bytes);
	return 0;
}
