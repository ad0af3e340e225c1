/* SPDX-License-Identifier: MIT */

/*
 * Threads that wait in one poll side by side: each for its own time, each event
 * for one of them, and no wake lost on the way. Built a second time, as
 * internal_side_by_side, with a library whose threads lose the processor at all
 * the interesting points.
 */

#include "config.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

/* As often as this many rounds take about a second. */
static unsigned
rounds(unsigned n)
{
	return is_slowed_down() ? n / 50 + 1 : n;
}

struct waiter {
	struct mio_poll *poll;
	int64_t timeout_ns, took_ns;
	int capacity, n;
	struct mio_event events[4];
	pthread_t thread;
	_Atomic bool begun;
};

static void *
wait_once(void *argument)
{
	struct waiter *self = argument;
	int64_t begin = now_ns();

	self->begun = true;
	self->n = mio_poll(self->poll, self->events, (size_t)self->capacity,
	    self->timeout_ns);
	self->took_ns = now_ns() - begin;

	return NULL;
}

/* Begun, and most likely asleep: no test may depend on that. */
static void
begin_wait(struct waiter *waiter, struct mio_poll *poll, int64_t timeout_ns,
    int capacity)
{
	*waiter = (struct waiter){
		.poll = poll, .timeout_ns = timeout_ns, .capacity = capacity,
	};
	waiter->thread = start(wait_once, waiter);
	while (!waiter->begun)
		(void)sched_yield();
	(void)usleep(2000);
}

struct user {
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_source *source;
};

static struct user
new_user(struct mio_poll *poll, mio_token_t token, unsigned options)
{
	struct user user;

	assert_ok(mio_registration_create(&user.registration, &user.readiness));
	user.source = mio_registration_source(user.registration);
	assert_ok(mio_poll_register(
	    poll, user.source, token, MIO_READABLE, options));

	return user;
}

static void
end_user(struct user *user)
{
	mio_registration_destroy(user->registration);
	mio_readiness_unref(user->readiness);
}

#define THREADS 4

START_TEST(each_waits_for_its_own_time)
{
	static const int64_t times[THREADS] = { MS(60), MS(1), MS(30), 1 };
	struct waiter waiters[THREADS], endless;
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	struct mio_waker *waker;
	int i;

	assert_ok(mio_waker_create(&waker, poll, 5));
	begin_wait(&endless, poll, -1, 1);
	for (i = 0; i < THREADS; i++)
		begin_wait(&waiters[i], poll, times[i], 1);
	for (i = 0; i < THREADS; i++) {
		join(waiters[i].thread);
		ck_assert_int_eq(waiters[i].n, 0);
		ck_assert_int_ge(waiters[i].took_ns, times[i]);
		ck_assert_int_lt(waiters[i].took_ns, SECONDS(10));
	}
	ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 0);
	assert_ok(mio_waker_wake(waker));
	join(endless.thread);
	ck_assert_int_eq(endless.n, 1);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

