/* SPDX-License-Identifier: MIT */

/*
 * 04_queue [ADDRESS:PORT]: sends every byte back, as 03_echo does. This step
 * adds a loop with a callback for each descriptor, and a queue for the bytes
 * that a client does not read yet.
 *
 *	cc -o 04_queue 04_queue.c $(pkg-config --cflags --libs mio)
 */

#include "common.h"

#define QUEUE 16384

struct client {
	mio_fd_t fd;
	struct mio_watch *watch;
	unsigned interest;
	bool ended; /* the client sends no more */
	size_t queued;
	char queue[QUEUE];
};

static void
leave(struct client *client)
{
	mio_watch_end(client->watch);
	(void)mio_fd_close(client->fd);
	free(client);
}

/* Receives what there is room for. Returns false if the connection failed. */
static bool
receive(struct client *client)
{
	size_t room = QUEUE - client->queued;
	ssize_t n;

	if (room == 0 || client->ended)
		return true;
	n = mio_socket_recv(client->fd, client->queue + client->queued, room);
	if (n > 0)
		client->queued += (size_t)n;
	client->ended = n == 0;

	return n >= 0 || n == -EAGAIN;
}

/* Sends what there is room for. Returns false if the connection failed. */
static bool
flush(struct client *client)
{
	ssize_t n;

	if (client->queued == 0)
		return true;
	n = mio_socket_send(client->fd, client->queue, client->queued);
	if (n > 0) {
		client->queued -= (size_t)n;
		memmove(client->queue, client->queue + n, client->queued);
	}

	return n >= 0 || n == -EAGAIN;
}

static void
on_ready(struct mio_loop *loop, void *context, unsigned ready)
{
	struct client *client = context;
	unsigned interest = 0;

	(void)loop;
	if (((ready & MIO_READABLE) && !receive(client)) || !flush(client)) {
		leave(client);
		return;
	}

	if (!client->ended && client->queued < QUEUE)
		interest |= MIO_READABLE;
	if (client->queued > 0)
		interest |= MIO_WRITABLE;
	if (interest == 0) {
		leave(client); /* it has ended, and received everything */
	} else if (interest != client->interest) {
		client->interest = interest;
		check("mio_watch_update", mio_watch_update(client->watch,
		    interest, MIO_LEVEL));
	}
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
		client->interest = MIO_READABLE;
		check("mio_loop_watch_fd", mio_loop_watch_fd(loop, fd,
		    MIO_READABLE, MIO_LEVEL, on_ready, client, &client->watch));
	}
}

int
main(int argc, char **argv)
{
	struct mio_loop *loop;
	struct mio_watch *watch;
	mio_fd_t listener;

	check("mio_loop_create", mio_loop_create(&loop, NULL));
	listener = listen_on(argc > 1 ? argv[1] : "127.0.0.1:0");
	check("mio_loop_watch_fd", mio_loop_watch_fd(loop, listener,
	    MIO_READABLE, MIO_LEVEL, on_accept, &listener, &watch));

	return check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
}
