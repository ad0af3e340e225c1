/* SPDX-License-Identifier: MIT */
#include "channel_peers.h"

#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "bench.h"

/* All contestants share one eventfd, because only one runs at a time. */
static int users, epoll_fd, event_fd;
static _Alignas(64) atomic_bool asleep;

void
event_begin(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	if (users++ > 0)
		return;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	must(epoll_fd >= 0 && event_fd >= 0, "eventfd");
	must(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &event) == 0,
	    "epoll_ctl");
	asleep = 0;
}

void
event_end(void)
{
	if (--users > 0)
		return;
	(void)close(epoll_fd);
	(void)close(event_fd);
}

void
event_wake_if_asleep(void)
{
	const uint64_t one = 1;

	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&asleep, memory_order_relaxed) &&
	    atomic_exchange(&asleep, 0))
		must(write(event_fd, &one, 8) == 8, "write");
}

void
event_sleep(int (*is_empty)(void))
{
	struct epoll_event event;

	atomic_store(&asleep, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (is_empty())
		(void)epoll_wait(epoll_fd, &event, 1, -1);
	atomic_store(&asleep, 0);
}
