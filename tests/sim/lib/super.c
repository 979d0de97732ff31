/* A supernode in the world: engine and socket. */
#include "world.h"

#include <stdio.h>

#include "mem.h"

enum { SUPERNODE_PORT = 7654 };

static uint64_t now_of(const struct super *s) { return queue_now(s->world->queue); }

static void due_event(void *ctx, bool happens);

static void turn(struct super *s)
{
	uint64_t now = now_of(s), due;
	if (!s->engine)
		return;
	due = supernode_tick(s->engine, now);
	if (due <= now) {
		world_fail(s->world, "supernode %u: a deadline %llu ms ago", s->id, (unsigned long long)(now - due));
		due = now + 1;
	}
	if (due >= s->due && s->due > now)
		return;
	s->due = due;
	if (due != UINT64_MAX)
		queue_add(s->world->queue, due, due_event, s);
}

static void due_event(void *ctx, bool happens)
{
	struct super *s = ctx;
	if (happens && s->engine && s->due == now_of(s))
		turn(s);
}

static void send(void *ctx, const struct endpoint *to, const struct addr *local, const struct buf *datagram)
{
	struct super *s = ctx;
	if (local && addr_is_set(local) && !addr_is_loopback(local) && !addr_same_ip(local, &s->station->ip4) &&
	    !addr_same_ip(local, &s->station->ip6))
		world_fail(s->world, "supernode %u sends from an address that it does not have", s->id);
	world_check_datagram(s->world, "supernode", NULL, &to->addr, datagram);
	s->sent++;
	s->sent_bytes += datagram->len;
	udp_send(s->udp, &to->addr, 0, datagram->data, datagram->len);
}

static void random_bytes(void *ctx, void *bytes, size_t len)
{
	struct super *s = ctx;
	rng_bytes(&s->world->rng, bytes, len);
}

static void note(void *ctx, enum note_level level, const char *line)
{
	struct super *s = ctx;
	s->notes += level != NOTE_DEBUG;
	if (s->world->trace)
		printf("%8llu  supernode %u: %s\n", (unsigned long long)now_of(s), s->id, line);
}

static void arrived(void *ctx, const struct arrival *a)
{
	struct super *s = ctx;
	if (a->lan)
		return;
	struct endpoint from = endpoint_udp(&a->from);
	supernode_from_net(s->engine, now_of(s), &from, &a->local, a->datagram);
	turn(s);
}

struct addr super_addr(const struct super *s)
{
	struct addr a = s->station->ip4;
	a.port = SUPERNODE_PORT;
	return a;
}

void super_start(struct super *s)
{
	struct host host = { .ctx = s, .send = send, .random = random_bytes, .note = note };
	if (s->engine)
		return;
	s->udp = udp_open(s->station, SUPERNODE_PORT);
	s->udp->ctx = s;
	s->udp->arrived = arrived;
	rng_bytes(&s->world->rng, s->config.mac, MAC_LEN);      /* a made-up MAC is another after each start */
	s->config.mac[0] = 0x06;
	s->engine = supernode_new(&s->config, &host, now_of(s));
	supernode_set_outward(s->engine, false, &s->station->ip4);
	supernode_set_outward(s->engine, true, &s->station->ip6);
	turn(s);
}

void super_crash(struct super *s)
{
	if (!s->engine)
		return;
	supernode_free(s->engine);
	udp_close(s->udp);
	s->engine = NULL;
	s->udp = NULL;
	s->due = 0;
}

void super_free(struct super *s)
{
	super_crash(s);
	mem_free(s);
}
