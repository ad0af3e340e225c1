/* SPDX-License-Identifier: MIT */

/*
 * 10_chat [ADDRESS:PORT [SECONDS]]: a chat server, which combines the steps.
 * Each line of a guest is sent to all others. The line "/hash TEXT" is not; the
 * guest receives a number for the text, which a second thread computes slowly.
 * A guest that sends nothing for SECONDS, 600 by default, is disconnected.
 * SIGINT or SIGTERM stops the server after all guests have received a good bye.
 *
 *	cc -pthread -o 10_chat 10_chat.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include <sys/resource.h>

#include "common.h"

#define LINE   512
#define QUEUE  16384
#define JOBS   1000 /* at a time: fewer than the calls that can be posted */
#define ROUNDS 100000
#define PRIME  UINT64_C(0x100000001b3)

struct guest {
	struct guest *next, **link; /* *link points to this guest */
	mio_fd_t fd;
	struct mio_watch *watch;
	mio_timeout_t idle;
	unsigned number, interest;
	bool left; /* it is disconnected, and its struct will be freed */
	size_t received, queued;
	char line[LINE], queue[QUEUE];
};

struct job {
	unsigned guest; /* a number: the guest may leave before the result */
	uint64_t hash;
	size_t len;
	char text[LINE];
};

static struct mio_loop *loop;
static struct mio_watch *listener_watch;
static mio_fd_t listener;
static struct guest *guests, *leavers;
static struct mio_sender *worker;
static unsigned guests_so_far, jobs;
static uint64_t idle_ns = 600 * SECOND;
static atomic_bool stopping; /* the thread reads it, too */

/* Disconnects a guest. Its callers may still use the struct. */
static void
leave(struct guest *guest)
{
	*guest->link = guest->next;
	if (guest->next != NULL)
		guest->next->link = guest->link;
	(void)mio_loop_clear_timeout(loop, guest->idle);
	mio_watch_end(guest->watch);
	(void)mio_fd_close(guest->fd);
	guest->left = true;
	guest->next = leavers;
	leavers = guest;
}

/* The loop calls this after the other callbacks of each iteration. */
static void
free_leavers(struct mio_loop *this_loop, void *context)
{
	struct guest *guest;

	(void)this_loop;
	(void)context;
	while ((guest = leavers) != NULL) {
		leavers = guest->next;
		free(guest);
	}
}

/* Sends what there is room for, and waits for room for the remaining bytes. */
static void
flush(struct guest *guest)
{
	unsigned interest = MIO_READABLE;
	ssize_t n = 0;

	if (guest->queued > 0)
		n = mio_socket_send(guest->fd, guest->queue, guest->queued);
	if (n < 0 && n != -EAGAIN) {
		leave(guest);
		return;
	}
	if (n > 0) {
		guest->queued -= (size_t)n;
		memmove(guest->queue, guest->queue + n, guest->queued);
	}

	if (guest->queued > 0)
		interest |= MIO_WRITABLE;
	else if (stopping)
		(void)mio_socket_shutdown(guest->fd, MIO_SHUT_WRITE);
	if (interest != guest->interest)
		check("mio_watch_update", mio_watch_update(guest->watch,
		    interest, MIO_LEVEL));
	guest->interest = interest;
}

/* Queues a text and sends it. The guest may have left after that. */
static void
say(struct guest *guest, const char *text, size_t len)
{
	if (len > QUEUE - guest->queued) {
		leave(guest); /* it does not read */
		return;
	}
	memcpy(guest->queue + guest->queued, text, len);
	guest->queued += len;
	if (guest->queued == len)
		flush(guest); /* otherwise on_guest() does, when writable */
}

static void
say_to_others(const struct guest *speaker, const char *text, size_t len)
{
	struct guest *guest, *next;

	for (guest = guests; guest != NULL; guest = next) {
		next = guest->next;
		if (guest != speaker)
			say(guest, text, len);
	}
}

/* Is called on the loop's thread. */
static void
on_result(struct mio_loop *this_loop, void *context)
{
	struct job *job = context;
	struct guest *guest = guests;
	char text[LINE + 32];
	int n;

	(void)this_loop;
	while (guest != NULL && guest->number != job->guest)
		guest = guest->next;
	if (guest != NULL && !stopping) { /* the guest has not left */
		n = snprintf(text, sizeof(text), "%016llx %.*s\n",
		    (unsigned long long)job->hash, (int)job->len, job->text);
		say(guest, text, (size_t)n);
	}
	free(job);
	jobs--;
}

/* The second thread: computes one hash after another. */
static void *
work(void *argument)
{
	struct mio_receiver *receiver = argument;
	struct job *job;
	size_t i;
	int round;

	while (mio_receiver_recv_timeout(receiver, &job, -1) == 0) {
		for (round = 0; round < ROUNDS && !stopping; round++)
			for (i = 0; i < job->len; i++)
				job->hash = PRIME *
				    (job->hash ^ (unsigned char)job->text[i]);
		check("mio_loop_post", mio_loop_post(loop, on_result, job));
	}
	mio_receiver_destroy(receiver); /* the sender is gone */

	return NULL;
}

/* Sends a job to the thread. */
static void
start_hash(struct guest *guest, const char *text, size_t len)
{
	struct job *job = jobs < JOBS ? calloc(1, sizeof(*job)) : NULL;

	if (job == NULL) {
		say(guest, "busy\n", 5);
		return;
	}
	job->guest = guest->number;
	job->len = len;
	memcpy(job->text, text, len);
	check("mio_sender_send", mio_sender_send(worker, &job));
	jobs++;
}

