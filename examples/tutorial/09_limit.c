/* SPDX-License-Identifier: MIT */

/*
 * 09_limit [ADDRESS:PORT]: sends every byte back. This step adds what a server
 * does when it has no descriptors or no memory left for another client.
 *
 *	cc -o 09_limit 09_limit.c $(pkg-config --cflags --libs mio)
 */

#include "common.h"

struct server {
	mio_fd_t listener;
	struct mio_watch *watch;
};

struct client {
	mio_fd_t fd;
	struct mio_watch *watch;
};

static void
on_ready(struct mio_loop *loop, void *context, unsigned ready)
{
	struct client *client = context;
	char buf[4096];
	ssize_t n = mio_socket_recv(client->fd, buf, sizeof(buf));

	(void)loop;
	(void)ready;
	if (n == -EAGAIN)
		return;
	if (n <= 0 || mio_socket_send(client->fd, buf, (size_t)n) != n) {
		mio_watch_end(client->watch);
		(void)mio_fd_close(client->fd);
		free(client);
	}
}

static void
add_client(struct mio_loop *loop, mio_fd_t fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL || mio_loop_watch_fd(loop, fd, MIO_READABLE,
	    MIO_LEVEL, on_ready, client, &client->watch) < 0) {
		(void)mio_fd_close(fd);
		free(client);
	} else {
		client->fd = fd;
	}
}

static void
accept_again(struct mio_loop *loop, void *context)
{
	struct server *server = context;

	(void)loop;
	check("mio_watch_update", mio_watch_update(server->watch,
	    MIO_READABLE, MIO_LEVEL));
}

static void
on_accept(struct mio_loop *loop, void *context, unsigned ready)
{
	struct server *server = context;
	mio_fd_t fd;
	int r;

	(void)ready;
	while ((r = mio_tcp_accept(server->listener, &fd, NULL, NULL)) == 0)
		add_client(loop, fd);
	if (r == -EAGAIN)
		return;

	/* clients stay in the listener's queue: try again in 100 ms */
	fprintf(stderr, "accept: %s\n", strerror(-r));
	check("mio_watch_update",
	    mio_watch_update(server->watch, 0, MIO_LEVEL));
	check("mio_loop_after",
	    mio_loop_after(loop, SECOND / 10, accept_again, server, NULL));
}

int
main(int argc, char **argv)
{
	struct server server;
	struct mio_loop *loop;

	check("mio_loop_create", mio_loop_create(&loop, NULL));
	server.listener = listen_on(argc > 1 ? argv[1] : "127.0.0.1:0");
	check("mio_loop_watch_fd", mio_loop_watch_fd(loop, server.listener,
	    MIO_READABLE, MIO_LEVEL, on_accept, &server, &server.watch));

	return check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
}
