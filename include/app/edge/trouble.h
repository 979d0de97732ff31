/* Why the edge is not registered, in words, for status, --check and --wait.
 */
#ifndef EDGE_TROUBLE_H
#define EDGE_TROUBLE_H

#include "core/bytes.h"

struct edge_daemon;
struct edge_trouble_state;      /* src/app/edge/trouble.c */

MUST_CHECK bool edge_trouble_new(struct edge_daemon *d);        /* false: no memory */
void edge_trouble_free(struct edge_daemon *d);
/* Finds out whether the port of a silent supernode is closed. */
uint64_t edge_trouble_tick(struct edge_daemon *d);

enum { EDGE_TROUBLE_TEXT = 400 };
const char *edge_trouble_word(struct edge_daemon *d);   /* for programs: "in_use" */
const char *edge_trouble(struct edge_daemon *d, char out[static EDGE_TROUBLE_TEXT]);

#endif
