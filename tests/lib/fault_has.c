/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "lib/fault_control.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>
#endif
#ifdef HAVE_TIMERFD_CREATE
#include <sys/timerfd.h>
#endif

/* What a call without a descriptor to work on says where it is there. */
static bool
is_there(long result)
{
	return result >= 0 || (errno != ENOSYS && errno != EPERM);
}

#if defined(HAVE_EVENTFD) || defined(HAVE_TIMERFD_CREATE)
static bool
is_made(int fd)
{
	if (fd >= 0)
		(void)close(fd);

	return fd >= 0;
}
#endif

static bool
has_accept4(void)
{
	return is_there(accept4(-1, NULL, NULL, SOCK_CLOEXEC));
}

static bool
has_pipe2(void)
{
	int fds[2];

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
		return false;
	(void)close(fds[0]);
	(void)close(fds[1]);

	return true;
}

static bool
has_ppoll(void)
{
	const struct timespec at_once = { 0, 0 };

	return ppoll(NULL, 0, &at_once, NULL) == 0;
}

/* With the flag, which is younger than the call. */
static bool
has_pwritev2(void)
{
	char byte = 'x';
	struct iovec vector = { &byte, 1 };
	int fds[2];
	ssize_t n;

	if (pipe(fds) < 0)
		return false;
	n = pwritev2(fds[1], &vector, 1, -1, RWF_NOSIGNAL);
	(void)close(fds[0]);
	(void)close(fds[1]);

	return n == 1;
}

static bool
has_recvmmsg(void)
{
	struct mmsghdr message = { .msg_len = 0 };

	return is_there(recvmmsg(-1, &message, 1, MSG_DONTWAIT, NULL));
}

static bool
has_sendmmsg(void)
{
	struct mmsghdr message = { .msg_len = 0 };

	return is_there(sendmmsg(-1, &message, 1, MSG_NOSIGNAL));
}

#ifdef HAVE_EPOLL_CREATE1
static bool
has_epoll_pwait2(void)
{
	const struct timespec at_once = { 0, 0 };
	struct epoll_event event;

	return is_there(epoll_pwait2(-1, &event, 1, &at_once, NULL));
}
#endif

#ifdef HAVE_EVENTFD
static bool
has_eventfd(void)
{
	return is_made(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}
#endif

#ifdef HAVE_TIMERFD_CREATE
static bool
has_timerfd_create(void)
{
	return is_made(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
}

static bool
has_timerfd_settime(void)
{
	const struct itimerspec never = { .it_value = { 0, 0 } };

	return is_there(timerfd_settime(-1, 0, &never, NULL));
}
#endif

static const struct {
	const char *call;
	bool (*probe)(void);
} probes[] = {
	{ "accept4", has_accept4 },
	{ "pipe2", has_pipe2 },
	{ "ppoll", has_ppoll },
	{ "pwritev2", has_pwritev2 },
	{ "recvmmsg", has_recvmmsg },
	{ "sendmmsg", has_sendmmsg },
#ifdef HAVE_EPOLL_CREATE1
	{ "epoll_pwait2", has_epoll_pwait2 },
#endif
#ifdef HAVE_EVENTFD
	{ "eventfd", has_eventfd },
#endif
#ifdef HAVE_TIMERFD_CREATE
	{ "timerfd_create", has_timerfd_create },
	{ "timerfd_settime", has_timerfd_settime },
#endif
};

bool
fault_has(const char *call)
{
	size_t i;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (strcmp(probes[i].call, call) == 0)
			return probes[i].probe();

	return false;
}
