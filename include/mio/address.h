/* SPDX-License-Identifier: MIT */
#ifndef MIO_ADDRESS_H
#define MIO_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

/*
 * Addresses as text and back, of numbers alone: no name is looked up but those
 * of this machine's network interfaces. Nothing is allocated, and the locale
 * does not matter. Errors are negative errno values, -EINVAL for a NULL
 * pointer; outputs are left alone then. Any thread; no signal handlers.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that hold the text of any address, with the NUL at its end. */
#define MIO_ADDRESS_TEXT_MAX 128

/*
 * The address that text says, and its length as bind(2) wants it. Text is
 * "127.0.0.1:80", "[::1]:80" or "[fe80::1%eth0]:80", where the zone behind the
 * '%' is an interface or a number; the same without the port, brackets or not,
 * which takes default_port; "unix:/path", or "unix:@name" for an abstract one.
 * -EINVAL for any other text, -ENODEV for a zone that is no interface,
 * -ENAMETOOLONG for a path or name over 107 bytes, -ENOTSUP for "unix:@name" on
 * other systems than Linux. An interface's name also -EMFILE, -ENFILE, -ENOMEM.
 */
int mio_address_parse(struct sockaddr_storage *addr, socklen_t *len,
    const char *text, uint16_t default_port);

/*
 * Stores the text that mio_address_parse() takes, with a NUL behind it, in the
 * size bytes at text, and returns its length without the NUL. -ENOSPC when they
 * do not hold it, -EAFNOSUPPORT for another family than AF_INET, AF_INET6 and
 * AF_UNIX, -EINVAL for an address too short for its family, or one of AF_UNIX
 * that no text stands for: unnamed, a name with a NUL in it, a path that begins
 * with '@' or has no room for a NUL. A scope that is no interface is a number.
 */
int mio_address_format(const struct sockaddr *addr, socklen_t len, char *text,
    size_t size);

#ifdef __cplusplus
}
#endif

#endif
