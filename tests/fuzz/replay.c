/* main() of a fuzzer where there is no libFuzzer: feeds it every file that is named, and every file of
 * the directories that are named.  The copy is as long as the input, so ASan sees a byte too far.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned inputs;

static void fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

static void feed_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size ? size : 1);
	if (!f || !data || fread(data, 1, size, f) != size)
		fail(path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	inputs++;
}

static void feed(const char *path);

static void feed_directory(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		fail(path);
	for (struct dirent *e; (e = readdir(dir)); ) {
		char below[PATH_MAX];
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, e->d_name) >= (int)sizeof(below)) {
			errno = ENAMETOOLONG;
			fail(path);
		}
		feed(below);
	}
	closedir(dir);
}

static void feed(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		fail(path);
	if (S_ISDIR(st.st_mode))
		feed_directory(path);
	else
		feed_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		feed(argv[i]);
	printf("%u inputs\n", inputs);
	return inputs == 0;
}
