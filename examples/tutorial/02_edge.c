/* SPDX-License-Identifier: MIT */

/*
 * 02_edge: shows when a pipe is reported as readable with MIO_LEVEL, and when
 * with MIO_EDGE.
 *
 *	cc -o 02_edge 02_edge.c $(pkg-config --cflags --libs mio)
 */

#include "common.h"

static struct mio_poll *poll;
static mio_fd_t fds[2]; /* the pipe: written to fds[1], read from fds[0] */

/* Prints how many events mio_poll() reports, without waiting. */
static void
count(const char *when)
{
	struct mio_event event;

	printf("%s: %d\n", when, check("mio_poll",
	    mio_poll(poll, &event, 1, 0)));
}

int
main(void)
{
	char buf[16];

	check("mio_poll_create", mio_poll_create(&poll));
	check("mio_pipe_create", mio_pipe_create(fds));

	check("mio_poll_register_fd", mio_poll_register_fd(poll, fds[0], 0,
	    MIO_READABLE, MIO_LEVEL));
	check("mio_pipe_write", mio_pipe_write(fds[1], "hello", 5));
	count("level, 5 bytes");
	count("level, still 5 bytes");
	check("mio_pipe_read", mio_pipe_read(fds[0], buf, 1));
	count("level, 4 bytes left");

	check("mio_poll_reregister_fd", mio_poll_reregister_fd(poll, fds[0], 0,
	    MIO_READABLE, MIO_EDGE));
	count("edge, 4 bytes");
	count("edge, still 4 bytes");
	check("mio_pipe_read", mio_pipe_read(fds[0], buf, 1));
	count("edge, 3 bytes left");

	while (mio_pipe_read(fds[0], buf, sizeof(buf)) > 0)
		continue;
	count("edge, read until EAGAIN");
	check("mio_pipe_write", mio_pipe_write(fds[1], "again", 5));
	count("edge, 5 new bytes");

	(void)mio_fd_close(fds[0]);
	(void)mio_fd_close(fds[1]);
	mio_poll_destroy(poll);

	return 0;
}
