/* Options that edge and supernode share.  The parsers are those of io/conf.h. */
#ifndef DAEMON_CONF_H
#define DAEMON_CONF_H

#include "core/addr.h"
#include "io/conf.h"
#include "io/log.h"
#include "io/management.h"
#include "io/sys.h"

bool daemon_conf_mac(struct conf *c, const char *value, uint8_t mac[static MAC_LEN]);
/* "[IP:]PORT" or "IP"; without a port: default_port. */
bool daemon_conf_bind(struct conf *c, const char *value, uint16_t default_port, struct addr *bind);
/* n2n's management port */
struct daemon_management {
	uint16_t port;                  /* -t; 0: none */
	char password[MANAGEMENT_PASSWORD_MAX + 1];     /* empty: not given */
};
/* What both programs can be asked for.  It is the first member of their own structs, so that these parsers
 * find it at the target of struct conf. */
struct daemon_options {
	bool check_only;                /* --check-config */
	bool foreground;
	enum log_level log_level;
	struct sys_identity identity;
	struct daemon_management management;
	bool no_offload;
	unsigned busy_poll_us;
};
bool daemon_conf_no_offload(struct conf *c, const char *unused);
bool daemon_conf_busy_poll(struct conf *c, const char *value);
bool daemon_conf_check_only(struct conf *c, const char *unused);
bool daemon_conf_foreground(struct conf *c, const char *unused);
bool daemon_conf_verbose(struct conf *c, const char *unused);
bool daemon_conf_user(struct conf *c, const char *value);
bool daemon_conf_group(struct conf *c, const char *value);
bool daemon_conf_management(struct conf *c, const char *value);
bool daemon_conf_password(struct conf *c, const char *value);
/* After all options: a password alone does nothing.  What is said from here on belongs to no single option. */
void daemon_conf_check_management(struct conf *c, const struct daemon_management *m);
bool daemon_conf_help(struct conf *c, const char *unused);
bool daemon_conf_version(struct conf *c, const char *unused);
bool daemon_conf_list(struct conf *c, const char *unused);
/* The value of the first of both variables that is set and not empty, and its name; NULL: none. */
const char *daemon_conf_env(const char *first, const char *second, const char **name);

/* After parsing: prints what was asked for, or what is wrong.  Returns the exit status, -1: run. */
int daemon_conf_answer(const struct conf *c, enum conf_result result);

#endif
