#include "io/sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool addr_from_sockaddr(struct addr *a, const struct sockaddr *sa)
{
	memset(a, 0, sizeof(*a));
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof(in));
		a->family = ADDR_V4;
		a->port = ntohs(in.sin_port);
		memcpy(a->ip, &in.sin_addr, 4);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof(in6));
		bool v4 = !memcmp(&in6.sin6_addr, mapped, sizeof(mapped));
		a->family = v4 ? ADDR_V4 : ADDR_V6;
		a->port = ntohs(in6.sin6_port);
		memcpy(a->ip, (const uint8_t *)&in6.sin6_addr + (v4 ? 12 : 0), v4 ? 4 : 16);
		return true;
	}
	return false;
}

socklen_t addr_to_sockaddr(struct sockaddr_storage *ss, const struct addr *a, int family)
{
	memset(ss, 0, sizeof(*ss));
	if (family == AF_INET) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->port) };
		if (a->family == ADDR_V6)
			return 0;
		memcpy(&in.sin_addr, a->ip, 4);
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	}
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };
	if (a->family == ADDR_V4) {
		memcpy(&in6.sin6_addr, mapped, sizeof(mapped));
		memcpy((uint8_t *)&in6.sin6_addr + 12, a->ip, 4);
	} else {
		memcpy(&in6.sin6_addr, a->ip, 16);
	}
	memcpy(ss, &in6, sizeof(in6));
	return sizeof(in6);
}
