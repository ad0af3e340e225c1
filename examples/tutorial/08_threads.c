/* SPDX-License-Identifier: MIT */

/*
 * 08_threads [ADDRESS:PORT]: sends every byte back, with several threads that
 * wait on one poll. SIGTERM stops it. This step adds MIO_ONESHOT, which keeps a
 * connection to one thread at a time, and a waker.
 *
 *	cc -pthread -o 08_threads 08_threads.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <pthread.h>
#include <signal.h>

#include "common.h"

#define THREADS 4
#define STOP    ((mio_token_t)UINT32_MAX) /* no descriptor has this number */

static struct mio_poll *poll;
static struct mio_waker *waker;
static mio_fd_t listener;

static void
on_signal(int number)
{
	(void)number;
	(void)mio_waker_wake(waker);
}

static void
accept_all(void)
{
	mio_fd_t fd;
	int r;

	while ((r = mio_tcp_accept(listener, &fd, NULL, NULL)) == 0)
		check("mio_poll_register_fd", mio_poll_register_fd(poll, fd,
		    (mio_token_t)fd, MIO_READABLE, MIO_ONESHOT));
	if (r != -EAGAIN)
		check("mio_tcp_accept", r);
}

/* Returns false if the client has closed, or does not read. */
static bool
echo(mio_fd_t fd)
{
	char buf[4096];
	ssize_t n = mio_socket_recv(fd, buf, sizeof(buf));

	if (n == -EAGAIN)
		return true;

	return n > 0 && mio_socket_send(fd, buf, (size_t)n) == n;
}

static void *
serve(void *argument)
{
	struct mio_event event;
	mio_fd_t fd;

	for (;;) {
		check("mio_poll", mio_poll(poll, &event, 1, -1));
		if (event.token == STOP) {
			/* the next thread must end as well */
			check("mio_waker_wake", mio_waker_wake(waker));
			return argument;
		}

		/* until the reregistration only this thread uses fd */
		fd = (mio_fd_t)event.token;
		if (fd == listener) {
			accept_all();
		} else if (!echo(fd)) {
			(void)mio_fd_close(fd);
			continue;
		}
		check("mio_poll_reregister_fd", mio_poll_reregister_fd(poll,
		    fd, event.token, MIO_READABLE, MIO_ONESHOT));
	}
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t threads[THREADS];
	int i;

	check("mio_poll_create", mio_poll_create(&poll));
	check("mio_waker_create", mio_waker_create(&waker, poll, STOP));
	(void)sigaction(SIGTERM, &action, NULL);
	listener = listen_on(argc > 1 ? argv[1] : "127.0.0.1:0");
	check("mio_poll_register_fd", mio_poll_register_fd(poll, listener,
	    (mio_token_t)listener, MIO_READABLE, MIO_ONESHOT));

	for (i = 0; i < THREADS; i++)
		check("pthread_create",
		    -pthread_create(&threads[i], NULL, serve, NULL));
	for (i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);

	(void)signal(SIGTERM, SIG_DFL);
	(void)mio_fd_close(listener);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);

	return 0;
}
