/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_NESTED_H
#define EXAMPLES_NESTED_H

#include <stdbool.h>

#include <pthread.h>

#include <mio.h>

/*
 * The sources in the polls of glib_loop.c and sdevent_loop.c: the server's end
 * of a TCP connection, a waker, and two registrations. A thread alternately
 * sends, wakes, and sets one of the registrations. It continues only after it
 * has received a reply over the connection, so the program stops if one of
 * these does not end the sleep of the other loop. The thread of the loop sets
 * the other registration.
 */

#define NESTED_ROUNDS 300 /* by the thread */
#define NESTED_OWN    100 /* sets by the thread of the loop */

struct nested {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio_registration *registrations[2];
	struct mio_readiness *readiness[2]; /* the thread's, the loop's */
	mio_fd_t client, server;
	pthread_t thread;
	int rounds, own; /* events reported so far */
	bool failed;
};

/* Returns 0, or a negative errno value; then the program should end. */
int nested_start(struct nested *self);

/* Sets the loop's registration for the first time; call it in the loop. */
void nested_tick(struct nested *self);

/* Handles events without waiting; returns false when the loop is to end. */
bool nested_dispatch(struct nested *self);

/* Cleans up; returns whether all expected events were reported. */
bool nested_stop(struct nested *self);

#endif
