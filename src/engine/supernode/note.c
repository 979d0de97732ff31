#include "state.h"

enum { FULL_NOTE_MS = 60000, LEFT_OUT_NOTE_MS = 60000 };

void note_line(const struct supernode *sn, enum note_level level, const struct text *t)
{
	if (sn->host.note)
		sn->host.note(sn->host.ctx, level, t->s);
}

static void note_left_out(struct supernode *sn, uint64_t now)
{
	struct text t = { .len = 0 };
	if (!sn->notes.left_out || now - sn->notes.told < LEFT_OUT_NOTE_MS)
		return;
	text_uint(&t, sn->notes.left_out);
	text_str(&t, " lines about edges were left out");
	note_line(sn, NOTE_WARNING, &t);
	sn->notes.left_out = 0;
	sn->notes.told = now;
}

/* Strangers register, contest and expire as often as they like: what is said about edges is limited. */
static bool note_wanted(struct supernode *sn, uint64_t now)
{
	if (!bucket_take(&sn->notes.lines, now, 1)) {
		sn->notes.left_out++;
		return false;
	}
	note_left_out(sn, now);
	return true;
}

/* "edge 02:00:00:00:00:a1 'edge-one' 10.9.8.1/24 of 'Intershop'" */
static void put_member(struct text *t, const struct member *m)
{
	text_str(t, "edge ");
	text_mac(t, m->mac);
	text_str(t, " ");
	text_quoted(t, m->desc, DESC_LEN);
	text_str(t, " ");
	text_subnet(t, &m->address);
	text_str(t, " of ");
	text_quoted(t, m->community->name, COMMUNITY_LEN);
}

void note_member(struct supernode *sn, uint64_t now, const struct member *m, const char *what)
{
	struct text t = { .len = 0 };
	if (!note_wanted(sn, now))
		return;
	put_member(&t, m);
	text_str(&t, " at ");
	text_addr(&t, &m->sink.endpoint.addr);
	text_str(&t, " ");
	text_str(&t, what);
	note_line(sn, NOTE_INFO, &t);
}

void note_moved(struct supernode *sn, uint64_t now, const struct member *m, const struct endpoint *from)
{
	struct text t = { .len = 0 };
	if (!note_wanted(sn, now))
		return;
	put_member(&t, m);
	text_str(&t, " moved from ");
	text_addr(&t, &from->addr);
	text_str(&t, " to ");
	text_addr(&t, &m->sink.endpoint.addr);
	note_line(sn, NOTE_INFO, &t);
}

/* "192.0.2.13:50003 wants MAC 02:00:00:00:00:a1 of 'Intershop', held by 192.0.2.11:50001: asking the holder" */
void note_contest(struct supernode *sn, uint64_t now, const struct member *m, const struct request *rq,
                  const char *what)
{
	struct text t = { .len = 0 };
	if (!note_wanted(sn, now))
		return;
	text_addr(&t, &rq->from.addr);
	if (mac_equal(m->mac, rq->reg.mac)) {
		text_str(&t, " wants MAC ");
		text_mac(&t, m->mac);
	} else {
		text_str(&t, " wants address ");
		text_subnet(&t, &m->address);
	}
	text_str(&t, " of ");
	text_quoted(&t, m->community->name, COMMUNITY_LEN);
	text_str(&t, ", held by ");
	text_mac(&t, m->mac);
	text_str(&t, " at ");
	text_addr(&t, &m->sink.endpoint.addr);
	text_str(&t, ": ");
	text_str(&t, what);
	note_line(sn, NOTE_WARNING, &t);
}

/* Strangers can keep a table full: one line a minute. */
void note_full(struct supernode *sn, uint64_t now, const char *what)
{
	struct text t = { .len = 0 };
	if (sn->full_noted && now - sn->full_noted < FULL_NOTE_MS)
		return;
	sn->full_noted = now ? now : 1;
	text_str(&t, "refusing new edges: ");
	text_str(&t, what);
	note_line(sn, NOTE_WARNING, &t);
}

void note_community(const struct supernode *sn, const struct community *c, const char *what)
{
	struct text t = { .len = 0 };
	text_str(&t, "community ");
	text_quoted(&t, c->name, COMMUNITY_LEN);
	text_str(&t, " ");
	text_str(&t, what);
	note_line(sn, NOTE_INFO, &t);
}

void note_loaded(const struct supernode *sn, const struct allowed *a)
{
	struct text t = { .len = 0 };
	text_str(&t, "community file in force: ");
	text_uint(&t, a->names);
	text_str(&t, a->names == 1 ? " name, " : " names, ");
	text_uint(&t, a->patterns);
	text_str(&t, a->patterns == 1 ? " expression" : " expressions");
	if (!a->names && !a->patterns)
		text_str(&t, "; no edge can register");
	note_line(sn, a->names || a->patterns ? NOTE_INFO : NOTE_WARNING, &t);
}
