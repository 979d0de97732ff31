#include "io/page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "io/json.h"

bool page_room(const struct page *page)
{
	return page->len + PAGE_ROW_MAX <= sizeof(page->text);
}

void page_next_stage(struct page *page)
{
	page->stage++;
	page->cursor = page->rows = 0;
}

void page_printf(struct page *page, const char *fmt, ...)
{
	size_t room = sizeof(page->text) - page->len;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(page->text + page->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		page->len += (size_t)n < room ? (size_t)n : room - 1;
}

void page_either(struct page *page, const char *json, const char *text)
{
	page_printf(page, "%s", page->json ? json : text);
}

void page_text(struct page *page, const void *bytes, size_t max)
{
	const uint8_t *b = bytes;
	if (page->json) {
		page->len += json_string(page->text + page->len, sizeof(page->text) - page->len, b, max);
		return;
	}
	for (size_t i = 0; i < max && b[i]; i++)
		if (b[i] < 0x20 || b[i] > 0x7e)
			page_printf(page, "\\x%02x", b[i]);
		else
			page_printf(page, "%s%c", b[i] == '\\' ? "\\" : "", b[i]);
}

const char *page_age(char out[static 32], uint64_t ms)
{
	unsigned long long s = ms / 1000;
	if (s < 60)
		snprintf(out, 32, "%llu s", s);
	else if (s < 3600)
		snprintf(out, 32, "%llu min", s / 60);
	else if (s < 86400)
		snprintf(out, 32, "%llu h %llu min", s / 3600, s / 60 % 60);
	else
		snprintf(out, 32, "%llu days %llu h", s / 86400, s / 3600 % 24);
	return out;
}

/* A MAC, subnet or endpoint as text; NULL: there is none. */
enum { PLACE_TEXT = ADDR_TEXT > SUBNET_TEXT ? ADDR_TEXT : SUBNET_TEXT };
static const char *place(char out[static PLACE_TEXT], const struct value *v)
{
	if (v->kind == VALUE_MAC)
		return mac_is_null(v->at) ? NULL : mac_print(out, v->at);
	if (v->kind == VALUE_SUBNET)
		return subnet_is_set(v->at) ? subnet_print(out, v->at) : NULL;
	return addr_is_set(v->at) ? addr_print(out, v->at) : NULL;
}

static void json_value(struct page *page, const struct value *v)
{
	char text[PLACE_TEXT];
	const char *there;
	switch (v->kind) {
	case VALUE_WORD:
		page_printf(page, "\"%s\"", (const char *)v->at);
		break;
	case VALUE_TEXT:
		page_text(page, v->at, v->n);
		break;
	case VALUE_BOOL:
		page_printf(page, "%s", v->n ? "true" : "false");
		break;
	case VALUE_MAC:
	case VALUE_SUBNET:
	case VALUE_ADDR:
		there = place(text, v);
		page_printf(page, there ? "\"%s\"" : "%s", there ? there : "null");
		break;
	default:
		page_printf(page, "%" PRIu64, v->n);
	}
}

static void json_members(struct page *page, const struct value *v, size_t n)
{
	const char *comma = "";
	for (size_t i = 0; i < n; i++) {
		if (v[i].kind == VALUE_ABSENT || v[i].kind == VALUE_SAID)
			continue;
		page_printf(page, "%s\"%s\":", comma, v[i].name);
		json_value(page, &v[i]);
		comma = ",";
	}
}

static void text_value(struct page *page, const struct value *v)
{
	char text[PLACE_TEXT], age[32];
	switch (v->kind) {
	case VALUE_ABSENT:
		page_printf(page, "-");
		break;
	case VALUE_UINT:
		page_printf(page, "%" PRIu64 "%s", v->n, strncmp(v->name, "bytes", 5) ? "" : " B");
		break;
	case VALUE_SECONDS:
	case VALUE_MS:
		page_printf(page, "%s", page_age(age, v->kind == VALUE_MS ? v->n : v->n * 1000));
		break;
	case VALUE_BOOL:
		page_printf(page, "%s", v->n ? "yes" : "no");
		break;
	case VALUE_WORD:
	case VALUE_SAID:
		page_printf(page, "%s", (const char *)v->at);
		break;
	case VALUE_TEXT:
		page_text(page, v->at, v->n);
		break;
	default: {
		const char *there = place(text, v);
		page_printf(page, "%s", there ? there : "-");
	}
	}
}

/* A field of a template, without its braces: [title=]name[/name...][:width] */
struct field {
	const char *title, *names;
	int title_len, names_len;
	size_t width;
	const char *end;                /* behind the brace */
};

static struct field field_read(const char *open)
{
	struct field f = { .names = open + 1, .end = strchr(open, '}') + 1 };
	const char *equals = memchr(f.names, '=', (size_t)(f.end - f.names));
	if (equals) {
		f.title = f.names;
		f.title_len = (int)(equals - f.title);
		f.names = equals + 1;
	}
	const char *colon = memchr(f.names, ':', (size_t)(f.end - f.names));
	f.names_len = (int)((colon ? colon : f.end - 1) - f.names);
	for (const char *c = colon ? colon + 1 : f.end; c < f.end - 1; c++)
		f.width = f.width * 10 + (size_t)(*c - '0');
	return f;
}

static void pad(struct page *page, size_t since, size_t width)
{
	size_t len = page->len - since;
	if (len < width)
		page_printf(page, "%*s", (int)(width - len), "");
}

static void field_print(struct page *page, const struct field *f, const struct value *v, size_t n)
{
	size_t since = page->len;
	for (int at = 0, len; at < f->names_len; at += len + 1) {
		const char *name = f->names + at, *slash = memchr(name, '/', (size_t)(f->names_len - at));
		len = slash ? (int)(slash - name) : f->names_len - at;
		if (at)
			page_printf(page, "/");
		for (size_t i = 0; i < n; i++)
			if (!strncmp(v[i].name, name, (size_t)len) && !v[i].name[len])
				text_value(page, &v[i]);
	}
	pad(page, since, f->width);
}

/* titles: the line above a table, made of what stands before the = of each column. */
static void text_line(struct page *page, const char *template, const struct value *v, size_t n, bool titles)
{
	for (const char *at = template; *at; ) {
		size_t plain = strcspn(at, "{");
		page_printf(page, "%.*s", (int)plain, at);
		at += plain;
		if (!*at)
			return;
		struct field f = field_read(at);
		size_t since = page->len;
		if (titles) {
			page_printf(page, "%.*s", f.title_len, f.title);
			pad(page, since, f.width);
		} else {
			field_print(page, &f, v, n);
		}
		at = f.end;
	}
}

void page_members(struct page *page, const struct value *v, size_t n, const char *template)
{
	if (!page->json) {
		text_line(page, template, v, n, false);
		return;
	}
	json_members(page, v, n);
	page_printf(page, ",");
}

void page_row_begin(struct page *page, bool first, const struct value *v, size_t n, const char *template)
{
	if (page->json) {
		page_printf(page, "%s{", first ? "" : ",");
		page_members(page, v, n, template);
		return;
	}
	if (first && strchr(template, '=')) {
		page_printf(page, "\n");
		text_line(page, template, v, n, true);
	}
	text_line(page, template, v, n, false);
}

void page_row(struct page *page, bool first, const struct value *v, size_t n, const char *template)
{
	page_row_begin(page, first, v, n, template);
	if (page->json)
		page->text[page->len - 1] = '}';
}

void page_counts(struct page *page, const char *const *names, const uint64_t *counts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (page->json)
			page_printf(page, "%s\"%s\":%" PRIu64, i ? "," : "", names[i], counts[i]);
		else if (counts[i])
			page_printf(page, "  %-32s %" PRIu64 "\n", names[i], counts[i]);
	}
}

void page_section(struct page *page, const char *name, const char *title, const char *const *names, const uint64_t *counts,
                  size_t n)
{
	bool any = page->json;
	for (size_t i = 0; i < n && !any; i++)
		any = counts[i] != 0;
	if (!any)
		return;
	if (page->json)
		page_printf(page, "\"%s\":{", name);
	else
		page_printf(page, "\n%s\n", title);
	page_counts(page, names, counts, n);
	page_either(page, "},", "");
}

void page_end(struct page *page)
{
	if (!page->json)
		return;
	if (page->len && page->text[page->len - 1] == ',')
		page->len--;
	page_printf(page, "}\n");
}
