/* SPDX-License-Identifier: MIT */

/*
 * loop_chat [PORT [IDLE-SECONDS]]: a line-based chat server on 127.0.0.1. Each
 * line from a guest is sent to all other guests. A guest who is idle for
 * IDLE-SECONDS is disconnected. A thread reads standard input; each line that
 * is typed there is sent to all guests. Prints the port that it listens on;
 * SIGTERM and SIGINT end it.
 *
 * Everything else happens in the callbacks of one loop. Guests are registered
 * edge-triggered, so they are read until a call returns -EAGAIN. A guest who
 * leaves is freed at the end of the iteration, because until then the loop may
 * still report an event for this guest.
 *
 *	cc -pthread -o loop_chat loop_chat.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <mio.h>

#define LISTENER ((mio_token_t)1)
#define RETRY    ((mio_token_t)1) /* of a timeout: accept again */
#define LINE     256
#define OUTPUT   16384 /* a guest with more unread bytes is disconnected */
#define SECOND   UINT64_C(1000000000)

struct guest {
	struct guest *next;
	mio_fd_t fd; /* MIO_INVALID_FD: has left */
	unsigned number;
	size_t in, out;
	mio_timeout_t idle;
	char line[LINE], output[OUTPUT];
};

struct chat {
	mio_fd_t listener;
	struct guest *guests;
	unsigned guests_so_far;
	uint64_t idle_ns;
};

struct typed {
	char line[LINE];
};

static struct mio_loop *loop_to_stop; /* for the signal handler */

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(1);
}

static void
check(const char *what, int result)
{
	if (result < 0)
		fail(what, result);
}

/* ---- guests */

static void
leave(struct mio_loop *loop, struct guest *guest)
{
	(void)mio_loop_clear_timeout(loop, guest->idle);
	(void)mio_poll_deregister_fd(mio_loop_poll(loop), guest->fd);
	(void)mio_fd_close(guest->fd);
	guest->fd = MIO_INVALID_FD;
}

/* Sends until the socket is full. */
static void
flush(struct mio_loop *loop, struct guest *guest)
{
	ssize_t n;

	while (guest->out > 0) {
		n = mio_socket_send(guest->fd, guest->output, guest->out);
		if (n == -EAGAIN)
			return;
		if (n < 0) {
			leave(loop, guest);
			return;
		}
		guest->out -= (size_t)n;
		memmove(guest->output, guest->output + n, guest->out);
	}
}

static void
say(struct mio_loop *loop, struct guest *guest, const char *text, size_t len)
{
	if (len > sizeof(guest->output) - guest->out) {
		leave(loop, guest);
		return;
	}
	memcpy(guest->output + guest->out, text, len);
	guest->out += len;
	flush(loop, guest);
}

/* Sends a line to all guests but one, which may be NULL. */
static void
say_to_all(struct mio_loop *loop, struct chat *chat, const struct guest *but,
    const char *who, const char *line)
{
	char text[LINE + 32];
	int len = snprintf(text, sizeof(text), "%s: %s\n", who, line);
	struct guest *guest;

	for (guest = chat->guests; guest != NULL; guest = guest->next)
		if (guest != but && guest->fd != MIO_INVALID_FD)
			say(loop, guest, text, (size_t)len);
}

/* Sends each complete line to the other guests. */
static void
forward_lines(struct mio_loop *loop, struct chat *chat, struct guest *guest)
{
	char who[32], *end;
	size_t len;

	(void)snprintf(who, sizeof(who), "guest %u", guest->number);
	while ((end = memchr(guest->line, '\n', guest->in)) != NULL) {
		*end = '\0';
		say_to_all(loop, chat, guest, who, guest->line);
		len = (size_t)(end + 1 - guest->line);
		guest->in -= len;
		memmove(guest->line, end + 1, guest->in);
	}
}

static void
listen_to(struct mio_loop *loop, struct chat *chat, struct guest *guest)
{
	ssize_t n;

	/* a full buffer is emptied below, so there is always room */
	while ((n = mio_socket_recv(guest->fd, guest->line + guest->in,
		    sizeof(guest->line) - guest->in)) > 0) {
		guest->in += (size_t)n;
		forward_lines(loop, chat, guest);
		if (guest->in == sizeof(guest->line))
			guest->in = 0; /* discard a line that is too long */
	}
	if (n != -EAGAIN) {
		leave(loop, guest);
		return;
	}

	/* the idle time starts again */
	check("mio_loop_reset_timeout",
	    mio_loop_reset_timeout(loop, guest->idle, chat->idle_ns));
}

static void
welcome(struct mio_loop *loop, struct chat *chat, mio_fd_t fd)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	mio_token_t token = (mio_token_t)(uintptr_t)guest;

	if (guest == NULL ||
	    mio_loop_timeout(loop, chat->idle_ns, token, &guest->idle) < 0) {
		free(guest);
		(void)mio_fd_close(fd);
		return;
	}
	guest->fd = fd;
	guest->number = ++chat->guests_so_far;
	guest->next = chat->guests;
	chat->guests = guest;
	check("mio_poll_register_fd", mio_poll_register_fd(mio_loop_poll(loop),
	    fd, token, MIO_READABLE | MIO_WRITABLE, MIO_EDGE));
	say(loop, guest, "hello\n", 6);
}

