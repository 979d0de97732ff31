#include "trace.h"

#include <stdio.h>

#include "core/wire.h"
#include "frame.h"
#include "queue.h"

static const char *const types[] = {
	"PING", "REGISTER", "DEREGISTER", "PACKET", "REGISTER_ACK", "REGISTER_SUPER", "UNREGISTER_SUPER",
	"REGISTER_SUPER_ACK", "REGISTER_SUPER_NAK", "FEDERATION", "PEER_INFO", "QUERY_PEER", "RE_REGISTER_SUPER",
	[WIRE_GROUP_REPORT] = "GROUP_REPORT", "GROUP_REPORT_ACK", "GROUP_QUERY", "GROUP_MEMBERS", "GROUP_MEMBERS_ACK"
};

static void trace_macs(const uint8_t *src, const uint8_t *dst)
{
	char a[MAC_TEXT], b[MAC_TEXT];
	printf(" %s > %s", mac_print(a, src), mac_print(b, dst));
}

static void trace_body(const struct wire_message *m)
{
	struct frame f;
	if (m->type == WIRE_PACKET) {
		trace_macs(m->packet.src, m->packet.dst);
		if (frame_get(&f, m->packet.payload, m->packet.payload_len))
			printf(" frame %u", f.id);
		if (m->packet.transform == TRANSFORM_SECURE && m->packet.payload_len > 16)
			printf(" kind %u, %zu bytes, %08x", m->packet.payload[0], m->packet.payload_len,
			       get_be32(m->packet.payload + 4));
	} else if (m->type == WIRE_REGISTER) {
		trace_macs(m->reg.src, m->reg.dst);
		printf(" class %x", m->reg.cookie);
	} else if (m->type == WIRE_REGISTER_ACK) {
		trace_macs(m->reg_ack.src, m->reg_ack.dst);
		printf(" class %x", m->reg_ack.cookie);
	} else if (m->type == WIRE_QUERY_PEER) {
		trace_macs(m->query.src, m->query.target);
	} else if (m->type == WIRE_REGISTER_SUPER) {
		trace_macs(m->reg_super.mac, m->reg_super.mac);
		printf(" token %02x%02x", m->reg_super.auth.token[0], m->reg_super.auth.token[1]);
	} else if (m->type == WIRE_GROUP_QUERY) {
		trace_macs(m->group_query.mac, m->group_query.group);
		printf(" cookie %x", m->group_query.cookie);
	} else if (m->type == WIRE_GROUP_MEMBERS) {
		trace_macs(m->members.group, m->members.group);
		printf(" cookie %x generation %x part %u/%u lease %u, %u members", m->members.cookie, m->members.generation,
		       m->members.part, m->members.parts, m->members.lease, m->members.count);
	} else if (m->type == WIRE_GROUP_REPORT) {
		trace_macs(m->group_report.mac, m->group_report.mac);
		printf(" number %x, %u groups", m->group_report.sequence, m->group_report.count);
	} else if (m->type == WIRE_GROUP_REPORT_ACK) {
		trace_macs(m->group_ack.mac, m->group_ack.mac);
		printf(" number %x epoch %x", m->group_ack.sequence, m->group_ack.epoch);
	}
}

void trace_datagram(void *queue, const struct addr *from, const struct addr *to, const uint8_t *data, size_t len)
{
	struct wire_message m;
	char a[ADDR_TEXT], b[ADDR_TEXT];
	printf("%8llu  %s > %s", (unsigned long long)queue_now(queue), addr_print(a, from), addr_print(b, to));
	if (wire_get(&m, data, len) == WIRE_GOOD) {
		printf(" %.20s %s%s", (const char *)m.community, types[m.type],
		       m.flags & WIRE_FROM_SUPERNODE ? " relayed" : "");
		trace_body(&m);
	} else {
		printf(" %zu bytes of noise", len);
	}
	printf("\n");
}
