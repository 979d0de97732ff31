/* Membership of multicast groups: castnet's own messages, castnet(7).  What cannot be said is refused in both
 * directions by the same questions, so a sound message is one that encodes again.
 */
#include "core/wire.h"
#include "wire_codec.h"

/* Reserved bits and bytes are for later versions: who does not know them must not guess. */
static void get_zero(struct rd *r)
{
	if (rd_u8(r))
		r->bad = true;
}

static bool flags_known(uint8_t flags, uint8_t known) { return !(flags & ~known); }

/* Multicast MACs, ascending, none twice. */
static bool are_groups(const uint8_t (*group)[MAC_LEN], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!mac_is_group(group[i]) || (i && memcmp(group[i - 1], group[i], MAC_LEN) >= 0))
			return false;
	return true;
}

static bool report_fits(const struct wire_group_report *report)
{
	size_t max = report->flags & GROUP_REPORT_ALL ? 0 : WIRE_GROUPS_MAX;
	return report->count <= max && flags_known(report->flags, GROUP_REPORT_ALL);
}

void wire_get_group_report(struct rd *r, struct wire_message *m)
{
	struct wire_group_report *report = &m->group_report;
	report->cookie = rd_u32(r);
	rd_bytes(r, report->mac, MAC_LEN);
	report->sequence = rd_u32(r);
	report->flags = rd_u8(r);
	get_zero(r);
	report->count = rd_u16(r);
	if (r->bad || !report_fits(report)) {
		r->bad = true;
		return;
	}
	rd_bytes(r, report->group, (size_t)report->count * MAC_LEN);
	if (!r->bad && !are_groups((const uint8_t (*)[MAC_LEN])report->group, report->count))
		r->bad = true;
}

void wire_put_group_report(struct wr *w, const struct wire_message *m)
{
	const struct wire_group_report *report = &m->group_report;
	if (!report_fits(report) || !are_groups((const uint8_t (*)[MAC_LEN])report->group, report->count)) {
		w->bad = true;
		return;
	}
	wr_u32(w, report->cookie);
	wr_bytes(w, report->mac, MAC_LEN);
	wr_u32(w, report->sequence);
	wr_u8(w, report->flags);
	wr_zero(w, 1);
	wr_u16(w, report->count);
	wr_bytes(w, report->group, (size_t)report->count * MAC_LEN);
}

void wire_get_group_report_ack(struct rd *r, struct wire_message *m)
{
	struct wire_group_report_ack *ack = &m->group_ack;
	ack->cookie = rd_u32(r);
	rd_bytes(r, ack->mac, MAC_LEN);
	ack->sequence = rd_u32(r);
	ack->flags = rd_u8(r);
	get_zero(r);
	ack->no_epoch = !rd_left(r);
	ack->epoch = ack->no_epoch ? 0 : rd_u32(r);
	if (!flags_known(ack->flags, GROUP_ACK_STORED_ALL))
		r->bad = true;
}

void wire_put_group_report_ack(struct wr *w, const struct wire_message *m)
{
	const struct wire_group_report_ack *ack = &m->group_ack;
	if (!flags_known(ack->flags, GROUP_ACK_STORED_ALL))
		w->bad = true;
	wr_u32(w, ack->cookie);
	wr_bytes(w, ack->mac, MAC_LEN);
	wr_u32(w, ack->sequence);
	wr_u8(w, ack->flags);
	wr_zero(w, 1);
	if (!ack->no_epoch)
		wr_u32(w, ack->epoch);
}

void wire_get_group_query(struct rd *r, struct wire_message *m)
{
	struct wire_group_query *query = &m->group_query;
	query->cookie = rd_u32(r);
	rd_bytes(r, query->mac, MAC_LEN);
	rd_bytes(r, query->group, MAC_LEN);
	if (!mac_is_group(query->group))
		r->bad = true;
}

void wire_put_group_query(struct wr *w, const struct wire_message *m)
{
	const struct wire_group_query *query = &m->group_query;
	if (!mac_is_group(query->group))
		w->bad = true;
	wr_u32(w, query->cookie);
	wr_bytes(w, query->mac, MAC_LEN);
	wr_bytes(w, query->group, MAC_LEN);
}

static bool members_fit(const struct wire_group_members *members)
{
	size_t max = members->flags & GROUP_MEMBERS_RELAY ? 0 : WIRE_MEMBERS_MAX;
	return mac_is_group(members->group) && members->part < members->parts && members->count <= max &&
	       flags_known(members->flags, GROUP_MEMBERS_RELAY);
}

void wire_get_group_members(struct rd *r, struct wire_message *m)
{
	struct wire_group_members *members = &m->members;
	if (rd_left(r) > WIRE_MEMBERS_LEN_MAX - WIRE_HEADER_LEN)
		r->bad = true;
	members->cookie = rd_u32(r);
	rd_bytes(r, members->group, MAC_LEN);
	members->generation = rd_u32(r);
	members->lease = rd_u16(r);
	members->part = rd_u8(r);
	members->parts = rd_u8(r);
	members->flags = rd_u8(r);
	get_zero(r);
	members->count = rd_u16(r);
	if (r->bad || !members_fit(members)) {
		r->bad = true;
		return;
	}
	for (size_t i = 0; i < members->count && !r->bad; i++) {
		rd_bytes(r, members->member[i].mac, MAC_LEN);
		wire_get_socket(r, &members->member[i].socket);
		if (mac_is_group(members->member[i].mac))
			r->bad = true;
	}
}

void wire_put_group_members(struct wr *w, const struct wire_message *m)
{
	const struct wire_group_members *members = &m->members;
	const uint8_t *start = w->at;
	if (!members_fit(members)) {
		w->bad = true;
		return;
	}
	wr_u32(w, members->cookie);
	wr_bytes(w, members->group, MAC_LEN);
	wr_u32(w, members->generation);
	wr_u16(w, members->lease);
	wr_u8(w, members->part);
	wr_u8(w, members->parts);
	wr_u8(w, members->flags);
	wr_zero(w, 1);
	wr_u16(w, members->count);
	for (size_t i = 0; i < members->count; i++) {
		if (mac_is_group(members->member[i].mac))
			w->bad = true;
		wr_bytes(w, members->member[i].mac, MAC_LEN);
		wire_put_socket(w, &members->member[i].socket);
	}
	if (w->at - start > WIRE_MEMBERS_LEN_MAX - WIRE_HEADER_LEN)
		w->bad = true;
}

void wire_get_group_members_ack(struct rd *r, struct wire_message *m)
{
	struct wire_group_members_ack *ack = &m->members_ack;
	ack->cookie = rd_u32(r);
	rd_bytes(r, ack->mac, MAC_LEN);
	rd_bytes(r, ack->group, MAC_LEN);
	ack->generation = rd_u32(r);
	if (!mac_is_group(ack->group))
		r->bad = true;
}

void wire_put_group_members_ack(struct wr *w, const struct wire_message *m)
{
	const struct wire_group_members_ack *ack = &m->members_ack;
	if (!mac_is_group(ack->group))
		w->bad = true;
	wr_u32(w, ack->cookie);
	wr_bytes(w, ack->mac, MAC_LEN);
	wr_bytes(w, ack->group, MAC_LEN);
	wr_u32(w, ack->generation);
}
