/* SPDX-License-Identifier: MIT */

/*
 * nng within a process: a pair of sockets, of which the producers share one. It
 * needs a tenth of the time of push and pull. The buffers of both ends make up
 * the bound; without a bound they have the largest possible size.
 */

#include "channel_peers.h"

#include <stdint.h>
#include <unistd.h>

#include <sys/epoll.h>

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

#include "bench.h"

static nng_socket sender, receiver;
static int epoll_fd;

void
nng_begin(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd, room = channel_case.bound != 0 ?
	    (int)channel_case.bound / 2 : 8192;

	bench_version("nng", nng_version());
	must(nng_pair0_open(&sender) == 0 && nng_pair0_open(&receiver) == 0,
	    "nng_pair0_open");
	must(nng_socket_set_int(sender, NNG_OPT_SENDBUF, room) == 0 &&
	    nng_socket_set_int(receiver, NNG_OPT_RECVBUF, room) == 0,
	    "nng_socket_set_int");
	must(nng_listen(receiver, "inproc://channel", NULL, 0) == 0 &&
	    nng_dial(sender, "inproc://channel", NULL, 0) == 0, "nng_dial");

	must(nng_socket_get_int(receiver, NNG_OPT_RECVFD, &fd) == 0,
	    "NNG_OPT_RECVFD");
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	must(epoll_fd >= 0 &&
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

void
nng_end(void)
{
	(void)nng_close(sender);
	(void)nng_close(receiver);
	(void)close(epoll_fd);
}

static void
send_one(const void *message)
{
	must(nng_send(sender, (void *)(uintptr_t)message, channel_case.size,
	    0) == 0, "nng_send");
}

static void
receive(unsigned long times)
{
	static unsigned char bytes[CHANNEL_SIZE_MAX];
	struct epoll_event event;
	size_t size;
	int r;

	while (times > 0) {
		size = sizeof(bytes);
		r = nng_recv(receiver, bytes, &size, NNG_FLAG_NONBLOCK);
		if (r == 0)
			times--;
		else if (r == NNG_EAGAIN)
			(void)epoll_wait(epoll_fd, &event, 1, -1);
		else
			must(0, "nng_recv");
	}
}

static const struct channel_peer peer = { send_one, receive };

void
nng_run(unsigned long times)
{
	channel_run(&peer, times);
}