/* A timeout of 0 reports at once what others wait for as well. */
START_TEST(zero_timeout_reports_while_others_wait)
{
	struct mio_poll *poll = new_poll();
	struct waiter waiters[THREADS];
	struct mio_event event;
	struct user user;
	int fds[2];
	int i;

	make_pipe(fds);
	user = new_user(poll, 2, MIO_LEVEL);
	for (i = 0; i < THREADS; i++)
		begin_wait(&waiters[i], poll, -1, 1);
	if (_i == 0)
		assert_ok(mio_poll_register_fd(
		    poll, fds[1], 2, MIO_WRITABLE, MIO_LEVEL));
	else
		assert_ok(mio_readiness_set(user.readiness, MIO_READABLE));
	ck_assert_int_eq(mio_poll(poll, &event, 1, PATIENCE), 1);
	ck_assert_uint_eq(event.token, 2);

	/* a level is there for all of them */
	for (i = 0; i < THREADS; i++) {
		join(waiters[i].thread);
		ck_assert_int_eq(waiters[i].n, 1);
		ck_assert_uint_eq(waiters[i].events[0].token, 2);
	}
	ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
	end_user(&user);
	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

/* An edge, a oneshot or a wake; the others wait on until their time is over. */
START_TEST(an_event_goes_to_one_thread)
{
	struct mio_poll *poll = new_poll();
	struct waiter waiters[THREADS];
	struct mio_waker *waker;
	struct user edge, oneshot;
	int fds[2][2];
	int64_t wait_ns = SECONDS(is_slowed_down() ? 3 : 1);
	int i, reported = 0;

	make_pipe(fds[0]);
	make_pipe(fds[1]);
	edge = new_user(poll, 7, MIO_EDGE);
	oneshot = new_user(poll, 7, MIO_ONESHOT);
	assert_ok(mio_waker_create(&waker, poll, 7));
	assert_ok(mio_poll_register_fd(
	    poll, fds[0][0], 7, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_poll_register_fd(
	    poll, fds[1][0], 7, MIO_READABLE, MIO_ONESHOT));
	for (i = 0; i < THREADS; i++)
		begin_wait(&waiters[i], poll, wait_ns, 4);
	if (_i == 0)
		assert_ok(mio_waker_wake(waker));
	else if (_i == 1)
		assert_ok(mio_readiness_set(edge.readiness, MIO_READABLE));
	else if (_i == 2)
		assert_ok(mio_readiness_set(oneshot.readiness, MIO_READABLE));
	else
		ck_assert_int_eq(write(fds[_i - 3][1], "x", 1), 1);
	for (i = 0; i < THREADS; i++) {
		join(waiters[i].thread);
		ck_assert_int_ge(waiters[i].n, 0);
		reported += waiters[i].n;
		if (waiters[i].n == 0)
			ck_assert_int_ge(waiters[i].took_ns, wait_ns);
	}
	ck_assert_int_eq(reported, 1);
	mio_waker_destroy(waker);
	end_user(&edge);
	end_user(&oneshot);
	close_pipe(fds[0]);
	close_pipe(fds[1]);
	mio_poll_destroy(poll);
}
END_TEST

/* All are ready before anybody can take one: what is left wakes the next. */
START_TEST(what_does_not_fit_wakes_another)
{
	struct mio_poll *poll = new_poll();
	struct waiter waiters[THREADS];
	struct mio_waker *wakers[THREADS];
	unsigned seen = 0;
	int i, j;

	for (i = 0; i < THREADS; i++)
		assert_ok(
		    mio_waker_create(&wakers[i], poll, (mio_token_t)i));
	for (i = 0; i < 2; i++)
		begin_wait(&waiters[i], poll, -1, 2);
	for (i = 0; i < THREADS; i++)
		assert_ok(mio_waker_wake(wakers[i]));
	/* one that got a single event leaves some to nobody: come again */
	for (i = 0; i < 2; i++) {
		join(waiters[i].thread);
		ck_assert_int_ge(waiters[i].n, 1);
		for (j = 0; j < waiters[i].n; j++)
			seen |= 1u << waiters[i].events[j].token;
	}
	while (seen != 0xf) {
		struct mio_event event;

		ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
		ck_assert_uint_eq(seen >> event.token & 1, 0);
		seen |= 1u << event.token;
	}
	for (i = 0; i < THREADS; i++)
		mio_waker_destroy(wakers[i]);
	mio_poll_destroy(poll);
}
END_TEST

/* One after the other: a thread that leaves passes the alarm on. */
START_TEST(each_timer_wakes_one)
{
	struct mio_poll *poll = new_poll();
	struct mio_timer *timers[THREADS];
	struct waiter waiters[THREADS];
	unsigned seen = 0;
	int i;

	for (i = 0; i < THREADS; i++) {
		assert_ok(mio_timer_create(&timers[i], MS(1), 4));
		assert_ok(mio_poll_register(poll, mio_timer_source(timers[i]),
		    (mio_token_t)i, MIO_READABLE, MIO_EDGE));
		if (_i % 2 == 0)
			assert_ok(mio_timer_set(timers[i],
			    (uint64_t)MS(30 + 5 * i), 1, NULL));
	}
	for (i = 0; i < THREADS; i++)
		begin_wait(&waiters[i], poll, _i < 2 ? -1 : PATIENCE, 1);
	/* set while all wait, the last one first; the first ones at once */
	for (i = THREADS; i-- > 0 && _i % 2 == 1;)
		assert_ok(mio_timer_set(
		    timers[i], i < 2 ? 0 : (uint64_t)MS(5 * i), 1, NULL));
	for (i = 0; i < THREADS; i++) {
		join(waiters[i].thread);
		ck_assert_int_eq(waiters[i].n, 1);
		ck_assert_int_lt(waiters[i].took_ns, SECONDS(10));
		seen |= 1u << waiters[i].events[0].token;
	}
	ck_assert_uint_eq(seen, 0xf);
	for (i = 0; i < THREADS; i++)
		mio_timer_destroy(timers[i]);
	mio_poll_destroy(poll);
}
END_TEST

/* ---- no wake is lost */

enum kind { WAKER, EDGE, LEVEL, ONESHOT, PIPE, TIMER, KINDS };

struct work {
	enum kind kind;
	struct mio_waker *waker;
	struct user user;
	struct mio_timer *timer;
	int fds[2];
	pthread_t thread;
	struct pool *pool;
	unsigned data; /* no atomic: the event is what orders it */
	atomic_uint level, taken; /* the same of a level, reported to several */
	atomic_uint replied;
};

struct pool {
	struct mio_poll *poll;
	struct work work[KINDS];
	struct user stop;
	unsigned rounds, workers;
	atomic_uint turn, replies;
};

#define STOP KINDS

static void
tell(struct work *work)
{
	if (work->kind == WAKER)
		must(mio_waker_wake(work->waker) == 0);
	else if (work->kind == PIPE)
		must(write(work->fds[1], "x", 1) == 1);
	else if (work->kind == TIMER)
		must(mio_timer_set(work->timer, 50000, 1, NULL) == 0);
	else
		must(mio_readiness_set(work->user.readiness, MIO_READABLE) ==
		    0);
}

/* Sets, and waits for the reply, so that each of them has to arrive. */
static void *
produce(void *argument)
{
	struct work *self = argument;
	int64_t end;
	unsigned i;

	for (i = 1; i <= self->pool->rounds; i++) {
		self->data = i;
		self->level = i;
		tell(self);
		end = now_ns() + PATIENCE;
		while (self->replied != i) {
			if (now_ns() > end)
				ck_abort_msg("kind %d, round %u: lost",
				    (int)self->kind, i);
			(void)sched_yield();
		}
	}

	return NULL;
}

/* It may be reported to several: one of them replies, the others are late. */
static void
answer_level(struct work *self)
{
	unsigned seen = self->level;
	unsigned before = seen - 1;

	if (!atomic_compare_exchange_strong(&self->taken, &before, seen))
		return;
	must(mio_readiness_set(self->user.readiness, 0) == 0);
	self->replied = seen;
}

static void
reply(struct work *self)
{
	struct mio_poll *poll = self->pool->poll;
	mio_token_t state;
	unsigned seen;
	char byte;

	/* the byte is what orders the other accesses */
	if (self->kind == PIPE)
		must(read(self->fds[0], &byte, 1) == 1);
	seen = self->data;
	must(self->replied + 1 == seen);

	if (self->kind == PIPE) {
		must(mio_poll_reregister_fd(poll, self->fds[0], PIPE,
			 MIO_READABLE, MIO_ONESHOT) == 0);
	} else if (self->kind == ONESHOT) {
		must(mio_readiness_set(self->user.readiness, 0) == 0);
		must(mio_poll_reregister(poll, self->user.source, ONESHOT,
			 MIO_READABLE, MIO_ONESHOT) == 0);
	} else if (self->kind == TIMER) {
		must(mio_timer_expire(self->timer, &state, 1) == 1);
	}
	self->replied = seen;
}

static void *
consume(void *argument)
{
	struct pool *pool = argument;
	unsigned self = atomic_fetch_add(&pool->turn, 1);
	size_t capacity = 1 + self % 3;
	struct mio_event events[3];
	bool stopped = false;
	int n, i;

	while (!stopped) {
		n = mio_poll(pool->poll, events, capacity,
		    self % 4 == 3 ? MS(1) : PATIENCE);
		if (n < 0 || (n == 0 && self % 4 != 3))
			ck_abort_msg("thread %u: %d", self, n);
		for (i = 0; i < n; i++) {
			if (events[i].token == STOP)
				stopped = true;
			else if (events[i].token == LEVEL)
				answer_level(&pool->work[LEVEL]);
			else
				reply(&pool->work[events[i].token]);
		}
	}

	return NULL;
}

static void
begin_work(struct pool *pool, enum kind kind)
{
	struct work *work = &pool->work[kind];
	struct mio_poll *poll = pool->poll;

	work->kind = kind;
	work->pool = pool;
	if (kind == WAKER) {
		assert_ok(mio_waker_create(&work->waker, poll, kind));
	} else if (kind == PIPE) {
		make_pipe(work->fds);
		assert_ok(mio_poll_register_fd(
		    poll, work->fds[0], kind, MIO_READABLE, MIO_ONESHOT));
	} else if (kind == TIMER) {
		assert_ok(mio_timer_create(&work->timer, 10000, 4));
		assert_ok(mio_poll_register(poll,
		    mio_timer_source(work->timer), kind, MIO_READABLE,
		    MIO_EDGE));
	} else {
		work->user = new_user(poll, kind,
		    kind == EDGE	? MIO_EDGE
			: kind == LEVEL ? MIO_LEVEL
					: MIO_ONESHOT);
	}
}

static void
end_work(struct work *work)
{
	if (work->kind == WAKER) {
		mio_waker_destroy(work->waker);
	} else if (work->kind == PIPE) {
		close_pipe(work->fds);
	} else if (work->kind == TIMER) {
		mio_timer_destroy(work->timer);
	} else {
		end_user(&work->user);
	}
}

/* The last row has all kinds, each other one a kind of its own. */
START_TEST(no_wake_is_lost_among_threads)
{
	static const unsigned counts[] = { 2, 3, 4, 8 };
	struct pool pool = { .poll = new_poll(), .rounds = rounds(2000) };
	unsigned workers = counts[_i % 4], i;
	unsigned first = (unsigned)_i / 4, last = first + 1;
	pthread_t threads[8];

	if (first == KINDS) {
		first = 0;
		last = KINDS;
		pool.rounds /= 2;
	}
	pool.stop = new_user(pool.poll, STOP, MIO_LEVEL);
	for (i = first; i < last; i++)
		begin_work(&pool, i);
	for (i = 0; i < workers; i++)
		threads[i] = start(consume, &pool);
	for (i = first; i < last; i++)
		pool.work[i].thread = start(produce, &pool.work[i]);
	for (i = first; i < last; i++)
		join(pool.work[i].thread);

	/* a level that nobody clears: each thread passes it on */
	assert_ok(mio_readiness_set(pool.stop.readiness, MIO_READABLE));
	for (i = 0; i < workers; i++)
		join(threads[i]);
	for (i = first; i < last; i++)
		end_work(&pool.work[i]);
	end_user(&pool.stop);
	mio_poll_destroy(pool.poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("side by side");
	TCase *waits = new_case(suite, "waits");
	TCase *wakes = new_case(suite, "wakes");

	tcase_add_test(waits, each_waits_for_its_own_time);
	tcase_add_loop_test(waits, zero_timeout_reports_while_others_wait, 0,
	    2);
	tcase_add_loop_test(waits, an_event_goes_to_one_thread, 0, 5);
	tcase_add_test(waits, what_does_not_fit_wakes_another);
	tcase_add_loop_test(waits, each_timer_wakes_one, 0, 4);

	tcase_add_loop_test(
	    wakes, no_wake_is_lost_among_threads, 0, (KINDS + 1) * 4);

	return run_suite(suite);
}
