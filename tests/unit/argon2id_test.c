/* Argon2id by RFC 9106, section 5.3; with the cost of castnet it is in secure_keys_test.c. */
#include "hex.h"

#include "core/crypto/argon2id.h"

static void filled(uint8_t *to, int value, size_t len) { memset(to, value, len); }

static void example_of_rfc_9106(void)
{
	uint8_t password[32], salt[16], secret[8], data[12], tag[32];
	filled(password, 1, sizeof(password));
	filled(salt, 2, sizeof(salt));
	filled(secret, 3, sizeof(secret));
	filled(data, 4, sizeof(data));
	struct argon2id_input in = { password, salt, secret, data, 32, 16, 8, 12 };
	void *memory = malloc(32 * ARGON2ID_BLOCK);
	argon2id(tag, sizeof(tag), &in, (struct argon2id_cost){ .kib = 32, .passes = 3, .lanes = 4 }, memory);
	CHECK_HEX(tag, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
	for (size_t i = 0; i < 32 * ARGON2ID_BLOCK; i++)
		CHECK_INT(((uint8_t *)memory)[i], 0);
	free(memory);
}

/* What does not make a whole number of segments is not used, but counts in the hash. */
static void odd_costs_differ(void)
{
	uint8_t tags[4][64] = { { 0 } };
	struct argon2id_input in = { .password = "p", .password_len = 1, .salt = "saltsalt", .salt_len = 8 };
	void *memory = malloc(35 * ARGON2ID_BLOCK);
	argon2id(tags[0], 64, &in, (struct argon2id_cost){ 32, 1, 1 }, memory);
	argon2id(tags[1], 64, &in, (struct argon2id_cost){ 35, 1, 1 }, memory);
	argon2id(tags[2], 64, &in, (struct argon2id_cost){ 32, 2, 1 }, memory);
	argon2id(tags[3], 64, &in, (struct argon2id_cost){ 32, 1, 2 }, memory);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			CHECK(memcmp(tags[i], tags[k], 64));
	free(memory);
}

int main(void)
{
	RUN(example_of_rfc_9106);
	RUN(odd_costs_differ);
	return test_done();
}
