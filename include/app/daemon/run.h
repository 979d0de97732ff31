/* What both mains do alike: start, sub-commands, the first errors. */
#ifndef DAEMON_RUN_H
#define DAEMON_RUN_H

#include "core/host.h"
#include "app/daemon/conf.h"
#include "io/conf.h"
#include "io/log.h"
#include "io/status.h"
#include "io/sys.h"
#include "io/udp.h"

/* "status", "reload", and words that n3n has there.  Returns the exit status; -1: the first word is none of them. */
int daemon_command(const char *program, int argc, char **argv);

/* Ends that process and waits until it has.  0, or -1 after saying why. */
int daemon_stop(const char *name, pid_t pid);

/* Opens the log, goes to the background unless foreground, logs the notes of the options. */
void daemon_start(const struct conf *c, bool foreground, enum log_level level);
/* The end of --check-config: says that all is well, and returns the exit status. */
int daemon_checked(void);
/* A start that finds device or port taken waits a moment for the one that is just ending. */
enum { DAEMON_ENDING_MS = 2000, DAEMON_ENDING_PAUSE_MS = 50 };
void daemon_wait_for_ending(void);
/* NULL: the log says why. */
MUST_CHECK struct udp *daemon_udp_open(const struct udp_config *config);
/* false: the log says why. */
MUST_CHECK bool daemon_drop_privileges(const struct sys_identity *id);
/* Everything works: tells who waits for it. */
void daemon_ready(void);
void daemon_reloading(uint64_t now);

/* *m stays NULL without a port; false: the log says why.  program: password filled in here, copied. */
MUST_CHECK bool daemon_management_open(struct management **m, struct loop *lp, const struct daemon_management *conf,
                                       struct management_program *program);
/* The rows of "verbose", and of "stop" once the loop is known. */
management_rows daemon_management_verbose;
bool daemon_management_stop(struct loop *lp, struct management_call *call, struct page *row);
void daemon_management_packets(struct page *row, const char *type, uint64_t sent, const uint64_t *received);
/* When a counter last changed. */
struct daemon_watch { uint64_t count, at; };
void daemon_watch(struct daemon_watch *w, uint64_t now, uint64_t count);

void daemon_note(uint64_t now, enum note_level level, const char *line);

/* The last counters, those of the management port (NULL: none), and the end of the answer. */
void daemon_status_end(struct page *page, const struct management *m);
/* Which parts of the kernel's offload are in use: "offload": {"gro":true,...}, or a line for people. */
struct daemon_feature { const char *name; bool in_use; };
void daemon_status_features(struct page *page, const struct daemon_feature *features, size_t n);

#endif
