/* SPDX-License-Identifier: MIT */

/*
 * The parts of examples that programs copy: listener.c and stream.c, with
 * system calls that fail.
 */

#include "lib/fault_control.h"
#include "lib/harness.h"

#include "listener.h"
#include "stream.h"

#define LINE  16
#define QUEUE 65536
#define NONE  1 /* no reason: the stream has not ended */

struct world {
	struct mio_loop *loop;
	struct listener *listener;
	mio_fd_t client, server;
	struct stream *stream;
	char lines[128];  /* each with '|' behind it */
	int reason;       /* of the end, or NONE */
	int accepted;     /* connections */
	int refusals;     /* connections to refuse */
	bool close;       /* in the callback */
	bool finish;      /* in the callback */
	const char *send; /* in the callback, or NULL */
};

static void
iterate(struct world *world)
{
	assert_ok(mio_loop_run_once(world->loop, NULL, NULL, PATIENCE));
}

/* ---- listener.c */

static int
on_connection(void *context, mio_fd_t fd)
{
	struct world *world = context;

	if (world->refusals > 0) {
		world->refusals--;
		return -ENOMEM; /* the listener closes fd */
	}
	world->accepted++;
	assert_nonblock_cloexec(fd);
	assert_ok(mio_fd_close(fd));
	if (world->close) {
		listener_close(world->listener);
		world->listener = NULL;
	}

	return 0;
}

static void
connect_to(struct world *world)
{
	char text[MIO_ADDRESS_TEXT_MAX];
	struct sockaddr_storage addr;
	socklen_t len;

	ck_assert_int_gt(listener_address(world->listener, text), 0);
	assert_ok(mio_address_parse(&addr, &len, text, 0));
	assert_ok(mio_tcp_connect(
	    &world->client, (struct sockaddr *)&addr, len));
}

static void
start_listener(struct world *world)
{
	*world = (struct world){ .accepted = 0 };
	assert_ok(mio_loop_create(&world->loop, NULL));
	assert_ok(listener_open(world->loop, "127.0.0.1:0", on_connection,
	    world, &world->listener));
	connect_to(world);
}

static void
stop_listener(struct world *world)
{
	assert_ok(mio_fd_close(world->client));
	listener_close(world->listener);
	mio_loop_destroy(world->loop);
}

START_TEST(listener_accepts)
{
	struct world world;

	start_listener(&world);
	world.close = _i == 1;
	while (world.accepted == 0)
		iterate(&world);
	assert_ok(mio_loop_run_once(world.loop, NULL, NULL, GLANCE));
	ck_assert_int_eq(world.accepted, 1);
	stop_listener(&world);
}
END_TEST

/* The connection stays in the queue, and the wait is not busy. */
START_TEST(listener_accepts_later_without_descriptors)
{
	const int errors[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS };
	struct world world;
	int iterations = 0;

	start_listener(&world);
	fault_arm("accept4", 1, errors[_i]);
	while (world.accepted == 0) {
		iterate(&world);
		iterations++;
	}
	ck_assert(fault_disarm());
	ck_assert_int_le(iterations, 8);
	stop_listener(&world);
}
END_TEST

/* The first call pauses the watch, the second one continues it. */
START_TEST(listener_accepts_later_if_its_watch_cannot_change)
{
	struct world world;

	start_listener(&world);
	world.refusals = 1;
	fault_arm("epoll_ctl", (unsigned)_i + 1, ENOMEM);
	while (world.refusals > 0)
		iterate(&world);
	/* the refused connection was closed */
	assert_ok(mio_fd_close(world.client));
	connect_to(&world);
	while (world.accepted == 0)
		iterate(&world);
	ck_assert(fault_disarm());
	stop_listener(&world);
}
END_TEST

START_TEST(listener_cannot_open)
{
	struct world world;
	struct listener *other = NULL;
	char text[MIO_ADDRESS_TEXT_MAX];

	start_listener(&world);
	ck_assert_int_gt(listener_address(world.listener, text), 0);
	assert_error(
	    listener_open(world.loop, text, on_connection, &world, &other),
	    EADDRINUSE);
	assert_error(listener_open(
			 world.loop, "nowhere", on_connection, &world, &other),
	    EINVAL);
	fault_arm("epoll_ctl", 1, ENOSPC);
	assert_error(listener_open(world.loop, "127.0.0.1:0", on_connection,
			 &world, &other),
	    ENOSPC);
	ck_assert(fault_disarm());
	ck_assert_ptr_null(other);
	listener_close(NULL);
	stop_listener(&world);
}
END_TEST

/* ---- stream.c */

static void
on_line(void *context, char *line)
{
	struct world *world = context;

	ck_assert_int_eq(world->reason, NONE);
	(void)strcat(strcat(world->lines, line), "|");
	if (world->send != NULL)
		stream_send(world->stream, world->send, strlen(world->send));
	if (world->finish)
		stream_finish(world->stream);
	if (world->close) {
		stream_close(world->stream);
		world->stream = NULL;
	}
}

