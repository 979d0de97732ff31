#include "app/edge/command.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/edge/conf.h"
#include "app/edge/identity.h"
#include "app/edge/keys.h"
#include "core/base64.h"
#include "io/secret.h"

struct command {
	struct edge_keys_conf keys;
	char community[COMMUNITY_LEN];
};

static bool set_community(struct conf *c, const char *value)
{
	struct command *cmd = c->target;
	if (value[strcspn(value, " \t\r\v\f.*+?[]\\")] || value[0] == '#')
		return conf_bad(c, "'%s' cannot stand in a community file: it would be several words, a comment or an expression",
		                value);
	return conf_string(c, value, "a community", COMMUNITY_LEN - 1, cmd->community);
}

static bool set_key_file(struct conf *c, const char *value)
{
	return conf_string(c, value, "a file", EDGE_PATH_MAX - 1, ((struct command *)c->target)->keys.key_file);
}

static bool set_phrase(struct conf *c, const char *value)
{
	return edge_conf_phrase(c, value, ((struct command *)c->target)->keys.phrase);
}

static bool set_identity(struct conf *c, const char *value)
{
	return conf_string(c, value, "a file", EDGE_PATH_MAX - 1, ((struct command *)c->target)->keys.identity);
}

static const struct conf_option help = { 'h', "help", CONF_FLAG, daemon_conf_help, NULL, NULL, "print this", NULL };

/* The exit status; -1: go on. */
static int parse(struct command *cmd, const char *name, const char *usage, const struct conf_option *options, size_t n,
                 int argc, char **argv)
{
	struct conf c = { .program = name, .target = cmd, .more = "", .usage = usage, .options = options, .options_n = n };
	*cmd = (struct command){ .community = "" };
	int status = daemon_conf_answer(&c, conf_parse(&c, (size_t)(argc - 2), argv + 2));
	secret_wipe_words(argc, argv, cmd->keys.phrase);
	return status;
}

/* What is written to a regular file is for nobody else, from before it is there. */
static int print_secret(const char *name, const char *line)
{
	struct stat st;
	bool regular = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	if ((!regular || fchmod(STDOUT_FILENO, 0600) == 0) && puts(line) >= 0 && fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "%s: cannot write the key: %s\n", name, strerror(errno));
	return CONF_EXIT_SYSTEM;
}

static int genkey(int argc, char **argv)
{
	struct command cmd;
	uint8_t key[SECURE_KEY];
	char line[BASE64_KEY_TEXT];
	int status = parse(&cmd, "edge genkey", "usage: edge genkey > FILE\n", &help, 1, argc, argv);
	if (status >= 0)
		return status;
	setvbuf(stdout, NULL, _IONBF, 0);
	sys_random(key, sizeof(key));
	base64_write(line, key, sizeof(key));
	status = print_secret("edge genkey", line);
	secret_wipe(key, sizeof(key));
	secret_wipe(line, sizeof(line));
	return status;
}

/* edge pubkey < FILE */
static bool stdin_is_file(void)
{
	struct stat st;
	return fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

static bool read_seed(const struct command *cmd, uint8_t seed[static SECURE_SEED])
{
	char about[EDGE_IDENTITY_ABOUT];
	const char *path = cmd->keys.identity[0] ? cmd->keys.identity : stdin_is_file() ? "/dev/stdin" : NULL;
	bool good = path ? edge_identity_read(seed, path, about) : edge_identity_look(seed, about);
	if (!good)
		fprintf(stderr, "edge pubkey: %s\n", about);
	return good;
}

static int pubkey(int argc, char **argv)
{
	static const struct conf_option options[] = {
		{ 0, "identity", CONF_VALUE, set_identity, "FILE", EDGE_STATE_DIRECTORY "/identity", "the identity", NULL },
		{ 'h', "help", CONF_FLAG, daemon_conf_help, NULL, NULL, "print this", NULL },
	};
	struct command cmd;
	static const uint8_t nobody[COMMUNITY_LEN];
	uint8_t seed[SECURE_SEED];
	struct secure_identity identity;
	char line[BASE64_KEY_TEXT];
	int status = parse(&cmd, "edge pubkey", "usage: edge pubkey [--identity FILE]\n       edge pubkey < FILE\n", options, 2, argc, argv);
	if (status >= 0)
		return status;
	if (!read_seed(&cmd, seed))
		return CONF_EXIT_SYSTEM;
	secure_identity_of(&identity, seed, nobody);
	base64_write(line, identity.public, SECURE_KEY);
	secret_wipe(seed, sizeof(seed));
	secret_wipe(&identity, sizeof(identity));
	return puts(line) < 0 || fflush(stdout) ? CONF_EXIT_SYSTEM : 0;
}

static int print_regkey(const struct command *cmd, const struct edge_keys *k)
{
	char line[BASE64_KEY_TEXT];
	size_t n;
	const struct secure_keys *of = edge_keys_of(k, &n);
	printf("%s key:", cmd->community);
	for (size_t i = 0; i < n; i++) {
		base64_write(line, of[i].rk, SECURE_KEY);
		printf("%s%s", i ? "," : "", line);
	}
	secret_wipe(line, sizeof(line));
	putchar('\n');
	return fflush(stdout) ? CONF_EXIT_SYSTEM : 0;
}

static int regkey(int argc, char **argv)
{
	static const struct conf_option options[] = {
		{ 'c', "community", CONF_VALUE, set_community, "NAME", NULL, "the community", NULL },
		{ 0, "key-file", CONF_VALUE, set_key_file, "FILE", NULL, "its keys", NULL },
		{ 'k', "key", CONF_VALUE, set_phrase, "WORDS", NULL, "its pass phrase", NULL },
		{ 'h', "help", CONF_FLAG, daemon_conf_help, NULL, NULL, "print this", NULL },
	};
	struct command cmd;
	char why[EDGE_WHY];
	int status = parse(&cmd, "edge regkey", "usage: edge regkey -c COMMUNITY --key-file FILE\n", options, 4, argc, argv);
	if (status >= 0)
		return status;
	if (!cmd.community[0] || !cmd.keys.key_file[0] == !cmd.keys.phrase[0]) {
		fprintf(stderr, "edge regkey: give the community with -c, and --key-file or -k: edge regkey -c COMMUNITY --key-file FILE\n");
		return CONF_EXIT_USAGE;
	}
	struct edge_keys *k = edge_keys_read(&cmd.keys, (const uint8_t *)cmd.community, why);
	if (!k) {
		fprintf(stderr, "edge regkey: %s\n", why);
		return CONF_EXIT_SYSTEM;
	}
	status = print_regkey(&cmd, k);
	edge_keys_close(k);
	return status;
}

int edge_command(int argc, char **argv)
{
	static const struct { const char *word; int (*run)(int argc, char **argv); } commands[] = {
		{ "genkey", genkey }, { "pubkey", pubkey }, { "regkey", regkey },
	};
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].word))
			return commands[i].run(argc, argv);
	return -1;
}
