#include "core/endpoint.h"

#include "test.h"

static const struct addr a = { ADDR_V4, 50001, { 192, 0, 2, 11 } };
static const struct hash_key key = { 1, 2 };

static void udp_is_told_by_its_address(void)
{
	struct addr other = a;
	other.port++;
	struct endpoint ep = endpoint_udp(&a), same = endpoint_udp(&a), differs = endpoint_udp(&other);
	CHECK(endpoint_equal(&ep, &same));
	CHECK(!endpoint_equal(&ep, &differs));
	CHECK(endpoint_hash(&key, &ep) == endpoint_hash(&key, &same));
	CHECK(endpoint_hash(&key, &ep) != endpoint_hash(&key, &differs));
}

static void none_is_none(void)
{
	struct endpoint none = { .kind = TRANSPORT_UDP }, ep = endpoint_udp(&a);
	CHECK(!endpoint_is_set(&none));
	CHECK(endpoint_is_set(&ep));
}

/* What comes from the same port by another transport, or by another connection, is somebody else. */
static void connections_differ(void)
{
	enum { STREAM = TRANSPORT_UDP + 1 };
	struct endpoint udp = endpoint_udp(&a), one = { a, STREAM, 1 }, two = { a, STREAM, 2 };
	CHECK(!endpoint_equal(&udp, &one));
	CHECK(!endpoint_equal(&one, &two));
	CHECK(endpoint_equal(&one, &one));
	CHECK(endpoint_hash(&key, &udp) != endpoint_hash(&key, &one));
	CHECK(endpoint_hash(&key, &one) != endpoint_hash(&key, &two));
}

int main(void)
{
	RUN(udp_is_told_by_its_address);
	RUN(none_is_none);
	RUN(connections_differ);
	return test_done();
}
