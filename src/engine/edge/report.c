/* Telling the supernode which groups are wanted here: on each change, with each registration, and again until it
 * says that it knows (castnet(7)).  An n2n supernode never does: it is told with each registration only, should it
 * be replaced by one that listens.
 */
#include "state.h"

static void soon(struct edge *e, uint64_t now)
{
	struct groups *gs = &e->groups;
	uint64_t gap_end = gs->reported + REPORT_GAP_MS;
	gs->acked = false;
	gs->cookie = register_cookie(e);
	gs->report_retry = REPORT_RETRY_MS;
	gs->report_due = gs->reported && gap_end > now ? gap_end : now;
}

void report_changed(struct edge *e, uint64_t now)
{
	e->groups.sequence++;
	if (!e->groups.old)
		soon(e, now);
}

void report_registered(struct edge *e, uint64_t now, bool news)
{
	struct groups *gs = &e->groups;
	if (!gs->on)
		return;
	if (news) {
		gs->old = false;
		gs->unanswered = 0;
		gs->epoch_known = false;
		lists_hold(e, now);
	} else if (gs->answered) {
		gs->unanswered = 0;
	} else if (++gs->unanswered >= REPORTS_TO_OLD) {
		gs->old = true;
	}
	gs->answered = false;
	soon(e, now);
}

/* Until we have answered the supernode what we say of groups does not count. */
void report_repeat(struct edge *e, uint64_t now)
{
	struct groups *gs = &e->groups;
	if (!gs->on || e->reg.state != REG_KEEP)
		return;
	if (!gs->acked && !gs->old)
		gs->report_due = now;
	lists_ask_now(e, now);
}

static void report_make(const struct edge *e, struct wire_group_report *report)
{
	const struct groups *gs = &e->groups;
	const uint8_t (*mac)[MAC_LEN];
	report->cookie = gs->cookie;
	memcpy(report->mac, e->mac, MAC_LEN);
	report->sequence = gs->sequence;
	report->flags = 0;
	report->count = 0;
	if (!gs->membership)
		return;
	report->flags = membership_wants_all(gs->membership) ? GROUP_REPORT_ALL : 0;
	report->count = (uint16_t)membership_macs(gs->membership, &mac);
	memcpy(report->group, mac, (size_t)report->count * MAC_LEN);
}

void report_to(struct edge *e, const struct endpoint *to)
{
	struct wire_group_report report;
	if (!e->groups.on)
		return;
	report_make(e, &report);
	send_group_report(e, to, &report);
}

static void report_send(struct edge *e, uint64_t now)
{
	struct groups *gs = &e->groups;
	report_to(e, &e->reg.to);
	if (move_serves(e))
		report_to(e, &e->move.to);
	gs->reported = now;
	gs->report_due = gs->old ? UINT64_MAX : now + gs->report_retry;
	gs->report_retry = earlier(2 * gs->report_retry, REPORT_RETRY_MAX_MS);
}

uint64_t report_tick(struct edge *e, uint64_t now)
{
	if (e->reg.state != REG_KEEP)
		return UINT64_MAX;
	if (now >= e->groups.report_due)
		report_send(e, now);
	return e->groups.report_due;
}

/* An n2n supernode does not acknowledge, and relays everything. */
bool edge_is_served(const struct edge *e, uint64_t now)
{
	const struct groups *gs = &e->groups;
	if (e->reg.state != REG_KEEP)
		return false;
	return !gs->on || (gs->first_acked && now - gs->first_acked >= NEWS_MS) ||
	       now - e->info.registered_since >= NO_ACK_MS;
}

/* Another epoch: the supernode was restarted, or had forgotten us, and our queries with us. */
static void epoch_heard(struct edge *e, uint64_t now, uint32_t epoch)
{
	struct groups *gs = &e->groups;
	bool other = gs->epoch_known && gs->epoch != epoch;
	gs->epoch_known = true;
	gs->epoch = epoch;
	if (other)
		lists_hold(e, now);
}

static bool is_older(uint32_t a, uint32_t b) { return (a - b) & 0x80000000; }

enum edge_drop report_acked(struct edge *e, uint64_t now, const struct wire_group_report_ack *ack)
{
	struct groups *gs = &e->groups;
	if (!mac_equal(ack->mac, e->mac))
		return EDGE_DROP_NOT_FOR_US;
	if (!gs->on || ack->cookie != gs->cookie || !gs->reported)
		return EDGE_DROP_UNEXPECTED;
	gs->answered = true;
	gs->first_acked = gs->first_acked ? gs->first_acked : now;
	gs->old = false;
	gs->unanswered = 0;
	e->info.counts.group_acks++;
	epoch_heard(e, now, ack->epoch);
	if (ack->sequence == gs->sequence) {
		gs->acked = true;
		gs->report_due = UINT64_MAX;
	} else if (is_older(gs->sequence, ack->sequence)) {
		gs->sequence = ack->sequence + 1;       /* somebody here before us had got that far */
		soon(e, now);
	}
	return GOOD;
}
