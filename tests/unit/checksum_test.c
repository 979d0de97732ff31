/* The fast sum against one of byte after byte. */
#include "test.h"

#include "core/checksum.h"
#include "frames.h"

static void check_sum(const uint8_t *bytes, size_t len)
{
	uint16_t want = model_fold(model_sum(0, bytes, len));
	CHECK_INT(checksum_fold(checksum_add(0, bytes, len)), want);
}

static void example_of_rfc_1071(void)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	CHECK_INT(checksum_fold(checksum_add(0, bytes, sizeof(bytes))), 0xffff - 0xddf2);
	CHECK_INT(checksum_fold(checksum_add(0, bytes, 0)), 0xffff);
	CHECK_INT(checksum_fold(checksum_add(0, bytes, 3)), 0xffff - 0xf201);
}

static void every_length_and_alignment(void)
{
	static uint8_t bytes[1024 + 64];
	model_fill(bytes, sizeof(bytes));
	for (size_t len = 0; len <= 1024; len++)
		check_sum(bytes + len % 37, len);
}

static void nothing_beyond_is_read(void)
{
	static uint8_t bytes[700];
	model_fill(bytes, sizeof(bytes));
	for (size_t len = 0; len < sizeof(bytes); len++) {
		uint8_t *copy = model_exact(bytes, len);
		check_sum(copy, len);
		free(copy);
	}
}

static void carries_are_not_lost(void)
{
	static uint8_t bytes[OFFLOAD_FRAME_MAX];
	uint64_t sum = 0;
	check_sum(bytes, sizeof(bytes));
	memset(bytes, 0xff, sizeof(bytes));
	check_sum(bytes, sizeof(bytes));
	for (int i = 0; i < 1000; i++)
		sum = checksum_add(sum, bytes, 65534);
	CHECK_INT(checksum_fold(sum), 0);
	CHECK(sum < (uint64_t)1 << 34);
	CHECK_INT(checksum_fold(checksum_add(UINT64_MAX, bytes, 1)), 0xffff - 0xff00);
	CHECK_INT(checksum_fold(UINT64_MAX), 0);
}

static void piece_by_piece(void)
{
	static uint8_t bytes[3000];
	for (int round = 0; round < 200; round++) {
		model_fill(bytes, sizeof(bytes));
		size_t at = 0;
		uint64_t sum = 0, parts = 0;
		while (at < sizeof(bytes)) {
			size_t n = 2 * (1 + model_below(400));
			if (n > sizeof(bytes) - at)
				n = sizeof(bytes) - at;
			sum = checksum_add(sum, bytes + at, n);
			parts += checksum_add(0, bytes + at, n);
			at += n;
		}
		CHECK_INT(checksum_fold(sum), model_fold(model_sum(0, bytes, sizeof(bytes))));
		CHECK_INT(checksum_fold(parts), checksum_fold(sum));
	}
}

static void words_and_pseudo_header(void)
{
	static const uint8_t ip[] = { 10, 9, 8, 1, 10, 9, 8, 2 }, number[] = { 0x12, 0xfe };
	static const uint8_t pseudo[] = { 10, 9, 8, 1, 10, 9, 8, 2, 0, 1, 0, 2, 0, 17 };
	CHECK_INT(checksum_fold(checksum_word(0x12fe)), checksum_fold(checksum_add(0, number, sizeof(number))));
	CHECK_INT(checksum_fold(checksum_pseudo(ip, sizeof(ip), 17, 0x10002)),
	          model_fold(model_sum(0, pseudo, sizeof(pseudo))));
}

int main(void)
{
	RUN(example_of_rfc_1071);
	RUN(every_length_and_alignment);
	RUN(nothing_beyond_is_read);
	RUN(carries_are_not_lost);
	RUN(piece_by_piece);
	RUN(words_and_pseudo_header);
	return test_done();
}
