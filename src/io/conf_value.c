/* Values of options that both programs have. */
#include "io/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"

bool conf_uint(struct conf *c, const char *value, const char *what, unsigned long min, unsigned long max,
               unsigned long *out)
{
	bool hex = value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
	const char *digits = value + (hex ? 2 : 0);
	char *end;
	errno = 0;
	unsigned long n = strtoul(digits, &end, hex ? 16 : 10);
	bool number = *digits && !strchr(" \t\n+-xX", *digits) && (digits[1] != 'x' || digits[0] != '0') && !*end;
	if (!number || errno || n < min || n > max)
		return conf_bad(c, "'%s' is not %s; give a number from %lu to %lu", value, what, min, max);
	*out = n;
	return true;
}

bool conf_string(struct conf *c, const char *value, const char *what, size_t max, char *to)
{
	size_t len = strlen(value);
	if (!len)
		return conf_bad(c, "'' is not %s; give 1 to %zu bytes", what, max);
	if (len > max)
		return conf_bad(c, "'%s' is too long for %s: %zu bytes, at most %zu fit", value, what, len, max);
	memset(to, 0, max + 1);
	memcpy(to, value, len);
	return true;
}

static bool port_parse(uint16_t *port, const char *text)
{
	size_t len = strspn(text, "0123456789");
	unsigned long n = len && len <= 5 && !text[len] ? strtoul(text, NULL, 10) : 0;
	*port = (uint16_t)n;
	return n && n <= 65535;
}

static bool is_host_name(const char *host)
{
	return *host && *host != '-' && *host != '.'
	       && !host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")];
}

/* Digits and dots only: then it must be a dotted address, and is no name. */
static bool is_numeric(const char *host)
{
	return !host[strspn(host, "0123456789.")];
}

const char *conf_endpoint_parse(struct conf_endpoint *out, const char *value, uint16_t default_port)
{
	const char *close = value[0] == '[' ? strchr(value, ']') : NULL;
	const char *host = close ? value + 1 : value;
	const char *port = close ? close + 1 : strchr(value, ':');
	size_t len = (size_t)((close ? close : port ? port : value + strlen(value)) - host);
	struct addr a;

	if (strstr(value, "://"))
		return "write it without what stands before the host: host:port";
	if (value[0] == '[' && (!close || (*port && *port != ':')))
		return "write an IPv6 address as [2001:db8::1]:7654";
	if (!close && port && strchr(port + 1, ':'))
		return "an IPv6 address needs brackets: [2001:db8::1]:7654";
	if (len > CONF_HOST_MAX)
		return "a host name has at most 253 bytes";
	memset(out, 0, sizeof(*out));
	memcpy(out->host, host, len);
	out->port = default_port;
	if (port && *port && !port_parse(&out->port, port + 1))
		return "the port must be a number from 1 to 65535";
	bool is_address = close || is_numeric(out->host);
	if (close) {
		char whole[CONF_HOST_MAX + 8];
		snprintf(whole, sizeof(whole), "[%s]:1", out->host);
		if (!addr_parse(&a, whole, 0) || a.family != ADDR_V6)
			return "write an IPv6 address as [2001:db8::1]:7654";
	} else if (!is_host_name(out->host) || (is_address && !addr_parse(&a, out->host, 1))) {
		return "give host:port, such as supernode.example.org:7654 or 192.0.2.1:7654";
	}
	return !is_address || addr_is_loopback(&a) || addr_is_endpoint(&a) ? NULL : "that is no address of one host";
}

bool conf_endpoint(struct conf *c, const char *value, uint16_t default_port, struct conf_endpoint *out)
{
	const char *wrong = conf_endpoint_parse(out, value, default_port);
	return wrong ? conf_bad(c, "'%s' is no host and port: %s", value, wrong) : true;
}
