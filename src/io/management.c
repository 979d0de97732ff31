/* Requests and answers of the management port, without the port. */
#define _GNU_SOURCE
#include "io/management.h"

#include <inttypes.h>

#include "core/ascii.h"

/* Takes a time that does not depend on where, or whether, they differ. */
static bool same_password(const char *right, const char *given)
{
	size_t right_len = strnlen(right, MANAGEMENT_PASSWORD_MAX), len = strlen(given);
	char a[MANAGEMENT_PASSWORD_MAX + 1] = "", b[MANAGEMENT_PASSWORD_MAX + 1] = "";
	volatile unsigned differ = len > MANAGEMENT_PASSWORD_MAX;
	memcpy(a, right, right_len);
	memcpy(b, given, len > MANAGEMENT_PASSWORD_MAX ? MANAGEMENT_PASSWORD_MAX : len);
	for (size_t i = 0; i < sizeof(a); i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return !differ;
}

static bool authorized(const struct management_program *p, const char *password, bool needed)
{
	if (!password)
		return !needed;
	return p->password[0] && same_password(p->password, password);
}

/* "TAG[:FLAGS[:PASSWORD]]", FLAGS hexadecimal, its bit 0 says that a password follows. */
static bool take_options(struct management_answer *a, char *options, const char **password)
{
	char *flags = strchr(options, ':');
	*password = NULL;
	if (flags) {
		*flags++ = 0;
		char *given = strchr(flags, ':');
		if (given)
			*given++ = 0;
		size_t digits = strspn(flags, "0123456789abcdefABCDEF");
		if (flags[digits])
			return false;
		if (digits && (ascii_hex(flags[digits - 1]) & 1))
			*password = given ? given : "";
	}
	a->tag = options;
	return true;
}

static const struct management_method *find_method(const struct management_program *p, const char *name)
{
	for (size_t i = 0; i < p->methods_n; i++)
		if (!strcmp(p->methods[i].name, name))
			return &p->methods[i];
	return NULL;
}

/* NULL: a good request.  Else the error, and where the tag could be read it is in the answer. */
static const char *parse(struct management_answer *a, const struct management_program *p, char type, char *at)
{
	static const char blank[] = " \t\r\n";
	const char *password;
	char *options = strtok_r(NULL, blank, &at), *method = strtok_r(NULL, blank, &at);
	char *argument = strtok_r(NULL, blank, &at);
	if (!options)
		return "nooptions";
	if (!method)
		return "nocmd";
	if (!take_options(a, options, &password))
		return "nooptions";
	if (p->edge && strlen(options) > MANAGEMENT_EDGE_TAG)
		options[MANAGEMENT_EDGE_TAG] = 0;
	a->call.write = type == 'w';
	a->call.argument = argument ? argument : "";
	if (!authorized(p, password, type != 'r'))
		return "badauth";
	if (type == 's')
		return "unimplemented";
	a->method = find_method(p, method);
	if (!a->method)
		return "unknowncmd";
	return type == 'w' && !(a->method->access & MANAGEMENT_WRITE) ? "readonly" : NULL;
}

void management_ask(struct management_answer *a, const struct management_program *p, const void *line, size_t len)
{
	char *at = NULL;
	memset(a, 0, sizeof(*a));
	a->tag = "-1";
	a->call.argument = "";
	a->stage = MANAGEMENT_REFUSED;
	a->error = "badtype";
	if (len > MANAGEMENT_REQUEST_MAX)
		return;
	memcpy(a->line, line, len);
	const char *type = strtok_r(a->line, " \t\r\n", &at);
	if (!type || type[1] || !strchr(p->edge ? "rws" : "rw", type[0]))
		return;
	a->error = parse(a, p, type[0], at);
	if (a->error)
		return;
	a->stage = MANAGEMENT_BEGIN;
	if (!a->call.write && !(a->method->access & MANAGEMENT_READ))
		a->error = "writeonly";
	else if (!a->method->rows)
		a->error = "unimplemented";
}

static void open_object(const struct management_answer *a, struct page *page, const char *type)
{
	page->json = true;
	page->len = 0;
	page_printf(page, "{\"_tag\":");
	page_text(page, a->tag, MANAGEMENT_REQUEST_MAX);
	page_printf(page, ",\"_type\":\"%s\"", type);
}

static bool close_object(struct page *page)
{
	page_printf(page, "}\n");
	return true;
}

static bool write_error(const struct management_answer *a, struct page *page)
{
	open_object(a, page, "error");
	page_printf(page, ",\"error\":\"%s\"", a->error);
	return close_object(page);
}

static bool write_frame(const struct management_answer *a, struct page *page, const char *type, bool named)
{
	open_object(a, page, type);
	if (named)
		page_printf(page, ",\"cmd\":\"%s\"", a->method->name);
	return close_object(page);
}

bool management_next(struct management_answer *a, const struct management_program *p, struct page *page)
{
	switch (a->stage) {
	case MANAGEMENT_IDLE:
		return false;
	case MANAGEMENT_REFUSED:
		a->stage = MANAGEMENT_IDLE;
		return write_error(a, page);
	case MANAGEMENT_BEGIN:
		a->stage = a->error ? MANAGEMENT_FAILED : MANAGEMENT_IN_ROWS;
		return write_frame(a, page, "begin", true);
	case MANAGEMENT_FAILED:
		a->stage = MANAGEMENT_END;
		return write_error(a, page);
	case MANAGEMENT_IN_ROWS:
		open_object(a, page, "row");
		if (a->method->rows(p, &a->call, page))
			return close_object(page);
		break;
	case MANAGEMENT_END:
		break;
	}
	a->stage = MANAGEMENT_IDLE;
	return write_frame(a, page, "end", p->edge);
}

bool management_help(const struct management_program *p, struct management_call *call, struct page *row)
{
	if (call->cursor == p->methods_n)
		return false;
	const struct management_method *method = &p->methods[call->cursor++];
	page_printf(row, ",\"cmd\":\"%s\",\"help\":\"%s\"", method->name, method->help);
	return true;
}

void management_uint(struct page *row, const char *name, uint64_t n)
{
	page_printf(row, ",\"%s\":%" PRIu64, name, n);
}

void management_string(struct page *row, const char *name, const void *bytes, size_t max)
{
	page_printf(row, ",\"%s\":", name);
	page_text(row, bytes, max);
}

void management_mac(struct page *row, const uint8_t mac[static MAC_LEN])
{
	char text[MAC_TEXT];
	page_printf(row, ",\"macaddr\":\"%s\"", mac_print(text, mac));
}

void management_sockaddr(struct page *row, const struct addr *a)
{
	char text[ADDR_TEXT];
	page_printf(row, ",\"sockaddr\":\"%s\"", addr_is_set(a) ? addr_print(text, a) : "");
}

void management_ip4addr(struct page *row, const struct subnet *s)
{
	char text[SUBNET_TEXT];
	page_printf(row, ",\"ip4addr\":\"%s\"", subnet_is_set(s) ? subnet_print(text, s) : "");
}

void management_time(struct page *row, const struct management_call *call, const char *name, uint64_t then)
{
	int64_t ms = (int64_t)then + call->offset;
	management_uint(row, name, then && ms > 0 ? (uint64_t)ms / 1000 : 0);
}
