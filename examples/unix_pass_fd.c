/* SPDX-License-Identifier: MIT */

/*
 * unix_pass_fd receive PATH: waits at a Unix domain socket for one sender, and
 * prints what is in the files whose descriptors it sends.
 * unix_pass_fd send PATH FILE...: opens files and passes the descriptors. The
 * receiver prints them whether it may open them itself or not, and says how
 * many bytes there were.
 *
 * Descriptors travel with a message of at least one byte; here each message is
 * one byte. What arrives is the receiver's own, close-on-exec, and shares its
 * place in the file with the sender's.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mio.h>

#define FDS_MAX 16 /* in one message, which may have 253 */

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(1);
}

/* A poll for this one descriptor, as each side talks to one other. */
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

/* Until something has changed; what it is tells the call that is repeated. */
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

/* One message. Its descriptors stay open here too, so they are closed. */
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

/* The receiver's answer, which the connection ends with; false for none. */
static bool
print_answer(struct mio_poll *poll, mio_fd_t fd)
{
	bool answered = false;
	char text[64];
	ssize_t n;

	while ((n = mio_socket_recv(fd, text, sizeof(text))) != 0) {
		if (n == -EAGAIN) {
			wait_for_change(poll);
			continue;
		}
		if (n < 0)
			fail("answer", (int)n);
		answered = true;
		if (fwrite(text, 1, (size_t)n, stdout) != (size_t)n)
			fail("output", -errno);
	}
	if (fflush(stdout) != 0)
		fail("output", -errno);

	return answered;
}

static int
send_to(
    const struct sockaddr_un *addr, socklen_t len, char **names, size_t count)
{
	struct mio_poll *poll;
	bool answered;
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
	answered = print_answer(poll, fd);
	if (!answered)
		fprintf(stderr, "the receiver has left\n");

	(void)mio_fd_close(fd);
	mio_poll_destroy(poll);

	return answered ? 0 : 1;
}

/* Prints what is left of a file; how many bytes. */
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

/* All messages until the sender shuts down; how many bytes the files had. */
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

		/* whatever had no room, here or in the process, was closed */
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

	/* nobody else is let in; the path is no use without a listener */
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

	/* as nothing was sent before, there is room for it */
	n = mio_socket_send(fd, text, strlen(text));
	if (n < 0)
		fail("answer", (int)n);

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