static void
on_end(void *context, int reason)
{
	struct world *world = context;

	ck_assert_int_eq(world->reason, NONE);
	world->reason = reason;
	world->stream = NULL;
}

static struct stream_kind kind = {
	.line_max = LINE,
	.queue_max = QUEUE,
	.idle_ns = (uint64_t)SECONDS(60),
	.line = on_line,
	.ended = on_end,
};

static void
start_stream(struct world *world)
{
	*world = (struct world){ .reason = NONE };
	assert_ok(mio_loop_create(&world->loop, NULL));
	tcp_pair(&world->client, &world->server);
	assert_ok(stream_open(
	    world->loop, world->server, &kind, world, &world->stream));
}

static void
stop_stream(struct world *world)
{
	if (world->client != MIO_INVALID_FD)
		assert_ok(mio_fd_close(world->client));
	stream_close(world->stream);
	mio_loop_destroy(world->loop);
}

static void
say(struct world *world, const char *text)
{
	ck_assert_int_eq(
	    mio_socket_send(world->client, text, strlen(text)),
	    (ssize_t)strlen(text));
}

/* Receives all that the stream sends, to its end; returns the last bytes. */
static size_t
drain(struct world *world, char last[LINE])
{
	size_t total = 0, i;
	char bytes[4096];
	ssize_t n;

	for (;;) {
		n = mio_socket_recv(world->client, bytes, sizeof(bytes));
		if (n == 0)
			return total;
		if (n == -EAGAIN) {
			assert_ok(mio_loop_run_once(
			    world->loop, NULL, NULL, MS(1)));
			continue;
		}
		ck_assert_int_gt(n, 0);
		for (i = 0; i < (size_t)n; i++)
			last[(total + i) % LINE] = bytes[i];
		total += (size_t)n;
	}
}

static void
expect_end(struct world *world, int reason)
{
	while (world->reason == NONE)
		iterate(world);
	ck_assert_int_eq(world->reason, reason);
}

START_TEST(stream_passes_lines)
{
	struct world world;

	start_stream(&world);
	say(&world, "one\ntwo\r\n\n\r\nth");
	while (strcmp(world.lines, "one|two|||") != 0)
		iterate(&world);
	say(&world, "ree\n12345678901234\r\n");
	while (strcmp(world.lines, "one|two|||three|12345678901234|") != 0)
		iterate(&world);
	ck_assert_int_eq(world.reason, NONE);
	stop_stream(&world);
}
END_TEST

START_TEST(stream_ends_in_its_callback)
{
	struct world world;
	char last[LINE];

	start_stream(&world);
	world.close = true;
	world.finish = _i == 1;
	world.send = "x";
	say(&world, "one\ntwo\n");
	while (world.stream != NULL)
		iterate(&world);
	ck_assert_str_eq(world.lines, "one|");
	ck_assert_int_eq(world.reason, NONE);
	(void)drain(&world, last); /* it was closed */
	stop_stream(&world);
}
END_TEST

/* Nothing after the line that finishes is passed on. */
START_TEST(stream_finishes_in_its_callback)
{
	struct world world;
	char last[LINE];

	start_stream(&world);
	world.finish = true;
	world.send = "bye";
	say(&world, "one\ntwo\n");
	ck_assert_uint_eq(drain(&world, last), 3);
	ck_assert_mem_eq(last, "bye", 3);
	ck_assert_str_eq(world.lines, "one|");
	ck_assert_int_eq(world.reason, NONE);
	say(&world, "three\n");
	assert_ok(mio_socket_shutdown(world.client, MIO_SHUT_WRITE));
	expect_end(&world, 0);
	ck_assert_str_eq(world.lines, "one|");
	stop_stream(&world);
}
END_TEST

START_TEST(stream_that_finishes_waits_for_a_limited_time)
{
	struct world world;

	start_stream(&world);
	stream_send(world.stream, "bye", 3);
	stream_finish(world.stream);
	stream_finish(world.stream);
	stream_send(world.stream, "more", 4);
	expect_end(&world, -ETIMEDOUT);
	stop_stream(&world);
}
END_TEST

START_TEST(stream_ends_with_its_peer)
{
	struct world world;

	start_stream(&world);
	if (_i == 1)
		assert_ok(mio_tcp_set_linger(world.client, 0));
	else
		say(&world, "one\ntw");
	assert_ok(mio_fd_close(world.client));
	world.client = MIO_INVALID_FD;
	expect_end(&world, _i == 1 ? -ECONNRESET : 0);
	ck_assert_str_eq(world.lines, _i == 1 ? "" : "one|");
	stop_stream(&world);
}
END_TEST

