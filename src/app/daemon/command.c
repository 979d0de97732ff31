/* edge status, edge reload, edge stop, and those of supernode: they speak to a running daemon. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/daemon/conf.h"
#include "app/daemon/run.h"

enum {
	CHECK_DOWN = 2,                 /* exit status: it does not run, or does not answer */
	RELOAD_MS = 5000, RELOAD_LOOK_MS = 20
};

struct command {
	bool reload, stop, json, groups, check;
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

static bool set_check(struct conf *c, const char *unused)
{
	(void)unused;
	struct command *cmd = c->target;
	cmd->check = true;
	return cmd->reload || cmd->stop ? conf_bad(c, "is for status") : true;
}

static const struct conf_option edge_options[] = {
	{ 'd', "tap-device tun-device", CONF_VALUE, set_which, "NAME", "the only one",
	  "the edge with this device", NULL },
	{ 0, "json", CONF_FLAG, set_json, NULL, NULL, "answer in JSON", NULL },
	{ 0, "check", CONF_FLAG, set_check, NULL, NULL,
	  "one line for monitoring; exit status 0: registered, 1: not, 2: does not run or answer", NULL },
	{ 'h', "help", CONF_FLAG, daemon_conf_help, NULL, NULL, "print this", NULL },
};
static const struct conf_option supernode_options[] = {
	{ 'p', "local-port", CONF_VALUE, set_port, "PORT", "the only one",
	  "the supernode on this port", NULL },
	{ 0, "json", CONF_FLAG, set_json, NULL, NULL, "answer in JSON", NULL },
	{ 0, "check", CONF_FLAG, set_check, NULL, NULL,
	  "one line for monitoring; exit status 0: it answers, 2: it does not", NULL },
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
		.usage = edge ? "usage: edge status [groups] [-d DEVICE] [--json | --check]\n       edge reload [-d DEVICE]\n"
		                "       edge stop [-d DEVICE]\n"
		              : "usage: supernode status [groups] [-p PORT] [--json | --check]\n       supernode reload [-p PORT]\n"
		                "       supernode stop [-p PORT]\n",
		.options = edge ? edge_options : supernode_options, .options_n = 4,
	};
	*status = daemon_conf_answer(&c, conf_parse(&c, (size_t)(argc - 2), argv + 2));
	return *status < 0;
}

static const char *no_answer(int error)
{
	static char sentence[128];
	if (error == EAGAIN || error == EWOULDBLOCK)
		return "it does not answer: it hangs, or is stopped";
	snprintf(sentence, sizeof(sentence), "the answer broke off: %s", strerror(error));
	return sentence;
}

/* A connection to the daemon that is meant.  -1: *why says so. */
static int find(const char *program, const struct command *cmd, const char **why)
{
	char prefix[32];
	snprintf(prefix, sizeof(prefix), "%s-", program);
	return status_find(prefix, cmd->which[0] ? cmd->which : NULL, why);
}

/* How the last reload went, of how many.  False: it does not answer. */
static bool last_reload(int fd, unsigned *n, bool *good, char sentence[static STATUS_SENTENCE])
{
	char line[STATUS_SENTENCE];
	int well, at = 0;
	bool answered = status_line(fd, "reloads", line) == 0 && sscanf(line, "%u %d %n", n, &well, &at) == 2 && at;
	if (answered)
		snprintf(sentence, STATUS_SENTENCE, "%s", line + at);
	*good = answered && well;
	return answered;
}

/* Until it is done: the exit status. */
static int await_reload(const char *program, const char *name, const struct command *cmd, unsigned before)
{
	const struct timespec pause = { .tv_nsec = RELOAD_LOOK_MS * 1000000 };
	char sentence[STATUS_SENTENCE];
	const char *why;
	for (int i = 0; i < RELOAD_MS / RELOAD_LOOK_MS; i++) {
		unsigned n = before;
		bool good = false;
		int fd = find(program, cmd, &why);
		bool answered = fd >= 0 && last_reload(fd, &n, &good, sentence);
		if (fd >= 0)
			close(fd);
		if (answered && n != before) {
			fprintf(good ? stdout : stderr, "%s: %s\n", name, sentence);
			return good ? 0 : CONF_EXIT_SYSTEM;
		}
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "%s: not done within %d s; the log may say why\n", name, RELOAD_MS / 1000);
	return CONF_EXIT_SYSTEM;
}

static int reload(const char *program, const char *name, int fd, const struct command *cmd)
{
	char sentence[STATUS_SENTENCE];
	unsigned before;
	bool good;
	pid_t pid = status_pid(fd);
	if (!last_reload(fd, &before, &good, sentence)) {
		fprintf(stderr, "%s: %s\n", name, no_answer(errno));
		return CONF_EXIT_SYSTEM;
	}
	if (pid <= 0 || kill(pid, SIGHUP) < 0) {
		fprintf(stderr, "%s: cannot signal process %d: %s\n", name, (int)pid, pid <= 0 ? "unknown" : strerror(errno));
		return CONF_EXIT_SYSTEM;
	}
	return await_reload(program, name, cmd, before);
}

static int check(const char *program, int fd)
{
	char line[STATUS_SENTENCE];
	if (status_line(fd, "check", line) == 0 && line[0] >= '0' && line[0] <= '1' && line[1] == ' ') {
		puts(line + 2);
		return line[0] - '0';
	}
	printf("%s: %s\n", program, no_answer(errno));
	return CHECK_DOWN;
}

static int ask(const char *program, const char *name, const struct command *cmd)
{
	const char *why;
	int fd = find(program, cmd, &why), result;
	if (fd < 0) {
		fprintf(cmd->check ? stdout : stderr, "%s: %s\n", name, why);
		return cmd->check ? CHECK_DOWN : CONF_EXIT_SYSTEM;
	}
	if (cmd->check) {
		result = check(program, fd);
	} else if (cmd->reload) {
		result = reload(program, name, fd, cmd);
	} else if (cmd->stop) {
		result = daemon_stop(name, status_pid(fd)) < 0 ? CONF_EXIT_SYSTEM : 0;
	} else {
		result = status_print(fd, cmd->json, cmd->groups, stdout) < 0 ? CONF_EXIT_SYSTEM : 0;
		if (result)
			fprintf(stderr, "%s: %s\n", name, no_answer(errno));
	}
	close(fd);
	return result;
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
