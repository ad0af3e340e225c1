/* SPDX-License-Identifier: MIT */

/* A poll of libmio; the program has the loop. */

#include "reactor.h"

#include <mio.h>

static struct mio_poll *mio;
static struct mio_event events[REACTOR_EVENTS];

static void
begin(size_t count)
{
	(void)count;
	must(mio_poll_create(&mio) == 0, "mio_poll_create");
}

static void
end(void)
{
	mio_poll_destroy(mio);
}

static void
add(size_t index, int fd, bool edge)
{
	must(mio_poll_register_fd(mio, fd, index, MIO_READABLE,
		 edge ? MIO_EDGE : MIO_LEVEL) == 0,
	    "mio_poll_register_fd");
}

static void
change(size_t index, int fd, bool writable)
{
	must(mio_poll_reregister_fd(mio, fd, index,
		 writable ? MIO_WRITABLE : MIO_READABLE, MIO_LEVEL) == 0,
	    "mio_poll_reregister_fd");
}

static void
remove_fd(size_t index, int fd)
{
	(void)index;
	must(mio_poll_deregister_fd(mio, fd) == 0, "mio_poll_deregister_fd");
}

static void
forget(size_t index, int fd)
{
	(void)index;
	(void)fd; /* close() removes it */
}

static bool
iterate_for(int64_t timeout_ns)
{
	int n = mio_poll(mio, events, REACTOR_EVENTS, timeout_ns);
	bool more = true;
	int i;

	must(n >= 0, "mio_poll");
	for (i = 0; i < n; i++)
		if (!reactor_ready((size_t)events[i].token))
			more = false;

	return more;
}

static void
run(void)
{
	while (iterate_for(-1))
		continue;
}

static void
iterate(void)
{
	(void)iterate_for(0);
}

const struct reactor mio_reactor = {
	"libmio", REACTOR_LEVELS | REACTOR_EDGES, begin, add, change,
	remove_fd, forget, run, iterate, end,
};
