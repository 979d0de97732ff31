#define _GNU_SOURCE
#include "app/edge/previous.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/edge/daemon.h"
#include "io/status_path.h"

enum { LINE_MAX_BYTES = 128 };

static void path_of(const struct edge_daemon *d, char out[static STATUS_PATH_MAX])
{
	snprintf(out, STATUS_PATH_MAX, STATUS_FOLDER "/edge-%s.%llu.address", d->conf.device, (unsigned long long)sys_netns());
}

/* Whose address it is: that of another community or MAC is nothing to ask for. */
static int line_of(const struct edge_daemon *d, const struct subnet *address, char out[static LINE_MAX_BYTES])
{
	char mac[MAC_TEXT], ip[SUBNET_TEXT];
	uint8_t name[COMMUNITY_LEN];
	memcpy(name, d->conf.community, sizeof(name));
	return snprintf(out, LINE_MAX_BYTES, "%016llx %s %s\n", (unsigned long long)pearson64(name, sizeof(name)),
	                mac_print(mac, edge_tap_mac(d)), subnet_print(ip, address));
}

struct subnet edge_previous_read(const struct edge_daemon *d)
{
	struct subnet none = { .prefix = 0 }, address;
	char path[STATUS_PATH_MAX], expected[LINE_MAX_BYTES];
	size_t len;
	path_of(d, path);
	char *text = d->conf.mode == ADDRESS_AUTO ? sys_read_file(path, LINE_MAX_BYTES, &len) : NULL;
	if (!text)
		return none;
	const char *last = strrchr(text, ' ');
	char ip[SUBNET_TEXT] = "";
	if (last)
		snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(last + 1, "\n"), last + 1);
	bool good = subnet_parse(&address, ip, 0) && line_of(d, &address, expected) > 0 && !strcmp(text, expected);
	free(text);
	return good ? address : none;
}

void edge_previous_open(struct edge_daemon *d)
{
	char path[STATUS_PATH_MAX];
	path_of(d, path);
	d->previous_fd = d->conf.mode == ADDRESS_AUTO ? open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644) : -1;
}

/* A file that cannot be written is worth nothing more than another address after the next start. */
void edge_previous_write(struct edge_daemon *d, const struct subnet *address)
{
	char line[LINE_MAX_BYTES];
	int len = line_of(d, address, line);
	if (d->previous_fd < 0 || ftruncate(d->previous_fd, 0) < 0)
		return;
	if (pwrite(d->previous_fd, line, (size_t)len, 0) != len)
		log_debug("cannot keep the address for the next start");
}

void edge_previous_close(struct edge_daemon *d)
{
	if (d->previous_fd >= 0)
		close(d->previous_fd);
}
