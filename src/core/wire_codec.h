/* What the codec files share: one get and one put per message, and the fields that several have.  The
 * cursors remember the first thing that does not fit. */
#ifndef CORE_WIRE_CODEC_H
#define CORE_WIRE_CODEC_H

#include "core/wire.h"

struct codec {
	void (*get)(struct rd *r, struct wire_message *m);
	void (*put)(struct wr *w, const struct wire_message *m);
};

/* wire_v3.c */
void wire_get_socket(struct rd *r, struct addr *a);
void wire_put_socket(struct wr *w, const struct addr *a);

/* wire_groups.c */
void wire_get_group_report(struct rd *r, struct wire_message *m);
void wire_put_group_report(struct wr *w, const struct wire_message *m);
void wire_get_group_report_ack(struct rd *r, struct wire_message *m);
void wire_put_group_report_ack(struct wr *w, const struct wire_message *m);
void wire_get_group_query(struct rd *r, struct wire_message *m);
void wire_put_group_query(struct wr *w, const struct wire_message *m);
void wire_get_group_members(struct rd *r, struct wire_message *m);
void wire_put_group_members(struct wr *w, const struct wire_message *m);
void wire_get_group_members_ack(struct rd *r, struct wire_message *m);
void wire_put_group_members_ack(struct wr *w, const struct wire_message *m);

#endif
