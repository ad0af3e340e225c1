/* SPDX-License-Identifier: MIT */

/*
 * ZeroMQ within a process: one push socket for each producer, and one pull
 * socket. The high-water marks of both ends make up the bound, which is divided
 * among the producers.
 */

#include "channel_peers.h"

#include <unistd.h>

#include <sys/epoll.h>

#include <zmq.h>

#include "bench.h"

static void *context, *pull, *push[CHANNEL_PRODUCERS_MAX];
static int epoll_fd;

static void *
open_one(int type)
{
	void *socket = zmq_socket(context, type);
	int mark = (int)(channel_case.bound / channel_case.producers / 2);

	must(socket != NULL, "zmq_socket");
	must(zmq_setsockopt(socket, ZMQ_SNDHWM, &mark, sizeof(mark)) == 0 &&
	    zmq_setsockopt(socket, ZMQ_RCVHWM, &mark, sizeof(mark)) == 0,
	    "zmq_setsockopt");

	return socket;
}

void
zmq_begin(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	size_t size = sizeof(int);
	unsigned i;
	int fd, version[3];

	zmq_version(&version[0], &version[1], &version[2]);
	bench_version_numbers("zmq", version[0], version[1], version[2]);
	context = zmq_ctx_new();
	must(context != NULL && zmq_ctx_set(context, ZMQ_IO_THREADS, 0) == 0,
	    "zmq_ctx_new");
	pull = open_one(ZMQ_PULL);
	must(zmq_bind(pull, "inproc://channel") == 0, "zmq_bind");
	for (i = 0; i < channel_case.producers; i++) {
		push[i] = open_one(ZMQ_PUSH);
		must(zmq_connect(push[i], "inproc://channel") == 0,
		    "zmq_connect");
	}

	must(zmq_getsockopt(pull, ZMQ_FD, &fd, &size) == 0, "ZMQ_FD");
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	must(epoll_fd >= 0 &&
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

void
zmq_end(void)
{
	unsigned i;

	for (i = 0; i < channel_case.producers; i++)
		(void)zmq_close(push[i]);
	(void)zmq_close(pull);
	(void)zmq_ctx_term(context);
	(void)close(epoll_fd);
}

static void
send_one(const void *message)
{
	must(zmq_send(push[channel_producer], message, channel_case.size, 0) >=
	    0, "zmq_send");
}

/* The descriptor is edge-triggered: reading ZMQ_EVENTS re-arms it. */
static void
sleep_if_empty(void)
{
	struct epoll_event event;
	size_t size = sizeof(int);
	int events;

	must(zmq_getsockopt(pull, ZMQ_EVENTS, &events, &size) == 0,
	    "ZMQ_EVENTS");
	if ((events & ZMQ_POLLIN) == 0)
		(void)epoll_wait(epoll_fd, &event, 1, -1);
}

static void
receive(unsigned long times)
{
	static unsigned char bytes[CHANNEL_SIZE_MAX];

	while (times > 0) {
		if (zmq_recv(pull, bytes, channel_case.size, ZMQ_DONTWAIT) >= 0)
			times--;
		else
			sleep_if_empty();
	}
}

static const struct channel_peer peer = { send_one, receive };

void
zmq_run(unsigned long times)
{
	channel_run(&peer, times);
}
