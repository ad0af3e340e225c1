/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "mio/address.h"

#include <stdbool.h>
#include <string.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/un.h>

#include "base/check.h"
#include "mio/unix.h"
#include "sys/interface.h"

#define UNIX_PREFIX  "unix:"
#define UNNAMED      ((socklen_t)offsetof(struct sockaddr_un, sun_path))
#define PATH_LEN_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)
#define PORT_DIGITS  5
#define FAMILY_LEN   offsetof(struct sockaddr, sa_data)

_Static_assert(MIO_ADDRESS_TEXT_MAX >= sizeof(UNIX_PREFIX "@") + PATH_LEN_MAX,
    "the prefix's NUL counts as the text's");
/* two of these include a NUL: one counts as the '%', the other as the text's */
_Static_assert(MIO_ADDRESS_TEXT_MAX >=
	sizeof("[]:") - 1 + INET6_ADDRSTRLEN + IF_NAMESIZE + PORT_DIGITS,
    "the longest with a zone");

/* A part of a text. It need not end with a NUL. */
struct part {
	const char *bytes;
	size_t len;
};

static struct part
part_of(const char *begin, const char *end)
{
	return (struct part){ begin, (size_t)(end - begin) };
}

static bool
is_digits(struct part part)
{
	size_t i;

	for (i = 0; i < part.len; i++)
		if (part.bytes[i] < '0' || part.bytes[i] > '9')
			return false;

	return part.len > 0;
}

/*
 * A zone of digits is always a number, even if an interface has that name. A
 * colon in a name would be ambiguous with the port, and a space with the end of
 * the text.
 */
static bool
is_interface_name(struct part part)
{
	size_t i;

	for (i = 0; i < part.len; i++)
		if ((unsigned char)part.bytes[i] <= ' ' ||
		    part.bytes[i] == ':' || part.bytes[i] == 0x7f)
			return false;

	return part.len > 0 && !is_digits(part);
}

/* Accepts canonical decimal only: no sign, space or leading zero. */
static int
parse_number(struct part part, uint32_t max, uint32_t *number)
{
	uint64_t n = 0;
	size_t i;

	if (!is_digits(part) || (part.bytes[0] == '0' && part.len > 1))
		return -EINVAL;

	for (i = 0; i < part.len; i++) {
		n = n * 10 + (uint64_t)(part.bytes[i] - '0');
		if (n > max)
			return -EINVAL;
	}
	*number = (uint32_t)n;

	return 0;
}

static int
parse_zone(struct part zone, uint32_t *scope)
{
	char name[IF_NAMESIZE] = { 0 };
	int index;

	if (is_digits(zone))
		return parse_number(zone, UINT32_MAX, scope);

	if (!is_interface_name(zone))
		return -EINVAL;
	if (zone.len >= sizeof(name))
		return -ENODEV;

	memcpy(name, zone.bytes, zone.len);
	index = mio__os_interface_index(name);
	if (index < 0)
		return index;

	*scope = (uint32_t)index;

	return 0;
}

/* Stores the bytes of an address of this family. */
static int
parse_digits(int family, struct part part, void *bytes)
{
	char digits[INET6_ADDRSTRLEN] = { 0 };

	if (part.len >= sizeof(digits))
		return -EINVAL;

	memcpy(digits, part.bytes, part.len);

	return inet_pton(family, digits, bytes) == 1 ? 0 : -EINVAL;
}

static int
parse_v4(struct sockaddr_in *in, struct part host)
{
	in->sin_family = AF_INET;

	return parse_digits(AF_INET, host, &in->sin_addr);
}

static int
parse_v6(struct sockaddr_in6 *in6, struct part host)
{
	const char *end = host.bytes + host.len;
	const char *percent = memchr(host.bytes, '%', host.len);
	int r;

	in6->sin6_family = AF_INET6;
	r = parse_digits(AF_INET6,
	    part_of(host.bytes, percent != NULL ? percent : end),
	    &in6->sin6_addr);
	if (r < 0 || percent == NULL)
		return r;

	return parse_zone(part_of(percent + 1, end), &in6->sin6_scope_id);
}

/*
 * Splits text: host is the part inside the brackets or before the colon, and
 * port is the part after it, including the colon, or empty. Without brackets, a
 * text with more than one colon is an IPv6 address without a port.
 */
static int
split(const char *text, struct part *host, struct part *port, int *family)
{
	const char *end = text + strlen(text);
	const char *colon = strchr(text, ':');
	const char *bracket;

	if (text[0] == '[') {
		bracket = strrchr(text, ']');
		if (bracket == NULL)
			return -EINVAL;

		*family = AF_INET6;
		*host = part_of(text + 1, bracket);
		*port = part_of(bracket + 1, end);
	} else if (colon != NULL && strchr(colon + 1, ':') != NULL) {
		*family = AF_INET6;
		*host = part_of(text, end);
		*port = part_of(end, end);
	} else {
		*family = AF_INET;
		*host = part_of(text, colon != NULL ? colon : end);
		*port = part_of(colon != NULL ? colon : end, end);
	}

	return 0;
}

static int
parse_port(struct part part, uint16_t default_port, in_port_t *port)
{
	uint32_t number = default_port;
	int r;

	if (part.len > 0) {
		if (part.bytes[0] != ':')
			return -EINVAL;

		r = parse_number((struct part){ part.bytes + 1, part.len - 1 },
		    UINT16_MAX, &number);
		if (r < 0)
			return r;
	}
	*port = htons((uint16_t)number);

	return 0;
}