static void
on_line(struct guest *guest, const char *line, size_t len)
{
	char text[LINE + 32];
	int n;

	if (len > 6 && memcmp(line, "/hash ", 6) == 0) {
		start_hash(guest, line + 6, len - 6);
	} else {
		n = snprintf(text, sizeof(text), "guest %u: %.*s\n",
		    guest->number, (int)len, line);
		say_to_others(guest, text, (size_t)n);
	}
}

/* Handles complete lines. A line that is too long is handled in parts. */
static void
handle_lines(struct guest *guest)
{
	char *end;
	size_t len;

	while (guest->received > 0 && !guest->left) {
		end = memchr(guest->line, '\n', guest->received);
		if (end == NULL && guest->received < LINE)
			return;
		len = end != NULL ? (size_t)(end - guest->line) : LINE;
		on_line(guest, guest->line, len);
		len += end != NULL;
		guest->received -= len;
		memmove(guest->line, guest->line + len, guest->received);
	}
}

static void
on_guest(struct mio_loop *this_loop, void *context, unsigned ready)
{
	struct guest *guest = context;
	ssize_t n;

	(void)this_loop;
	if (ready & MIO_READABLE) {
		n = mio_socket_recv(guest->fd, guest->line + guest->received,
		    LINE - guest->received);
		if (n == 0 || (n < 0 && n != -EAGAIN)) {
			leave(guest);
			return;
		}
		if (n > 0 && !stopping) {
			check("mio_loop_reset_timeout", mio_loop_reset_timeout(
			    loop, guest->idle, idle_ns));
			guest->received += (size_t)n;
			handle_lines(guest);
		}
	}
	if ((ready & MIO_WRITABLE) && !guest->left)
		flush(guest);
}

static void
on_idle(struct mio_loop *this_loop, void *context)
{
	struct guest *guest = context;

	(void)this_loop;
	say(guest, "too quiet\n", 10); /* after what is queued */
	if (!guest->left)
		leave(guest);
}

static void
add_guest(mio_fd_t fd)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	if (guest == NULL || mio_loop_watch_fd(loop, fd, MIO_READABLE,
	    MIO_LEVEL, on_guest, guest, &guest->watch) < 0) {
		(void)mio_fd_close(fd);
		free(guest);
		return;
	}
	guest->fd = fd;
	guest->interest = MIO_READABLE;
	guest->number = ++guests_so_far;
	guest->next = guests;
	guest->link = &guests;
	if (guests != NULL)
		guests->link = &guest->next;
	guests = guest;

	if (mio_loop_after(loop, idle_ns, on_idle, guest, &guest->idle) < 0)
		leave(guest);
	else
		say(guest, "hello\n", 6);
}

static void
accept_again(struct mio_loop *this_loop, void *context)
{
	(void)this_loop;
	(void)context;
	if (!stopping)
		check("mio_watch_update", mio_watch_update(listener_watch,
		    MIO_READABLE, MIO_LEVEL));
}

static void
on_accept(struct mio_loop *this_loop, void *context, unsigned ready)
{
	mio_fd_t fd;
	int r;

	(void)context;
	(void)ready;
	while ((r = mio_tcp_accept(listener, &fd, NULL, NULL)) == 0)
		add_guest(fd);
	if (r == -EAGAIN)
		return;

	/* no descriptors: accept the guests in the queue in 100 ms */
	check("mio_watch_update",
	    mio_watch_update(listener_watch, 0, MIO_LEVEL));
	check("mio_loop_after", mio_loop_after(
	    this_loop, SECOND / 10, accept_again, NULL, NULL));
}

static void
on_signal(int number)
{
	(void)number;
	mio_loop_shutdown(loop);
}

static void
give_up(struct mio_loop *this_loop, void *context)
{
	(void)this_loop;
	(void)context;
	while (guests != NULL)
		leave(guests);
}

/* Ends all connections, and gives the guests time to receive everything. */
static void
stop(const struct mio_handler *handler)
{
	mio_watch_end(listener_watch);
	(void)mio_fd_close(listener);
	stopping = true;
	say_to_others(NULL, "good bye\n", 9);
	check("mio_loop_after",
	    mio_loop_after(loop, 2 * SECOND, give_up, NULL, NULL));
	while (guests != NULL || jobs > 0)
		check("mio_loop_run_once",
		    mio_loop_run_once(loop, handler, NULL, -1));
	free_leavers(loop, NULL);
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	const struct mio_handler handler = {
		.size = sizeof(handler),
		.tick = free_leavers,
	};
	struct mio_receiver *receiver;
	struct rlimit limit;
	pthread_t thread;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (argc > 2)
		idle_ns = strtoull(argv[2], NULL, 10) * SECOND;

	check("mio_loop_create", mio_loop_create(&loop, NULL));
	check("mio_sync_channel_create", mio_sync_channel_create(
	    &worker, &receiver, sizeof(struct job *), JOBS));
	check("pthread_create",
	    -pthread_create(&thread, NULL, work, receiver));
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	listener = listen_on(argc > 1 ? argv[1] : "127.0.0.1:0");
	check("mio_loop_watch_fd", mio_loop_watch_fd(loop, listener,
	    MIO_READABLE, MIO_LEVEL, on_accept, NULL, &listener_watch));

	check("mio_loop_run", mio_loop_run(loop, &handler, NULL));
	stop(&handler);
	mio_sender_unref(worker); /* which ends the thread */
	(void)pthread_join(thread, NULL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	mio_loop_destroy(loop);

	return 0;
}
