/* SPDX-License-Identifier: MIT */

/*
 * Threads that are cancelled in a wait: the poll is as usable as before, and
 * what they were woken for is for others. Built a second time, as
 * internal_cancelled, with a library whose threads lose the processor at all
 * the interesting points.
 */

#include "config.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

static unsigned
rounds(unsigned n)
{
	return is_slowed_down() ? n / 20 + 1 : n;
}

struct waiter {
	struct mio_poll *poll;
	int64_t timeout_ns;
	pthread_t thread;
	struct mio_event event;
	int n; /* of the last wait that returned; -1: none did */
	_Atomic bool begun;
};

static void *
wait_once(void *argument)
{
	struct waiter *self = argument;

	self->begun = true;
	self->n = mio_poll(self->poll, &self->event, 1, self->timeout_ns);

	return self;
}

static void
begin_wait(struct waiter *waiter, struct mio_poll *poll, int64_t timeout_ns)
{
	*waiter = (struct waiter){
		.poll = poll, .timeout_ns = timeout_ns, .n = -1,
	};
	waiter->thread = start(wait_once, waiter);
	while (!waiter->begun)
		(void)sched_yield();
}

/* Whether the thread was cancelled before its wait returned. */
static bool
end_wait(struct waiter *waiter)
{
	void *result;

	ck_assert_int_eq(pthread_join(waiter->thread, &result), 0);
	ck_assert((result == PTHREAD_CANCELED) == (waiter->n == -1));

	return result == PTHREAD_CANCELED;
}

static bool
cancel(struct waiter *waiter)
{
	ck_assert_int_eq(pthread_cancel(waiter->thread), 0);

	return end_wait(waiter);
}

static struct mio_waker *
new_waker(struct mio_poll *poll, mio_token_t token)
{
	struct mio_waker *waker = NULL;

	assert_ok(mio_waker_create(&waker, poll, token));

	return waker;
}

static const int64_t times[] = { -1, SECONDS(600) };

