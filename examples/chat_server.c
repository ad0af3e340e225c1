/* SPDX-License-Identifier: MIT */

/*
 * chat_server [ADDRESS:PORT [IDLE-SECONDS]]: a chat server for lines, made of
 * listener.c and stream.c. Each line of a guest is sent to all others; "/nick
 * NAME" changes the name of a guest. A guest that does not read, or sends
 * nothing for IDLE-SECONDS, 600 by default, is disconnected. SIGTERM and SIGINT
 * stop the server after all guests have received a good bye.
 *
 *	cc -o chat_server chat_server.c listener.c stream.c write_queue.c \
 *	    $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include <mio.h>

#include "listener.h"
#include "stream.h"

#define LINE   512
#define QUEUE  65536
#define NICK   32
#define SECOND UINT64_C(1000000000)

struct guest {
	struct guest *next, **link; /* *link points to this guest */
	struct stream *stream;
	char nick[NICK];
};

static struct mio_loop *loop;
static struct guest *guests;
static unsigned guests_so_far;
static bool stopping;

static void
check(const char *what, int result)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(-result));
		exit(1);
	}
}

static void
say_to_others(const struct guest *speaker, const char *who, const char *text)
{
	char line[NICK + LINE + 16];
	int len = snprintf(line, sizeof(line), "%s%s\n", who, text);
	struct guest *guest;

	for (guest = guests; guest != NULL; guest = guest->next)
		if (guest != speaker)
			stream_send(guest->stream, line, (size_t)len);
}

static void
on_line(void *context, char *line)
{
	struct guest *guest = context;
	char before[NICK + 8];

	if (strncmp(line, "/nick ", 6) == 0) {
		(void)snprintf(before, sizeof(before), "%s is now ",
		    guest->nick);
		(void)snprintf(guest->nick, NICK, "%s", line + 6);
		say_to_others(guest, before, guest->nick);
	} else {
		(void)snprintf(before, sizeof(before), "%s: ", guest->nick);
		say_to_others(guest, before, line);
	}
}

static void
on_end(void *context, int reason)
{
	struct guest *guest = context;

	*guest->link = guest->next;
	if (guest->next != NULL)
		guest->next->link = guest->link;
	if (reason < 0)
		printf("%s: %s\n", guest->nick, strerror(-reason));
	free(guest);
	if (stopping && guests == NULL)
		mio_loop_shutdown(loop);
}

static struct stream_kind kind = {
	.line_max = LINE,
	.queue_max = QUEUE,
	.idle_ns = 600 * SECOND,
	.line = on_line,
	.ended = on_end,
};

static int
on_connection(void *context, mio_fd_t fd)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	int r;

	(void)context;
	if (guest == NULL)
		return -ENOMEM;
	r = stream_open(loop, fd, &kind, guest, &guest->stream);
	if (r < 0) {
		free(guest);
		return r;
	}
	(void)snprintf(guest->nick, NICK, "guest %u", ++guests_so_far);
	guest->next = guests;
	guest->link = &guests;
	if (guests != NULL)
		guests->link = &guest->next;
	guests = guest;
	stream_send(guest->stream, "hello\n", 6);

	return 0;
}

static void
on_signal(int number)
{
	(void)number;
	mio_loop_shutdown(loop);
}

/* Ends all connections; a guest who does not read has two seconds. */
static void
stop(void)
{
	struct guest *guest;

	stopping = true;
	say_to_others(NULL, "", "good bye");
	for (guest = guests; guest != NULL; guest = guest->next)
		stream_finish(guest->stream);
	if (guests != NULL)
		check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct rlimit limit;
	struct listener *listener;
	char address[MIO_ADDRESS_TEXT_MAX];

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (argc > 2)
		kind.idle_ns = strtoull(argv[2], NULL, 10) * SECOND;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	check("mio_loop_create", mio_loop_create(&loop, NULL));
	check("listen", listener_open(loop, argc > 1 ? argv[1] : "127.0.0.1:0",
	    on_connection, NULL, &listener));
	check("listen", listener_address(listener, address));
	printf("listening on %s\n", address);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);

	check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
	listener_close(listener);
	stop();
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	mio_loop_destroy(loop);

	return 0;
}
