/* What the engine asks for, and what comes in for it. */
#include "app/daemon/run.h"
#include "app/edge/daemon.h"

static void host_send(void *ctx, const struct endpoint *to, const struct addr *local, const struct buf *datagram)
{
	struct edge_daemon *d = ctx;
	udp_send(d->udp, &to->addr, local, datagram);
}

static void host_burst(void *ctx, const struct endpoint *to, const struct addr *local,
                            const struct burst_header *header, const struct burst *burst)
{
	struct edge_daemon *d = ctx;
	udp_send_burst(d->udp, &to->addr, local, header, burst);
}

static void host_send_ttl(void *ctx, const struct endpoint *to, uint8_t ttl, const struct buf *datagram)
{
	struct edge_daemon *d = ctx;
	udp_send_ttl(d->udp, &to->addr, ttl, datagram);
}

static void host_send_lan(void *ctx, const struct buf *datagram)
{
	struct edge_daemon *d = ctx;
	udp_send_lan(d->udp, datagram);
}

static uint8_t *host_room(void *ctx, size_t len)
{
	return edge_frames_room(ctx, len);
}

static void host_deliver(void *ctx, const struct buf *frame)
{
	edge_frames_deliver(ctx, frame);
}

static void host_inject(void *ctx, const struct buf *frame)
{
	edge_frames_inject(ctx, frame);
}

static void host_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	sys_random(bytes, len);
}

/* Never into the own TAP.  What has no way at all now goes nowhere, and harms nobody. */
static bool host_reachable(void *ctx, const struct addr *to)
{
	return edge_ways_to(ctx, to).kind != WAY_NONE;
}

/* The kernel knows what routers have told it (with -D), and what routes and links are set to. */
static size_t host_path_mtu(void *ctx, const struct addr *to)
{
	return edge_underlay_path_mtu(ctx, to);
}

static void host_note(void *ctx, enum note_level level, const char *line)
{
	struct edge_daemon *d = ctx;
	daemon_note(d->now, level, line);
}

static void host_assigned(void *ctx, const struct subnet *address)
{
	struct edge_daemon *d = ctx;
	edge_tap_assign(d, address);
	edge_previous_write(d, address);
	d->noted = true;
}

static void host_mac_changed(void *ctx, const uint8_t mac[static MAC_LEN])
{
	struct edge_daemon *d = ctx;
	edge_tap_change_mac(d, mac);
	d->noted = true;
}

static void host_resolve(void *ctx, size_t i)
{
	struct edge_daemon *d = ctx;
	edge_names_again(d, i);
	d->noted = true;
}

void edge_host_fill(struct host *host, struct edge_daemon *d)
{
	*host = (struct host){
		.ctx = d, .send = host_send, .send_burst = host_burst, .room = host_room, .send_ttl = host_send_ttl,
		.send_lan = host_send_lan, .deliver = host_deliver, .inject = host_inject, .random = host_random, .reachable = host_reachable,
		.note = host_note, .assigned = host_assigned, .mac_changed = host_mac_changed, .resolve = host_resolve,
		.path_mtu = host_path_mtu,
	};
}

void edge_udp_ready(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct edge_daemon *d = ctx;
	struct udp_message *in;
	d->now = now;
	size_t n = udp_receive(d->udp, &in), bytes = 0;
	for (size_t i = 0; i < n; i++) {
		bytes += in[i].train.len;
		struct endpoint from = endpoint_udp(&in[i].from);
		edge_train_from_net(d->engine, now, &from, &in[i].train);
	}
	loop_carried(d->lp, bytes);
	edge_frames_flush(d);
}

void edge_lan_ready(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct edge_daemon *d = ctx;
	struct udp_message *in;
	d->now = now;
	size_t n = lan_receive(d->lan, &in);
	for (size_t i = 0; i < n; i++) {
		struct train *t = &in[i].train;
		struct buf b = { t->data, t->len, t->data, t->data + t->len };
		struct endpoint from = endpoint_udp(&in[i].from);
		edge_from_lan(d->engine, now, &from, &b);
	}
}
