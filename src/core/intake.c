#include "core/intake.h"

/* Every byte of a header says something, so that equal bytes are equal messages. */
static void gather(struct arrival *a, const struct train *train)
{
	uint8_t *at = train->data;
	size_t header_len = (size_t)(a->m.packet.payload - at), left = train->len, n = 0;
	while (n < BURST_MAX) {
		size_t len = smaller(left, train->each);
		if (len < header_len || (n && memcmp(train->data, at, header_len)))
			break;
		a->frame[n++] = (struct burst_frame){ .head = at + header_len, .head_len = len - header_len };
		at += len;
		left -= len;
	}
	a->burst = (struct burst){ a->frame, n, (size_t)(at - train->data) - n * header_len };
	a->datagrams = n;
}

bool intake_next(struct intake *in, struct arrival *a)
{
	struct train *train = &in->rest;
	if (!in->more)
		return false;
	a->len = smaller(train->len, train->each);
	a->datagrams = 1;
	a->error = wire_get(&a->m, train->data, a->len);
	if (a->error == WIRE_GOOD && a->m.type == WIRE_PACKET)
		gather(a, train);
	size_t used = a->datagrams * train->each;
	in->more = used && used < train->len;
	train->data += smaller(used, train->len);
	train->len -= smaller(used, train->len);
	return true;
}
