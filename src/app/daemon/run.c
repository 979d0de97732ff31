#include "app/daemon/run.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>
#include <stdio.h>

void daemon_start(const struct conf *c, bool foreground, enum log_level level)
{
	if (!foreground)
		sys_background();
	log_open(c->program, foreground, level);
	for (size_t i = 0; i < c->notes_n; i++)
		log_info("%s", c->notes[i]);
}

int daemon_checked(void)
{
	puts("options and files are good");
	return fflush(stdout) ? CONF_EXIT_SYSTEM : 0;
}

void daemon_wait_for_ending(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = DAEMON_ENDING_PAUSE_MS * 1000000L }, NULL);
}

struct udp *daemon_udp_open(const struct udp_config *config)
{
	struct udp *u = udp_open(config);
	for (int waited = 0; !u && errno == EADDRINUSE && waited < DAEMON_ENDING_MS; waited += DAEMON_ENDING_PAUSE_MS) {
		daemon_wait_for_ending();
		u = udp_open(config);
	}
	char ip[ADDR_TEXT];
	addr_print(ip, &config->bind);
	if (u && udp_early(u))
		log_warnx("-p %s: that is no address of this host yet; waiting for it", ip);
	if (u)
		return u;
	if (errno == EADDRINUSE)
		log_errx("UDP port %u is in use already; give another one with -p, or end the program that has it",
		         config->bind.port);
	else if (errno == EACCES)
		log_errx("UDP port %u may be opened by root only; give one above 1023 with -p, or start as root",
		         config->bind.port);
	else if (errno == EADDRNOTAVAIL)
		log_errx("-p %s: that is no address of this host; leave it out to listen on all", ip);
	else
		log_err("cannot open UDP port %u", config->bind.port);
	return NULL;
}

bool daemon_drop_privileges(const struct sys_identity *id)
{
	const char *what;
	bool root = geteuid() == 0;
	if (sys_drop_privileges(id, &what) == 0) {
		if (root && geteuid() == 0 && id->uid != 0)
			log_warnx("stays root, without capabilities that it does not need: it cannot become user %u here (CAP_SETUID, or "
			          "a user namespace without that user)", (unsigned)id->uid);
		return true;
	}
	log_err("cannot %s to run as user %u and group %u (-u, -g)", what, (unsigned)id->uid, (unsigned)id->gid);
	return false;
}

void daemon_ready(void)
{
	log_ready();
	sys_ready();
}

void daemon_reloading(uint64_t now)
{
	char state[64];
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now * 1000);
	sys_notify(state);
}

void daemon_note(uint64_t now, enum note_level level, const char *line)
{
	static const enum log_level levels[] = {
		[NOTE_ERROR] = LOG_LEVEL_ERROR, [NOTE_WARNING] = LOG_LEVEL_WARNING,
		[NOTE_INFO] = LOG_LEVEL_INFO, [NOTE_DEBUG] = LOG_LEVEL_DEBUG,
	};
	log_note(now, levels[level], line);
}

void daemon_status_features(struct page *page, const struct daemon_feature *features, size_t n)
{
	bool any = false;
	page_printf(page, page->json ? "\"offload\":{" : "offload:");
	for (size_t i = 0; i < n; i++) {
		any |= features[i].in_use;
		if (page->json)
			page_printf(page, "%s\"%s\":%s", i ? "," : "", features[i].name, features[i].in_use ? "true" : "false");
		else if (features[i].in_use)
			page_printf(page, " %s", features[i].name);
	}
	page_printf(page, page->json ? "}," : any ? "\n" : " none\n");
}

void daemon_status_end(struct page *page, const struct management *m)
{
	const uint64_t lost = log_lost();
	page_section(page, "log", "log", (const char *const[]){ "log_lines_lost" }, &lost, 1);
	if (m)
		page_section(page, "management", "management port", management_count_names, management_counts(m),
		             MANAGEMENT_COUNT_MAX);
	page_end(page);
}
