/* What parses prints, and parses to the same again. */
#include "core/addr.h"
#include "fuzz.h"

static void endpoint(const char *text)
{
	char print[ADDR_TEXT];
	struct addr a, b;
	if (!addr_parse(&a, text, 7654))
		return;
	FUZZ_CHECK(addr_is_set(&a));
	FUZZ_CHECK(strlen(addr_print(print, &a)) < sizeof(print));
	FUZZ_CHECK(addr_parse(&b, print, 0) && addr_equal(&a, &b));
}

static void mac(const char *text)
{
	char print[MAC_TEXT];
	uint8_t a[MAC_LEN], b[MAC_LEN];
	if (!mac_parse(a, text))
		return;
	FUZZ_CHECK(strlen(mac_print(print, a)) == sizeof(print) - 1);
	FUZZ_CHECK(mac_parse(b, print) && mac_equal(a, b));
}

static void subnet(const char *text)
{
	char print[SUBNET_TEXT];
	struct subnet a, b;
	if (!subnet_parse(&a, text, 24))
		return;
	FUZZ_CHECK(a.prefix <= 32);
	FUZZ_CHECK(strlen(subnet_print(print, &a)) < sizeof(print));
	if (subnet_is_set(&a))
		FUZZ_CHECK(subnet_parse(&b, print, 0) && subnet_equal(&a, &b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[128];
	fuzz_text(text, sizeof(text), data, len);
	endpoint(text);
	mac(text);
	subnet(text);
	return 0;
}
