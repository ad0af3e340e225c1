/* SPDX-License-Identifier: MIT */

/*
 * 01_ready: waits until standard input, a pipe, is ready, and reads it without
 * blocking.
 *
 *	cc -o 01_ready 01_ready.c $(pkg-config --cflags --libs mio)
 */

#include <unistd.h>

#include "common.h"

int
main(void)
{
	struct mio_poll *poll;
	struct mio_event event;
	char buf[4];
	ssize_t n;

	check("mio_fd_adopt", mio_fd_adopt(STDIN_FILENO));
	check("mio_poll_create", mio_poll_create(&poll));
	check("mio_poll_register_fd", mio_poll_register_fd(poll, STDIN_FILENO,
	    7, MIO_READABLE, MIO_LEVEL));

	do {
		(void)fflush(stdout);
		check("mio_poll", mio_poll(poll, &event, 1, -1));
		printf("token %d is ready\n", (int)event.token);

		while ((n = mio_pipe_read(STDIN_FILENO, buf, sizeof(buf))) > 0)
			printf("read %d bytes\n", (int)n);
		if (n == -EAGAIN)
			printf("no more for now\n");
	} while (n == -EAGAIN);

	check("mio_pipe_read", n);
	printf("the end\n");
	mio_poll_destroy(poll);

	return 0;
}
