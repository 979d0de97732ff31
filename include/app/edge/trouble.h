/* Why the edge is not registered, in words, for status, --check and --wait.
 */
#ifndef EDGE_TROUBLE_H
#define EDGE_TROUBLE_H

#include "core/bytes.h"

struct edge_daemon;

enum { EDGE_TROUBLE_TEXT = 400 };
const char *edge_trouble_word(struct edge_daemon *d);   /* for programs: "in_use" */
const char *edge_trouble(struct edge_daemon *d, char out[static EDGE_TROUBLE_TEXT]);

#endif
