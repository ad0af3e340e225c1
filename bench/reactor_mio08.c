/* SPDX-License-Identifier: MIT */

/* mio 0.8, in Rust (bench/rust/reactor.rs), which has edges only. */

#include "reactor.h"

struct reactor08;

struct reactor08 *reactor08_begin(void);
void reactor08_end(struct reactor08 *reactor);
void reactor08_add(struct reactor08 *reactor, size_t index, int fd);
void reactor08_change(
    struct reactor08 *reactor, size_t index, int fd, bool writable);
void reactor08_remove(struct reactor08 *reactor, int fd);
bool reactor08_iterate(
    struct reactor08 *reactor, bool wait, bool (*ready)(size_t index));

static struct reactor08 *mio;

static void
begin(size_t count)
{
	(void)count;
	bench_rust_versions();
	mio = reactor08_begin();
}

static void
end(void)
{
	reactor08_end(mio);
}

static void
add(size_t index, int fd, bool edge)
{
	(void)edge;
	reactor08_add(mio, index, fd);
}

static void
change(size_t index, int fd, bool writable)
{
	reactor08_change(mio, index, fd, writable);
}

static void
remove_fd(size_t index, int fd)
{
	(void)index;
	reactor08_remove(mio, fd);
}

static void
forget(size_t index, int fd)
{
	(void)index;
	(void)fd; /* close() removes it */
}

static void
run(void)
{
	while (reactor08_iterate(mio, true, reactor_ready))
		continue;
}

static void
iterate(void)
{
	(void)reactor08_iterate(mio, false, reactor_ready);
}

const struct reactor mio08_reactor = {
	"mio 0.8", REACTOR_EDGES, begin, add, change, remove_fd, forget, run,
	iterate, end,
};
