/* SPDX-License-Identifier: MIT */

/*
 * demo [SECONDS [CONNECTIONS]]: a libmio server on the loopback interface
 * echoes for thousands of libmio clients at once. Server and clients run in
 * this process, with one thread and one poll each. Every byte that a client
 * receives is compared with the byte that it sent. Calls of the malloc family
 * are counted, to show that no memory is allocated during the run.
 *
 * The demo ends by itself. The status is 0 if every byte was correct, no client
 * was disconnected, and the count was 0.
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <mio.h>

#include "alloc_trap.h"

#define SECONDS_DEFAULT     10
#define SECONDS_MAX         35
#define CONNECTIONS_DEFAULT 4000
#define SET_UP_SECONDS      10 /* to connect, and again to finish */
#define ALL_SECONDS         58 /* limit for the whole program */
#define SPARE_FDS           64
#define CONNECTIONS_MAX     20000 /* there are about 28,000 ports */
#define CONNECTING_MAX      500	  /* at once, so that no queue overflows */
#define MESSAGE_MIN         16
#define MESSAGE_MAX         1024
#define EVENTS              512
#define LISTENER            ((mio_token_t)1)
#define WAKER               ((mio_token_t)2)
#define FIRST               ((mio_token_t)16) /* token of connection 0 */

/* One end of a connection: the server buffers, the client compares. */
struct end {
	mio_fd_t fd;
	size_t start, len;  /* bytes sent so far, bytes to send */
	size_t received;    /* client */
	uint64_t seed;	    /* client: of the current message */
	bool connected;	    /* client */
	char buffer[MESSAGE_MAX];
};

struct side {
	struct mio_poll *poll;
	struct end *ends;
	mio_fd_t listener;	/* server */
	atomic_ulong polls, events, messages, bytes;
	atomic_uint connected;
	const char *failure;	/* read after the thread has ended */
};

static struct side server, client;
static unsigned connections = CONNECTIONS_DEFAULT;
static atomic_uint idle; /* clients that have received their last message */
static atomic_bool sending = true;
static atomic_bool finished;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
fail(const char *what, int error)
{
	fprintf(stderr, "demo: %s: %s\n", what, strerror(-error));
	exit(1);
}

/* SIGALRM: the program hangs. */
static void
give_up(int number)
{
	static const char text[] = "demo: out of time\n";

	(void)number;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

/* Returns the byte at a place of a message (splitmix64's mixing). */
static char
byte_at(uint64_t seed, size_t place)
{
	uint64_t x = seed + place * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);

	return (char)(x >> 56);
}

static void
next_message(struct end *end)
{
	size_t i;

	end->seed = end->seed * 6364136223846793005u + 1442695040888963407u;
	end->len = MESSAGE_MIN +
	    (size_t)(end->seed >> 33) % (MESSAGE_MAX - MESSAGE_MIN + 1);
	end->start = 0;
	end->received = 0;
	for (i = 0; i < end->len; i++)
		end->buffer[i] = byte_at(end->seed, i);
}

/* Returns 0 if all remaining bytes are sent or it would block. */
static int
send_remaining(struct end *end)
{
	ssize_t n;

	while (end->start < end->len) {
		n = mio_socket_send(end->fd, end->buffer + end->start,
		    end->len - end->start);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		end->start += (size_t)n;
	}

	return 0;
}

static const char *
serve_end(struct end *end)
{
	ssize_t n;

	for (;;) {
		if (send_remaining(end) < 0)
			return "the server cannot send";
		if (end->start < end->len)
			return NULL;

		n = mio_socket_recv(end->fd, end->buffer, MESSAGE_MAX);
		if (n == -EAGAIN)
			return NULL;
		if (n <= 0)
			return "the server lost a client";
		end->start = 0;
		end->len = (size_t)n;
	}
}

/* Compares received bytes; sends the next message after a complete one. */
static const char *
client_end(struct end *end)
{
	char back[MESSAGE_MAX];
	ssize_t n, i;

	for (;;) {
		if (send_remaining(end) < 0)
			return "a client cannot send";

		n = mio_socket_recv(end->fd, back, sizeof(back));
		if (n == -EAGAIN)
			return NULL;
		if (n <= 0)
			return "a client lost the server";
		if (end->received + (size_t)n > end->start)
			return "a client received too many bytes";
		for (i = 0; i < n; i++)
			if (back[i] !=
			    byte_at(end->seed, end->received + (size_t)i))
				return "a client received a wrong byte";

		end->received += (size_t)n;
		atomic_fetch_add(&client.bytes, (unsigned long)n);
		if (end->received < end->len)
			continue;
		atomic_fetch_add(&client.messages, 1);
		if (!atomic_load(&sending)) {
			end->len = end->start = end->received = 0;
			atomic_fetch_add(&idle, 1);
			return NULL;
		}
		next_message(end);
	}
}

