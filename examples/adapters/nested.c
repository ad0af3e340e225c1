/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700

#include "nested.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#define PATIENCE_NS INT64_C(20000000000)
#define EVENTS      16

enum { SOCKET, WAKER, REMOTE, OWN };

/* Waits for the reply to one round; returns false if there is none. */
static bool
wait_for_reply(struct mio_poll *poll, mio_fd_t client)
{
	struct mio_event event;
	char byte;

	return mio_poll(poll, &event, 1, PATIENCE_NS) == 1 &&
	    mio_socket_recv(client, &byte, 1) == 1;
}

static bool
start_round(struct nested *self, int round)
{
	switch (round % 3) {
	case SOCKET:
		return mio_socket_send(self->client, "?", 1) == 1;
	case WAKER:
		return mio_waker_wake(self->waker) == 0;
	default:
		return mio_readiness_set(self->readiness[0], MIO_READABLE) == 0;
	}
}

/* The thread, which has its own poll for the replies. */
static void *
work(void *argument)
{
	struct nested *self = argument;
	struct mio_poll *poll;
	int i;

	if (mio_poll_create(&poll) < 0)
		return NULL;

	if (mio_poll_register_fd(
		poll, self->client, 0, MIO_READABLE, MIO_LEVEL) == 0) {
		for (i = 0; i < NESTED_ROUNDS; i++) {
			if (!start_round(self, i) ||
			    !wait_for_reply(poll, self->client))
				break;
		}
		(void)mio_poll_deregister_fd(poll, self->client);
	}
	mio_poll_destroy(poll);

	return NULL;
}

/* Makes both ends of a connection. */
static int
connect_pair(mio_fd_t *client, mio_fd_t *server)
{
	struct sockaddr_in loopback = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct mio_event event;
	struct sockaddr_storage addr;
	struct mio_poll *poll;
	mio_fd_t listener;
	socklen_t len;
	int r;

	r = mio_poll_create(&poll);
	if (r < 0)
		return r;

	r = mio_tcp_listen(
	    &listener, (struct sockaddr *)&loopback, sizeof(loopback), 0, 0);
	if (r < 0)
		return r;

	if ((r = mio_socket_local_addr(listener, &addr, &len)) < 0 ||
	    (r = mio_tcp_connect(client, (struct sockaddr *)&addr, len)) < 0 ||
	    (r = mio_poll_register_fd(
		 poll, listener, 0, MIO_READABLE, MIO_LEVEL)) < 0 ||
	    (r = mio_poll(poll, &event, 1, PATIENCE_NS)) < 0 ||
	    (r = mio_tcp_accept(listener, server, NULL, NULL)) < 0 ||
	    (r = mio_tcp_set_nodelay(*client, true)) < 0 ||
	    (r = mio_tcp_set_nodelay(*server, true)) < 0)
		return r;

	(void)mio_fd_close(listener);
	mio_poll_destroy(poll);

	return 0;
}

static int
add_registration(struct nested *self, int i, mio_token_t token)
{
	int r;

	r = mio_registration_create(
	    &self->registrations[i], &self->readiness[i]);
	if (r < 0)
		return r;

	return mio_poll_register(self->poll,
	    mio_registration_source(self->registrations[i]), token,
	    MIO_READABLE, MIO_EDGE);
}

int
nested_start(struct nested *self)
{
	int r;

	*self = (struct nested){ .client = MIO_INVALID_FD };

	if ((r = mio_poll_create(&self->poll)) < 0 ||
	    (r = mio_poll_fd(self->poll)) < 0 ||
	    (r = connect_pair(&self->client, &self->server)) < 0 ||
	    (r = mio_poll_register_fd(self->poll, self->server, SOCKET,
		 MIO_READABLE, MIO_EDGE)) < 0 ||
	    (r = mio_waker_create(&self->waker, self->poll, WAKER)) < 0 ||
	    (r = add_registration(self, 0, REMOTE)) < 0 ||
	    (r = add_registration(self, 1, OWN)) < 0)
		return r;

	return -pthread_create(&self->thread, NULL, work, self);
}

void
nested_tick(struct nested *self)
{
	(void)mio_readiness_set(self->readiness[1], MIO_READABLE);
}

/* The reported event must be the one that the thread caused. */
static bool
reply(struct nested *self, mio_token_t token)
{
	char bytes[2];

	if (token != (mio_token_t)(self->rounds % 3))
		return false;
	if (token == SOCKET &&
	    mio_socket_recv(self->server, bytes, sizeof(bytes)) != 1)
		return false;
	self->rounds++;

	return mio_socket_send(self->server, "!", 1) == 1;
}

static bool
handle(struct nested *self, const struct mio_event *event)
{
	if (event->ready != MIO_READABLE)
		return false;

	if (event->token != OWN)
		return reply(self, event->token);

	if (++self->own < NESTED_OWN)
		nested_tick(self);

	return true;
}

bool
nested_dispatch(struct nested *self)
{
	struct mio_event events[EVENTS];
	int i, n;

	/* call it once: remaining events make the poll ready again */
	n = mio_poll(self->poll, events, EVENTS, 0);
	if (n < 0)
		self->failed = true;

	for (i = 0; i < n; i++) {
		if (!handle(self, &events[i]))
			self->failed = true;
	}

	return !self->failed &&
	    (self->rounds < NESTED_ROUNDS || self->own < NESTED_OWN);
}

bool
nested_stop(struct nested *self)
{
	int i;

	/* the close ends the wait of a thread that is still waiting */
	(void)mio_fd_close(self->server);
	(void)pthread_join(self->thread, NULL);
	(void)mio_fd_close(self->client);

	mio_waker_destroy(self->waker);
	for (i = 0; i < 2; i++) {
		mio_readiness_unref(self->readiness[i]);
		mio_registration_destroy(self->registrations[i]);
	}
	mio_poll_destroy(self->poll);

	printf("%d of %d rounds, %d of %d sets\n", self->rounds, NESTED_ROUNDS,
	    self->own, NESTED_OWN);

	return !self->failed && self->rounds == NESTED_ROUNDS &&
	    self->own == NESTED_OWN;
}
