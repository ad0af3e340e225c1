/* SPDX-License-Identifier: MIT */

/*
 * 05_idle [ADDRESS:PORT [SECONDS]]: sends every byte back. This step adds a
 * timeout for each client: one that sends nothing for SECONDS, 60 by default,
 * is disconnected.
 *
 *	cc -o 05_idle 05_idle.c $(pkg-config --cflags --libs mio)
 */

#include "common.h"

struct client {
	mio_fd_t fd;
	struct mio_watch *watch;
	mio_timeout_t idle;
};

static uint64_t idle_ns = 60 * SECOND;

static void
leave(struct mio_loop *loop, struct client *client)
{
	(void)mio_loop_clear_timeout(loop, client->idle);
	mio_watch_end(client->watch);
	(void)mio_fd_close(client->fd);
	free(client);
}

static void
on_idle(struct mio_loop *loop, void *context)
{
	struct client *client = context;

	(void)mio_socket_send(client->fd, "too quiet\n", 10);
	leave(loop, client);
}

static void
on_ready(struct mio_loop *loop, void *context, unsigned ready)
{
	struct client *client = context;
	char buf[4096];
	ssize_t n = mio_socket_recv(client->fd, buf, sizeof(buf));

	(void)ready;
	if (n == -EAGAIN)
		return;
	if (n <= 0 || mio_socket_send(client->fd, buf, (size_t)n) != n)
		leave(loop, client);
	else
		check("mio_loop_reset_timeout",
		    mio_loop_reset_timeout(loop, client->idle, idle_ns));
}

static void
on_accept(struct mio_loop *loop, void *context, unsigned ready)
{
	mio_fd_t *listener = context, fd;
	struct client *client;

	(void)ready;
	while (mio_tcp_accept(*listener, &fd, NULL, NULL) == 0) {
		client = calloc(1, sizeof(*client));
		if (client == NULL) {
			(void)mio_fd_close(fd);
			continue;
		}
		client->fd = fd;
		check("mio_loop_watch_fd", mio_loop_watch_fd(loop, fd,
		    MIO_READABLE, MIO_LEVEL, on_ready, client, &client->watch));
		check("mio_loop_after", mio_loop_after(loop, idle_ns, on_idle,
		    client, &client->idle));
	}
}

int
main(int argc, char **argv)
{
	struct mio_loop *loop;
	struct mio_watch *watch;
	mio_fd_t listener;

	if (argc > 2)
		idle_ns = strtoull(argv[2], NULL, 10) * SECOND;
	check("mio_loop_create", mio_loop_create(&loop, NULL));
	listener = listen_on(argc > 1 ? argv[1] : "127.0.0.1:0");
	check("mio_loop_watch_fd", mio_loop_watch_fd(loop, listener,
	    MIO_READABLE, MIO_LEVEL, on_accept, &listener, &watch));

	return check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
}
