/* Clocks that move against each other, and the kernel's word for it. */
#include "io/clones.h"

#include <unistd.h>

#include "test.h"

static void clocks(void)
{
	struct clones c;
	clones_begin(&c);
	CHECK(!clones_happened(&c));
	(void)clones_clocks(&c, 1000, 1000, 700000);
	CHECK(!clones_clocks(&c, 100000, 100000, 799000));              /* a minute without a turn is none */
	CHECK(!clones_clocks(&c, 101000, 106000, 800000));              /* 5 s of sleep are not either */
	CHECK(!clones_clocks(&c, 102000, 112000, 801000));
	CHECK(clones_clocks(&c, 103000, 118001, 802000));               /* slept */
	CHECK(!clones_clocks(&c, 104000, 119001, 803000));
	CHECK(clones_clocks(&c, 105000, 120001, 903000));               /* a snapshot went on later */
	CHECK(clones_clocks(&c, 106000, 121001, 803000));               /* or was set back */
	CHECK(!clones_clocks(&c, 107000, 122001, 804000));
}

static void events(void)
{
	static const char change[] = "change@/devices/LNXSYSTM:00/QEMUVGID:00\0ACTION=change\0NEW_VMGENID=1\0SEQNUM=2000";
	static const char other[] = "change@/devices/x\0ACTION=change\0NEW_VMGENID=10\0XNEW_VMGENID=1";
	CHECK(clones_event_is_new_generation(change, sizeof(change)));
	CHECK(clones_event_is_new_generation(change, sizeof(change) - 13));
	CHECK(!clones_event_is_new_generation(other, sizeof(other)));
	CHECK(!clones_event_is_new_generation("", 0));
	int fd = clones_events_open();
	if (fd < 0)
		return;
	CHECK(!clones_events_read(fd));
	close(fd);
}

int main(void)
{
	RUN(clocks);
	RUN(events);
	return test_done();
}
