/* SPDX-License-Identifier: MIT */

/* mio 0.6, in Rust (bench/rust/reactor.rs). */

#include "reactor.h"

struct reactor06;

struct reactor06 *reactor06_begin(void);
void reactor06_end(struct reactor06 *reactor);
void reactor06_add(struct reactor06 *reactor, size_t index, int fd, bool edge);
void reactor06_change(
    struct reactor06 *reactor, size_t index, int fd, bool writable);
void reactor06_remove(struct reactor06 *reactor, int fd);
bool reactor06_iterate(
    struct reactor06 *reactor, bool wait, bool (*ready)(size_t index));

static struct reactor06 *mio;

static void
begin(size_t count)
{
	(void)count;
	bench_rust_versions();
	mio = reactor06_begin();
}

static void
end(void)
{
	reactor06_end(mio);
}

static void
add(size_t index, int fd, bool edge)
{
	reactor06_add(mio, index, fd, edge);
}

static void
change(size_t index, int fd, bool writable)
{
	reactor06_change(mio, index, fd, writable);
}

static void
remove_fd(size_t index, int fd)
{
	(void)index;
	reactor06_remove(mio, fd);
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
	while (reactor06_iterate(mio, true, reactor_ready))
		continue;
}

static void
iterate(void)
{
	(void)reactor06_iterate(mio, false, reactor_ready);
}

const struct reactor mio06_reactor = {
	"mio 0.6", REACTOR_LEVELS | REACTOR_EDGES, begin, add, change, remove_fd, forget, run,
	iterate, end,
};