static void
accept_all(struct mio_loop *loop, struct chat *chat)
{
	mio_fd_t fd;
	int r;

	while ((r = mio_tcp_accept(chat->listener, &fd, NULL, NULL)) == 0)
		welcome(loop, chat, fd);

	/* no event reports when a descriptor is free: try again later */
	if (r == -EMFILE || r == -ENFILE)
		(void)mio_loop_timeout(loop, SECOND / 10, RETRY, NULL);
}

/* ---- callbacks of the loop */

static void
on_ready(
    struct mio_loop *loop, void *context, mio_token_t token, unsigned ready)
{
	struct guest *guest = (struct guest *)(uintptr_t)token;

	if (token == LISTENER) {
		accept_all(loop, context);
		return;
	}
	if ((ready & MIO_WRITABLE) && guest->fd != MIO_INVALID_FD)
		flush(loop, guest);
	if ((ready & MIO_READABLE) && guest->fd != MIO_INVALID_FD)
		listen_to(loop, context, guest);
}

static void
on_typed(struct mio_loop *loop, void *context, const void *message)
{
	const struct typed *typed = message;

	say_to_all(loop, context, NULL, "host", typed->line);
}

static void
on_timeout(struct mio_loop *loop, void *context, mio_token_t token)
{
	struct guest *guest = (struct guest *)(uintptr_t)token;

	if (token == RETRY) {
		accept_all(loop, context);
		return;
	}
	say(loop, guest, "too quiet: good bye\n", 20);
	if (guest->fd != MIO_INVALID_FD)
		leave(loop, guest);
}

/* The iteration ends: no event is pending for guests who have left. */
static void
on_tick(struct mio_loop *loop, void *context)
{
	struct chat *chat = context;
	struct guest **link = &chat->guests, *guest;

	(void)loop;
	while ((guest = *link) != NULL) {
		if (guest->fd == MIO_INVALID_FD) {
			*link = guest->next;
			free(guest);
		} else {
			link = &guest->next;
		}
	}
}

/* ---- threads and signals */

/*
 * Reads without stdio: exit() may wait for the lock of the stream that a thread
 * is reading from, as it does with musl.
 */
static bool
read_line(char line[LINE])
{
	size_t len = 0;
	ssize_t n;

	do
		n = read(STDIN_FILENO, line + len, 1);
	while (n == 1 && line[len] != '\n' && ++len < LINE - 1);
	line[len] = '\0';

	return n == 1 || len > 0;
}

static void *
read_input(void *argument)
{
	struct mio_sender *sender = argument;
	struct typed typed;

	while (read_line(typed.line)) {
		if (mio_sender_send(sender, &typed) < 0)
			break; /* the loop was destroyed */
	}
	mio_sender_unref(sender);

	return NULL;
}

static void
stop(int number)
{
	(void)number;
	/* this may be called before the loop runs, too */
	mio_loop_shutdown(loop_to_stop);
}

static void
start_reading(struct mio_loop *loop)
{
	pthread_t thread;
	sigset_t all, before;

	/* only the thread of the loop handles signals */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	check("pthread_create", -pthread_create(&thread, NULL, read_input,
	    mio_sender_ref(mio_loop_sender(loop))));
	(void)pthread_detach(thread);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
start_listening(struct mio_loop *loop, struct chat *chat, unsigned port)
{
	struct sockaddr_storage local;
	struct sockaddr_in addr;
	socklen_t len;

	check("mio_address_parse", mio_address_parse(&local, &len,
	    "127.0.0.1", (uint16_t)port));
	check("mio_tcp_listen", mio_tcp_listen(&chat->listener,
	    (struct sockaddr *)&local, len, 0, 0));
	check("mio_poll_register_fd", mio_poll_register_fd(mio_loop_poll(loop),
	    chat->listener, LISTENER, MIO_READABLE, MIO_EDGE));
	check("mio_socket_local_addr", mio_socket_local_addr(
	    chat->listener, &local, &len));
	memcpy(&addr, &local, sizeof(addr));
	printf("listening on %u\n", ntohs(addr.sin_port));
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	const struct mio_loop_config config = {
		.size = sizeof(config),
		.message_size = sizeof(struct typed),
	};
	const struct mio_handler handler = {
		.size = sizeof(handler),
		.ready = on_ready,
		.notify = on_typed,
		.timeout = on_timeout,
		.tick = on_tick,
	};
	struct sigaction action = { .sa_handler = stop };
	struct chat chat = { .idle_ns = 60 * SECOND };
	struct mio_loop *loop;
	struct guest *guest;

	if (argc > 2)
		chat.idle_ns = strtoull(argv[2], NULL, 10) * SECOND;
	check("mio_loop_create", mio_loop_create(&loop, &config));
	loop_to_stop = loop;
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	start_listening(loop, &chat,
	    argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0);
	start_reading(loop);

	check("mio_loop_run", mio_loop_run(loop, &handler, &chat));

	for (guest = chat.guests; guest != NULL; guest = guest->next)
		leave(loop, guest);
	on_tick(loop, &chat);
	(void)mio_fd_close(chat.listener);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	mio_loop_destroy(loop);

	return 0;
}
