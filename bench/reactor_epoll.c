/* SPDX-License-Identifier: MIT */

/* The bare system calls. */

#include "reactor.h"

#include <unistd.h>

#include <sys/epoll.h>

static int epoll;
static struct epoll_event events[REACTOR_EVENTS];

static void
control(int op, size_t index, int fd, uint32_t bits)
{
	struct epoll_event event = { .events = bits, .data.u64 = index };

	must(epoll_ctl(epoll, op, fd, &event) == 0, "epoll_ctl");
}

static void
begin(size_t count)
{
	(void)count;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	must(epoll >= 0, "epoll_create1");
}

static void
end(void)
{
	(void)close(epoll);
}

static void
add(size_t index, int fd, bool edge)
{
	control(EPOLL_CTL_ADD, index, fd,
	    EPOLLIN | EPOLLRDHUP | (edge ? EPOLLET : 0u));
}

static void
change(size_t index, int fd, bool writable)
{
	control(EPOLL_CTL_MOD, index, fd,
	    writable ? EPOLLOUT : EPOLLIN | EPOLLRDHUP);
}

static void
remove_fd(size_t index, int fd)
{
	control(EPOLL_CTL_DEL, index, fd, 0);
}

static void
forget(size_t index, int fd)
{
	(void)index;
	(void)fd; /* close() removes it */
}

static bool
iterate_for(int timeout_ms)
{
	int n = epoll_wait(epoll, events, REACTOR_EVENTS, timeout_ms);
	bool more = true;
	int i;

	must(n >= 0, "epoll_wait");
	for (i = 0; i < n; i++)
		if (!reactor_ready((size_t)events[i].data.u64))
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

const struct reactor epoll_reactor = {
	"epoll", REACTOR_LEVELS | REACTOR_EDGES, begin, add, change, remove_fd,
	forget, run, iterate, end,
};
