/* SPDX-License-Identifier: MIT */

/* Addresses as text and back. */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <stddef.h>

#include <net/if.h>
#include <sys/un.h>

#define UNNAMED offsetof(struct sockaddr_un, sun_path)
#define LONGEST 107
#define DEFAULT_PORT 4711

/* The result of a parse that has to work. */
static struct sockaddr_storage
parsed(const char *text, socklen_t *len)
{
	struct sockaddr_storage addr;
	int r;

	memset(&addr, 0xa5, sizeof(addr));
	r = mio_address_parse(&addr, len, text, DEFAULT_PORT);
	if (r != 0)
		ck_abort_msg("\"%s\" returns %d", text, r);

	return addr;
}

/* And of one that must not. */
static void
expect_refused(const char *text, int error)
{
	struct sockaddr_storage addr, before;
	socklen_t len = 4321;
	int r;

	memset(&addr, 0xa5, sizeof(addr));
	before = addr;
	r = mio_address_parse(&addr, &len, text, DEFAULT_PORT);
	if (r != -error)
		ck_abort_msg("\"%s\" returns %d", text, r);
	ck_assert_uint_eq(len, 4321);
	ck_assert_mem_eq(&addr, &before, sizeof(addr));
}

static void
expect_no_text(const void *addr, size_t len, int error)
{
	char text[MIO_ADDRESS_TEXT_MAX], before[sizeof(text)];

	memset(text, 0x5a, sizeof(text));
	memcpy(before, text, sizeof(text));
	assert_error(mio_address_format(
	    addr, (socklen_t)len, text, sizeof(text)), error);
	ck_assert_mem_eq(text, before, sizeof(text));
}

/* This text comes out, and only in as many bytes as it needs. */
static void
expect_text(const void *addr, socklen_t len, const char *expected)
{
	char text[MIO_ADDRESS_TEXT_MAX + 1], before[sizeof(text)];
	size_t n = strlen(expected), size;

	ck_assert_uint_lt(n, MIO_ADDRESS_TEXT_MAX);
	memset(text, 0x5a, sizeof(text));
	memcpy(before, text, sizeof(text));
	for (size = 0; size <= n; size++)
		must(mio_address_format(addr, len, text, size) == -ENOSPC);
	ck_assert_mem_eq(text, before, sizeof(text));

	ck_assert_int_eq(mio_address_format(addr, len, text, n + 1), (int)n);
	ck_assert_str_eq(text, expected);
	ck_assert_mem_eq(text + n + 1, before, sizeof(text) - n - 1);
	ck_assert_int_eq(
	    mio_address_format(addr, len, text, SIZE_MAX), (int)n);
}

/* Parses text, formats it to full, and parses that to the same. */
static void
expect_round(const char *text, const char *full)
{
	struct sockaddr_storage addr, again;
	socklen_t len = 1, again_len = 2;

	addr = parsed(text, &len);
	expect_text(&addr, len, full);
	again = parsed(full, &again_len);
	ck_assert_uint_eq(again_len, len);
	ck_assert_mem_eq(&again, &addr, sizeof(addr));
}

/* The name of the interface 1, which is the loopback one, and its number. */
static unsigned
loopback_interface(char *name)
{
	ck_assert_ptr_nonnull(if_indextoname(1, name));

	return 1;
}

START_TEST(ipv4_is_parsed_with_and_without_a_port)
{
	static const struct {
		const char *text;
		uint32_t bytes;
		unsigned port;
	} rows[] = {
		{ "127.0.0.1:80", 0x7f000001, 80 },
		{ "127.0.0.1", 0x7f000001, DEFAULT_PORT },
		{ "0.0.0.0:0", 0, 0 },
		{ "255.255.255.255:65535", 0xffffffff, 65535 },
		{ "1.2.3.4:1", 0x01020304, 1 },
	};
	struct sockaddr_storage addr, expected;
	struct sockaddr_in in;
	socklen_t len;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&in, 0, sizeof(in));
		in.sin_family = AF_INET;
		in.sin_port = htons((uint16_t)rows[i].port);
		in.sin_addr.s_addr = htonl(rows[i].bytes);
		memset(&expected, 0, sizeof(expected));
		memcpy(&expected, &in, sizeof(in));

		addr = parsed(rows[i].text, &len);
		ck_assert_uint_eq(len, sizeof(in));
		ck_assert_mem_eq(&addr, &expected, sizeof(addr));
	}
}
END_TEST

