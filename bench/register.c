/* SPDX-License-Identifier: MIT */

/*
 * The cost of register, reregister and deregister. The program runs all cases,
 * or those that are named as arguments. The first case does all three calls,
 * the second one only the reregister.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <mio.h>

#include "bench.h"
#include "register_reactors.h"

/* The contestants are used alternately, and so have nothing in common. */
static int watched, bare_epoll;
static int fd;
static struct mio_poll *fd_poll, *source_poll;
static struct mio_registration *registration;
static struct mio_readiness *readiness;
static struct mio_source *source;

/* ---- bare epoll, the reference */

static void
control(int op, uint32_t bits)
{
	struct epoll_event event = { .events = bits, .data.u64 = 1 };

	must(epoll_ctl(bare_epoll, op, watched, &event) == 0, "epoll_ctl");
}

static void
bare_begin(void)
{
	watched = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	bare_epoll = epoll_create1(EPOLL_CLOEXEC);
	must(watched >= 0 && bare_epoll >= 0, "epoll_create1");
}

static void
bare_end(void)
{
	(void)close(bare_epoll);
	(void)close(watched);
}

static void
bare_all(unsigned long times)
{
	while (times-- > 0) {
		control(EPOLL_CTL_ADD, EPOLLIN);
		control(EPOLL_CTL_MOD, EPOLLOUT);
		control(EPOLL_CTL_DEL, 0);
	}
}

static void
bare_changes(unsigned long times)
{
	control(EPOLL_CTL_ADD, EPOLLIN);
	while (times-- > 0)
		control(EPOLL_CTL_MOD, times & 1 ? EPOLLIN : EPOLLOUT);
	control(EPOLL_CTL_DEL, 0);
}

/* ---- a descriptor */

static void
fd_begin(void)
{
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	must(fd >= 0, "eventfd");
	must(mio_poll_create(&fd_poll) == 0, "mio_poll_create");
}

static void
fd_end(void)
{
	mio_poll_destroy(fd_poll);
	(void)close(fd);
}

static void
fd_all(unsigned long times)
{
	while (times-- > 0) {
		must(mio_poll_register_fd(
			 fd_poll, fd, 1, MIO_READABLE, MIO_LEVEL) == 0,
		    "mio_poll_register_fd");
		must(mio_poll_reregister_fd(
			 fd_poll, fd, 1, MIO_WRITABLE, MIO_LEVEL) == 0,
		    "mio_poll_reregister_fd");
		must(mio_poll_deregister_fd(fd_poll, fd) == 0,
		    "mio_poll_deregister_fd");
	}
}

static void
fd_changes(unsigned long times)
{
	must(
	    mio_poll_register_fd(fd_poll, fd, 1, MIO_READABLE, MIO_LEVEL) == 0,
	    "mio_poll_register_fd");
	while (times-- > 0)
		must(mio_poll_reregister_fd(fd_poll, fd, 1,
			 times & 1 ? MIO_READABLE : MIO_WRITABLE,
			 MIO_LEVEL) == 0,
		    "mio_poll_reregister_fd");
	must(mio_poll_deregister_fd(fd_poll, fd) == 0,
	    "mio_poll_deregister_fd");
}

/* ---- a registration, which is not ready */

static void
source_begin(void)
{
	must(mio_poll_create(&source_poll) == 0, "mio_poll_create");
	must(mio_registration_create(&registration, &readiness) == 0,
	    "mio_registration_create");
	source = mio_registration_source(registration);
}

static void
source_end(void)
{
	mio_registration_destroy(registration);
	mio_readiness_unref(readiness);
	mio_poll_destroy(source_poll);
}

static void
source_all(unsigned long times)
{
	while (times-- > 0) {
		must(mio_poll_register(
			 source_poll, source, 1, MIO_READABLE, MIO_EDGE) == 0,
		    "mio_poll_register");
		must(mio_poll_reregister(
			 source_poll, source, 1, MIO_WRITABLE, MIO_EDGE) == 0,
		    "mio_poll_reregister");
		must(mio_poll_deregister(source_poll, source) == 0,
		    "mio_poll_deregister");
	}
}

static void
source_changes(unsigned long times)
{
	must(mio_poll_register(source_poll, source, 1, MIO_READABLE, MIO_EDGE) == 0,
	    "mio_poll_register");
	while (times-- > 0)
		must(
		    mio_poll_reregister(source_poll, source, 1,
			times & 1 ? MIO_READABLE : MIO_WRITABLE, MIO_EDGE) == 0,
		    "mio_poll_reregister");
	must(mio_poll_deregister(source_poll, source) == 0, "mio_poll_deregister");
}

/* ---- the cases */

static const struct {
	const char *name, *what;
	struct contestant contestants[3];
} cases[] = {
	{ "all", "register, reregister, deregister",
	    {
		{ "epoll_ctl", bare_begin, bare_all, bare_end },
		{ "libmio, descriptor", fd_begin, fd_all, fd_end },
		{ "libmio, registration", source_begin, source_all,
		    source_end },
	    } },
	{ "reregister", "reregister",
	    {
		{ "epoll_ctl", bare_begin, bare_changes, bare_end },
		{ "libmio, descriptor", fd_begin, fd_changes, fd_end },
		{ "libmio, registration", source_begin, source_changes,
		    source_end },
	    } },
};

int
main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bench_case("register", cases[i].name, 0);
		if (bench_wanted(argc, argv))
			compare(cases[i].what, cases[i].contestants, 3, 100000);
	}
	register_reactors(argc, argv);

	return 0;
}
