/* What the log says: a line per change of state, and nothing that a stranger could repeat at will. */
#include "state.h"

static void note(struct edge *e, enum note_level level, const struct text *t)
{
	e->host.note(e->host.ctx, level, t->s);
}

static void text_community(struct text *t, const struct edge *e)
{
	text_quoted(t, e->config.community, COMMUNITY_LEN);
}

void note_registered(struct edge *e, const struct addr *public_endpoint)
{
	struct text t = { .len = 0 };
	const struct registration *r = &e->reg;
	if (r->ever && r->at != r->last_at)
		text_str(&t, "moved to supernode ");
	else if (r->ever && r->lost)
		text_str(&t, "supernode is back: ");
	else
		text_str(&t, "registered with supernode ");
	text_addr(&t, &r->to.addr);
	if (r->ever && r->at == r->last_at && r->lost)
		text_str(&t, ", registered again");
	if (addr_is_set(public_endpoint)) {
		text_str(&t, ", which sees us as ");
		text_addr(&t, public_endpoint);
	}
	note(e, NOTE_INFO, &t);
}

void note_lost(struct edge *e, const struct addr *supernode)
{
	struct text t = { .len = 0 };
	text_str(&t, "lost supernode ");
	text_addr(&t, supernode);
	text_str(&t, ": it does not answer; direct paths go on, trying to register again");
	note(e, NOTE_WARNING, &t);
}

void note_silent(struct edge *e)
{
	struct text t = { .len = 0 };
	text_str(&t, "no answer from supernode ");
	text_addr(&t, &e->reg.to.addr);
	text_str(&t, " so far, still trying");
	note(e, NOTE_WARNING, &t);
}

void note_address(struct edge *e)
{
	struct text t = { .len = 0 };
	text_str(&t, "supernode assigned address ");
	text_subnet(&t, &e->address);
	note(e, NOTE_INFO, &t);
}

void note_no_address(struct edge *e)
{
	struct text t = { .len = 0 };
	text_str(&t, "supernode ");
	text_addr(&t, &e->reg.to.addr);
	text_str(&t, " has no address for us; asking again (or choose one with -a)");
	note(e, NOTE_WARNING, &t);
}

void note_refused(struct edge *e)
{
	struct text t = { .len = 0 };
	text_str(&t, "not registered: MAC ");
	text_mac(&t, e->mac);
	text_str(&t, " or address ");
	text_subnet(&t, &e->address);
	text_str(&t, " is already in use in community ");
	text_community(&t, e);
	text_str(&t, ", held by a live edge; trying again");
	note(e, NOTE_ERROR, &t);
}

void note_not_proven(struct edge *e)
{
	struct text t = { .len = 0 };
	text_str(&t, "not registered: the supernode lets in only who has its key of community ");
	text_community(&t, e);
	text_str(&t, e->has_registration_key ? ", and ours is another; trying again" : ", and we have none (--key-file); trying again");
	note(e, NOTE_ERROR, &t);
}

void note_drawn(struct edge *e)
{
	struct text t = { .len = 0 };
	text_str(&t, "the MAC that was made up was in use in community ");
	text_community(&t, e);
	text_str(&t, ": registered with ");
	text_mac(&t, e->mac);
	note(e, NOTE_INFO, &t);
}

void note_supernode_endpoint(struct edge *e, const struct addr *a)
{
	struct text t = { .len = 0 };
	text_str(&t, "supernode address ");
	text_addr(&t, a);
	text_str(&t, " cannot be used: it is no address of one host, or leads through the TAP itself");
	note(e, NOTE_WARNING, &t);
}

void note_peer(struct edge *e, uint64_t now, const struct peer *p)
{
	struct text t = { .len = 0 };
	if (!bucket_take(&e->peer_notes, now, 1))
		return;
	text_str(&t, "peer ");
	text_mac(&t, p->mac);
	if (subnet_is_set(&p->address)) {
		text_str(&t, " (");
		text_subnet(&t, &p->address);
		text_str(&t, ")");
	}
	if (path_is_direct(&p->path)) {
		text_str(&t, " direct via ");
		text_addr(&t, &p->path.endpoint.addr);
	} else {
		text_str(&t, " relayed");
	}
	note(e, NOTE_INFO, &t);
}

