#include <errno.h>
#include <net/if.h>

#include "io/nlmsg.h"

static bool is_tun(const struct nlmsghdr *h)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct ifinfomsg)), len = 0;
	const uint8_t *info = nl_find((const uint8_t *)h + skip, h->nlmsg_len - skip, IFLA_LINKINFO, 0, &len);
	const char *kind = info ? nl_find(info, len, IFLA_INFO_KIND, sizeof("tun"), NULL) : NULL;

	return kind && !memcmp(kind, "tun", sizeof("tun"));
}

bool nl_link(const struct nlmsghdr *h, struct link_info *out)
{
	const struct ifinfomsg *body = nl_body(h, sizeof(*body));
	const void *mac;
	const char *name;

	memset(out, 0, sizeof(*out));
	if (h->nlmsg_type != RTM_NEWLINK || !body)
		return false;
	out->ifindex = (unsigned)body->ifi_index;
	out->up = body->ifi_flags & IFF_UP;
	out->running = body->ifi_flags & IFF_RUNNING;
	out->loopback = body->ifi_flags & IFF_LOOPBACK;
	out->mtu = nl_u32(h, sizeof(*body), IFLA_MTU);
	out->tx_queue_len = nl_u32(h, sizeof(*body), IFLA_TXQLEN);
	out->master = nl_u32(h, sizeof(*body), IFLA_MASTER);
	out->tun = is_tun(h);
	mac = nl_attribute(h, sizeof(*body), IFLA_ADDRESS, MAC_LEN);
	if (mac)
		memcpy(out->mac, mac, MAC_LEN);
	name = nl_attribute(h, sizeof(*body), IFLA_IFNAME, 1);
	for (size_t i = 0; name && i < LINK_NAME - 1 && name[i]; i++)
		out->name[i] = name[i];
	return true;
}

static void found(void *ctx, const struct nlmsghdr *h)
{
	struct link_info link;

	if (nl_link(h, &link))
		*(struct link_info *)ctx = link;
}

static int get(struct netlink *nl, struct nl_request *q, struct link_info *out)
{
	memset(out, 0, sizeof(*out));
	if (nl_talk(nl, q, found, out))
		return -1;
	if (out->ifindex)
		return 0;
	errno = ENODEV;
	return -1;
}

int link_get(struct netlink *nl, unsigned ifindex, struct link_info *out)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex };
	struct nl_request q;

	nl_begin(&q, RTM_GETLINK, 0, &body, sizeof(body));
	return get(nl, &q, out);
}

int link_find(struct netlink *nl, const char *name, struct link_info *out)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	struct nl_request q;
	size_t len = strlen(name);

	if (len >= LINK_NAME) {
		errno = ENODEV;
		return -1;
	}
	nl_begin(&q, RTM_GETLINK, 0, &body, sizeof(body));
	nl_put(&q, IFLA_IFNAME, name, len + 1);
	return get(nl, &q, out);
}

static int set(struct netlink *nl, unsigned ifindex, uint16_t attribute, const void *value, size_t len)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex };
	struct nl_request q;

	nl_begin(&q, RTM_NEWLINK, 0, &body, sizeof(body));
	nl_put(&q, attribute, value, len);
	return nl_talk(nl, &q, NULL, NULL);
}

int link_set_mac(struct netlink *nl, unsigned ifindex, const uint8_t mac[static MAC_LEN])
{
	return set(nl, ifindex, IFLA_ADDRESS, mac, MAC_LEN);
}

int link_set_mtu(struct netlink *nl, unsigned ifindex, unsigned mtu)
{
	uint32_t value = mtu;
	return set(nl, ifindex, IFLA_MTU, &value, sizeof(value));
}

int link_set_txqueuelen(struct netlink *nl, unsigned ifindex, unsigned packets)
{
	uint32_t value = packets;
	return set(nl, ifindex, IFLA_TXQLEN, &value, sizeof(value));
}

int link_set_up(struct netlink *nl, unsigned ifindex, bool up)
{
	struct ifinfomsg body = {
		.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex,
		.ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP
	};
	struct nl_request q;

	nl_begin(&q, RTM_NEWLINK, 0, &body, sizeof(body));
	return nl_talk(nl, &q, NULL, NULL);
}