/* Syntax errors in the text take precedence over an unknown interface. */
static int
parse_inet(struct sockaddr_storage *out, socklen_t *len, const char *text,
    uint16_t default_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct part host, port_part;
	in_port_t port;
	int family;
	int r;

	r = split(text, &host, &port_part, &family);
	if (r == 0)
		r = parse_port(port_part, default_port, &port);
	if (r == 0)
		r = family == AF_INET ? parse_v4(&in, host)
				      : parse_v6(&in6, host);
	if (r < 0)
		return r;

	*out = (struct sockaddr_storage){ 0 };
	if (family == AF_INET) {
		in.sin_port = port;
		MIO__SET_ADDRESS_LEN(&in, sizeof(in));
		memcpy(out, &in, sizeof(in));
		*len = sizeof(in);
	} else {
		in6.sin6_port = port;
		MIO__SET_ADDRESS_LEN(&in6, sizeof(in6));
		memcpy(out, &in6, sizeof(in6));
		*len = sizeof(in6);
	}

	return 0;
}

static int
parse_unix(struct sockaddr_storage *out, socklen_t *len, const char *path)
{
	struct sockaddr_un un;
	socklen_t un_len;
	int r;

	if (path[0] == '@')
		r = mio_unix_abstract_addr(
		    &un, &un_len, path + 1, strlen(path + 1));
	else
		r = mio_unix_addr(&un, &un_len, path);
	if (r < 0)
		return r;

	*out = (struct sockaddr_storage){ 0 };
	memcpy(out, &un, sizeof(un));
	*len = un_len;

	return 0;
}

MIO__PUBLIC MIO__COLD int
mio_address_parse(struct sockaddr_storage *addr, socklen_t *len,
    const char *text, uint16_t default_port)
{
	size_t prefix_len = strlen(UNIX_PREFIX);

	if (addr == NULL || len == NULL || text == NULL)
		return -EINVAL;

	if (strncmp(text, UNIX_PREFIX, prefix_len) == 0)
		return parse_unix(addr, len, text + prefix_len);

	return parse_inet(addr, len, text, default_port);
}

/* The text written so far. The buffer has room for any address. */
struct text {
	char bytes[MIO_ADDRESS_TEXT_MAX];
	size_t len;
};

static void
put(struct text *text, const char *bytes, size_t len)
{
	MIO__CHECK(len < sizeof(text->bytes) - text->len);
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

static void
put_string(struct text *text, const char *string)
{
	put(text, string, strlen(string));
}

static void
put_number(struct text *text, uint32_t number)
{
	char digits[10];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	put(text, digits + i, sizeof(digits) - i);
}

static void
put_digits(struct text *text, int family, const void *bytes)
{
	char digits[INET6_ADDRSTRLEN];

	MIO__CHECK(inet_ntop(family, bytes, digits, sizeof(digits)) != NULL);
	put_string(text, digits);
}

/* The number is equivalent, and is used if there is no usable name. */
static void
put_zone(struct text *text, uint32_t scope)
{
	char name[IF_NAMESIZE];

	put_string(text, "%");
	if (mio__os_interface_name(scope, name) == 0 &&
	    is_interface_name((struct part){ name, strlen(name) }))
		put_string(text, name);
	else
		put_number(text, scope);
}

static int
put_v4(struct text *text, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in in;

	if (len < sizeof(in))
		return -EINVAL;

	memcpy(&in, addr, sizeof(in));
	put_digits(text, AF_INET, &in.sin_addr);
	put_string(text, ":");
	put_number(text, ntohs(in.sin_port));

	return 0;
}

static int
put_v6(struct text *text, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 in6;

	if (len < sizeof(in6))
		return -EINVAL;

	memcpy(&in6, addr, sizeof(in6));
	put_string(text, "[");
	put_digits(text, AF_INET6, &in6.sin6_addr);
	if (in6.sin6_scope_id != 0)
		put_zone(text, in6.sin6_scope_id);
	put_string(text, "]:");
	put_number(text, ntohs(in6.sin6_port));

	return 0;
}

/* The length may include one NUL, several, or a byte past the end. */
static int
put_unix(struct text *text, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t room, name_len;
	const char *end;

	if (len <= UNNAMED)
		return -EINVAL;

	if (len > sizeof(un))
		len = sizeof(un);
	memcpy(&un, addr, len);
	room = len - UNNAMED;
	end = memchr(un.sun_path, '\0', room);
	name_len = end != NULL ? (size_t)(end - un.sun_path) : room;

	if (name_len > 0) {
		if (un.sun_path[0] == '@' || name_len > PATH_LEN_MAX)
			return -EINVAL;

		put_string(text, UNIX_PREFIX);
		put(text, un.sun_path, name_len);

		return 0;
	}

	name_len = room - 1;
	if (!MIO__ABSTRACT_NAMES || name_len == 0 ||
	    memchr(un.sun_path + 1, '\0', name_len) != NULL)
		return -EINVAL;

	put_string(text, UNIX_PREFIX "@");
	put(text, un.sun_path + 1, name_len);

	return 0;
}

static int
put_address(struct text *text, const struct sockaddr *addr, socklen_t len)
{
	switch (addr->sa_family) {
	case AF_INET:
		return put_v4(text, addr, len);
	case AF_INET6:
		return put_v6(text, addr, len);
	case AF_UNIX:
		return put_unix(text, addr, len);
	default:
		return -EAFNOSUPPORT;
	}
}

MIO__PUBLIC MIO__COLD int
mio_address_format(
    const struct sockaddr *addr, socklen_t len, char *text, size_t size)
{
	struct text whole = { .len = 0 };
	int r;

	if (addr == NULL || len < FAMILY_LEN || text == NULL)
		return -EINVAL;

	r = put_address(&whole, addr, len);
	if (r < 0)
		return r;

	if (whole.len >= size)
		return -ENOSPC;

	memcpy(text, whole.bytes, whole.len + 1);

	return (int)whole.len;
}
