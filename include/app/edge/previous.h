/* The automatic address that this edge had before it was restarted, kept in a file beside the status socket: an edge that
 * asks for it again keeps it.
 *
 *	edge_previous_read -> (the folder is there) -> edge_previous_open -> (privileges are dropped) -> edge_previous_write
 */
#ifndef EDGE_PREVIOUS_H
#define EDGE_PREVIOUS_H

#include "core/addr.h"

struct edge_daemon;

struct subnet edge_previous_read(const struct edge_daemon *d);          /* none: not known */
void edge_previous_open(struct edge_daemon *d);
void edge_previous_write(struct edge_daemon *d, const struct subnet *address);
void edge_previous_close(struct edge_daemon *d);

#endif