static const char *
accept_all(void)
{
	struct end *end;
	mio_fd_t fd;
	int r;

	for (;;) {
		unsigned i = atomic_load(&server.connected);

		r = mio_tcp_accept(server.listener, &fd, NULL, NULL);
		if (r == -EAGAIN)
			return NULL;
		if (r < 0 || i == connections)
			return "the server cannot accept";
		end = &server.ends[i];
		end->fd = fd;
		if (mio_tcp_set_nodelay(fd, true) < 0 ||
		    mio_poll_register_fd(server.poll, fd, FIRST + i,
		    MIO_READABLE | MIO_WRITABLE, MIO_EDGE) < 0)
			return "the server cannot register";
		atomic_store(&server.connected, i + 1);
	}
}

/* A client is connected: sends its first message. */
static const char *
begin(struct end *end)
{
	int r = mio_socket_connect_finish(end->fd);

	if (r == -EINPROGRESS)
		return NULL;
	if (r < 0)
		return "a client cannot connect";
	if (mio_tcp_set_nodelay(end->fd, true) < 0)
		return "a client cannot set TCP_NODELAY";
	end->connected = true;
	atomic_fetch_add(&client.connected, 1);
	next_message(end);

	return client_end(end);
}

static const char *
handle(struct side *side, mio_token_t token)
{
	struct end *end = &side->ends[token - FIRST];

	if (side == &server)
		return serve_end(end);

	return end->connected ? client_end(end) : begin(end);
}

static void *
run(void *argument)
{
	static _Thread_local struct mio_event events[EVENTS];
	struct side *side = argument;
	int i, n;

	while (side->failure == NULL && !atomic_load(&finished)) {
		n = mio_poll(side->poll, events, EVENTS, -1);
		if (n < 0) {
			side->failure = "mio_poll failed";
			break;
		}
		atomic_fetch_add(&side->polls, 1);
		atomic_fetch_add(&side->events, (unsigned long)n);
		for (i = 0; i < n && side->failure == NULL; i++)
			if (events[i].token == LISTENER)
				side->failure = accept_all();
			else if (events[i].token != WAKER)
				side->failure = handle(side, events[i].token);
	}
	atomic_store(&finished, true);

	return NULL;
}

static void
make_sides(void)
{
	struct side *sides[] = { &server, &client };
	struct sockaddr_storage addr;
	socklen_t len;
	size_t i;
	int r = 0;

	for (i = 0; i < 2 && r == 0; i++) {
		sides[i]->ends = calloc(connections, sizeof(struct end));
		r = sides[i]->ends == NULL ? -ENOMEM :
		    mio_poll_create(&sides[i]->poll);
	}
	if (r == 0)
		r = mio_address_parse(&addr, &len, "127.0.0.1", 0);
	if (r == 0)
		r = mio_tcp_listen(&server.listener, (struct sockaddr *)&addr,
		    len, 0, 0);
	if (r == 0)
		r = mio_poll_register_fd(server.poll, server.listener,
		    LISTENER, MIO_READABLE, MIO_EDGE);
	if (r < 0)
		fail("setting up", r);
}

/* This process has both ends of each connection. */
static void
fit_descriptor_limit(void)
{
	struct rlimit limit;
	rlim_t fit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		fail("getrlimit", -errno);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		fail("setrlimit", -errno);

	fit = limit.rlim_max > SPARE_FDS ?
	    (limit.rlim_max - SPARE_FDS) / 2 : 0;
	if (fit == 0)
		fail("the limit of descriptors", -EMFILE);
	if (connections > fit) {
		connections = (unsigned)fit;
		printf("%u connections: the system allows no more\n",
		    connections);
	}
}

static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Waits; returns whether the count reaches the target before the deadline. */
static bool
reaches(atomic_uint *count, unsigned target, double deadline)
{
	while (atomic_load(count) < target && !atomic_load(&finished) &&
	    now() < deadline)
		nap();

	return atomic_load(count) >= target;
}

static bool
connect_all(double deadline)
{
	struct sockaddr_storage addr;
	socklen_t len;
	unsigned i;
	int r;

	r = mio_socket_local_addr(server.listener, &addr, &len);
	if (r < 0)
		fail("the server's address", r);

	for (i = 0; i < connections; i++) {
		struct end *end = &client.ends[i];

		if (i >= CONNECTING_MAX && !reaches(&server.connected,
		    i - CONNECTING_MAX + 1, deadline))
			return false;
		end->seed = i;
		r = mio_tcp_connect(&end->fd, (struct sockaddr *)&addr, len);
		if (r == 0)
			r = mio_poll_register_fd(client.poll, end->fd,
			    FIRST + i, MIO_READABLE | MIO_WRITABLE, MIO_EDGE);
		if (r < 0)
			fail("connecting", r);
	}

	return reaches(&server.connected, connections, deadline) &&
	    reaches(&client.connected, connections, deadline);
}

