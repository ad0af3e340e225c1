/* SPDX-License-Identifier: MIT */

/*
 * What the steps of the tutorial share: a check of results, and a function that
 * listens at an address.
 */

#ifndef TUTORIAL_COMMON_H
#define TUTORIAL_COMMON_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mio.h>

#define SECOND UINT64_C(1000000000)

/* Ends the program if a call failed; returns the call's result otherwise. */
static inline int
check(const char *what, ssize_t result)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror((int)-result));
		exit(1);
	}

	return (int)result;
}

/* Listens at an address like 127.0.0.1:7000. Port 0 selects a free port. */
static inline mio_fd_t
listen_on(const char *text)
{
	char name[MIO_ADDRESS_TEXT_MAX];
	struct sockaddr_storage addr;
	socklen_t len;
	mio_fd_t fd;

	check(text, mio_address_parse(&addr, &len, text, 0));
	check(text, mio_tcp_listen(&fd, (struct sockaddr *)&addr, len, 0, 0));
	check(text, mio_socket_local_addr(fd, &addr, &len));
	check(text, mio_address_format(
	    (struct sockaddr *)&addr, len, name, sizeof(name)));
	printf("listening on %s\n", name);
	(void)fflush(stdout);

	return fd;
}

#endif
