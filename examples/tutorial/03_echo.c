/* SPDX-License-Identifier: MIT */

/*
 * 03_echo [ADDRESS:PORT]: sends every byte back to the client that it was
 * received from. This step adds a listener, and one poll for thousands of
 * connections.
 *
 *	cc -o 03_echo 03_echo.c $(pkg-config --cflags --libs mio)
 */

#include <sys/resource.h>

#include "common.h"

/* Every connection needs a descriptor: raise the limit to the maximum. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
accept_all(struct mio_poll *poll, mio_fd_t listener)
{
	mio_fd_t fd;
	int r;

	while ((r = mio_tcp_accept(listener, &fd, NULL, NULL)) == 0)
		check("mio_poll_register_fd", mio_poll_register_fd(poll, fd,
		    (mio_token_t)fd, MIO_READABLE, MIO_LEVEL));
	if (r != -EAGAIN)
		check("mio_tcp_accept", r);
}

static void
echo(mio_fd_t fd)
{
	char buf[4096];
	ssize_t n = mio_socket_recv(fd, buf, sizeof(buf));

	if (n == -EAGAIN)
		return;

	/* the client has closed, or does not read: see step 4 */
	if (n <= 0 || mio_socket_send(fd, buf, (size_t)n) != n)
		(void)mio_fd_close(fd);
}

int
main(int argc, char **argv)
{
	struct mio_event events[256];
	struct mio_poll *poll;
	mio_fd_t listener;
	int i, n;

	raise_limit();
	check("mio_poll_create", mio_poll_create(&poll));
	listener = listen_on(argc > 1 ? argv[1] : "127.0.0.1:0");
	check("mio_poll_register_fd", mio_poll_register_fd(poll, listener,
	    (mio_token_t)listener, MIO_READABLE, MIO_LEVEL));

	for (;;) {
		n = check("mio_poll", mio_poll(poll, events, 256, -1));
		for (i = 0; i < n; i++)
			if (events[i].token == (mio_token_t)listener)
				accept_all(poll, listener);
			else
				echo((mio_fd_t)events[i].token);
	}
}