START_TEST(ipv6_is_parsed_with_and_without_brackets)
{
	static const struct {
		const char *text;
		unsigned port;
	} rows[] = {
		{ "[::1]:80", 80 },
		{ "[::1]:0", 0 },
		{ "[0:0:0:0:0:0:0:1]:65535", 65535 },
		{ "[::1]", DEFAULT_PORT },
		{ "::1", DEFAULT_PORT },
		{ "0000:0000:0000:0000:0000:0000:0000:0001", DEFAULT_PORT },
		{ "::1%0", DEFAULT_PORT },
		{ "::0.0.0.1", DEFAULT_PORT },
		{ "[0000:0000:0000:0000:0000:0000:000.0.0.1]:80", 0 },
	};
	struct sockaddr_storage addr, expected;
	struct sockaddr_in6 in6;
	socklen_t len;
	size_t i;

	for (i = 0; i + 1 < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&in6, 0, sizeof(in6));
		in6.sin6_family = AF_INET6;
		in6.sin6_port = htons((uint16_t)rows[i].port);
		in6.sin6_addr = in6addr_loopback;
		memset(&expected, 0, sizeof(expected));
		memcpy(&expected, &in6, sizeof(in6));

		addr = parsed(rows[i].text, &len);
		ck_assert_uint_eq(len, sizeof(in6));
		ck_assert_mem_eq(&addr, &expected, sizeof(addr));
	}
	expect_refused(rows[i].text, EINVAL);
}
END_TEST

