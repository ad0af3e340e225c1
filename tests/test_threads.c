/* SPDX-License-Identifier: MIT */

/* One poll, many threads: registering during waits, and waits side by side. */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <sched.h>
#include <stdatomic.h>

struct waiter {
	struct mio_poll *poll;
	int64_t timeout_ns;
	int64_t took_ns;
	int n;
	struct mio_event event;
	_Atomic bool begun;
};

static void *
wait_once(void *argument)
{
	struct waiter *waiter = argument;
	int64_t begin = now_ns();

	waiter->begun = true;
	waiter->n = mio_poll(waiter->poll, &waiter->event, 1,
	    waiter->timeout_ns);
	waiter->took_ns = now_ns() - begin;

	return NULL;
}

/* Begun, and most likely asleep: no test may depend on that. */
static pthread_t
start_waiter(struct waiter *waiter)
{
	pthread_t thread = start(wait_once, waiter);

	while (!waiter->begun)
		sched_yield();
	(void)poll(NULL, 0, 2);

	return thread;
}

START_TEST(registration_during_a_wait_takes_effect_in_it)
{
	struct waiter waiter = { .poll = new_poll(), .timeout_ns = PATIENCE };
	pthread_t thread = start_waiter(&waiter);
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(waiter.poll, fds[1], 3, MIO_WRITABLE,
	    0));
	join(thread);
	ck_assert_int_eq(waiter.n, 1);
	ck_assert_uint_eq(waiter.event.token, 3);

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(waiter.poll);
}
END_TEST

START_TEST(reregistration_during_a_wait_takes_effect_in_it)
{
	struct waiter waiter = { .poll = new_poll(), .timeout_ns = PATIENCE };
	pthread_t thread;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(waiter.poll, fds[1], 3, 0, 0));
	thread = start_waiter(&waiter);
	assert_ok(mio_poll_reregister_fd(waiter.poll, fds[1], 4, MIO_WRITABLE,
	    0));
	join(thread);
	ck_assert_int_eq(waiter.n, 1);
	ck_assert_uint_eq(waiter.event.token, 4);

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(waiter.poll);
}
END_TEST

START_TEST(deregistration_during_a_wait_takes_effect_in_it)
{
	struct waiter waiter = { .poll = new_poll(), .timeout_ns = MS(100) };
	pthread_t thread;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(waiter.poll, fds[0], 3, MIO_READABLE,
	    0));
	thread = start_waiter(&waiter);
	assert_ok(mio_poll_deregister_fd(waiter.poll, fds[0]));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	join(thread);
	ck_assert_int_eq(waiter.n, 0);
	ck_assert_int_ge(waiter.took_ns, MS(100));

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(waiter.poll);
}
END_TEST

/*
 * mio under poll(2): registering from another thread every 10 ms started the
 * timeout anew each time, so the wait never ended.
 */
START_TEST(registrations_do_not_stretch_a_timeout)
{
	struct waiter waiter = { .poll = new_poll(), .timeout_ns = MS(100) };
	pthread_t thread;
	int64_t begin;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	thread = start_waiter(&waiter);
	begin = now_ns();
	while (now_ns() - begin < MS(300)) {
		assert_ok(mio_poll_register_fd(waiter.poll, fds[0], 1,
		    MIO_READABLE, 0));
		assert_ok(mio_poll_deregister_fd(waiter.poll, fds[0]));
		(void)poll(NULL, 0, 10);
	}
	join(thread);
	ck_assert_int_eq(waiter.n, 0);
	ck_assert_int_ge(waiter.took_ns, MS(100));
	ck_assert_int_lt(waiter.took_ns, SECONDS(10));

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(waiter.poll);
}
END_TEST

START_TEST(polling_a_held_poll_returns_at_once)
{
	struct waiter waiter = { .poll = new_poll(), .timeout_ns = PATIENCE };
	pthread_t thread;
	struct mio_waker *waker;
	struct mio_event event;
	int64_t begin;

	assert_ok(mio_waker_create(&waker, waiter.poll, 5));
	thread = start_waiter(&waiter);
	begin = now_ns();
	assert_ok(mio_poll(waiter.poll, &event, 1, 0));
	ck_assert_int_lt(now_ns() - begin, SECONDS(5));
	assert_ok(mio_waker_wake(waker));
	join(thread);
	ck_assert_int_eq(waiter.n, 1);

	mio_waker_destroy(waker);
	mio_poll_destroy(waiter.poll);
}
END_TEST

