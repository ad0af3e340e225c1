/* SPDX-License-Identifier: MIT */

/*
 * pg_query [-t SECONDS] [-l COUNT] CONNINFO QUERY...: connects to a PostgreSQL
 * server with libpq, in a libmio loop with the adapter libpq_mio.c, makes the
 * queries one after the other, and prints their rows; a query - is read from
 * standard input. It gives up if it is not connected after SECONDS. With -l it
 * then waits for COUNT notifications, of channels that a query has named with
 * LISTEN. The status is 1 if a query fails and 3 if the connection does.
 *
 *	cc -o pg_query pg_query.c libpq_mio.c \
 *	    $(pkg-config --cflags --libs mio libpq)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <mio.h>

#include "libpq_mio.h"

#define INPUT ((size_t)16 * 1024 * 1024)

struct program {
	struct mio_loop *loop;
	struct libpq_mio *adapter;
	char **queries; /* up to NULL; the next one first */
	long notifications;
	int status;
};

static char input[INPUT + 1]; /* a query that was read */

/* Leaves the loop and closes the connection, in any callback. */
static void
finish(struct program *program, PGconn *connection)
{
	libpq_mio_detach(program->adapter);
	PQfinish(connection);
	mio_loop_shutdown(program->loop);
}

static void
give_up(struct program *program, PGconn *connection, int error)
{
	fprintf(stderr, "%s%s", error < 0 ? strerror(-error) : "",
	    error < 0 ? "\n" : PQerrorMessage(connection));
	program->status = 3;
	finish(program, connection);
}

static void
next_query(struct program *program, PGconn *connection)
{
	const char *query = *program->queries;
	int r;

	if (query == NULL) {
		if (program->notifications == 0)
			finish(program, connection);
		return;
	}

	program->queries++;
	if (strcmp(query, "-") == 0) {
		input[fread(input, 1, INPUT, stdin)] = '\0';
		query = input;
	}
	if (PQsendQuery(connection, query) == 0) {
		give_up(program, connection, 0);
		return;
	}
	r = libpq_mio_flush(program->adapter);
	if (r < 0)
		give_up(program, connection, r);
}

/* ---- callbacks */

static void
on_connected(void *context, PGconn *connection)
{
	next_query(context, connection);
}

static void
print_rows(const PGresult *result)
{
	int row, column;

	for (row = 0; row < PQntuples(result); row++)
		for (column = 0; column < PQnfields(result); column++)
			printf("%s%c", PQgetvalue(result, row, column),
			    column + 1 < PQnfields(result) ? '\t' : '\n');
}

static void
on_result(void *context, PGconn *connection, const PGresult *result)
{
	struct program *program = context;

	if (result == NULL) {
		next_query(program, connection);
		return;
	}

	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
	case PGRES_EMPTY_QUERY:
		print_rows(result);
		break;
	default:
		fprintf(stderr, "%s", PQresultErrorMessage(result));
		program->status = 1;
		break;
	}
}

static void
on_notified(void *context, PGconn *connection, const PGnotify *notify)
{
	struct program *program = context;

	printf("%s\t%s\n", notify->relname, notify->extra);
	if (program->notifications == 0)
		return;
	if (--program->notifications == 0 && *program->queries == NULL)
		finish(program, connection);
}

static void
on_closed(void *context, PGconn *connection, int error)
{
	give_up(context, connection, error);
}

static const struct libpq_mio_callbacks callbacks = {
	.connected = on_connected,
	.result = on_result,
	.notified = on_notified,
	.closed = on_closed,
};

/* ---- the program */

static void
connect_to(struct program *program, const char *conninfo, long timeout_s)
{
	PGconn *connection = PQconnectStart(conninfo);
	int r;

	if (connection == NULL) {
		fprintf(stderr, "not enough memory\n");
		exit(3);
	}
	r = libpq_mio_attach(program->loop, connection,
	    (uint64_t)timeout_s * 1000000000, &callbacks, program,
	    &program->adapter);
	if (r < 0)
		give_up(program, connection, r == -EBADF ? 0 : r);
}

int
main(int argc, char **argv)
{
	struct program program = { .status = 0 };
	long timeout_s = 30;
	int option, r;

	while ((option = getopt(argc, argv, "l:t:")) != -1) {
		if (option == 'l')
			program.notifications = atol(optarg);
		else if (option == 't')
			timeout_s = atol(optarg);
		else
			break;
	}
	if (option != -1 || argc - optind < 2) {
		fprintf(stderr,
		    "usage: pg_query [-t SECONDS] [-l COUNT] CONNINFO "
		    "QUERY...\n");
		return 2;
	}
	program.queries = argv + optind + 1;

	r = mio_loop_create(&program.loop, NULL);
	if (r < 0) {
		fprintf(stderr, "loop: %s\n", strerror(-r));
		return 3;
	}
	connect_to(&program, argv[optind], timeout_s);
	r = mio_loop_run(program.loop, NULL, NULL);
	if (r < 0) {
		fprintf(stderr, "loop: %s\n", strerror(-r));
		return 3;
	}
	mio_loop_destroy(program.loop);
	if (fflush(stdout) != 0)
		return 3;

	return program.status;
}
