/* SPDX-License-Identifier: MIT */

/*
 * crowd echo|chat IPV4-ADDRESS:PORT COUNT: so many connections at a time, all
 * with blocking sockets. Each read fails after a minute.
 *
 *	echo	sends a line on each, and compares what is sent back
 *	chat	waits for the greeting on each, sends a line on the last one,
 *		which must arrive on all others, prints "heard", and waits
 *		until the server says good bye to all and closes
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

static void
fail(const char *what, int number)
{
	fprintf(stderr, "crowd: %s, connection %d: %s\n", what, number,
	    strerror(errno));
	exit(1);
}

static struct sockaddr_in
parse(char *text)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	char *port = strchr(text, ':');

	if (port == NULL)
		fail(text, -1);
	*port++ = '\0';
	if (inet_pton(AF_INET, text, &addr.sin_addr) != 1)
		fail(text, -1);
	addr.sin_port = htons((unsigned short)atoi(port));

	return addr;
}

static void
enter(int *fds, int count, const struct sockaddr_in *addr)
{
	const struct timeval minute = { .tv_sec = 60 };
	int i;

	for (i = 0; i < count; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (fds[i] < 0 ||
		    connect(fds[i], (const struct sockaddr *)addr,
			sizeof(*addr)) != 0)
			fail("connect", i);
		(void)setsockopt(
		    fds[i], SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute));
	}
}

static void
tell(int fd, int number, const char *text)
{
	size_t len = strlen(text);

	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		fail("send", number);
}

static void
expect(int fd, int number, const char *text)
{
	char buf[64];
	size_t len = strlen(text), got = 0;
	ssize_t n;

	while (got < len) {
		n = recv(fd, buf + got, len - got, 0);
		if (n <= 0)
			fail(text, number);
		got += (size_t)n;
	}
	if (memcmp(buf, text, len) != 0)
		fail(text, number);
}

static void
echo(const int *fds, int count)
{
	char text[32];
	int i;

	for (i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "this is %d\n", i);
		tell(fds[i], i, text);
	}
	for (i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "this is %d\n", i);
		expect(fds[i], i, text);
	}
}

static void
chat(const int *fds, int count)
{
	char text[32], c;
	int i, last = count - 1;

	for (i = 0; i < count; i++)
		expect(fds[i], i, "hello\n");
	tell(fds[last], last, "hi\n");
	(void)snprintf(text, sizeof(text), "guest %d: hi\n", count);
	for (i = 0; i < last; i++)
		expect(fds[i], i, text);
	printf("heard\n");
	(void)fflush(stdout);

	for (i = 0; i < count; i++)
		expect(fds[i], i, "good bye\n");
	for (i = 0; i < count; i++) {
		if (recv(fds[i], &c, 1, 0) != 0)
			fail("the end", i);
		(void)close(fds[i]);
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in addr;
	struct rlimit limit;
	int *fds, count;

	if (argc != 4 || (count = atoi(argv[3])) <= 0)
		return 2;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	addr = parse(argv[2]);
	fds = calloc((size_t)count, sizeof(*fds));
	if (fds == NULL)
		return 1;

	enter(fds, count, &addr);
	if (strcmp(argv[1], "echo") == 0)
		echo(fds, count);
	else
		chat(fds, count);
	printf("%d served\n", count);
	free(fds);

	return 0;
}
