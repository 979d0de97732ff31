/* What both programs answer alike on the management port. */
#include <errno.h>
#include <stdlib.h>

#include "app/daemon/run.h"

bool daemon_management_open(struct management **m, struct loop *lp, const struct daemon_management *conf,
                            struct management_program *program)
{
	program->password = conf->password;
	if (!conf->port)
		return true;
	*m = management_open(lp, conf->port, program);
	if (*m)
		return true;
	if (errno == EADDRINUSE)
		log_errx("UDP port %u of 127.0.0.1 is in use already; give another one with -t, or leave out -t",
		         conf->port);
	else if (errno == EACCES)
		log_errx("UDP port %u may be opened by root only; give one above 1023 with -t, or start as root",
		         conf->port);
	else
		log_err("cannot open the management port, UDP port %u of 127.0.0.1", conf->port);
	return false;
}

/* 0: errors only, 1: warnings too, 2: the usual, 3 and above: all. */
bool daemon_management_verbose(const struct management_program *p, struct management_call *call,
                               struct page *row)
{
	(void)p;
	if (call->cursor++)
		return false;
	if (call->write && *call->argument && !call->argument[strspn(call->argument, "0123456789")]) {
		unsigned long level = strtoul(call->argument, NULL, 10);
		log_set_level(level < LOG_LEVEL_DEBUG ? (enum log_level)level : LOG_LEVEL_DEBUG);
	}
	management_uint(row, "traceLevel", log_get_level());
	return true;
}

bool daemon_management_stop(struct loop *lp, struct management_call *call, struct page *row)
{
	if (call->cursor++)
		return false;
	if (call->write) {
		log_info("ending: asked to on the management port");
		loop_stop(lp);
	}
	management_uint(row, "keep_running", !call->write);
	return true;
}

void daemon_management_packets(struct page *row, const char *type, uint64_t sent, const uint64_t *received)
{
	page_printf(row, ",\"type\":\"%s\"", type);
	management_uint(row, "tx_pkt", sent);
	if (received)
		management_uint(row, "rx_pkt", *received);
}

void daemon_watch(struct daemon_watch *w, uint64_t now, uint64_t count)
{
	if (w->count != count)
		*w = (struct daemon_watch){ count, now };
}
