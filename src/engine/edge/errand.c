/* What forwarding (from_tap.c, from_net.c, fanout.c) wants of control.  Forwarding looks tables up and writes counters
 * and "seen" marks, nothing else: what would change a table, or send a message, waits here until control does it, in
 * the same turn.  Frames that are control themselves (IGMP, MLD, ARP, neighbour discovery) are looked at where they pass.
 */
#include "state.h"

static struct errand *errand_new(struct edge *e, enum errand_kind kind, const uint8_t mac[static MAC_LEN])
{
	struct errands *q = &e->errands;
	if (q->n == ERRANDS_MAX) {
		drop(e, EDGE_DROP_ERRANDS_FULL);
		return NULL;
	}
	struct errand *er = &q->at[q->n++];
	er->kind = kind;
	memcpy(er->mac, mac, MAC_LEN);
	return er;
}

void errand_sent(struct edge *e, const uint8_t dst[static MAC_LEN], const struct burst *sent)
{
	struct errand *er = errand_new(e, mac_is_group(dst) ? ERRAND_GROUP : ERRAND_PATH, dst);
	if (!er)
		return;
	er->frames = sent ? sent->n : 0;
	er->bytes = sent ? sent->bytes : 0;
}

void errand_heard(struct edge *e, const uint8_t mac[static MAC_LEN], const struct arrival *a, const struct burst *frames)
{
	struct errand *er = errand_new(e, is_relayed(&a->m) ? ERRAND_RELAYED : ERRAND_DIRECT, mac);
	if (!er)
		return;
	er->frames = frames->n;
	er->bytes = frames->bytes;
	er->from = *a->from;
	if (!is_relayed(&a->m))
		return;
	er->from = endpoint_udp(relayed_socket(&a->m, &a->m.packet.socket));
	er->flooded = mac_is_group(a->m.packet.dst);
}

void errand_learn(struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN], const uint8_t edge[static MAC_LEN])
{
	struct errand *er = errand_new(e, ERRAND_LEARN, mac);
	if (!er)
		return;
	er->vlan = vlan;
	memcpy(er->edge, edge, MAC_LEN);
}

void errand_here(struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN])
{
	struct errand *er = errand_new(e, ERRAND_HERE, mac);
	if (er)
		er->vlan = vlan;
}

/* Frames are for this edge, which may be new. */
static void seek_path(struct edge *e, uint64_t now, const struct errand *er)
{
	struct peer *p = peer_find(e, er->mac);
	if (!p) {
		p = peer_add(e, now, er->mac);
		if (!p)
			return;
	}
	p->frames_out += er->frames;
	p->bytes_out += er->bytes;
	contact_seek(e, now, p);
}

/* What was sent before there was a place for it went by the relay; there may be several bursts of it. */
static void seek_members(struct edge *e, uint64_t now, const struct errand *er)
{
	struct group *g = group_get(e, now, er->mac);
	if (!g)
		return;
	g->frames_out += er->frames;
	g->copies += er->frames;
	g->bytes_out += er->bytes;
	fanout_seek(e, now, g);
}

static void heard_relayed(struct edge *e, uint64_t now, const struct errand *er)
{
	bool known = peer_find(e, er->mac);
	struct peer *p = contact_heard_relayed(e, now, er->mac, &er->from.addr, er->flooded);
	if (known || !p)
		return;
	p->frames_in = er->frames;
	p->bytes_in = er->bytes;
}

static void heard_directly(struct edge *e, uint64_t now, const struct errand *er)
{
	struct peer *p;
	if (contact_heard_directly(e, now, er->mac, &er->from, &p) == PATH_CONFIRMED)
		path_carried(&p->path, now, &er->from);
}

static void learn(struct edge *e, uint64_t now, const struct errand *er)
{
	if (mac_equal(er->mac, er->edge))
		fdb_forget(e, er->vlan, er->mac);       /* it is there itself, whatever was said before */
	else
		fdb_learn(e, now, er->vlan, er->mac, er->edge);
}

void errands_do(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->errands.n; i++) {
		const struct errand *er = &e->errands.at[i];
		switch (er->kind) {
		case ERRAND_PATH:
			seek_path(e, now, er);
			break;
		case ERRAND_GROUP:
			seek_members(e, now, er);
			break;
		case ERRAND_RELAYED:
			heard_relayed(e, now, er);
			break;
		case ERRAND_DIRECT:
			heard_directly(e, now, er);
			break;
		case ERRAND_LEARN:
			learn(e, now, er);
			break;
		case ERRAND_HERE:
			fdb_here(e, now, er->vlan, er->mac);
			break;
		}
	}
	e->errands.n = 0;
}