/* Prints a line each second, until the time is over or a side has failed. */
static void
watch(double seconds)
{
	bool terminal = isatty(STDOUT_FILENO);
	double begin = now();
	double last = begin;
	unsigned long before = 0;

	while (now() - begin < seconds && !atomic_load(&finished)) {
		double t;
		unsigned long messages;

		nap();
		t = now();
		if (t - last < 1)
			continue;
		messages = atomic_load(&client.messages);
		printf("%s%5.0f s  %10lu messages  %9.0f a second%s",
		    terminal ? "\r" : "", t - begin, messages,
		    (double)(messages - before) / (t - last),
		    terminal ? "" : "\n");
		fflush(stdout);
		before = messages;
		last = t;
	}
	if (terminal)
		printf("\n");
}

static void
report(double seconds, unsigned long allocations)
{
	unsigned long messages = atomic_load(&client.messages);
	unsigned long polls =
	    atomic_load(&server.polls) + atomic_load(&client.polls);
	unsigned long events =
	    atomic_load(&server.events) + atomic_load(&client.events);

	printf("\n"
	    "selector              %12s\n"
	    "connections           %12u\n"
	    "messages              %12lu\n"
	    "bytes echoed          %12lu\n"
	    "messages per second   %12.0f\n"
	    "polls                 %12lu\n"
	    "events per poll       %12.1f\n"
	    "allocations           %12lu\n\n",
	    mio_poll_backend(), connections, messages,
	    atomic_load(&client.bytes), (double)messages / seconds, polls,
	    polls > 0 ? (double)events / (double)polls : 0.0, allocations);
}

static void
parse_arguments(int argc, char **argv, double *seconds)
{
	if (argc > 1)
		*seconds = atof(argv[1]);
	if (argc > 2)
		connections = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3 || !(*seconds > 0 && *seconds <= SECONDS_MAX) ||
	    connections == 0 || connections > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: demo [SECONDS [CONNECTIONS]], "
		    "up to %d and %d\n", SECONDS_MAX, CONNECTIONS_MAX);
		exit(2);
	}
}

/* Connects, measures, and reports; returns what failed, or NULL. */
static const char *
measure(double seconds)
{
	unsigned long allocations;
	const char *failure = NULL;
	double begin;

	printf("connecting %u clients\n", connections);
	fflush(stdout);
	if (!connect_all(now() + SET_UP_SECONDS))
		return "not all clients could connect";

	/* exclude what was counted while the clients connected */
	atomic_store(&client.messages, 0);
	atomic_store(&client.bytes, 0);
	atomic_store(&client.polls, 0);
	atomic_store(&client.events, 0);
	atomic_store(&server.polls, 0);
	atomic_store(&server.events, 0);
	allocations = alloc_trap_count();
	begin = now();
	watch(seconds);
	atomic_store(&sending, false);
	if (!reaches(&idle, connections, now() + SET_UP_SECONDS))
		failure = "some messages were not echoed";
	allocations = alloc_trap_count() - allocations;

	report(now() - begin, allocations);
	if (failure == NULL && atomic_load(&client.messages) == 0)
		failure = "no message was echoed";
	if (failure == NULL && allocations > 0)
		failure = "memory was allocated during the run";
	if (failure == NULL && !alloc_trap_works())
		failure = "allocations could not be counted";

	return failure;
}

int
main(int argc, char **argv)
{
	static char output[4096];
	struct sigaction action = { .sa_handler = give_up };
	struct mio_waker *wakers[2];
	double seconds = SECONDS_DEFAULT;
	const char *failure;
	pthread_t threads[2];
	int r;

	setvbuf(stdout, output, _IOFBF, sizeof(output));
	parse_arguments(argc, argv, &seconds);
	if (sigaction(SIGALRM, &action, NULL) != 0)
		fail("SIGALRM", -errno);
	(void)alarm(ALL_SECONDS); /* no alarm was set before */
	fit_descriptor_limit();
	make_sides();
	r = mio_waker_create(&wakers[0], server.poll, WAKER);
	if (r == 0)
		r = mio_waker_create(&wakers[1], client.poll, WAKER);
	if (r == 0)
		r = -pthread_create(&threads[0], NULL, run, &server);
	if (r == 0)
		r = -pthread_create(&threads[1], NULL, run, &client);
	if (r < 0)
		fail("starting", r);

	failure = measure(seconds);

	atomic_store(&finished, true);
	(void)mio_waker_wake(wakers[0]);
	(void)mio_waker_wake(wakers[1]);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	if (client.failure != NULL)
		failure = client.failure;
	if (server.failure != NULL)
		failure = server.failure;

	mio_waker_destroy(wakers[0]);
	mio_waker_destroy(wakers[1]);
	mio_poll_destroy(server.poll);
	mio_poll_destroy(client.poll);
	free(server.ends);
	free(client.ends);

	printf("%s\n", failure != NULL ? failure :
	    "every byte was echoed correctly");

	return failure == NULL ? 0 : 1;
}
