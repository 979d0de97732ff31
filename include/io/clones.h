/* Was this host suspended, restored from a snapshot or cloned meanwhile?  Then what was random may be known elsewhere too.
 * The clocks tell, which are compared with each other and never believed; so does the kernel of a virtual machine.
 */
#ifndef IO_CLONES_H
#define IO_CLONES_H

#include "core/bytes.h"

struct clones { int64_t boot_ms, real_ms; };    /* ahead of CLOCK_MONOTONIC, when they were looked at last */

void clones_begin(struct clones *c);
/* Have the clocks moved by more than 5 s against each other since the last call? */
bool clones_happened(struct clones *c);
/* The same with the three clocks given, in ms; for tests. */
bool clones_clocks(struct clones *c, int64_t monotonic, int64_t boot, int64_t real);

/* The kernel's events; -1 with errno.  When it is ready: is one of those that wait a new generation of this machine? */
MUST_CHECK int clones_events_open(void);
bool clones_events_read(int fd);
/* One such event: strings, each with its zero. */
bool clones_event_is_new_generation(const char *event, size_t len);

#endif
