/* SPDX-License-Identifier: MIT */

/*
 * Accepting connections, for sockets of any family. A connection that was lost
 * before it could be accepted is skipped, and the next one is accepted.
 *
 * A listener that libmio did not make may be in blocking mode, and accept(2)
 * then waits whatever flags it is given. O_NONBLOCK cannot be set for the call:
 * other processes may share the listener, and its flags stay as they are. So
 * the first accept of a series checks the mode, and on a blocking listener each
 * accept is preceded by a poll(2). A non-blocking listener is remembered by its
 * number from its first connection until it has no more or is closed. A series
 * of accepts thus costs one fcntl(2), and a change of the mode is noticed when
 * the next series begins.
 *
 * Any thread reads and writes the slots at any time. A slot holds the number of
 * a listener that did not block. No other data depends on a slot, so the memory
 * order does not matter. When two listeners share a slot, they are checked more
 * often.
 */

#include "sys/compat.h"
#include "net/accept.h"

#include <stdatomic.h>

#include "base/check.h"
#include "mio/poll.h"
#include "net/option.h"
#include "net/socket.h"
#include "sys/descriptor.h"
#include "sys/selector.h"
#include "sys/sock.h"

/* More connections lost in succession than this are a persistent error. */
#define LOST_MAX 1024u

#define SLOTS 16u

static atomic_uint known[SLOTS]; /* descriptor + 1; 0 is empty */

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

/* Whether fd listens; accept(2) fails at once on any other descriptor. */
static bool
listens(mio_fd_t fd)
{
	int on = 0;

	return mio__option_get_int(fd, SOL_SOCKET, SO_ACCEPTCONN, &on) == 0 &&
	    on != 0;
}

/* Returns 0 if accept(2) would return at once, -EAGAIN if it would wait. */
static int
check_before(mio_fd_t listener)
{
	int r = mio__socket_check(listener, POLLIN);

	if (r != 0)
		return r < 0 ? r : 0;

	return listens(listener) ? -EAGAIN : 0;
}

/* Whether r is one of the errors that systems use for a lost connection. */
static MIO__COLD bool
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
accept_next(
    mio_fd_t listener, bool blocks, struct sockaddr *addr, socklen_t *len)
{
	const socklen_t room = *len;
	unsigned lost = 0;
	int r;

	do {
		r = blocks ? check_before(listener) : 0;
		if (r < 0)
			return r;

		*len = room;
		r = mio__os_accept(listener, addr, len);
	} while (r < 0 && r != -EAGAIN && is_lost(r) && ++lost < LOST_MAX);

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

	fd = accept_next(listener, blocks, (struct sockaddr *)&got, &got_len);
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
