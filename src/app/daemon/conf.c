#include "app/daemon/conf.h"

#include <stdlib.h>

bool daemon_conf_mac(struct conf *c, const char *value, uint8_t mac[static MAC_LEN])
{
	if (!mac_parse(mac, value))
		return conf_bad(c, "'%s' is no MAC; give six hex bytes such as 02:00:00:00:00:01", value);
	if (mac_is_group(mac))
		return conf_bad(c, "'%s' is a group MAC: its first byte must be even, such as 02:00:00:00:00:01", value);
	if (mac_is_null(mac))
		return conf_bad(c, "'%s' is no MAC that a host can have; give one such as 02:00:00:00:00:01",
		                value);
	return true;
}

bool daemon_conf_bind(struct conf *c, const char *value, uint16_t default_port, struct addr *bind)
{
	unsigned long port;
	*bind = (struct addr){ .family = ADDR_NONE, .port = default_port };
	if (!value[strspn(value, "0123456789")] || !strpbrk(value, ".:")) {
		if (!conf_uint(c, value, "a UDP port", default_port ? 1 : 0, 65535, &port))
			return false;
		bind->port = (uint16_t)port;
		return true;
	}
	if (!addr_parse(bind, value, default_port) || addr_is_multicast(bind) || (default_port && !bind->port))
		return conf_bad(c, "'%s' is no UDP port; give a number from 1 to 65535, or IP:PORT such as 192.0.2.1:7654", value);
	return true;
}

bool daemon_conf_no_offload(struct conf *c, const char *unused)
{
	(void)unused;
	((struct daemon_options *)c->target)->no_offload = true;
	return true;
}

bool daemon_conf_busy_poll(struct conf *c, const char *value)
{
	unsigned long n;
	if (!conf_uint(c, value, "a number of microseconds to poll", 0, 1000000, &n))
		return false;
	((struct daemon_options *)c->target)->busy_poll_us = (unsigned)n;
	return true;
}

/* What would be said at start is said here. */
bool daemon_conf_check_only(struct conf *c, const char *unused)
{
	(void)unused;
	struct daemon_options *o = c->target;
	o->check_only = o->foreground = true;
	return true;
}

bool daemon_conf_foreground(struct conf *c, const char *unused)
{
	(void)unused;
	((struct daemon_options *)c->target)->foreground = true;
	return true;
}

bool daemon_conf_verbose(struct conf *c, const char *unused)
{
	(void)unused;
	((struct daemon_options *)c->target)->log_level = LOG_LEVEL_DEBUG;
	return true;
}

bool daemon_conf_user(struct conf *c, const char *value)
{
	struct sys_identity *id = &((struct daemon_options *)c->target)->identity;
	gid_t gid;
	if (!sys_find_user(value, &id->uid, &gid))
		return conf_bad(c, "'%s' is no user of this host; give a user's name or number", value);
	if (!id->group_asked)
		id->gid = gid;
	id->asked = true;
	return true;
}

bool daemon_conf_group(struct conf *c, const char *value)
{
	struct sys_identity *id = &((struct daemon_options *)c->target)->identity;
	if (!sys_find_group(value, &id->gid))
		return conf_bad(c, "'%s' is no group of this host; give a group's name or number", value);
	id->asked = id->group_asked = true;
	return true;
}

bool daemon_conf_management(struct conf *c, const char *value)
{
	struct daemon_management *to = &((struct daemon_options *)c->target)->management;
	unsigned long port;
	if (!conf_uint(c, value, "a UDP port", 0, 65535, &port))
		return false;
	to->port = (uint16_t)port;
	return true;
}

/* A request is made of words: there can be no blank in it.  It is not quoted back, because messages are logged. */
bool daemon_conf_password(struct conf *c, const char *value)
{
	struct daemon_management *to = &((struct daemon_options *)c->target)->management;
	size_t len = strlen(value);
	if (!len || len > MANAGEMENT_PASSWORD_MAX || value[strcspn(value, " \t\r\n")])
		return conf_bad(c, "a management password has 1 to %d bytes and no blanks", MANAGEMENT_PASSWORD_MAX);
	memset(to->password, 0, sizeof(to->password));
	memcpy(to->password, value, len);
	return true;
}

void daemon_conf_check_management(struct conf *c, const struct daemon_management *m)
{
	c->option[0] = 0;
	if (m->password[0] && !m->port)
		conf_note(c, "--management-password has no effect without -t, the management port");
}

bool daemon_conf_help(struct conf *c, const char *unused)
{
	(void)unused;
	return conf_end(c, c->option[1] == '-' ? CONF_LONG_HELP : CONF_SHORT_HELP);
}

bool daemon_conf_version(struct conf *c, const char *unused)
{
	(void)unused;
	return conf_end(c, CONF_VERSION);
}

bool daemon_conf_list(struct conf *c, const char *unused)
{
	(void)unused;
	return conf_end(c, CONF_LIST);
}

const char *daemon_conf_env(const char *first, const char *second, const char **name)
{
	for (int i = 0; i < 2; i++) {
		*name = i ? second : first;
		const char *value = *name ? getenv(*name) : NULL;
		if (value && *value)
			return value;
	}
	return NULL;
}

int daemon_conf_answer(const struct conf *c, enum conf_result result)
{
	switch (result) {
	case CONF_RUN:
		return -1;
	case CONF_BAD:
		fprintf(stderr, "%s\n", c->message);
		return c->status;
	case CONF_VERSION:
		printf("%s (castnet) %s\n", c->program, CASTNET_VERSION);
		break;
	case CONF_LIST:
		conf_print_list(c, stdout);
		break;
	case CONF_SHORT_HELP:
	case CONF_LONG_HELP:
		conf_print_help(c, stdout, result == CONF_LONG_HELP);
		break;
	}
	return fflush(stdout) ? CONF_EXIT_SYSTEM : 0;
}
