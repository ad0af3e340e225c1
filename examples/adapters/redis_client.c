/* SPDX-License-Identifier: MIT */

/*
 * redis_client PORT WHAT [COUNT]: talks to a redis server on 127.0.0.1 with
 * hiredis, in a libmio loop with the adapter hiredis_mio.c. WHAT is one of:
 *
 *	replies   sends COUNT commands at once and checks each reply
 *	pubsub    one connection publishes COUNT messages, another receives them
 *	killed    the server closes a connection that waits; it connects again
 *	refused   no server is there
 *	timers    sends a command every few milliseconds, COUNT times
 *	timeout   gives up a command that takes too long
 *	detach    leaves the loop in each callback, and enters it again later
 *
 * The status is 0 if everything happened as it should.
 *
 *	cc -o redis_client redis_client.c hiredis_mio.c \
 *	    $(pkg-config --cflags --libs mio hiredis)
 */

#define _XOPEN_SOURCE 700

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/time.h>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <mio.h>

#include "hiredis_mio.h"

#define MILLISECOND UINT64_C(1000000)

struct client {
	struct mio_loop *loop;
	int port;
	int open; /* connections; the loop ends when there are none */
	int lost; /* connections that ended with an error */
	long count, seen;
	bool failed;
	redisAsyncContext *first, *second;
};

static void
expect(struct client *client, bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not as expected: %s\n", what);
	client->failed = true;
}

/* ---- connections */

static void
leave(struct client *client, int status)
{
	if (status != REDIS_OK)
		client->lost++;
	if (--client->open == 0)
		mio_loop_shutdown(client->loop);
}

/* hiredis frees a connection that has failed: it is not disconnected. */
static void
on_connect(const redisAsyncContext *connection, int status)
{
	if (status != REDIS_OK)
		leave(connection->data, status);
}

static void
on_disconnect(const redisAsyncContext *connection, int status)
{
	leave(connection->data, status);
}

static redisAsyncContext *
open_connection(struct client *client)
{
	redisAsyncContext *connection =
	    redisAsyncConnect("127.0.0.1", client->port);

	if (connection == NULL || connection->err != 0 ||
	    hiredis_mio_attach(client->loop, connection) < 0) {
		fprintf(stderr, "cannot connect\n");
		exit(1);
	}
	connection->data = client;
	(void)redisAsyncSetConnectCallback(connection, on_connect);
	(void)redisAsyncSetDisconnectCallback(connection, on_disconnect);
	client->open++;

	return connection;
}

static void
expect_status(struct client *client, redisReply *reply, const char *text)
{
	expect(client,
	    reply != NULL && reply->type == REDIS_REPLY_STATUS &&
		strcmp(reply->str, text) == 0,
	    text);
}

/* ---- replies */

/* Each reply is the number of commands so far. */
static void
on_count(redisAsyncContext *connection, void *data, void *context)
{
	struct client *client = context;
	redisReply *reply = data;

	client->seen++;
	expect(client,
	    reply != NULL && reply->type == REDIS_REPLY_INTEGER &&
		reply->integer == client->seen,
	    "the number of the command");
	if (client->seen == client->count)
		redisAsyncDisconnect(connection);
}

static void
start_replies(struct client *client)
{
	long i;

	client->first = open_connection(client);
	(void)redisAsyncCommand(client->first, NULL, NULL, "DEL counter");
	for (i = 0; i < client->count; i++)
		(void)redisAsyncCommand(
		    client->first, on_count, client, "INCR counter");
}

/* ---- pubsub */

/* Frees the connection in its own callback after the last message. */
static void
on_message(redisAsyncContext *connection, void *data, void *context)
{
	struct client *client = context;
	redisReply *reply = data;
	long i;

	if (reply == NULL)
		return; /* it is being freed */
	if (strcmp(reply->element[0]->str, "subscribe") == 0) {
		for (i = 1; i <= client->count; i++)
			(void)redisAsyncCommand(
			    client->second, NULL, NULL, "PUBLISH news %ld", i);
		redisAsyncDisconnect(client->second);
		return;
	}

	client->seen++;
	expect(client, atol(reply->element[2]->str) == client->seen,
	    "the order of the messages");
	if (client->seen == client->count)
		redisAsyncFree(connection);
}

static void
start_pubsub(struct client *client)
{
	client->first = open_connection(client);
	client->second = open_connection(client);
	(void)redisAsyncCommand(
	    client->first, on_message, client, "SUBSCRIBE news");
}

/* ---- killed */

static void
on_pong(redisAsyncContext *connection, void *data, void *context)
{
	expect_status(context, data, "PONG");
	redisAsyncDisconnect(connection);
}

/* The command that waited has no reply; the program connects again. */
static void
on_killed(redisAsyncContext *connection, void *data, void *context)
{
	struct client *client = context;

	(void)connection;
	expect(client, data == NULL, "no reply");
	client->seen++;
	(void)redisAsyncCommand(
	    open_connection(client), on_pong, client, "PING");
	redisAsyncDisconnect(client->second);
}

