/* mcping: is multicast working, and how well? */
#include <stdio.h>

#include "io/sys.h"
#include "app/mcping/run.h"

/* Prints what was asked for, or what is wrong; returns the exit status. */
static int answer(const struct conf *c, enum conf_result result)
{
	if (result == CONF_BAD) {
		fprintf(stderr, "%s\n", c->message);
		return c->status;
	}
	if (result == CONF_VERSION)
		printf("%s (castnet) %s\n", c->program, CASTNET_VERSION);
	else if (result == CONF_LIST)
		conf_print_list(c, stdout);
	else
		conf_print_help(c, stdout, result == CONF_LONG_HELP);
	return fflush(stdout) ? CONF_EXIT_SYSTEM : 0;
}

int main(int argc, char **argv)
{
	static struct conf c;
	struct mcping_conf conf;
	sys_open_streams();
	enum conf_result result = mcping_conf_parse(&c, &conf, (size_t)(argc - 1), argv + 1);
	if (result != CONF_RUN)
		return answer(&c, result);
	int status = conf.command == MCPING_SEND ? mcping_send(&conf) : mcping_listen(&conf);
	/* A result that nobody could read is none. */
	return fflush(stdout) || ferror(stdout) ? CONF_EXIT_SYSTEM : status;
}
