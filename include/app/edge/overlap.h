/* Options that would cut the edge off from the networks that it needs: refused before anything is changed. */
#ifndef EDGE_OVERLAP_H
#define EDGE_OVERLAP_H

#include "core/addr.h"

struct edge_daemon;

/* True: -a or -n leaves nothing to work with, the log says why. */
MUST_CHECK bool edge_overlap_refused(struct edge_daemon *d);
/* The same for a supernode whose name was resolved just now. */
MUST_CHECK bool edge_overlap_with(const struct edge_daemon *d, const struct addr *supernode);

#endif