void note_standby(struct edge *e, const uint8_t edge[static MAC_LEN])
{
	struct text t = { .len = 0 };
	text_str(&t, "edge ");
	text_mac(&t, edge);
	text_str(&t, " is on our own side too, by a bridge: broadcasts and multicast are left to it while that is so");
	note(e, NOTE_WARNING, &t);
}

static const char *transform_name(uint8_t transform)
{
	switch (transform) {
	case TRANSFORM_NULL:
		return "sends its frames plain";
	case 2:
		return "encrypts with n2n's Twofish (-A2)";
	case 3:
		return "encrypts with n2n's AES (-A3)";
	case 4:
		return "encrypts with n2n's ChaCha20 (-A4)";
	case 5:
		return "encrypts with n2n's SPECK (-A5)";
	case TRANSFORM_SECURE:
		return "encrypts as castnet does with a key";
	default:
		return "uses a transform that is not known here";
	}
}

/* Which option would make both talk. */
static const char *transform_advice(bool plain, uint8_t transform)
{
	if (transform == TRANSFORM_SECURE)
		return "start this edge with that key, by --key-file or -k";
	if (plain)
		return "this version has no such cipher: start that edge with -A1";
	if (transform == TRANSFORM_NULL)
		return "start it with the key of this one, by --key-file or -k";
	return "this version has no such cipher: start that edge as castnet's, with the key of this one";
}

/* The supernode asks in plain frames who is there.  Once for each, whoever says so: strangers cannot fill the log. */
void note_transform(struct edge *e, const uint8_t edge[static MAC_LEN], uint8_t transform)
{
	struct text t = { .len = 0 };
	if (e->transform_noted[transform] || mac_equal(edge, supernode_mac(e)) || mac_equal(edge, e->mac))
		return;
	e->transform_noted[transform] = true;
	text_str(&t, "edge ");
	text_mac(&t, edge);
	text_str(&t, " ");
	text_str(&t, transform_name(transform));
	text_str(&t, ", so nothing is taken from it; ");
	text_str(&t, transform_advice(e->config.transform->id == TRANSFORM_NULL, transform));
	note(e, NOTE_WARNING, &t);
}

static const char *first_drop(enum edge_drop why)
{
	switch (why) {
	case EDGE_DROP_MULTICAST_OUT:
		return "a multicast frame was not sent: multicast is off; start without --no-multicast to carry it";
	case EDGE_DROP_MULTICAST_IN:
		return "a multicast frame was not delivered: multicast is off; start without --no-multicast to carry it";
	case EDGE_DROP_ROUTED_OUT:
		return "a frame from an IPv4 address that is not ours was not sent; start with -r to carry routed traffic";
	case EDGE_DROP_ROUTED_IN:
		return "a frame to an IPv4 address that is not ours was not delivered; start with -r to carry routed "
		       "traffic";
	case EDGE_DROP_STORM_BROADCAST:
		return "more broadcasts than --storm-broadcast lets out: is something on our side in a loop, or broken?";
	case EDGE_DROP_STORM_MULTICAST:
		return "more flooded multicast than --storm-multicast lets out: is something on our side in a loop, or broken?";
	case EDGE_DROP_STORM_UNICAST:
		return "more frames to MACs that nobody here knows than --storm-unicast lets out";
	case EDGE_DROP_OWN_SOURCE:
		return "a frame of our own came from the network: probably two edges are in one bridge, or two bridges "
		       "meet outside the overlay; leave one way only, or switch STP on";
	case EDGE_DROP_LOOP_OUT:
		return "a frame from the overlay came back from our own side: probably two edges are in one bridge, or two "
		       "bridges meet outside the overlay; leave one way only, or switch STP on";
	default:
		return NULL;
	}
}

void note_drop(struct edge *e, enum edge_drop why)
{
	const char *line = e->drop_noted[why] ? NULL : first_drop(why);
	if (!line)
		return;
	e->drop_noted[why] = true;
	e->host.note(e->host.ctx, NOTE_WARNING, line);
}
