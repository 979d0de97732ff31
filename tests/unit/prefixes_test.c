/* The destinations of the routes by some links, against a list that is searched plainly. */
#include "io/prefixes.h"

#include "test.h"

static struct addr v4(uint32_t ip)
{
	struct addr a = { .family = ADDR_V4 };
	put_be32(a.ip, ip);
	return a;
}

static struct prefix prefix(uint32_t ip, uint8_t len, uint64_t route, uint64_t way)
{
	return (struct prefix){ .to = v4(ip), .len = len, .route = route, .way = way };
}

static bool in(const struct prefixes *ps, uint32_t ip)
{
	struct addr a = v4(ip);
	return prefixes_cover(ps, &a);
}

static void covers_what_it_holds(void)
{
	static struct prefixes ps;
	struct prefix net = prefix(0x0a090900, 24, 1, 1), odd = prefix(0x0a100000, 13, 1, 1), all = prefix(0, 0, 1, 1);
	struct addr v6 = { .family = ADDR_V6 };
	CHECK(!in(&ps, 0x0a090901));
	prefixes_add(&ps, &net);
	prefixes_add(&ps, &odd);
	CHECK(in(&ps, 0x0a0909ff) && !in(&ps, 0x0a090a00) && !in(&ps, 0x0a0908ff));
	CHECK(in(&ps, 0x0a17ffff) && !in(&ps, 0x0a180000) && !in(&ps, 0x0a0fffff));
	prefixes_add(&ps, &all);
	CHECK(in(&ps, 0xc0000201) && !prefixes_cover(&ps, &v6));
	prefixes_remove(&ps, &all);
	prefixes_remove(&ps, &net);
	CHECK(!in(&ps, 0xc0000201) && !in(&ps, 0x0a090901) && in(&ps, 0x0a100000));
}

static void several_to_one_destination(void)
{
	static struct prefixes ps;
	struct prefix one = prefix(0, 0, 1, 1), other_metric = prefix(0, 0, 2, 1), other_way = prefix(0, 0, 1, 2);
	prefixes_add(&ps, &one);
	prefixes_add(&ps, &one);
	prefixes_add(&ps, &other_metric);
	prefixes_add(&ps, &other_way);
	CHECK_INT(ps.n, 3);
	prefixes_remove(&ps, &one);
	CHECK(in(&ps, 1));
	prefixes_replaced(&ps, &one);                   /* whatever way it took */
	CHECK_INT(ps.n, 1);
	prefixes_remove(&ps, &other_metric);
	CHECK(!in(&ps, 1));
}

/* Rather one too many than one too few. */
static void more_than_there_is_room_for(void)
{
	static struct prefixes ps;
	for (uint32_t i = 0; i <= PREFIXES_MAX; i++) {
		struct prefix p = prefix(0x0b000000 + (i << 8), 24, 1, 1);
		CHECK(!in(&ps, 0xc0000201));
		prefixes_add(&ps, &p);
	}
	CHECK(ps.overflowed && in(&ps, 0xc0000201));
}

int main(void)
{
	RUN(covers_what_it_holds);
	RUN(several_to_one_destination);
	RUN(more_than_there_is_room_for);
	return test_done();
}
