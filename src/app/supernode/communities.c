#include <errno.h>
#include <stdlib.h>

#include "app/daemon/run.h"
#include "app/supernode/daemon.h"

enum { COMMUNITY_FILE_MAX = 4 << 20 };      /* bytes */

int supernode_read_communities(struct supernode_daemon *d, char sentence[static STATUS_SENTENCE])
{
	size_t len;
	struct text why = { .len = 0 };
	const char *path = d->conf.communities;
	snprintf(sentence, STATUS_SENTENCE, "nothing is read anew: there is no -c");
	if (!path[0])
		return 0;
	char *text = sys_read_file_as(&d->conf.common.identity, path, COMMUNITY_FILE_MAX, &len);
	if (!text) {
		int error = errno;
		snprintf(sentence, STATUS_SENTENCE, "cannot read the community file '%.300s': %s%s", path, strerror(error),
		         error == EACCES ? "; the user of -u, nobody by default, has to be able to: chmod o+r" : "");
		return CONF_EXIT_SYSTEM;
	}
	bool good = supernode_load_communities(d->engine, d->now, text, len, &why);
	free(text);
	if (good)
		snprintf(sentence, STATUS_SENTENCE, "communities of %.400s", path);
	else
		snprintf(sentence, STATUS_SENTENCE, "community file '%.300s': %.180s", path, why.s);
	return good ? 0 : CONF_EXIT_USAGE;
}