START_TEST(alone)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_waker(poll, 5);
	struct waiter waiter;
	char byte;
	int fds[2];
	int i;

	make_pipe(fds);
	assert_ok(
	    mio_poll_register_fd(poll, fds[0], 7, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 20; i++) {
		begin_wait(&waiter, poll, times[_i]);
		if (i % 2 == 0)
			(void)usleep(2000);
		ck_assert(cancel(&waiter));
		expect_nothing(poll);
		assert_ok(mio_poll_arm(poll));
		assert_ok(mio_waker_wake(waker));
		expect_ready(poll, 5, MIO_READABLE, 0);
		ck_assert_int_eq(write(fds[1], "x", 1), 1);
		expect_ready(poll, 7, MIO_READABLE, 0);
		ck_assert_int_eq(read(fds[0], &byte, 1), 1);
		assert_ok(mio_fd_would_block(fds[0]));
	}
	close_pipe(fds);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

#define THREADS 4

/* The first, the last and those in between; the others are still woken. */
START_TEST(beside_others)
{
	struct mio_poll *poll = new_poll();
	struct waiter waiters[THREADS];
	struct mio_waker *wakers[THREADS];
	unsigned seen = 0, expected = 0;
	int i;

	for (i = 0; i < THREADS; i++) {
		wakers[i] = new_waker(poll, (mio_token_t)i);
		begin_wait(&waiters[i], poll, times[i % 2]);
		(void)usleep(1000);
	}
	for (i = 0; i < THREADS; i++)
		if (_i >> i & 1)
			ck_assert(cancel(&waiters[i]));
	for (i = 0; i < THREADS; i++) {
		if (_i >> i & 1)
			continue;
		assert_ok(mio_waker_wake(wakers[i]));
		expected |= 1u << i;
	}
	for (i = 0; i < THREADS; i++) {
		if (_i >> i & 1)
			continue;
		ck_assert(!end_wait(&waiters[i]));
		ck_assert_int_eq(waiters[i].n, 1);
		seen |= 1u << waiters[i].event.token;
	}
	ck_assert_uint_eq(seen, expected);
	expect_nothing(poll);
	for (i = 0; i < THREADS; i++)
		mio_waker_destroy(wakers[i]);
	mio_poll_destroy(poll);
}
END_TEST

/*
 * One of two is cancelled at the moment of a wake: either it has received
 * the event, or the other thread does.
 */
START_TEST(while_wakes_fly)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_waker(poll, 5);
	struct waiter first, second;
	unsigned i, delay = 1;

	for (i = 0; i < rounds(3000); i++) {
		begin_wait(&first, poll, times[i % 2]);
		begin_wait(&second, poll, times[i / 2 % 2]);
		delay = delay * 1103515245 + 12345;
		if (i % 8 == 0)
			(void)usleep(500);
		if (delay >> 20 & 1)
			ck_assert_int_eq(pthread_cancel(first.thread), 0);
		if (delay >> 21 & 1)
			(void)sched_yield();
		assert_ok(mio_waker_wake(waker));
		if (delay >> 22 & 1)
			(void)sched_yield();
		if (!(delay >> 20 & 1))
			ck_assert_int_eq(pthread_cancel(first.thread), 0);

		if (!end_wait(&first))
			assert_ok(mio_waker_wake(waker));
		ck_assert_msg(!end_wait(&second), "round %u", i);
		ck_assert_int_eq(second.n, 1);
		ck_assert_uint_eq(second.event.token, 5);
	}
	expect_nothing(poll);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

/* The same with a timer: the alarm may have rung for who was cancelled. */
START_TEST(while_the_alarm_rings)
{
	struct mio_poll *poll = new_poll();
	struct waiter first, second;
	struct mio_timer *timer;
	mio_token_t state;
	unsigned i;

	assert_ok(mio_timer_create(&timer, 1000, 4));
	assert_ok(mio_poll_register(
	    poll, mio_timer_source(timer), 5, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < rounds(1000); i++) {
		begin_wait(&first, poll, times[i % 2]);
		begin_wait(&second, poll, times[i / 2 % 2]);
		if (i % 8 == 0)
			(void)usleep(500);
		assert_ok(mio_timer_set(timer, 100000 + i % 7 * 2000, 1, NULL));
		(void)usleep(i * 7 % 200);
		if (!cancel(&first)) {
			ck_assert_int_eq(
			    mio_timer_expire(timer, &state, 1), 1);
			assert_ok(mio_timer_set(timer, 10000, 1, NULL));
		}
		ck_assert_msg(!end_wait(&second), "round %u", i);
		ck_assert_int_eq(second.n, 1);
		ck_assert_int_eq(mio_timer_expire(timer, &state, 1), 1);
	}
	mio_timer_destroy(timer);
	expect_nothing(poll);
	mio_poll_destroy(poll);
}
END_TEST

struct doomed {
	struct mio_poll *poll;
	int64_t timeout_ns;
	struct mio_event events[4];
	int n;
	_Atomic bool go;
};

static void *
wait_when_cancelled(void *argument)
{
	struct doomed *self = argument;

	while (!self->go)
		(void)sched_yield();
	self->n = mio_poll(self->poll, self->events, 4, self->timeout_ns);

	return self;
}

/* Cancelled before it waits, with an event ready: reported, or left there. */
START_TEST(with_events_at_hand)
{
	static const int64_t waits[] = { 0, -1, SECONDS(600) };
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_waker(poll, 5);
	struct doomed doomed = {
		.poll = poll, .timeout_ns = waits[_i % 3],
	};
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_event events[4];
	pthread_t thread;
	void *result;
	int fds[2];
	int n;

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[0], 7, MIO_READABLE,
	    _i < 6 ? MIO_EDGE : MIO_ONESHOT));
	assert_ok(mio_registration_create(&registration, &readiness));
	assert_ok(mio_poll_register(poll, mio_registration_source(registration),
	    6, MIO_READABLE, MIO_ONESHOT));
	thread = start(wait_when_cancelled, &doomed);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	assert_ok(mio_waker_wake(waker));
	assert_ok(mio_readiness_set(readiness, MIO_READABLE));
	if (_i >= 3)
		ck_assert_int_eq(write(fds[1], "x", 1), 1);
	doomed.go = true;
	ck_assert_int_eq(pthread_join(thread, &result), 0);

	n = result == PTHREAD_CANCELED ? 0 : doomed.n;
	ck_assert_int_ge(n, 0);
	n += mio_poll(poll, events, 4, 0);
	ck_assert_int_eq(n, _i < 3 ? 2 : 3);

	close_pipe(fds);
	mio_registration_destroy(registration);
	mio_readiness_unref(readiness);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

struct changer {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio_timer *timer;
	int fd;
	bool is_done;
	_Atomic bool go;
};

static void *
change_when_cancelled(void *argument)
{
	struct changer *c = argument;

	while (!c->go)
		(void)sched_yield();

	must(mio_poll_register_fd(c->poll, c->fd, 7, MIO_READABLE, 0) == 0);
	must(mio_poll_register_fd(c->poll, c->fd, 7, 0, 0) == -EEXIST);
	must(mio_poll_reregister_fd(
	    c->poll, c->fd, 7, MIO_READABLE, MIO_ONESHOT) == 0);
	must(mio_poll_reregister_fd(c->poll, c->fd, 7, 0, 0) == 0);
	must(mio_poll_deregister_fd(c->poll, c->fd) == 0);
	must(mio_poll_deregister_fd(c->poll, c->fd) == -ENOENT);
	must(mio_waker_wake(c->waker) == 0);
	must(mio_timer_set(c->timer, 1000000, 1, NULL) == 0);
	c->is_done = true;
	pthread_testcancel();

	return NULL;
}

/* A thread that was cancelled completes the calls that do not wait. */
START_TEST(changes_are_completed)
{
	struct changer c = { .poll = new_poll() };
	unsigned reported = 0; /* a bit for each token */
	struct mio_event event;
	mio_token_t token;
	pthread_t thread;
	void *result;
	int fds[2];

	make_pipe(fds);
	c.fd = fds[0];
	c.waker = new_waker(c.poll, 5);
	assert_ok(mio_timer_create(&c.timer, 1000, 4));
	assert_ok(mio_poll_register(
	    c.poll, mio_timer_source(c.timer), 6, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_poll_arm(c.poll)); /* as if another thread waits */
	thread = start(change_when_cancelled, &c);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	c.go = true;
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert(c.is_done);

	/* the timeout may be due by now, or not */
	while (reported != (1u << 5 | 1u << 6)) {
		ck_assert_int_eq(mio_poll(c.poll, &event, 1, PATIENCE), 1);
		ck_assert_uint_eq(event.ready, MIO_READABLE);
		ck_assert_uint_eq(reported & 1u << event.token, 0);
		reported |= 1u << event.token;
	}
	ck_assert_int_eq(mio_timer_expire(c.timer, &token, 1), 1);
	assert_ok(
	    mio_poll_register_fd(c.poll, c.fd, 7, MIO_READABLE, MIO_EDGE));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	expect_ready(c.poll, 7, MIO_READABLE, 0);
	close_pipe(fds);
	mio_timer_destroy(c.timer);
	mio_waker_destroy(c.waker);
	mio_poll_destroy(c.poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cancelled");
	TCase *tcase = new_case(suite, "cancelled");

	if (!can_cancel())
		return run_suite(suite);

	tcase_add_loop_test(tcase, alone, 0, 2);
	tcase_add_loop_test(tcase, beside_others, 1, 1 << THREADS);
	tcase_add_test(tcase, while_wakes_fly);
	tcase_add_test(tcase, while_the_alarm_rings);
	tcase_add_loop_test(tcase, with_events_at_hand, 0, 9);
	tcase_add_test(tcase, changes_are_completed);

	return run_suite(suite);
}
