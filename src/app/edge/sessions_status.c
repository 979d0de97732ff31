/* What edge status shows of secure sessions: each peer's, our own sender key, and counters. */
#include "app/edge/daemon.h"
#include "core/base64.h"

static const char *suite_name(uint8_t suite)
{
	return suite ? "AEGIS-128L" : "ChaCha20-Poly1305";
}

static void session_row(struct page *page, uint64_t now, const struct secure_peer_info *p)
{
	char key[BASE64_KEY_TEXT];
	base64_write(key, p->public, SECURE_KEY);
	const struct value row[] = {
		value_mac("mac", p->mac),
		value_word("suite", suite_name(p->suite)),
		value_seconds("age_s", now - p->made),
		value_if(p->handshake, value_seconds("last_handshake_s", now - p->handshake)),
		value_if(p->heard, value_ms("heard_ms", now - p->heard)),
		value_uint("rekeys", p->rekeys),
		value_uint("replays_refused", p->replays),
		value_word("public_key", key),
	};
	page_row(page, !page->rows, row, sizeof(row) / sizeof(row[0]),
	         "  {session=mac:17}  {suite=suite:17}  {age=age_s:8}  {handshake=last_handshake_s:9}  {heard=heard_ms:6}  "
	         "{rekeys=rekeys:6}  {replays=replays_refused:7}  {public key=public_key}\n");
}

void edge_sessions_write_peers(struct edge_daemon *d, uint64_t now, struct page *page)
{
	const struct secure *s = edge_sessions_secure(d);
	struct secure_peer_info p;
	if (!page->rows && !page->cursor)
		page_either(page, s ? "\"sessions\":[" : "", "");
	while (s && page_room(page)) {
		if (!secure_peer_next(s, &page->cursor, &p)) {
			page_either(page, "],", page->rows ? "" : "\nno sessions yet\n");
			s = NULL;
		} else if (p.session) {
			session_row(page, now, &p);
			page->rows++;
		}
	}
	if (!s)
		page_next_stage(page);
}

static void write_sender_key(const struct secure *s, struct page *page)
{
	struct secure_group_info g;
	secure_group_info(s, &g);
	const struct value key[] = {
		value_uint("epoch", g.epoch), value_word("suite", suite_name(g.suite)), value_uint("receivers", g.receivers),
		value_uint("sources", g.sources), value_uint("held_messages", g.held_messages), value_uint("held_bytes", g.held_bytes),
	};
	page_either(page, "\"sender_key\":", "");
	page_row(page, true, key, sizeof(key) / sizeof(key[0]),
	         "\ngroups are sealed in epoch {epoch} with {suite} for {receivers} receivers; keys of {sources} sources are known, "
	         "{held_messages} messages wait for one\n");
	page_either(page, ",", "");
}

void edge_sessions_write_counts(struct edge_daemon *d, struct page *page)
{
#define X(name) #name,
	static const char *const names[] = { SECURE_COUNTS(X) };
#undef X
	const struct secure *s = edge_sessions_secure(d);
	struct secure_info info;
	if (!s)
		return;
	write_sender_key(s, page);
	secure_info(s, &info);
#define X(name) info.counts.name,
	const uint64_t counts[] = { SECURE_COUNTS(X) };
#undef X
	page_section(page, "handshakes", "sessions", names, counts, sizeof(counts) / sizeof(counts[0]));
	page_section(page, "refused", "refused", secure_transform(s)->refusals, edge_info(d->engine)->refused, SECURE_REFUSED_N);
}
