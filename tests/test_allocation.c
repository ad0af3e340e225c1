/* SPDX-License-Identifier: MIT */

/*
 * Nothing is allocated once things are set up: the malloc family of this
 * program is counted around register, reregister, deregister, poll, wake, send,
 * recv, peek, the vectored calls, accept and watches. The poll(2) selector
 * keeps a table of its own, which may grow with the largest number of
 * descriptors so far: it is warmed up first.
 */

#include "config.h"
#include "alloc_trap.h"
#include "lib/harness.h"

#include <poll.h>

#define ROUNDS 100

struct scene {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio_timer *timer;
	struct mio_loop *loop;
	mio_fd_t listener, client, server;
	struct sockaddr_in addr;
};

static void
set_up(struct scene *scene)
{
	scene->poll = new_poll();
	assert_ok(mio_waker_create(&scene->waker, scene->poll, 1));
	assert_ok(mio_timer_create(&scene->timer, 0, 5));
	assert_ok(mio_poll_register(scene->poll,
	    mio_timer_source(scene->timer), 7, MIO_READABLE, MIO_LEVEL));
	assert_ok(mio_loop_create(&scene->loop, NULL));
	scene->listener = listen_on_loopback();
	scene->addr = loopback(port_of(scene->listener));
	tcp_pair(&scene->client, &scene->server);
}

static void
tear_down(struct scene *scene)
{
	assert_ok(mio_fd_close(scene->listener));
	assert_ok(mio_fd_close(scene->client));
	assert_ok(mio_fd_close(scene->server));
	mio_waker_destroy(scene->waker);
	mio_timer_destroy(scene->timer);
	mio_loop_destroy(scene->loop);
	mio_poll_destroy(scene->poll);
}

/* The timer is registered and has been slept with before. */
static int
timeouts(struct scene *scene)
{
	mio_timeout_t timeout;
	mio_token_t state;
	struct mio_event event;
	uint64_t delay;
	int bad = 0;

	bad += mio_timer_set(scene->timer, 1000, 5, &timeout) != 0;
	bad += mio_timer_set_at(scene->timer, 1, 6, NULL) != 0;
	bad += mio_timer_reset(scene->timer, timeout, 1000000000) != 0;
	bad += mio_timer_next(scene->timer, &delay) != 0;
	bad += mio_poll(scene->poll, &event, 1, -1) != 1;
	bad += mio_timer_expire(scene->timer, &state, 1) != 1;
	bad += mio_poll(scene->poll, &event, 1, 1000) != 0;
	bad += mio_timer_cancel(scene->timer, timeout, NULL) != 0;

	return bad;
}

/* How many of the steps failed: Check's own assertions may allocate. */
static int
register_and_poll(struct scene *scene)
{
	struct mio_event events[8];
	int bad = 0;

	bad += mio_poll_register_fd(scene->poll, scene->server, 2,
	    MIO_READABLE | MIO_WRITABLE, MIO_EDGE) != 0;
	bad += mio_poll(scene->poll, events, 8, 0) != 1;
	bad += mio_poll_reregister_fd(scene->poll, scene->server, 3,
	    MIO_READABLE, MIO_LEVEL) != 0;
	bad += mio_poll(scene->poll, events, 8, 1000) != 0;
	bad += mio_waker_wake(scene->waker) != 0;
	bad += mio_poll(scene->poll, events, 8, -1) != 1;
	bad += mio_poll_deregister_fd(scene->poll, scene->server) != 0;

	return bad;
}

/* As wait_for(), without assertions of Check. */
static int
await(mio_fd_t fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	return poll(&polled, 1, -1) == 1 ? 0 : 1;
}

static int
transfer(struct scene *scene)
{
	char in[8], out[8] = "1234567";
	struct iovec to = { .iov_base = out, .iov_len = 8 };
	struct iovec from = { .iov_base = in, .iov_len = 8 };
	int bad = 0;

	bad += mio_socket_send(scene->client, out, 8) != 8;
	bad += await(scene->server);
	bad += mio_socket_peek(scene->server, in, 8) != 8;
	bad += mio_socket_recv(scene->server, in, 8) != 8;
	bad += mio_socket_recv(scene->server, in, 8) != -EAGAIN;
	bad += mio_socket_sendv(scene->client, &to, 1) != 8;
	bad += await(scene->server);
	bad += mio_socket_recvv(scene->server, &from, 1) != 8;
	bad += mio_socket_recvv(scene->server, &from, 1) != -EAGAIN;

	return bad;
}