START_TEST(texts_come_out_in_full)
{
	expect_round("127.0.0.1", "127.0.0.1:4711");
	expect_round("255.255.255.255:65535", "255.255.255.255:65535");
	expect_round("::", "[::]:4711");
	expect_round("[2001:DB8:0:0::1]:443", "[2001:db8::1]:443");
	expect_round("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:4711");
	expect_round("[::ffff:1.2.3.4]:5", "[::ffff:1.2.3.4]:5");
	expect_round("[::ffff:102:304]:5", "[::ffff:1.2.3.4]:5");
	expect_round("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535",
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
	expect_round("unix:/run/x", "unix:/run/x");
	expect_round("unix:x", "unix:x");
	expect_round("unix:a b:c%d]", "unix:a b:c%d]");
}
END_TEST

START_TEST(zones_are_names_or_numbers)
{
	char name[IF_NAMESIZE], text[64], full[64];
	struct sockaddr_storage addr;
	struct sockaddr_in6 in6;
	unsigned index = loopback_interface(name);
	socklen_t len;

	snprintf(full, sizeof(full), "[fe80::1%%%s]:80", name);
	addr = parsed(full, &len);
	memcpy(&in6, &addr, sizeof(in6));
	ck_assert_uint_eq(len, sizeof(in6));
	ck_assert_uint_eq(in6.sin6_scope_id, index);
	ck_assert_uint_eq(in6.sin6_port, htons(80));
	expect_round(full, full);

	snprintf(text, sizeof(text), "[fe80::1%%%u]:80", index);
	expect_round(text, full);
	snprintf(full, sizeof(full), "[fe80::1%%%s]:4711", name);
	snprintf(text, sizeof(text), "fe80::1%%%u", index);
	expect_round(text, full);
	snprintf(text, sizeof(text), "fe80::1%%%s", name);
	expect_round(text, full);
	snprintf(text, sizeof(text), "[fe80::1%%%s]", name);
	expect_round(text, full);

	/* a scope is no matter of the address, and 0 is none */
	snprintf(text, sizeof(text), "[::ffff:1.2.3.4%%%s]:1", name);
	expect_round(text, text);
	expect_round("[fe80::1%0]:80", "[fe80::1]:80");

	/* nobody's */
	expect_round("[fe80::1%2147480001]:80", "[fe80::1%2147480001]:80");
	expect_round("[fe80::1%4294967295]:80", "[fe80::1%4294967295]:80");
}
END_TEST

START_TEST(zone_that_is_no_interface_is_no_device)
{
	expect_refused("fe80::1%mio-nowhere", ENODEV);
	expect_refused("[fe80::1%mio-nowhere]", ENODEV);
	expect_refused("[fe80::1%mio-nowhere]:80", ENODEV);
	expect_refused("[fe80::1%1x]:80", ENODEV);
	expect_refused("[fe80::1%-1]:80", ENODEV);
	expect_refused("[fe80::1%a%b]:80", ENODEV);
	expect_refused("[fe80::1%a]b]:80", ENODEV);
	/* 15 bytes are the most that a name has on Linux */
	expect_refused("fe80::1%mio-nowhere-890", ENODEV);
	expect_refused("fe80::1%lo34567890123456", ENODEV);
	expect_refused("fe80::1%lo3456789012345678901234567890123456789012345"
	    "678901234567890123456789012345678901234567890", ENODEV);
	/* what is wrong with the text comes first */
	expect_refused("[fe80::1%mio-nowhere]:65536", EINVAL);
	expect_refused("[fe80::g%mio-nowhere]:80", EINVAL);
}
END_TEST

START_TEST(other_texts_are_refused)
{
	static const char *const texts[] = { "", " ", ":", ":80", "80", "x",
		"localhost", "localhost:80", "*:80", "127.1", "127.1:80",
		"127.0.0", "1.2.3.4.5", "1.2.3.4.", ".1.2.3.4", "1..2.3",
		"2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.01",
		"256.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
		"127.0.0.1:4294967376", "127.0.0.1:18446744073709551696",
		"127.0.0.1:99999999999999999999999999", "127.0.0.1:080",
		"127.0.0.1:00", "127.0.0.1:+80", "127.0.0.1:-1",
		"127.0.0.1:-0", "127.0.0.1:0x50", "127.0.0.1:80x",
		"127.0.0.1:http", "127.0.0.1: 80", "127.0.0.1:80 ",
		" 127.0.0.1:80", "127.0.0.1 :80", "127.0.0.1 ", "127.0.0.1\n",
		"127.0.0.1:80\n", "127.0.0.1:80:80", "127.0.0.1%1",
		"127.0.0.1%1:80", "[127.0.0.1]:80", "[127.0.0.1]",
		"127.0.0.1/8", "[", "]", "[]", "[]:80", "[:80", "[::1",
		"[::1:80", "::1]", "::1]:80", "[::1]80", "[::1]:", "[::1]x:80",
		"[::1]:65536", "[::1]:080", "[::1]:-1", "[::1] :80",
		"[::1]: 80", "[ ::1]:80", "[::1 ]:80", " [::1]:80",
		"[[::1]]:80", "[::1]]:80", "[::1]:80]", "::1 ", " ::1", ":::",
		"1::2::3", "::g", "::12345", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", "::1.2.3", "::1/64",
		"::1.2.3.4.5", "%1", "[%1]:80", "::1%", "[::1%]:80",
		"[::1%1:80]",
		"::1%1:80", "::1%a:80", "::1%4294967296", "::1%01", "::1%00",
		"::1% 1", "::1%1 ", "::1%a b", "::1%a\t", "::1%\x7f",
		"::1%99999999999999999999999", "unix", "unix:", "unix:@",
		"UNIX:/x", "Unix:/x", " unix:/x", "unix/x", "/x", "@x",
		"tcp:127.0.0.1:80" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_refused(texts[i], EINVAL);
}
END_TEST

START_TEST(null_is_refused)
{
	struct sockaddr_in in = loopback(80);
	const struct sockaddr *addr = (struct sockaddr *)&in;
	struct sockaddr_storage out, before;
	socklen_t len = 4321;
	char text[] = "as it was";

	memset(&out, 0xa5, sizeof(out));
	before = out;
	assert_error(mio_address_parse(NULL, &len, "::1", 1), EINVAL);
	assert_error(mio_address_parse(&out, NULL, "::1", 1), EINVAL);
	assert_error(mio_address_parse(&out, &len, NULL, 1), EINVAL);
	ck_assert_uint_eq(len, 4321);
	ck_assert_mem_eq(&out, &before, sizeof(out));

	assert_error(mio_address_format(NULL, sizeof(in), text, 9), EINVAL);
	assert_error(mio_address_format(addr, sizeof(in), NULL, 9), EINVAL);
	assert_error(mio_address_format(addr, sizeof(in), NULL, 0), EINVAL);
	ck_assert_str_eq(text, "as it was");
}
END_TEST

START_TEST(lengths_and_families_are_checked)
{
	struct sockaddr_storage addr;
	struct sockaddr_in in = loopback(80);
	struct sockaddr_in6 in6 = loopback6(80);
	size_t len;

	for (len = 0; len < sizeof(in); len++)
		expect_no_text(&in, len, EINVAL);
	for (len = 0; len < sizeof(in6); len++)
		expect_no_text(&in6, len, EINVAL);

	/* what is behind does not matter */
	memset(&addr, 0xa5, sizeof(addr));
	memcpy(&addr, &in, sizeof(in));
	expect_text(&addr, sizeof(addr), "127.0.0.1:80");
	memcpy(&addr, &in6, sizeof(in6));
	expect_text(&addr, sizeof(addr), "[::1]:80");

	addr.ss_family = AF_UNSPEC;
	expect_no_text(&addr, sizeof(addr), EAFNOSUPPORT);
	expect_no_text(&addr, UNNAMED, EAFNOSUPPORT);
	addr.ss_family = 250;
	expect_no_text(&addr, sizeof(addr), EAFNOSUPPORT);
	expect_no_text(&addr, 1, EINVAL);
}
END_TEST

START_TEST(paths_have_their_limits)
{
	static const size_t lengths[] = { 1, 2, LONGEST - 1, LONGEST };
	char text[5 + LONGEST + 2] = "unix:";
	struct sockaddr_storage addr;
	struct sockaddr_un un;
	socklen_t len, un_len;
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(text + 5, 'p', LONGEST + 1);
		text[5] = '/';
		text[5 + lengths[i]] = '\0';
		addr = parsed(text, &len);
		assert_ok(mio_unix_addr(&un, &un_len, text + 5));
		ck_assert_uint_eq(len, un_len);
		ck_assert_uint_eq(len, UNNAMED + lengths[i] + 1);
		ck_assert_mem_eq(&addr, &un, sizeof(un));
		expect_round(text, text);
		expect_text(&addr, len - 1, text); /* without the NUL */
		expect_text(&addr, sizeof(un), text);
		expect_text(&addr, sizeof(addr), text);
	}

	memset(text + 5, 'p', LONGEST + 1);
	text[5 + LONGEST + 1] = '\0';
	expect_refused(text, ENAMETOOLONG);

	/*
	 * the system may return a path that fills sun_path, or is a byte longer
	 */
	memset(un.sun_path, 'p', sizeof(un.sun_path));
	expect_no_text(&un, sizeof(un), EINVAL);
	expect_text(&un, sizeof(un) - 1, "unix:ppppppppppppppppppppppppppppppp"
	    "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"
	    "ppppppppppppp");
	memset(&addr, 'p', sizeof(addr));
	memcpy(&addr, &un, sizeof(un));
	expect_no_text(&addr, sizeof(un) + 1, EINVAL);
}
END_TEST

START_TEST(unix_addresses_without_a_text_are_refused)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_storage addr;
	socklen_t len;
	mio_fd_t fd;

	expect_no_text(&un, UNNAMED, EINVAL);
	expect_no_text(&un, UNNAMED - 1, EINVAL);
	expect_no_text(&un, UNNAMED + 1, EINVAL);
	expect_no_text(&un, sizeof(un), EINVAL);

	strcpy(un.sun_path, "@path");
	expect_no_text(&un, UNNAMED + 6, EINVAL);
	expect_no_text(&un, UNNAMED + 1, EINVAL);
	strcpy(un.sun_path, "p@th");
	expect_text(&un, UNNAMED + 5, "unix:p@th");

	assert_ok(mio_unix_datagram(&fd));
	assert_ok(mio_socket_local_addr(fd, &addr, &len));
	expect_no_text(&addr, len, EINVAL);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(abstract_names_have_their_limits)
{
	static const size_t lengths[] = { 1, 2, LONGEST - 1, LONGEST };
	char text[6 + LONGEST + 2] = "unix:@";
	struct sockaddr_storage addr;
	struct sockaddr_un un;
	socklen_t len, un_len;
	size_t i;

	if (mio_unix_abstract_addr(&un, &un_len, "x", 1) == -ENOTSUP) {
		expect_refused("unix:@x", ENOTSUP);
		return;
	}
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(text + 6, '@', LONGEST + 1);
		text[6 + lengths[i]] = '\0';
		addr = parsed(text, &len);
		assert_ok(mio_unix_abstract_addr(
		    &un, &un_len, text + 6, lengths[i]));
		ck_assert_uint_eq(len, un_len);
		ck_assert_mem_eq(&addr, &un, sizeof(un));
		expect_round(text, text);
	}
	memset(text + 6, '@', LONGEST + 1);
	text[6 + LONGEST + 1] = '\0';
	expect_refused(text, ENAMETOOLONG);

	/* a NUL at the begin, inside, at the end */
	assert_ok(mio_unix_abstract_addr(&un, &un_len, "\0ab", 3));
	expect_no_text(&un, un_len, EINVAL);
	assert_ok(mio_unix_abstract_addr(&un, &un_len, "a\0b", 3));
	expect_no_text(&un, un_len, EINVAL);
	assert_ok(mio_unix_abstract_addr(&un, &un_len, "ab\0", 3));
	expect_no_text(&un, un_len, EINVAL);
	expect_text(&un, un_len - 1, "unix:@ab");
}
END_TEST

