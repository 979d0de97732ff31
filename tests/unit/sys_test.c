/* What a daemon asks of the system: standard streams that were closed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/sys.h"
#include "test.h"

/* 0, or the number of what is wrong. */
static int streams_of_child(void)
{
	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	sys_open_streams();
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return 1 + fd;
	int next = open("/dev/null", O_RDWR);
	if (next <= 2)
		return 4;
	return write(1, "x", 1) < 0 && write(2, "x", 1) < 0 ? 0 : 5;    /* closed means: cannot be written */
}

static void closed_streams(void)
{
	int status = -1;
	fflush(stdout);
	pid_t pid = fork();
	if (!pid)
		_exit(streams_of_child());
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

static void open_streams_stay(void)
{
	int before = open("/dev/null", O_RDWR);
	sys_open_streams();
	int after = open("/dev/null", O_RDWR);
	CHECK_INT(after, before + 1);           /* nothing was left open */
	close(before);
	close(after);
}

/* Some editors put one before UTF-8: it belongs to no word of the file. */
static void a_byte_order_mark_is_no_text(void)
{
	char path[] = "/tmp/castnet-sys-test-XXXXXX";
	int fd = mkstemp(path);
	size_t len;
	CHECK_INT(write(fd, "\xef\xbb\xbfnet\n", 7), 7);
	char *text = sys_read_file(path, 100, &len);
	CHECK(text && len == 4);
	CHECK_STR(text ? text : "", "net\n");
	free(text);
	close(fd);
	unlink(path);
}

int main(void)
{
	RUN(closed_streams);
	RUN(open_streams_stay);
	RUN(a_byte_order_mark_is_no_text);
	return test_done();
}
