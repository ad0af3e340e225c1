/* SPDX-License-Identifier: MIT */

#define _XOPEN_SOURCE 700

#include "http_request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fields {
	bool has_host, has_length, keep_alive, close;
};

/* Returns the length of the method or field name that the text begins with. */
static size_t
token_length(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) ||
	    (text[len] != '\0' &&
	    strchr("-!#$%&'*+.^_`|~", text[len]) != NULL))
		len++;

	return len;
}

/* Returns whether a list with commas contains this word. */
static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list != '\0') {
		list += strspn(list, " \t,");
		if (strncasecmp(list, word, len) == 0 &&
		    strchr(" \t,", list[len]) != NULL)
			return true;
		list += strcspn(list, ",");
	}

	return false;
}

/* Accepts digits only, and too few to overflow. */
static bool
parse_length(const char *text, unsigned long long *length)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 18 ||
	    text[digits + strspn(text + digits, " \t")] != '\0')
		return false;

	*length = strtoull(text, NULL, 10);

	return true;
}

/* Proxies are sent "http://host/path"; a path ends at a query. */
static char *
path_of(char *target)
{
	static char root[] = "/";

	if (strncasecmp(target, "http://", 7) == 0) {
		target = strchr(target + 7, '/');
		if (target == NULL)
			return root;
	}
	target[strcspn(target, "?#")] = '\0';

	return target;
}

/* Parses "METHOD TARGET HTTP/1.x"; returns a status. */
static int
parse_request_line(struct http_request *request, char *line)
{
	size_t method = token_length(line);
	char *target = line + method + 1;
	char *version;

	if (method == 0 || line[method] != ' ')
		return 400;
	version = strchr(target, ' ');
	if (version == NULL || version == target)
		return 400;
	*version++ = '\0';
	if (strncmp(version, "HTTP/", 5) != 0)
		return 400;
	if (strcmp(version, "HTTP/1.1") != 0 &&
	    strcmp(version, "HTTP/1.0") != 0)
		return 505;

	line[method] = '\0';
	request->method = line;
	request->path = path_of(target);
	request->keep_alive = version[7] == '1';

	return 200;
}

static int
parse_field(struct http_request *request, struct fields *fields, char *line)
{
	char *value = line + token_length(line);
	unsigned long long before = request->length;

	if (value == line || *value != ':')
		return 400;
	*value++ = '\0';
	value += strspn(value, " \t");

	if (strcasecmp(line, "Content-Length") == 0) {
		if (!parse_length(value, &request->length) ||
		    (fields->has_length && before != request->length))
			return 400;
		fields->has_length = true;
	} else if (strcasecmp(line, "Host") == 0) {
		if (fields->has_host)
			return 400;
		fields->has_host = true;
	} else if (strcasecmp(line, "Transfer-Encoding") == 0) {
		return 501; /* chunked, for example */
	} else if (strcasecmp(line, "Connection") == 0) {
		fields->close |= has_word(value, "close");
		fields->keep_alive |= has_word(value, "keep-alive");
	} else if (strcasecmp(line, "Expect") == 0) {
		if (strcasecmp(value, "100-continue") != 0)
			return 417;
		request->expects_continue = true;
	}

	return 200;
}

/* Parses all lines of a head, which is a string that ends with a line. */
static int
parse_lines(struct http_request *request, char *head)
{
	struct fields fields = { 0 };
	int status = 200;
	bool is_1_1;
	char *line, *end;

	for (line = head; *line != '\0'; line = end + 2) {
		end = strchr(line, '\r');
		if (end == NULL || end[1] != '\n')
			return 400; /* a CR alone */
		*end = '\0';
		if (strchr(line, '\n') != NULL)
			return 400; /* an LF alone */
		status = line == head ?
		    parse_request_line(request, line) :
		    parse_field(request, &fields, line);
		if (status != 200)
			return status;
	}

	is_1_1 = request->keep_alive;
	if (fields.keep_alive)
		request->keep_alive = true;
	if (fields.close)
		request->keep_alive = false;
	if (!is_1_1)
		request->expects_continue = false;

	return is_1_1 && !fields.has_host ? 400 : 200;
}

size_t
http_request_parse(struct http_request *request, char *bytes, size_t len)
{
	char *end = bytes;

	/* up to CR LF CR LF */
	for (;; end++) {
		end = memchr(end, '\n', len - (size_t)(end - bytes));
		if (end == NULL)
			return 0;
		if (end - bytes >= 3 && memcmp(end - 3, "\r\n\r", 3) == 0)
			break;
	}
	len = (size_t)(end - bytes) + 1;

	memset(request, 0, sizeof(*request));
	request->status = 400;
	if (memchr(bytes, '\0', len) == NULL) {
		end[-1] = '\0'; /* the lines, without the empty one */
		request->status = parse_lines(request, bytes);
	}
	if (request->status != 200)
		request->keep_alive = false;

	return len;
}