static void
on_id(redisAsyncContext *connection, void *data, void *context)
{
	struct client *client = context;
	redisReply *reply = data;

	(void)redisAsyncCommand(
	    connection, on_killed, client, "BLPOP nothing 0");
	(void)redisAsyncCommand(client->second, NULL, NULL,
	    "CLIENT KILL ID %lld", reply == NULL ? 0 : reply->integer);
}

static void
start_killed(struct client *client)
{
	client->count = 1;
	client->first = open_connection(client);
	client->second = open_connection(client);
	(void)redisAsyncCommand(client->first, on_id, client, "CLIENT ID");
}

/* ---- refused */

static void
on_refused(redisAsyncContext *connection, void *data, void *context)
{
	struct client *client = context;

	(void)connection;
	expect(client, data == NULL, "no reply");
	client->seen++;
}

static void
start_refused(struct client *client)
{
	client->count = 1;
	(void)redisAsyncCommand(
	    open_connection(client), on_refused, client, "PING");
}

/* ---- timers */

static void on_time(struct mio_loop *loop, void *context);

static void
on_timed_pong(redisAsyncContext *connection, void *data, void *context)
{
	struct client *client = context;

	expect_status(client, data, "PONG");
	if (++client->seen == client->count)
		redisAsyncDisconnect(connection);
	else
		(void)mio_loop_after(
		    client->loop, 2 * MILLISECOND, on_time, client, NULL);
}

static void
on_time(struct mio_loop *loop, void *context)
{
	struct client *client = context;

	(void)loop;
	(void)redisAsyncCommand(client->first, on_timed_pong, client, "PING");
}

static void
start_timers(struct client *client)
{
	client->first = open_connection(client);
	(void)mio_loop_after(client->loop, 0, on_time, client, NULL);
}

/* ---- timeout */

#if HIREDIS_MAJOR >= 1
/* hiredis limits the time by itself. */
static void
limit_time(struct client *client)
{
	struct timeval tv = { .tv_usec = 100000 };

	(void)redisAsyncSetTimeout(client->first, tv);
}
#else
static void
on_limit(struct mio_loop *loop, void *context)
{
	struct client *client = context;

	(void)loop;
	client->lost++;
	redisAsyncFree(client->first);
}

static void
limit_time(struct client *client)
{
	(void)mio_loop_after(
	    client->loop, 100 * MILLISECOND, on_limit, client, NULL);
}
#endif

static void
on_ready_to_wait(redisAsyncContext *connection, void *data, void *context)
{
	struct client *client = context;

	expect_status(client, data, "PONG");
	limit_time(client);
	(void)redisAsyncCommand(
	    connection, on_refused, client, "BLPOP nothing 0");
}

static void
start_timeout(struct client *client)
{
	client->count = 1;
	client->first = open_connection(client);
	(void)redisAsyncCommand(
	    client->first, on_ready_to_wait, client, "PING");
}

/* ---- detach */

static void
on_detached_pong(redisAsyncContext *connection, void *data, void *context);

static void
attach_again(struct mio_loop *loop, void *context)
{
	struct client *client = context;

	expect(client, hiredis_mio_attach(loop, client->first) == 0, "attach");
	(void)redisAsyncCommand(
	    client->first, on_detached_pong, client, "PING");
}

static void
on_detached_pong(redisAsyncContext *connection, void *data, void *context)
{
	struct client *client = context;

	expect_status(client, data, "PONG");
	if (++client->seen == client->count) {
		redisAsyncDisconnect(connection);
		return;
	}
	hiredis_mio_detach(connection);
	(void)mio_loop_post(client->loop, attach_again, client);
}

static void
start_detach(struct client *client)
{
	client->first = open_connection(client);
	(void)redisAsyncCommand(
	    client->first, on_detached_pong, client, "PING");
}

/* ---- the program */

static const struct {
	const char *name;
	void (*start)(struct client *client);
	int lost; /* connections that are expected to fail */
} scenes[] = {
	{ "replies", start_replies, 0 },
	{ "pubsub", start_pubsub, 0 },
	{ "killed", start_killed, 1 },
	{ "refused", start_refused, 1 },
	{ "timers", start_timers, 0 },
	{ "timeout", start_timeout, 1 },
	{ "detach", start_detach, 0 },
};

int
main(int argc, char **argv)
{
	struct client client = { .count = 10 };
	const size_t number = sizeof(scenes) / sizeof(scenes[0]);
	size_t i;

	for (i = 0; argc >= 3 && i < number; i++)
		if (strcmp(argv[2], scenes[i].name) == 0)
			break;
	if (argc < 3 || i == number) {
		fprintf(stderr, "usage: redis_client PORT WHAT [COUNT]\n");
		return 2;
	}
	client.port = atoi(argv[1]);
	if (argc > 3)
		client.count = atol(argv[3]);

	if (mio_loop_create(&client.loop, NULL) < 0)
		return 1;
	scenes[i].start(&client);
	if (mio_loop_run(client.loop, NULL, NULL) < 0)
		client.failed = true;
	mio_loop_destroy(client.loop);

	expect(&client, client.seen == client.count, "the number of replies");
	expect(&client, client.lost == scenes[i].lost, "lost connections");
	printf("%s: %ld of %ld, %d lost\n", argv[2], client.seen, client.count,
	    client.lost);

	return client.failed ? 1 : 0;
}
