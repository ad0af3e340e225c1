/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_NESTED_H
#define EXAMPLES_NESTED_H

#include <stdbool.h>

#include <pthread.h>

#include <mio.h>

/*
 * What glib_loop.c and sdevent_loop.c have in their polls: the reading end of a
 * TCP connection, a waker, and two registrations. A thread sends, wakes and
 * sets one of the registrations by turns, and goes on only when it was answered
 * over the connection: should a single one of these not end the sleep of the
 * other loop, nothing moves any more. The other registration is set by the
 * thread of the loop.
 */

#define NESTED_ROUNDS 300 /* of the thread */
#define NESTED_OWN    100 /* sets by the thread of the loop */

struct nested {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio_registration *registrations[2];
	struct mio_readiness *readiness[2]; /* the thread's, the loop's */
	mio_fd_t client, server;
	pthread_t thread;
	int rounds, own; /* how many have come */
	bool failed;
};

/* 0, or a negative errno value after which the program had better end. */
int nested_start(struct nested *self);

/* From the other loop, at any time: begins to set the loop's registration. */
void nested_tick(struct nested *self);

/* One look at the poll, without waiting; false when the loop is to end. */
bool nested_dispatch(struct nested *self);

/* The end: whether everything has come. */
bool nested_stop(struct nested *self);

#endif