/* The timeout covers the queueing: a wait behind another ends in time. */
START_TEST(timeouts_run_while_threads_queue)
{
	struct mio_poll *poll = new_poll();
	struct waiter first = { .poll = poll, .timeout_ns = -1 };
	struct waiter others[4];
	pthread_t threads[5];
	struct mio_waker *waker;
	int i;

	assert_ok(mio_waker_create(&waker, poll, 5));
	threads[4] = start_waiter(&first);
	for (i = 0; i < 4; i++) {
		others[i] = (struct waiter){
			.poll = poll, .timeout_ns = MS(40 * (4 - i)),
		};
		threads[i] = start_waiter(&others[i]);
	}
	for (i = 0; i < 4; i++) {
		join(threads[i]);
		ck_assert_int_eq(others[i].n, 0);
		ck_assert_int_ge(others[i].took_ns, others[i].timeout_ns);
	}

	assert_ok(mio_waker_wake(waker));
	join(threads[4]);
	ck_assert_int_eq(first.n, 1);

	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

/* Who queued gets events when the one before it has had its own. */
START_TEST(queued_threads_are_let_in_one_after_another)
{
	enum { THREADS = 4 };
	struct mio_poll *poll = new_poll();
	struct waiter waiters[THREADS];
	pthread_t threads[THREADS];
	struct mio_waker *wakers[THREADS];
	unsigned seen = 0;
	int i;

	for (i = 0; i < THREADS; i++) {
		assert_ok(mio_waker_create(&wakers[i], poll,
		    (mio_token_t)i));
		waiters[i] = (struct waiter){ .poll = poll, .timeout_ns = -1 };
		threads[i] = start_waiter(&waiters[i]);
	}
	for (i = 0; i < THREADS; i++)
		assert_ok(mio_waker_wake(wakers[i]));
	for (i = 0; i < THREADS; i++) {
		join(threads[i]);
		ck_assert_int_eq(waiters[i].n, 1);
		seen |= 1u << waiters[i].event.token;
		mio_waker_destroy(wakers[i]);
	}
	ck_assert_uint_eq(seen, 0xf);
	mio_poll_destroy(poll);
}
END_TEST

struct crowd {
	struct mio_poll *poll;
	_Atomic bool done;
	_Atomic unsigned turns[4];
};

struct member {
	struct crowd *crowd;
	unsigned index;
};

static void *
take_turns(void *argument)
{
	struct member *self = argument;
	struct crowd *crowd = self->crowd;
	struct mio_event event;

	while (!crowd->done) {
		if (mio_poll(crowd->poll, &event, 1, PATIENCE) != 1)
			abort();
		crowd->turns[self->index]++;
	}

	return NULL;
}

START_TEST(no_thread_starves)
{
	struct crowd crowd = { .poll = new_poll() };
	struct member members[4];
	pthread_t threads[4];
	bool all = false;
	int64_t begin = now_ns();
	int fds[2];
	unsigned i;

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(crowd.poll, fds[1], 1, MIO_WRITABLE,
	    0));
	for (i = 0; i < 4; i++) {
		members[i] = (struct member){ &crowd, i };
		threads[i] = start(take_turns, &members[i]);
	}
	while (!all && now_ns() - begin < PATIENCE) {
		sched_yield();
		for (all = true, i = 0; i < 4; i++)
			all = all && crowd.turns[i] >= 200;
	}
	crowd.done = true;
	for (i = 0; i < 4; i++)
		join(threads[i]);
	ck_assert(all);

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(crowd.poll);
}
END_TEST

/*
 * Oneshot descriptors handed out to several threads: each event goes to one of
 * them, which may use the descriptor alone until it reregisters it.
 */
struct pool {
	struct mio_poll *poll;
	mio_fd_t fds[8][2];
	_Atomic int busy[8];
	_Atomic unsigned handled;
};

enum { POOL_EVENTS = 4000 };

static void *
work(void *argument)
{
	struct pool *pool = argument;
	struct mio_event event;
	char byte;
	int n;

	while (pool->handled < POOL_EVENTS) {
		n = mio_poll(pool->poll, &event, 1, MS(20));
		if (n == 0)
			continue;
		if (n != 1 || atomic_fetch_add(&pool->busy[event.token], 1))
			abort();
		if (mio_socket_recv(pool->fds[event.token][0], &byte, 1) != 1 ||
		    mio_socket_send(pool->fds[event.token][1], "x", 1) != 1)
			abort();
		atomic_fetch_sub(&pool->busy[event.token], 1);
		pool->handled++;
		if (mio_poll_reregister_fd(pool->poll,
		    pool->fds[event.token][0], event.token, MIO_READABLE,
		    MIO_ONESHOT) != 0)
			abort();
	}

	return NULL;
}