static int
batches(mio_fd_t fd, char *out, char *in)
{
	struct mio_datagram to = { .data = out, .len = 8 };
	struct mio_datagram from = { .data = in, .len = 8 };
	int bad = 0;

	bad += mio_socket_local_addr(fd, &to.addr, &to.addr_len) != 0;
	bad += mio_udp_send_batch(fd, &to, 1) != 1;
	bad += await(fd);
	bad += mio_udp_recv_batch(fd, &from, 1) != 1;
	bad += mio_udp_recv_batch(fd, &from, 1) != -EAGAIN;

	return bad;
}

static int
datagrams_and_descriptors(struct scene *scene)
{
	struct sockaddr_in any = loopback(0);
	char in[8], out[8] = "1234567";
	mio_fd_t udp, ends[2], fds[2], got;
	size_t count = 1;
	int bad = 0;

	(void)scene;
	bad += mio_udp_bind(&udp, (struct sockaddr *)&any, sizeof(any), 0) != 0;
	bad += batches(udp, out, in);
	bad += mio_unix_pair(ends) != 0;
	bad += mio_unix_send_fds(ends[0], out, 8, &udp, 1) != 8;
	bad += mio_unix_recv_fds(ends[1], in, 8, &got, &count) != 8;
	bad += mio_pipe_create(fds) != 0;
	bad += mio_pipe_write(fds[1], out, 8) != 8;
	bad += mio_pipe_read(fds[0], in, 8) != 8;
	bad += mio_fd_close(udp) + mio_fd_close(got) != 0;
	bad += mio_fd_close(ends[0]) + mio_fd_close(ends[1]) != 0;
	bad += mio_fd_close(fds[0]) + mio_fd_close(fds[1]) != 0;

	return bad;
}

static int
connect_and_accept(struct scene *scene)
{
	struct mio_event event;
	mio_fd_t fd, accepted;
	int bad = 0;

	bad += mio_poll_register_fd(scene->poll, scene->listener, 4,
	    MIO_READABLE, 0) != 0;
	bad += mio_tcp_connect(&fd, (struct sockaddr *)&scene->addr,
	    sizeof(scene->addr)) != 0;
	bad += mio_poll(scene->poll, &event, 1, -1) != 1;
	bad += mio_tcp_accept(scene->listener, &accepted, NULL, NULL) != 0;
	bad += mio_tcp_set_linger(fd, 0) != 0;
	bad += mio_fd_close(fd) != 0;
	bad += mio_fd_close(accepted) != 0;
	bad += mio_poll_deregister_fd(scene->poll, scene->listener) != 0;

	return bad;
}

/* With an interface, which the C library asks the kernel for. */
static int
parse_and_format(struct scene *scene)
{
	struct sockaddr_in6 in6 = loopback6(80);
	struct sockaddr_storage addr;
	char text[MIO_ADDRESS_TEXT_MAX];
	socklen_t len;
	int bad = 0;

	(void)scene;
	in6.sin6_scope_id = 1;
	bad += mio_address_format((struct sockaddr *)&in6, sizeof(in6), text,
	    sizeof(text)) <= 0;
	bad += mio_address_parse(&addr, &len, text, 0) != 0;
	bad += memcmp(&addr, &in6, sizeof(in6)) != 0;
	bad += mio_address_parse(&addr, &len, "unix:/path", 0) != 0;

	return bad;
}

static void
on_ready(struct mio_loop *loop, void *context, unsigned ready)
{
	(void)loop;
	*(unsigned *)context |= ready;
}

static void
on_call(struct mio_loop *loop, void *context)
{
	(void)loop;
	++*(unsigned *)context;
}

