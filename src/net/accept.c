/* SPDX-License-Identifier: MIT */

/*
 * Accepting, for any family. A connection that was lost before it is accepted
 * is nobody's concern, and the next one is taken.
 *
 * A listener from elsewhere may be a blocking one, which accept(2) would wait
 * for whatever flags it is given; its own are shared with others, and stay as
 * they are. So whether it blocks is asked before the first accept of a row, and
 * if it does, poll(2) before each. What does not block is known by its number
 * from its first connection until it has none left, or is closed: a row of
 * accepts costs one question, and a flag that somebody takes away is noticed
 * when the next row begins.
 *
 * Any thread reads and writes the slots, at any time. Each holds a listener
 * that was seen not to block, and nothing is read on the strength of that: the
 * order does not matter, and a slot that another listener takes is asked for
 * again.
 */

#include "sys/compat.h"
#include "net/accept.h"

#include <stdatomic.h>

#include "mio/poll.h"
#include "net/option.h"
#include "net/socket.h"
#include "sys/descriptor.h"
#include "sys/selector.h"
#include "sys/sock.h"

/* Of connections lost in a row; more than that is an error that will last. */
#define LOST_MAX 1024u

#define SLOTS 16u

static atomic_uint known[SLOTS]; /* descriptors and 1, to begin with none */

static atomic_uint *
slot_of(mio_fd_t listener)
{
	return &known[(unsigned)listener % SLOTS];
}

static bool
is_known(mio_fd_t listener)
{
	return atomic_load_explicit(slot_of(listener), memory_order_relaxed) ==
	    (unsigned)listener + 1;
}

static void
remember(mio_fd_t listener)
{
	if (!is_known(listener))
		atomic_store_explicit(slot_of(listener), (unsigned)listener + 1,
		    memory_order_relaxed);
}

void
mio__accept_forget(mio_fd_t listener)
{
	if (is_known(listener))
		atomic_store_explicit(
		    slot_of(listener), 0, memory_order_relaxed);
}

/* What is no listener is refused without a wait. */
static bool
listens(mio_fd_t fd)
{
	int on = 0;

	return mio__option_get_int(fd, SOL_SOCKET, SO_ACCEPTCONN, &on) == 0 &&
	    on != 0;
}

/* 0 when accept(2) has an answer, -EAGAIN when it would wait for one. */
static int
look_before(mio_fd_t listener)
{
	int r = mio__socket_look(listener, POLLIN);

	if (r != 0)
		return r < 0 ? r : 0;

	return listens(listener) ? -EAGAIN : 0;
}

/* Those that systems have for a connection that is no more. */
static bool
is_lost(int r)
{
	static const int errors[] = { ECONNABORTED, ENETDOWN, EPROTO,
		ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH,
		ETIMEDOUT };
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (r == -errors[i])
			return true;

	return false;
}

static int
take(mio_fd_t listener, bool blocks, struct sockaddr *addr, socklen_t *len)
{
	const socklen_t room = *len;
	unsigned lost = 0;
	int r;

	do {
		r = blocks ? look_before(listener) : 0;
		if (r < 0)
			return r;

		*len = room;
		r = mio__os_accept(listener, addr, len);
	} while (is_lost(r) && ++lost < LOST_MAX);

	return r;
}

int
mio__accept(mio_fd_t listener, mio_fd_t *out, struct sockaddr_storage *peer,
    socklen_t *len)
{
	struct sockaddr_storage got = { 0 };
	socklen_t got_len = sizeof(got);
	int blocks = 0;
	int fd;

	if (out == NULL || (peer == NULL) != (len == NULL))
		return -EINVAL;

	if (!is_known(listener))
		blocks = mio__os_is_blocking(listener);
	if (blocks < 0)
		return blocks;

	fd = take(listener, blocks, (struct sockaddr *)&got, &got_len);
	if (fd == -EAGAIN)
		mio__selector_rearm(listener, MIO_READABLE);
	if (fd < 0) {
		mio__accept_forget(listener);
		return fd;
	}

	if (!blocks)
		remember(listener);
	*out = fd;
	if (peer != NULL) {
		*peer = got;
		*len = got_len;
	}

	return 0;
}