/* The same every time. */
static uint64_t
next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;

	return *state >> 32;
}

static void
check_round(const void *addr, socklen_t len)
{
	struct sockaddr_storage out, expected;
	char text[MIO_ADDRESS_TEXT_MAX], again[MIO_ADDRESS_TEXT_MAX];
	socklen_t out_len;
	int n;

	memset(&expected, 0, sizeof(expected));
	memcpy(&expected, addr, len);
	n = mio_address_format(addr, len, text, sizeof(text));
	must(n > 0 && (size_t)n == strlen(text));
	must(mio_address_parse(&out, &out_len, text, 1) == 0);
	must(out_len == len);
	must(memcmp(&out, &expected, sizeof(out)) == 0);
	must(mio_address_format((struct sockaddr *)&out, out_len, again,
	    sizeof(again)) == n);
	must(strcmp(text, again) == 0);
}

START_TEST(random_inet_addresses_go_round)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	uint64_t seed = 1, dense;
	unsigned char *bytes = in6.sin6_addr.s6_addr;
	int i, j;

	for (i = 0; i < 20000; i++) {
		in.sin_addr.s_addr = (in_addr_t)next_random(&seed);
		in.sin_port = (in_port_t)next_random(&seed);
		check_round(&in, sizeof(in));

		/* zeros in all places, and addresses of IPv4 inside */
		dense = next_random(&seed);
		for (j = 0; j < 16; j++)
			bytes[j] = dense >> (j / 2) & 1
			    ? (unsigned char)next_random(&seed) : 0;
		if (i % 8 == 0) {
			memset(bytes, 0, 10);
			bytes[10] = bytes[11] = 0xff;
		}
		in6.sin6_port = (in_port_t)next_random(&seed);
		in6.sin6_scope_id = i % 4 == 0
		    ? (uint32_t)next_random(&seed) >> next_random(&seed) % 32
		    : 0;
		check_round(&in6, sizeof(in6));
	}
}
END_TEST

