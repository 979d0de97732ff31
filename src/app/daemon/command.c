/* edge status, edge reload, edge stop, and those of supernode: they speak to a running daemon. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/daemon/conf.h"
#include "app/daemon/run.h"

struct command {
	bool reload, stop, json, groups;
	char which[STATUS_NAME_MAX - 16];       /* device or port; empty: the only one */
};

static bool set_which(struct conf *c, const char *value)
{
	struct command *cmd = c->target;
	return conf_string(c, value, "a device name or port", sizeof(cmd->which) - 1, cmd->which);
}

static bool set_port(struct conf *c, const char *value)
{
	unsigned long port;
	return conf_uint(c, value, "a UDP port", 1, 65535, &port) && set_which(c, value);
}

static bool set_json(struct conf *c, const char *unused)
{
	(void)unused;
	((struct command *)c->target)->json = true;
	return true;
}

static const struct conf_option edge_options[] = {
	{ 'd', "tap-device tun-device", CONF_VALUE, set_which, "NAME", "the only one",
	  "the edge with this device", NULL },
	{ 0, "json", CONF_FLAG, set_json, NULL, NULL, "answer in JSON", NULL },
	{ 'h', "help", CONF_FLAG, daemon_conf_help, NULL, NULL, "print this", NULL },
};
static const struct conf_option supernode_options[] = {
	{ 'p', "local-port", CONF_VALUE, set_port, "PORT", "the only one",
	  "the supernode on this port", NULL },
	{ 0, "json", CONF_FLAG, set_json, NULL, NULL, "answer in JSON", NULL },
	{ 'h', "help", CONF_FLAG, daemon_conf_help, NULL, NULL, "print this", NULL },
};

static bool set_groups(struct conf *c, const char *word)
{
	struct command *cmd = c->target;
	if (cmd->reload || cmd->stop || strcmp(word, "groups"))
		return conf_bad(c, "'%s' is no option; give %s, or --json", word,
		                c->options == edge_options ? "-d DEVICE" : "-p PORT");
	cmd->groups = true;
	return true;
}

static bool parse(struct command *cmd, bool edge, const char *name, int argc, char **argv, int *status)
{
	struct conf c = {
		.program = name, .target = cmd, .more = "", .operand = set_groups,
		.usage = edge ? "usage: edge status [groups] [-d DEVICE] [--json]\n       edge reload [-d DEVICE]\n"
		                "       edge stop [-d DEVICE]\n"
		              : "usage: supernode status [groups] [-p PORT] [--json]\n       supernode reload [-p PORT]\n"
		                "       supernode stop [-p PORT]\n",
		.options = edge ? edge_options : supernode_options, .options_n = 3,
	};
	*status = daemon_conf_answer(&c, conf_parse(&c, (size_t)(argc - 2), argv + 2));
	return *status < 0;
}

/* 0, or -1 after saying why. */
static int reload(const char *name, int fd)
{
	pid_t pid = status_pid(fd);
	if (pid <= 0 || kill(pid, SIGHUP) < 0) {
		fprintf(stderr, "%s: cannot signal process %d: %s\n", name, (int)pid,
		        pid <= 0 ? "unknown" : strerror(errno));
		return -1;
	}
	return 0;
}

static int ask(const char *program, const char *name, const struct command *cmd)
{
	char prefix[32];
	const char *why;
	snprintf(prefix, sizeof(prefix), "%s-", program);
	int fd = status_find(prefix, cmd->which[0] ? cmd->which : NULL, &why);
	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", name, why);
		return CONF_EXIT_SYSTEM;
	}
	int result = cmd->reload ? reload(name, fd) : cmd->stop ? daemon_stop(name, status_pid(fd))
	             : status_print(fd, cmd->json, cmd->groups, stdout);
	if (!cmd->reload && !cmd->stop && result < 0)
		fprintf(stderr, "%s: the answer broke off: %s\n", name, strerror(errno));
	close(fd);
	return result < 0 ? CONF_EXIT_SYSTEM : 0;
}

int daemon_command(const char *program, int argc, char **argv)
{
	bool edge = !strcmp(program, "edge");
	const char *word = argc > 1 ? argv[1] : "";
	if (!strcmp(word, "start")) {
		fprintf(stderr, "%s: 'start' is n3n's form; here it is %s\n", program,
		        edge ? "edge -c COMMUNITY -l HOST:PORT [options]" : "supernode [-p PORT] [options]");
		return CONF_EXIT_USAGE;
	}
	if (strcmp(word, "status") && strcmp(word, "reload") && strcmp(word, "stop"))
		return -1;
	struct command cmd = { .reload = !strcmp(word, "reload"), .stop = !strcmp(word, "stop") };
	char name[32];
	int status;
	snprintf(name, sizeof(name), "%s %s", program, word);
	if (!parse(&cmd, edge, name, argc, argv, &status))
		return status;
	return ask(program, name, &cmd);
}
