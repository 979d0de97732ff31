#include <stdlib.h>

#include "app/daemon/run.h"
#include "app/supernode/daemon.h"

enum { COMMUNITY_FILE_MAX = 4 << 20 };      /* bytes */

int supernode_read_communities(struct supernode_daemon *d)
{
	size_t len;
	struct text why = { .len = 0 };
	if (!d->conf.communities[0])
		return 0;
	char *text = sys_read_file(d->conf.communities, COMMUNITY_FILE_MAX, &len);
	if (!text) {
		log_err("cannot read the community file '%s'", d->conf.communities);
		return CONF_EXIT_SYSTEM;
	}
	bool good = supernode_load_communities(d->engine, d->now, text, len, &why);
	free(text);
	if (!good)
		log_errx("community file '%s': %s", d->conf.communities, why.s);
	return good ? 0 : CONF_EXIT_USAGE;
}