START_TEST(random_unix_addresses_go_round)
{
	char bytes[LONGEST + 1];
	struct sockaddr_un un;
	uint64_t seed = 1;
	socklen_t len;
	size_t n, j;
	int i;

	for (i = 0; i < 20000; i++) {
		n = 1 + next_random(&seed) % LONGEST;
		for (j = 0; j < n; j++)
			bytes[j] = (char)(1 + next_random(&seed) % 255);
		bytes[n] = '\0';
		if (mio_unix_abstract_addr(&un, &len, bytes, n) == 0)
			check_round(&un, len);
		if (bytes[0] == '@')
			bytes[0] = '/';
		must(mio_unix_addr(&un, &len, bytes) == 0);
		check_round(&un, len);
	}
}
END_TEST

/* What is parsed is an address to every call, and theirs comes out as text. */
START_TEST(parsed_addresses_work)
{
	struct sockaddr_storage addr, local;
	char text[MIO_ADDRESS_TEXT_MAX], expected[64];
	socklen_t len, local_len;
	mio_fd_t listener, fd;

	addr = parsed("127.0.0.1:0", &len);
	assert_ok(mio_tcp_listen(
	    &listener, (struct sockaddr *)&addr, len, 0, 0));
	assert_ok(mio_socket_local_addr(listener, &local, &local_len));
	snprintf(expected, sizeof(expected), "127.0.0.1:%u",
	    port_of(listener));
	expect_text(&local, local_len, expected);

	ck_assert_int_gt(mio_address_format((struct sockaddr *)&local,
	    local_len, text, sizeof(text)), 0);
	addr = parsed(text, &len);
	assert_ok(mio_tcp_connect(&fd, (struct sockaddr *)&addr, len));
	wait_for(fd, POLLOUT);
	assert_ok(mio_socket_connect_finish(fd));
	close_pair(listener, fd);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("address");
	TCase *tcase = new_case(suite, "parse");

	tcase_add_test(tcase, ipv4_is_parsed_with_and_without_a_port);
	tcase_add_test(tcase, ipv6_is_parsed_with_and_without_brackets);
	tcase_add_test(tcase, zones_are_names_or_numbers);
	tcase_add_test(tcase, zone_that_is_no_interface_is_no_device);
	tcase_add_test(tcase, other_texts_are_refused);
	tcase_add_test(tcase, null_is_refused);

	tcase = new_case(suite, "format");
	tcase_add_test(tcase, texts_come_out_in_full);
	tcase_add_test(tcase, lengths_and_families_are_checked);
	tcase_add_test(tcase, random_inet_addresses_go_round);
	tcase_add_test(tcase, parsed_addresses_work);

	tcase = new_case(suite, "unix");
	tcase_add_test(tcase, paths_have_their_limits);
	tcase_add_test(tcase, unix_addresses_without_a_text_are_refused);
	tcase_add_test(tcase, abstract_names_have_their_limits);
	tcase_add_test(tcase, random_unix_addresses_go_round);

	return run_suite(suite);
}