/* The peer has shut down its side, and receives all that is queued. */
START_TEST(stream_sends_its_queue_after_the_end_of_its_peer)
{
	struct world world;
	char last[LINE], *bytes;
	const size_t len = 8000000;

	kind.queue_max = len;
	start_stream(&world);
	bytes = calloc(1, len);
	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes + len - 4, "last", 4);
	stream_send(world.stream, bytes, len);
	free(bytes);
	assert_ok(mio_socket_shutdown(world.client, MIO_SHUT_WRITE));
	if (_i == 1)
		stream_finish(world.stream);
	ck_assert_uint_eq(drain(&world, last), len);
	ck_assert_int_eq(last[(len - 1) % LINE], 't');
	expect_end(&world, 0);
	stop_stream(&world);
}
END_TEST

START_TEST(stream_ends_if_the_queue_is_full)
{
	struct world world;
	static char bytes[QUEUE];
	int i = 0;

	kind.queue_max = QUEUE;
	start_stream(&world);
	for (i = 0; i < 1000; i++)
		stream_send(world.stream, bytes, sizeof(bytes));
	ck_assert_int_eq(world.reason, NONE); /* no callback was called */
	say(&world, "one\n");
	expect_end(&world, -ENOBUFS);
	ck_assert_str_eq(world.lines, ""); /* although more was received */
	stop_stream(&world);
}
END_TEST

START_TEST(stream_ends_if_a_line_is_too_long)
{
	struct world world;

	start_stream(&world);
	say(&world, "one\n1234567890123456789\n");
	expect_end(&world, -EMSGSIZE);
	ck_assert_str_eq(world.lines, "one|");
	stop_stream(&world);
}
END_TEST

START_TEST(stream_ends_if_its_peer_is_idle)
{
	struct world world;

	kind.idle_ns = (uint64_t)MS(10);
	start_stream(&world);
	stream_send(world.stream, "hello", 5);
	expect_end(&world, -ETIMEDOUT);
	stop_stream(&world);
}
END_TEST

START_TEST(stream_ends_if_a_call_fails)
{
	struct world world;
	static char bytes[8000000];

	kind.queue_max = sizeof(bytes);
	start_stream(&world);
	if (_i == 0) {
		fault_arm("send", 1, ENOBUFS);
		stream_send(world.stream, "hello", 5);
	} else {
		/* it cannot wait for room */
		fault_arm("epoll_ctl", 1, ENOMEM);
		stream_send(world.stream, bytes, sizeof(bytes));
	}
	ck_assert(fault_disarm());
	ck_assert_int_eq(world.reason, NONE);
	stream_send(world.stream, "hello", 5);
	stream_finish(world.stream);
	expect_end(&world, _i == 0 ? -ENOBUFS : -ENOMEM);
	stop_stream(&world);
}
END_TEST

START_TEST(stream_cannot_open)
{
	struct mio_loop_config config = {
		.size = sizeof(config),
		.timer_capacity = 1,
	};
	struct world world = { .reason = NONE };
	mio_timeout_t timeout;

	assert_ok(mio_loop_create(&world.loop, &config));
	tcp_pair(&world.client, &world.server);
	fault_arm("epoll_ctl", 1, ENOSPC);
	assert_error(stream_open(world.loop, world.server, &kind, &world,
			 &world.stream),
	    ENOSPC);
	ck_assert(fault_disarm());
	assert_ok(
	    mio_loop_timeout(world.loop, (uint64_t)SECONDS(60), 1, &timeout));
	assert_error(stream_open(world.loop, world.server, &kind, &world,
			 &world.stream),
	    ENOSPC);
	ck_assert_ptr_null(world.stream);
	close_pair(world.client, world.server); /* still the caller's */
	mio_loop_destroy(world.loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("example_parts");
	TCase *tcase = new_case(suite, "parts");

	/* the calls that fail here */
	if (!backend_is("epoll"))
		return 77;

	tcase_add_loop_test(tcase, listener_accepts, 0, 2);
	tcase_add_loop_test(
	    tcase, listener_accepts_later_without_descriptors, 0, 4);
	tcase_add_loop_test(
	    tcase, listener_accepts_later_if_its_watch_cannot_change, 0, 2);
	tcase_add_test(tcase, listener_cannot_open);
	tcase_add_test(tcase, stream_passes_lines);
	tcase_add_loop_test(tcase, stream_ends_in_its_callback, 0, 2);
	tcase_add_test(tcase, stream_finishes_in_its_callback);
	tcase_add_test(tcase, stream_that_finishes_waits_for_a_limited_time);
	tcase_add_loop_test(tcase, stream_ends_with_its_peer, 0, 2);
	tcase_add_loop_test(
	    tcase, stream_sends_its_queue_after_the_end_of_its_peer, 0, 2);
	tcase_add_test(tcase, stream_ends_if_the_queue_is_full);
	tcase_add_test(tcase, stream_ends_if_a_line_is_too_long);
	tcase_add_test(tcase, stream_ends_if_its_peer_is_idle);
	tcase_add_loop_test(tcase, stream_ends_if_a_call_fails, 0, 2);
	tcase_add_test(tcase, stream_cannot_open);

	return run_suite(suite);
}
