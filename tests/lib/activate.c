/* SPDX-License-Identifier: MIT */

/*
 * activate SOCKET... -- COMMAND: starts a command with sockets as a service
 * manager hands them over, from descriptor 3 on, blocking and not
 * close-on-exec. A socket is tcp or udp, on 127.0.0.1, whose port is printed,
 * or stream:PATH or datagram:PATH.
 */

#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define FIRST_FD 3
#define APART    64 /* where they are until the first ones are free */

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static int
bind_socket(int type, const void *addr, socklen_t len)
{
	int fd = socket(((const struct sockaddr *)addr)->sa_family, type, 0);

	if (fd < 0 || bind(fd, addr, len) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 16) != 0))
		fail("socket");

	return fd;
}

static int
open_inet(const char *name, int type)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int fd = bind_socket(type, &addr, len);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
		fail(name);
	printf("%s %u\n", name, ntohs(addr.sin_port));

	return fd;
}

static int
open_socket(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = strchr(name, ':');

	if (strcmp(name, "tcp") == 0)
		return open_inet(name, SOCK_STREAM);
	if (strcmp(name, "udp") == 0)
		return open_inet(name, SOCK_DGRAM);
	if (path == NULL || strlen(path) > sizeof(addr.sun_path))
		fail(name);

	strcpy(addr.sun_path, path + 1);

	return bind_socket(
	    name[0] == 's' ? SOCK_STREAM : SOCK_DGRAM, &addr, sizeof(addr));
}

int
main(int argc, char **argv)
{
	char pid[32], count[32];
	int i, n;

	for (n = 0; n + 1 < argc && strcmp(argv[n + 1], "--") != 0; n++) {
		int fd = open_socket(argv[n + 1]);

		if (fcntl(fd, F_DUPFD, APART + n) != APART + n ||
		    close(fd) != 0)
			fail("dup");
	}
	if (n + 2 >= argc)
		fail("usage");

	/* the copies are not close-on-exec */
	for (i = 0; i < n; i++)
		if (dup2(APART + i, FIRST_FD + i) < 0 || close(APART + i) != 0)
			fail("dup2");
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	snprintf(count, sizeof(count), "%d", n);
	if (setenv("LISTEN_PID", pid, 1) != 0 ||
	    setenv("LISTEN_FDS", count, 1) != 0)
		fail("environment");

	fflush(stdout);
	execv(argv[n + 2], argv + n + 2);
	fail(argv[n + 2]);
}