START_TEST(oneshot_events_go_to_one_thread_each)
{
	struct pool pool = { .poll = new_poll() };
	pthread_t threads[4];
	unsigned i;

	for (i = 0; i < 8; i++) {
		tcp_pair(&pool.fds[i][1], &pool.fds[i][0]);
		ck_assert_int_eq(mio_socket_send(pool.fds[i][1], "x", 1), 1);
		assert_ok(mio_poll_register_fd(pool.poll, pool.fds[i][0], i,
		    MIO_READABLE, MIO_ONESHOT));
	}
	for (i = 0; i < 4; i++)
		threads[i] = start(work, &pool);
	for (i = 0; i < 4; i++)
		join(threads[i]);
	for (i = 0; i < 8; i++) {
		assert_ok(mio_fd_close(pool.fds[i][0]));
		assert_ok(mio_fd_close(pool.fds[i][1]));
	}
	mio_poll_destroy(pool.poll);
}
END_TEST

struct churn {
	struct mio_poll *poll;
	_Atomic bool done;
};

static void *
register_all_the_time(void *argument)
{
	struct churn *churn = argument;
	int fds[2];
	int i;

	for (i = 0; i < 1000; i++) {
		if (pipe(fds) != 0 || write(fds[1], "x", 1) != 1 ||
		    mio_poll_register_fd(churn->poll, fds[0], 1, MIO_READABLE,
		    i % 2 ? MIO_EDGE : MIO_LEVEL) != 0 ||
		    mio_poll_reregister_fd(churn->poll, fds[0], 2,
		    MIO_READABLE, MIO_ONESHOT) != 0 ||
		    mio_poll_deregister_fd(churn->poll, fds[0]) != 0 ||
		    mio_fd_close(fds[0]) != 0 || mio_fd_close(fds[1]) != 0)
			abort();
	}

	return NULL;
}

static void *
poll_until_done(void *argument)
{
	struct churn *churn = argument;
	struct mio_event events[4];

	while (!churn->done)
		if (mio_poll(churn->poll, events, 4, MS(1)) < 0)
			abort();

	return NULL;
}

START_TEST(threads_register_while_threads_poll)
{
	struct churn churn = { .poll = new_poll() };
	pthread_t pollers[2], others[3];
	int i;

	for (i = 0; i < 2; i++)
		pollers[i] = start(poll_until_done, &churn);
	for (i = 0; i < 3; i++)
		others[i] = start(register_all_the_time, &churn);
	for (i = 0; i < 3; i++)
		join(others[i]);
	churn.done = true;
	for (i = 0; i < 2; i++)
		join(pollers[i]);
	expect_nothing(churn.poll);
	mio_poll_destroy(churn.poll);
}
END_TEST

/* An edge that one thread drains while another waits comes again. */
static void *
echo_edges(void *argument)
{
	struct waiter *self = argument;
	char buf[64];
	unsigned long total = 0;
	ssize_t n;

	while (total < 20000) {
		if (mio_poll(self->poll, &self->event, 1, PATIENCE) != 1)
			abort();
		do {
			n = mio_socket_recv((mio_fd_t)self->event.token, buf,
			    sizeof(buf));
			if (n > 0)
				total += (unsigned long)n;
		} while (n > 0);
		if (n != -EAGAIN)
			abort();
	}
	self->n = (int)total;

	return NULL;
}

START_TEST(edges_are_not_lost_between_threads)
{
	struct waiter waiter = { .poll = new_poll() };
	mio_fd_t client, server;
	pthread_t thread;
	int i;

	tcp_pair(&client, &server);
	assert_ok(mio_tcp_set_nodelay(client, true));
	assert_ok(mio_poll_register_fd(waiter.poll, server,
	    (mio_token_t)server, MIO_READABLE, MIO_EDGE));
	thread = start(echo_edges, &waiter);
	for (i = 0; i < 20000; i++)
		ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
	join(thread);
	ck_assert_int_eq(waiter.n, 20000);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(waiter.poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("threads");
	TCase *registering = new_case(suite, "registering");
	TCase *waiting = new_case(suite, "waiting");

	tcase_add_test(registering,
	    registration_during_a_wait_takes_effect_in_it);
	tcase_add_test(registering,
	    reregistration_during_a_wait_takes_effect_in_it);
	tcase_add_test(registering,
	    deregistration_during_a_wait_takes_effect_in_it);
	tcase_add_test(registering, registrations_do_not_stretch_a_timeout);
	tcase_add_test(registering, threads_register_while_threads_poll);

	tcase_add_test(waiting,
	    polling_a_held_poll_returns_at_once);
	tcase_add_test(waiting, timeouts_run_while_threads_queue);
	tcase_add_test(waiting, queued_threads_are_let_in_one_after_another);
	tcase_add_test(waiting, no_thread_starves);
	tcase_add_test(waiting, oneshot_events_go_to_one_thread_each);
	tcase_add_test(waiting, edges_are_not_lost_between_threads);

	return run_suite(suite);
}