/* As many at a time as ever before. */
static int
watch_and_call(struct scene *scene)
{
	mio_fd_t fds[3] = { scene->listener, scene->client, scene->server };
	struct mio_watch *watch[3];
	unsigned ready = 0;
	int bad = 0;
	int i;

	for (i = 0; i < 3; i++)
		bad += mio_loop_watch_fd(scene->loop, fds[i], MIO_READABLE, 0,
		    on_ready, &ready, &watch[i]) != 0;
	bad += mio_watch_update(watch[1], MIO_WRITABLE, MIO_EDGE) != 0;
	bad += mio_loop_run_once(scene->loop, NULL, NULL, -1) != 0;
	bad += ready != MIO_WRITABLE;
	bad += mio_watch_update(watch[1], 0, 0) != 0;
	bad += mio_loop_post(scene->loop, on_call, &ready) != 0;
	bad += mio_loop_after(scene->loop, 0, on_call, &ready, NULL) != 0;
	while (ready != MIO_WRITABLE + 2)
		bad += mio_loop_run_once(scene->loop, NULL, NULL, -1) != 0;
	for (i = 0; i < 3; i++)
		mio_watch_end(watch[i]);

	return bad;
}

static void
count_allocations(int (*step)(struct scene *))
{
	unsigned long before;
	struct scene scene;
	int bad = 0;
	int i;

	set_up(&scene);
	ck_assert_int_eq(step(&scene), 0);
	before = alloc_trap_count();
	for (i = 0; i < ROUNDS; i++)
		bad += step(&scene);
	ck_assert_uint_eq(alloc_trap_count() - before, 0);
	ck_assert_int_eq(bad, 0);
	tear_down(&scene);
}

START_TEST(register_and_poll_allocate_nothing)
{
	count_allocations(register_and_poll);
}
END_TEST

START_TEST(transfers_allocate_nothing)
{
	count_allocations(transfer);
}
END_TEST

START_TEST(timeouts_allocate_nothing)
{
	count_allocations(timeouts);
}
END_TEST

START_TEST(datagrams_and_descriptors_allocate_nothing)
{
	count_allocations(datagrams_and_descriptors);
}
END_TEST

START_TEST(connections_allocate_nothing)
{
	count_allocations(connect_and_accept);
}
END_TEST

START_TEST(addresses_and_texts_allocate_nothing)
{
	count_allocations(parse_and_format);
}
END_TEST

START_TEST(watches_and_calls_allocate_nothing)
{
	count_allocations(watch_and_call);
}
END_TEST

/* On epoll not even the first time. */
START_TEST(first_registration_allocates_nothing_on_epoll)
{
	struct scene scene;
	unsigned long before;
	int bad;

	set_up(&scene);
	before = alloc_trap_count();
	bad = register_and_poll(&scene);
	if (backend_is("epoll"))
		ck_assert_uint_eq(alloc_trap_count() - before, 0);
	ck_assert_int_eq(bad, 0);
	tear_down(&scene);
}
END_TEST

START_TEST(create_is_counted)
{
	unsigned long before = alloc_trap_count();
	struct mio_poll *poll = new_poll();

	ck_assert_uint_gt(alloc_trap_count(), before);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	/* valgrind puts its own malloc before ours */
	if (!alloc_trap_works()) {
		puts("allocations cannot be watched here");
		return 77;
	}

	suite = suite_create("allocation");
	tcase = new_case(suite, "allocation");
	tcase_add_test(tcase, create_is_counted);
	tcase_add_test(tcase, register_and_poll_allocate_nothing);
	tcase_add_test(tcase, transfers_allocate_nothing);
	tcase_add_test(tcase, timeouts_allocate_nothing);
	tcase_add_test(tcase, datagrams_and_descriptors_allocate_nothing);
	tcase_add_test(tcase, connections_allocate_nothing);
	tcase_add_test(tcase, addresses_and_texts_allocate_nothing);
	tcase_add_test(tcase, watches_and_calls_allocate_nothing);
	tcase_add_test(tcase, first_registration_allocates_nothing_on_epoll);

	return run_suite(suite);
}
