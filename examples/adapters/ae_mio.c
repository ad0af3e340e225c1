/* SPDX-License-Identifier: MIT */

/*
 * The event loop of redis, ae, over a libmio poll. ae.c includes one such file;
 * to build a redis server with this one, include it there in place of
 * ae_epoll.c, and compile and link with the flags of `pkg-config mio`:
 *
 *	make MALLOC=libc CFLAGS="$(pkg-config --cflags mio)" \
 *	    LDFLAGS="-Wl,--no-as-needed $(pkg-config --libs mio)"
 *
 * ae is level-triggered and looks events up by descriptor, so the descriptor is
 * the token. It passes errors and hang-ups to both callbacks of a descriptor,
 * which find out by their next call. ae.c declares the types used here.
 */

#include <errno.h>
#include <stdlib.h>

#include <sys/time.h>

#include <mio.h>

typedef struct aeApiState {
	struct mio_poll *poll;
	struct mio_event *events; /* one for each descriptor */
} aeApiState;

/* ae expects -1 and errno for an error. */
static int
aeApiFail(int error)
{
	errno = -error;

	return -1;
}

static unsigned
aeApiInterest(int mask)
{
	return (mask & AE_READABLE ? MIO_READABLE : 0) |
	    (mask & AE_WRITABLE ? MIO_WRITABLE : 0);
}

static int
aeApiMask(unsigned ready)
{
	int mask = AE_NONE;

	if (ready & (MIO_READABLE | MIO_READ_CLOSED))
		mask |= AE_READABLE;
	if (ready & (MIO_WRITABLE | MIO_WRITE_CLOSED))
		mask |= AE_WRITABLE;
	if (ready & MIO_ERROR)
		mask |= AE_READABLE | AE_WRITABLE;

	return mask;
}

static int
aeApiCreate(aeEventLoop *loop)
{
	aeApiState *state = malloc(sizeof(*state));
	int r;

	if (state == NULL)
		return -1;

	state->events = calloc((size_t)loop->setsize, sizeof(*state->events));
	r = state->events == NULL ? -ENOMEM : mio_poll_create(&state->poll);
	if (r < 0) {
		free(state->events);
		free(state);
		return aeApiFail(r);
	}
	loop->apidata = state;

	return 0;
}

static int
aeApiResize(aeEventLoop *loop, int setsize)
{
	aeApiState *state = loop->apidata;
	struct mio_event *events =
	    realloc(state->events, (size_t)setsize * sizeof(*events));

	if (events == NULL)
		return -1;
	state->events = events;

	return 0;
}

static void
aeApiFree(aeEventLoop *loop)
{
	aeApiState *state = loop->apidata;

	mio_poll_destroy(state->poll);
	free(state->events);
	free(state);
}

/* ae changes its own mask of the descriptor afterwards. */
static int
aeApiAddEvent(aeEventLoop *loop, int fd, int mask)
{
	aeApiState *state = loop->apidata;
	unsigned before = aeApiInterest(loop->events[fd].mask);
	unsigned interest = before | aeApiInterest(mask);
	int r;

	if (before == 0)
		r = mio_poll_register_fd(
		    state->poll, fd, (mio_token_t)fd, interest, MIO_LEVEL);
	else
		r = mio_poll_reregister_fd(
		    state->poll, fd, (mio_token_t)fd, interest, MIO_LEVEL);

	return r < 0 ? aeApiFail(r) : 0;
}

/* Errors mean that the descriptor was closed before: there is nothing to do. */
static void
aeApiDelEvent(aeEventLoop *loop, int fd, int mask)
{
	aeApiState *state = loop->apidata;
	unsigned interest = aeApiInterest(loop->events[fd].mask & ~mask);

	if (interest == 0)
		(void)mio_poll_deregister_fd(state->poll, fd);
	else
		(void)mio_poll_reregister_fd(
		    state->poll, fd, (mio_token_t)fd, interest, MIO_LEVEL);
}

/* A signal ends the wait without an event: the server checks for signals. */
static int
aeApiPoll(aeEventLoop *loop, struct timeval *tv)
{
	aeApiState *state = loop->apidata;
	int64_t timeout_ns = -1;
	int i, n;

	if (tv != NULL)
		timeout_ns = (int64_t)tv->tv_sec * 1000000000 +
		    (int64_t)tv->tv_usec * 1000;

	n = mio_poll_interruptible(
	    state->poll, state->events, (size_t)loop->setsize, timeout_ns);
	if (n == -EINTR)
		return 0;
	if (n < 0)
		abort(); /* ae has no way to report it */

	for (i = 0; i < n; i++) {
		loop->fired[i].fd = (int)state->events[i].token;
		loop->fired[i].mask = aeApiMask(state->events[i].ready);
	}

	return n;
}

static char *
aeApiName(void)
{
	static char name[] = "mio";

	return name;
}
