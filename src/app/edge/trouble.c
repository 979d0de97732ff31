#include "app/edge/trouble.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/edge/daemon.h"
#include "io/knock.h"

enum {
	ALIVE_MS = 60000,               /* a supernode that was heard within is there */
	KNOCK_MS = 30000,               /* from one knock at the port of a silent one to the next, */
	KNOCK_WAIT_MS = 1000            /* and for so long an ICMP error is awaited */
};

/* A port that is closed looks like one behind a firewall to a socket that has many peers. */
struct edge_trouble_state {
	int fd;                         /* -1: not knocking */
	struct addr at;
	bool closed;                    /* so it was said of at */
	uint64_t next, end;
};

bool edge_trouble_new(struct edge_daemon *d)
{
	d->trouble = calloc(1, sizeof(*d->trouble));
	if (d->trouble)
		d->trouble->fd = -1;
	return d->trouble != NULL;
}

static void stop_knocking(struct edge_trouble_state *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void edge_trouble_free(struct edge_daemon *d)
{
	if (d->trouble)
		stop_knocking(d->trouble);
	free(d->trouble);
	d->trouble = NULL;
}

static void knocked(struct edge_daemon *d)
{
	struct edge_trouble_state *s = d->trouble;
	char at[ADDR_TEXT];
	bool closed = knock_refused(s->fd);
	if (closed && !s->closed)
		log_warnx("%s is closed: its host says that no program listens on that UDP port", addr_print(at, &s->at));
	if (!closed && d->now < s->end)
		return;
	s->closed = closed;
	stop_knocking(s);
}

uint64_t edge_trouble_tick(struct edge_daemon *d)
{
	const struct edge_info *info = edge_info(d->engine);
	struct edge_trouble_state *s = d->trouble;
	if (info->registered || info->trouble != TROUBLE_SILENT) {
		stop_knocking(s);
		s->closed = false;
		return UINT64_MAX;
	}
	if (s->fd < 0 && d->now >= s->next && edge_ways_to(d, &info->trouble_at).kind == WAY_OPEN) {
		s->closed &= addr_equal(&s->at, &info->trouble_at);
		s->at = info->trouble_at;
		s->fd = knock(&s->at);
		s->next = d->now + KNOCK_MS;
		s->end = d->now + KNOCK_WAIT_MS;
	}
	if (s->fd >= 0)
		knocked(d);
	return s->fd >= 0 ? d->now + KNOCK_WAIT_MS / 10 : s->next > d->now ? s->next : d->now + KNOCK_MS;
}

static bool is_closed(const struct edge_daemon *d)
{
	return d->trouble->closed && addr_equal(&d->trouble->at, &edge_info(d->engine)->trouble_at);
}

/* It answers PINGs, so it is neither down nor behind a firewall. */
static bool is_alive(struct edge_daemon *d)
{
	struct edge_supernode_info si;
	edge_supernode_info(d->engine, edge_info(d->engine)->supernode, &si);
	return si.last_seen && d->now - si.last_seen < ALIVE_MS;
}

/* The engine asks nobody, and so says nothing, before there is an address. */
static enum edge_trouble trouble_now(struct edge_daemon *d)
{
	const struct edge_info *info = edge_info(d->engine);
	const struct addr *addrs;
	bool asked = info->trouble != TROUBLE_NONE || info->registered || edge_names_of(d, info->supernode, &addrs);
	return asked ? info->trouble : TROUBLE_UNRESOLVED;
}

const char *edge_trouble_word(struct edge_daemon *d)
{
	static const char *const words[] = {
		[TROUBLE_NONE] = "starting", [TROUBLE_UNRESOLVED] = "unresolved", [TROUBLE_NO_WAY] = "no_way",
		[TROUBLE_SILENT] = "silent", [TROUBLE_IN_USE] = "in_use", [TROUBLE_NO_ADDRESS] = "no_address",
		[TROUBLE_KEY] = "not_proven",
	};
	enum edge_trouble trouble = trouble_now(d);
	if (trouble == TROUBLE_SILENT && is_closed(d))
		return "closed";
	return trouble == TROUBLE_SILENT && is_alive(d) ? "not_accepted" : words[trouble];
}

/* Who has our address, as far as we know the others: "", or a part of the sentence. */
static const char *holder(struct edge_daemon *d, char out[static 128])
{
	const struct edge_info *info = edge_info(d->engine);
	const struct subnet *wanted = subnet_is_set(&info->address) ? &info->address : edge_tap_wanted(d);
	struct edge_peer_info pi;
	char mac[MAC_TEXT], at[ADDR_TEXT];
	out[0] = 0;
	for (size_t cursor = 0; subnet_is_set(wanted) && edge_peer_next(d->engine, &cursor, &pi); )
		if (!memcmp(pi.address.ip, wanted->ip, 4) && subnet_is_set(&pi.address))
			snprintf(out, 128, ", %s at %s", mac_print(mac, pi.mac), addr_print(at, &pi.endpoint));
	return out;
}

const char *edge_trouble(struct edge_daemon *d, char out[static EDGE_TROUBLE_TEXT])
{
	const struct edge_info *info = edge_info(d->engine);
	const struct conf_endpoint *ep = &d->conf.supernodes[info->supernode];
	char at[ADDR_TEXT], mac[MAC_TEXT], address[SUBNET_TEXT], who[128];
	addr_print(at, &info->trouble_at);
	switch (trouble_now(d)) {
	case TROUBLE_NONE:
		snprintf(out, EDGE_TROUBLE_TEXT, info->registered ? "the supernode has answered" : "no supernode was asked yet");
		break;
	case TROUBLE_UNRESOLVED:
		snprintf(out, EDGE_TROUBLE_TEXT, "the name '%s' cannot be resolved", ep->host);
		break;
	case TROUBLE_NO_WAY:
		snprintf(out, EDGE_TROUBLE_TEXT, "the way to '%s' leads into the overlay itself", ep->host);
		break;
	case TROUBLE_SILENT:
		snprintf(out, EDGE_TROUBLE_TEXT, is_closed(d)
		         ? "%s is closed: no program listens on that UDP port there; is the supernode running, and on that port?"
		         : is_alive(d)
		         ? "%s is there, but does not take the registration: does it accept this community (-c), and has it room?"
		         : "%s does not answer: is the supernode running, on that port, and does a firewall let UDP through? "
		         "One that is not for this community (-c there) may be silent too", at);
		break;
	case TROUBLE_KEY:
		snprintf(out, EDGE_TROUBLE_TEXT, "%s lets in only who has its key of this community: does its community file have the line "
		         "that edge regkey prints here?", at);
		break;
	case TROUBLE_IN_USE:
		snprintf(out, EDGE_TROUBLE_TEXT, "refused by %s: MAC %s or address %s is in use by another edge that lives%s", at,
		         mac_print(mac, info->mac), subnet_print(address, &info->address), holder(d, who));
		break;
	case TROUBLE_NO_ADDRESS:
		snprintf(out, EDGE_TROUBLE_TEXT, "%s has no address left for us: choose one with -a", at);
		break;
	}
	return out;
}
