/* SPDX-License-Identifier: MIT */
#ifndef MIO_ADDRESS_H
#define MIO_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

/*
 * Conversion of addresses to text and back. Addresses are numeric; the only
 * names are those of local network interfaces. Nothing is allocated, and the
 * locale has no effect. On failure the calls return a negative errno value,
 * -EINVAL for a NULL pointer, and leave the outputs unchanged. Thread-safe, not
 * async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* A buffer of this many bytes holds any address with its closing NUL. */
#define MIO_ADDRESS_TEXT_MAX 128

/*
 * Converts text to an address and its length for bind(2) and connect(2). These
 * forms are accepted: "127.0.0.1:80", "[::1]:80" and "[fe80::1%eth0]:80", where
 * the zone after '%' is the name or number of an interface; the same without a
 * port, which is then default_port, and then also without the brackets;
 * "unix:/path"; and "unix:@name" for an abstract name. Errors: -EINVAL (any
 * other text), -ENODEV (no such interface), -ENAMETOOLONG (a path or name over
 * 107 bytes), -ENOTSUP ("unix:@name" on systems other than Linux), and for the
 * name of an interface -EMFILE, -ENFILE, -ENOMEM.
 */
int mio_address_parse(struct sockaddr_storage *addr, socklen_t *len,
    const char *text, uint16_t default_port);

/*
 * Stores the text that mio_address_parse() accepts for addr, with a closing
 * NUL, and returns its length without the NUL. A zone that is not the number of
 * an interface is written as a number. Errors: -ENOSPC (size is too small),
 * -EAFNOSUPPORT (not AF_INET, AF_INET6 or AF_UNIX), -EINVAL (too short for its
 * family, or an AF_UNIX address without a text form: unnamed, an abstract name
 * that contains a NUL, a path that begins with '@' or leaves no room for a
 * NUL).
 */
int mio_address_format(const struct sockaddr *addr, socklen_t len, char *text,
    size_t size);

#ifdef __cplusplus
}
#endif

#endif
