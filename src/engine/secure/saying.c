/* Our own messages, between the event that made them and the call that sends them. */
#include "state.h"

struct saying *saying_add(struct secure *s, enum transform_way how, const uint8_t edge[static MAC_LEN], const void *bytes,
                          size_t len)
{
	struct sayings *q = &s->sayings;
	if (q->n == SAYINGS)
		return NULL;
	struct saying *say = &q->at[(q->first + q->n++) % SAYINGS];
	*say = (struct saying){ .how = how, .len = len };
	memcpy(say->edge, edge, MAC_LEN);
	if (len)
		memcpy(say->bytes, bytes, len);
	return say;
}

void saying_answer(struct secure *s, const uint8_t edge[static MAC_LEN], const struct way *way, const void *bytes, size_t len)
{
	struct saying *say = saying_add(s, way->relayed ? SAY_BY_RELAY : SAY_TO_ENDPOINT, edge, bytes, len);
	if (say)
		say->to = way->from;
}

bool saying_next(struct secure *s, struct transform_say *out)
{
	struct sayings *q = &s->sayings;
	if (!q->n)
		return false;
	struct saying *say = &q->at[q->first];
	q->first = (q->first + 1) % SAYINGS;
	q->n--;
	q->frame = (struct burst_frame){ .head = say->bytes, .head_len = say->len };
	*out = (struct transform_say){
		.how = say->how, .to = say->to, .asked = say->asked, .roamed = say->roamed,
		.burst = { &q->frame, 1, say->len },
	};
	memcpy(out->edge, say->edge, MAC_LEN);
	return true;
}
