/* The log: standard error in the foreground, syslog (facility daemon) in the background.
 *
 *	log_open("edge", false, level);         until ready errors and warnings are seen on the terminal too
 *	log_ready();                            from here on syslog only
 *
 * A line per change of state, none per packet.  What strangers can cause goes through log_note(),
 * which lets a burst pass and then a line now and then, and says how many it kept back.  errno survives each call.
 * No call waits: a line that standard error or syslog has no room for is lost, counted, and told of as soon as there is.
 */
#ifndef IO_LOG_H
#define IO_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum { LOG_NOTES_BURST = 30, LOG_NOTE_EVERY_MS = 2000, LOG_LINE_MAX = 512 };

#define LOG_PRINTF __attribute__((format(printf, 1, 2)))

void log_open(const char *name, bool foreground, enum log_level level);
void log_ready(void);
enum log_level log_get_level(void);
void log_set_level(enum log_level level);
/* Connects to syslog anew (SIGHUP). */
void log_reopen(void);
/* Says how many notes were kept back and how many lines were lost, as soon as there is room for that.  Call it now
 * and then. */
void log_tick(uint64_t now);
uint64_t log_lost(void);                /* lines, since the start */

void log_err(const char *fmt, ...) LOG_PRINTF;          /* appends ": " and strerror(errno) */
void log_errx(const char *fmt, ...) LOG_PRINTF;
void log_warn(const char *fmt, ...) LOG_PRINTF;
void log_warnx(const char *fmt, ...) LOG_PRINTF;
void log_info(const char *fmt, ...) LOG_PRINTF;
void log_debug(const char *fmt, ...) LOG_PRINTF;
/* A line that the network caused; now in monotonic milliseconds. */
void log_note(uint64_t now, enum log_level level, const char *line);

#endif
