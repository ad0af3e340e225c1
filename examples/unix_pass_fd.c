/* SPDX-License-Identifier: MIT */

/*
 * unix_pass_fd receive PATH: listens at a Unix domain socket for one sender,
 * receives descriptors of files from it, and prints the contents of the files.
 * unix_pass_fd send PATH FILE...: opens the files and sends their descriptors.
 * The receiver needs no permission to open the files. It replies with the
 * number of bytes that it has printed.
 *
 * Descriptors are sent with a message of at least one byte; here each message
 * is one byte. A received descriptor is a new one, close-on-exec, which shares
 * its file position with that of the sender.
 *
 *	cc -o unix_pass_fd unix_pass_fd.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mio.h>

#define FDS_MAX 16 /* in one message; the limit is 253 */

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(1);
}

/* Creates a poll for this descriptor, the only one of this side. */
static struct mio_poll *
poll_for(mio_fd_t fd)
{
	struct mio_poll *poll;
	int r;

	r = mio_poll_create(&poll);
	if (r == 0)
		r = mio_poll_register_fd(
		    poll, fd, 0, MIO_READABLE | MIO_WRITABLE, MIO_EDGE);
	if (r < 0)
		fail("poll", r);

	return poll;
}

/* Waits for an event; the caller then repeats its call. */
static void
wait_for_change(struct mio_poll *poll)
{
	struct mio_event event;
	int r;

	r = mio_poll(poll, &event, 1, -1);
	if (r < 0)
		fail("poll", r);
}

static void
close_all(const mio_fd_t *fds, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		(void)mio_fd_close(fds[i]);
}

/* Sends one message, and closes the descriptors on this side. */
static void
send_files(struct mio_poll *poll, mio_fd_t fd, char **names, size_t count)
{
	mio_fd_t files[FDS_MAX];
	ssize_t n;
	size_t i;

	for (i = 0; i < count; i++) {
		files[i] = open(names[i], O_RDONLY | O_CLOEXEC);
		if (files[i] < 0)
			fail(names[i], -errno);
	}

	while ((n = mio_unix_send_fds(fd, "", 1, files, count)) == -EAGAIN)
		wait_for_change(poll);
	if (n < 0)
		fail("send", (int)n);
	close_all(files, count);
}

/* Prints the reply until the connection ends; returns whether there was one. */
static bool
print_reply(struct mio_poll *poll, mio_fd_t fd)
{
	bool replied = false;
	char text[64];
	ssize_t n;

	while ((n = mio_socket_recv(fd, text, sizeof(text))) != 0) {
		if (n == -EAGAIN) {
			wait_for_change(poll);
			continue;
		}
		if (n < 0)
			fail("reply", (int)n);
		replied = true;
		if (fwrite(text, 1, (size_t)n, stdout) != (size_t)n)
			fail("output", -errno);
	}
	if (fflush(stdout) != 0)
		fail("output", -errno);

	return replied;
}

static int
send_to(
    const struct sockaddr_un *addr, socklen_t len, char **names, size_t count)
{
	struct mio_poll *poll;
	bool replied;
	mio_fd_t fd;
	size_t i;
	int r;

	r = mio_unix_connect(&fd, addr, len);
	if (r < 0)
		fail("connect", r);
	poll = poll_for(fd);

	for (i = 0; i < count; i += FDS_MAX)
		send_files(poll, fd, names + i,
		    count - i < FDS_MAX ? count - i : FDS_MAX);
	r = mio_socket_shutdown(fd, MIO_SHUT_WRITE);
	if (r < 0)
		fail("shutdown", r);
	replied = print_reply(poll, fd);
	if (!replied)
		fprintf(stderr, "the receiver closed the connection\n");

	(void)mio_fd_close(fd);
	mio_poll_destroy(poll);

	return replied ? 0 : 1;
}

/* Prints a file from its current position; returns the number of bytes. */
static unsigned long long
print_file(mio_fd_t fd)
{
	unsigned long long total = 0;
	char buffer[16384];
	ssize_t n;

	while ((n = mio_pipe_read(fd, buffer, sizeof(buffer))) > 0) {
		if (fwrite(buffer, 1, (size_t)n, stdout) != (size_t)n)
			fail("output", -errno);
		total += (unsigned long long)n;
	}
	if (n < 0)
		fail("read", (int)n);

	return total;
}

/* Receives messages until the sender shuts down; returns the bytes printed. */
static unsigned long long
receive_files(struct mio_poll *poll, mio_fd_t fd)
{
	unsigned long long total = 0;
	mio_fd_t files[FDS_MAX];
	size_t i, count;
	ssize_t n;
	char byte;

	for (;;) {
		count = FDS_MAX;
		n = mio_unix_recv_fds(fd, &byte, 1, files, &count);
		if (n == -EAGAIN) {
			wait_for_change(poll);
			continue;
		}
		if (n < 0)
			fail("receive", (int)n);
		if (n == 0)
			return total;

		/* descriptors that were not stored have been closed */
		if (count > FDS_MAX)
			fail("too many in a message", -EMSGSIZE);
		if (count > 0 && files[count - 1] == MIO_INVALID_FD)
			fail("descriptors", -EMFILE);

		for (i = 0; i < count; i++)
			total += print_file(files[i]);
		close_all(files, count);
	}
}

static mio_fd_t
accept_one(const struct sockaddr_un *addr, socklen_t len)
{
	struct mio_poll *poll;
	mio_fd_t listener, fd;
	int r;

	r = mio_unix_listen(&listener, addr, len, 0);
	if (r < 0)
		fail("listen", r);
	poll = poll_for(listener);
	printf("listening on %s\n", addr->sun_path);
	fflush(stdout);

	while ((r = mio_unix_accept(listener, &fd, NULL, NULL)) == -EAGAIN)
		wait_for_change(poll);
	if (r < 0)
		fail("accept", r);

	/* accept only one sender, and remove the path of the listener */
	(void)mio_fd_close(listener);
	mio_poll_destroy(poll);
	if (unlink(addr->sun_path) != 0)
		fail("unlink", -errno);

	return fd;
}

static int
receive_at(const struct sockaddr_un *addr, socklen_t len)
{
	mio_fd_t fd = accept_one(addr, len);
	struct mio_poll *poll = poll_for(fd);
	char text[64];
	ssize_t n;

	snprintf(text, sizeof(text), "%llu bytes\n", receive_files(poll, fd));
	if (fflush(stdout) != 0)
		fail("output", -errno);

	/* this is the first send, so there is room */
	n = mio_socket_send(fd, text, strlen(text));
	if (n < 0)
		fail("reply", (int)n);

	(void)mio_fd_close(fd);
	mio_poll_destroy(poll);

	return 0;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un addr;
	socklen_t len;
	int r;

	if (argc > 2) {
		r = mio_unix_addr(&addr, &len, argv[2]);
		if (r < 0)
			fail(argv[2], r);
		if (argc == 3 && strcmp(argv[1], "receive") == 0)
			return receive_at(&addr, len);
		if (argc > 3 && strcmp(argv[1], "send") == 0)
			return send_to(
			    &addr, len, argv + 3, (size_t)(argc - 3));
	}

	fprintf(stderr,
	    "usage: unix_pass_fd receive PATH\n"
	    "       unix_pass_fd send PATH FILE...\n");

	return 2;
}
