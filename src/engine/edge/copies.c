#include "copies.h"

static bool is_waiting(const struct copy *w, uint64_t now) { return w->at && now - w->at < COPY_MS; }

bool copies_came(struct copies *c, uint64_t now, uint64_t hash, uint8_t way)
{
	struct copy *set = c->waiting[hash % COPIES_SETS], *oldest = &set[0], *twin = NULL;
	for (size_t i = 0; i < COPIES_EACH; i++) {
		struct copy *w = &set[i];
		if (is_waiting(w, now) && w->hash == hash && w->way != way && (!twin || w->at < twin->at))
			twin = w;
		if (w->at < oldest->at)
			oldest = w;
	}
	if (twin)
		twin->at = 0;
	else
		*oldest = (struct copy){ hash, now, way };
	return twin;
}
