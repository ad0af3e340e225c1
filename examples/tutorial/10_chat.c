/* SPDX-License-Identifier: MIT */

/*
 * 10_chat [ADDRESS:PORT [SECONDS]]: a chat server, which combines the steps.
 * Each line of a guest is sent to all others. A guest that sends nothing for
 * SECONDS, 600 by default, is disconnected. SIGTERM stops the server after all
 * guests have received a good bye.
 *
 *	cc -o 10_chat 10_chat.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <signal.h>

#include <sys/resource.h>

#include "common.h"

#define LINE  512
#define QUEUE 16384

struct guest {
	struct guest *next, **link; /* *link points to this guest */
	mio_fd_t fd;
	struct mio_watch *watch;
	mio_timeout_t idle;
	unsigned number, interest;
	size_t received, queued;
	char line[LINE], queue[QUEUE];
};

static struct mio_loop *loop;
static struct mio_watch *listener_watch;
static mio_fd_t listener;
static struct guest *guests;
static unsigned guests_so_far;
static uint64_t idle_ns = 600 * SECOND;
static bool stopping;

static void
leave(struct guest *guest)
{
	*guest->link = guest->next;
	if (guest->next != NULL)
		guest->next->link = guest->link;
	(void)mio_loop_clear_timeout(loop, guest->idle);
	mio_watch_end(guest->watch);
	(void)mio_fd_close(guest->fd);
	free(guest);
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

/* Queues a text and sends it. This may free the guest. */
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

/* Passes complete lines on. A line that is too long is passed on in parts. */
static void
pass_lines(struct guest *guest)
{
	char text[LINE + 32], *end;
	size_t len;
	int n;

	while (guest->received > 0) {
		end = memchr(guest->line, '\n', guest->received);
		if (end == NULL && guest->received < LINE)
			return;
		len = end != NULL ? (size_t)(end - guest->line) : LINE;
		n = snprintf(text, sizeof(text), "guest %u: %.*s\n",
		    guest->number, (int)len, guest->line);
		say_to_others(guest, text, (size_t)n);
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
			pass_lines(guest);
		}
	}
	if (ready & MIO_WRITABLE)
		flush(guest);
}

static void
on_idle(struct mio_loop *this_loop, void *context)
{
	struct guest *guest = context;

	(void)this_loop;
	(void)mio_socket_send(guest->fd, "too quiet\n", 10);
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
stop(void)
{
	mio_watch_end(listener_watch);
	(void)mio_fd_close(listener);
	stopping = true;
	say_to_others(NULL, "good bye\n", 9);
	check("mio_loop_after",
	    mio_loop_after(loop, 2 * SECOND, give_up, NULL, NULL));
	while (guests != NULL)
		check("mio_loop_run_once",
		    mio_loop_run_once(loop, NULL, NULL, -1));
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (argc > 2)
		idle_ns = strtoull(argv[2], NULL, 10) * SECOND;

	check("mio_loop_create", mio_loop_create(&loop, NULL));
	(void)sigaction(SIGTERM, &action, NULL);
	listener = listen_on(argc > 1 ? argv[1] : "127.0.0.1:0");
	check("mio_loop_watch_fd", mio_loop_watch_fd(loop, listener,
	    MIO_READABLE, MIO_LEVEL, on_accept, NULL, &listener_watch));

	check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
	stop();
	(void)signal(SIGTERM, SIG_DFL);
	mio_loop_destroy(loop);

	return 0;
}
