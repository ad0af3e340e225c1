/* SPDX-License-Identifier: MIT */

/*
 * Registrations that many threads use at once. Built a second time, as
 * internal_yields, with a library whose threads lose the processor at all the
 * interesting points.
 */

#include "config.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

/* As often as this many rounds take about a second or two. */
static unsigned
rounds(unsigned n)
{
	return is_slowed_down() ? n / 50 + 1 : n;
}

struct shared {
	struct mio_poll *poll;
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_source *source;
	unsigned rounds;
	atomic_uint turn, ready;
	_Atomic bool stop;
};

static void
begin(struct shared *shared)
{
	assert_ok(mio_registration_create(&shared->registration,
	    &shared->readiness));
	shared->source = mio_registration_source(shared->registration);
}

static void
end(struct shared *shared)
{
	mio_registration_destroy(shared->registration);
	mio_readiness_unref(shared->readiness);
}

enum { SETTERS = 8 };

struct setter {
	struct mio_readiness *readiness;
	unsigned rounds;
	unsigned data;		/* no atomic: the event is what orders it */
	_Atomic unsigned reported; /* how many of the sets were */
	_Atomic bool done;
};

static void *
set_all_the_time(void *argument)
{
	struct setter *setter = argument;
	unsigned i;

	for (i = 1; i <= setter->rounds; i++)
		assert_ok(mio_readiness_set(setter->readiness, MIO_READABLE));
	setter->done = true;
	assert_ok(mio_readiness_set(setter->readiness,
	    MIO_READABLE | MIO_READ_CLOSED));

	return NULL;
}

/*
 * mio: small arrays and unfinished pushes lost nodes or tore the list. The last
 * set of each thread arrives, in an array half as large as there are threads,
 * and after 1000 polls of a storm all are still there.
 */
START_TEST(storm_of_sets_loses_none)
{
	struct setter setters[SETTERS];
	struct mio_registration *registrations[SETTERS];
	pthread_t threads[SETTERS];
	struct mio_poll *poll = new_poll();
	struct mio_event events[4];
	unsigned closed = 0, seen;
	int i, j, n;

	for (i = 0; i < SETTERS; i++) {
		setters[i] = (struct setter){ .rounds = rounds(20000) };
		assert_ok(mio_registration_create(&registrations[i],
		    &setters[i].readiness));
		assert_ok(mio_poll_register(poll,
		    mio_registration_source(registrations[i]), (mio_token_t)i,
		    MIO_READABLE, _i == 0 ? MIO_EDGE : MIO_LEVEL));
		threads[i] = start(set_all_the_time, &setters[i]);
	}

	while (closed != (1u << SETTERS) - 1) {
		n = mio_poll(poll, events, 4, PATIENCE);
		ck_assert_int_ge(n, 1);
		for (j = 0; j < n; j++) {
			ck_assert_uint_lt(events[j].token, SETTERS);
			if (!(events[j].ready & MIO_READ_CLOSED))
				continue;
			ck_assert(setters[events[j].token].done);
			closed |= 1u << events[j].token;
		}
	}
	for (i = 0; i < SETTERS; i++)
		join(threads[i]);

	/* every node is still there, and none stands there twice */
	while (mio_poll(poll, events, 4, 0) > 0 && _i == 0)
		continue;
	for (i = 0; i < SETTERS; i++)
		assert_ok(mio_readiness_set(setters[i].readiness,
		    MIO_READABLE));
	for (seen = 0, i = 0; i < SETTERS / 4; i++) {
		ck_assert_int_eq(mio_poll(poll, events, 4, 0), 4);
		for (j = 0; j < 4; j++)
			seen |= 1u << events[j].token;
	}
	ck_assert_uint_eq(seen, (1u << SETTERS) - 1);

	for (i = 0; i < SETTERS; i++) {
		mio_registration_destroy(registrations[i]);
		mio_readiness_unref(setters[i].readiness);
	}
	mio_poll_destroy(poll);
}
END_TEST

static void *
set_and_await_the_report(void *argument)
{
	struct setter *setter = argument;
	unsigned i;

	for (i = 1; i <= setter->rounds; i++) {
		setter->data = i;
		assert_ok(mio_readiness_set(setter->readiness, MIO_READABLE));
		while (setter->reported != i)
			sched_yield();
	}

	return NULL;
}

/* Each set of an edge is one event: not one is lost, not one comes twice. */
START_TEST(every_set_is_seen_once)
{
	enum { THREADS = 3 };
	struct setter setters[THREADS];
	struct mio_registration *registrations[THREADS];
	pthread_t threads[THREADS];
	struct mio_poll *poll = new_poll();
	struct mio_event events[2];
	unsigned left = 0;
	int i, n;

	for (i = 0; i < THREADS; i++) {
		setters[i] = (struct setter){ .rounds = rounds(5000) };
		left += setters[i].rounds;
		assert_ok(mio_registration_create(&registrations[i],
		    &setters[i].readiness));
		assert_ok(mio_poll_register(poll,
		    mio_registration_source(registrations[i]), (mio_token_t)i,
		    MIO_READABLE, MIO_EDGE));
		threads[i] = start(set_and_await_the_report, &setters[i]);
	}
	for (; left > 0; left -= (unsigned)n) {
		n = mio_poll(poll, events, 2, PATIENCE);
		ck_assert_int_ge(n, 1);
		for (i = 0; i < n; i++) {
			struct setter *setter = &setters[events[i].token];

			ck_assert_uint_eq(setter->data, setter->reported + 1);
			setter->reported++;
		}
	}
	expect_nothing(poll);

	for (i = 0; i < THREADS; i++) {
		join(threads[i]);
		mio_registration_destroy(registrations[i]);
		mio_readiness_unref(setters[i].readiness);
	}
	mio_poll_destroy(poll);
}
END_TEST

/* A token whose halves say the same, so that one of two updates shows. */
static mio_token_t
doubled(uint32_t n)
{
	return (mio_token_t)n << 32 | n;
}

static void *
update_all_the_time(void *argument)
{
	struct shared *shared = argument;
	unsigned self = atomic_fetch_add(&shared->turn, 1);
	unsigned i;
	int r;

	for (i = 0; i < shared->rounds; i++) {
		r = mio_poll_reregister(shared->poll, shared->source,
		    doubled(self << 24 | i), MIO_READABLE,
		    i % 2 == 0 ? MIO_EDGE : MIO_LEVEL);
		assert_ok(r);
	}
	atomic_fetch_add(&shared->ready, 1);

	return NULL;
}

/*
 * More updates at once than there is room for tokens. None is torn, and those
 * of one thread are reported in its order.
 */
START_TEST(tokens_are_never_torn_and_never_go_back)
{
	enum { UPDATERS = 7 };
	struct shared shared = {
		.poll = new_poll(), .rounds = rounds(5000),
	};
	uint32_t newest[UPDATERS] = { 0 };
	pthread_t threads[UPDATERS];
	struct mio_event event;
	uint32_t half;
	int i;

	begin(&shared);
	assert_ok(mio_poll_register(shared.poll, shared.source, 0,
	    MIO_READABLE, MIO_EDGE));
	for (i = 0; i < UPDATERS; i++)
		threads[i] = start(update_all_the_time, &shared);
	while (shared.ready < UPDATERS) {
		assert_ok(mio_readiness_set(shared.readiness, MIO_READABLE));
		if (mio_poll(shared.poll, &event, 1, 0) == 0)
			continue;
		half = (uint32_t)event.token;
		ck_assert_uint_eq(event.token, doubled(half));
		ck_assert_uint_ge(half & 0xffffff, newest[half >> 24]);
		newest[half >> 24] = half & 0xffffff;
	}
	for (i = 0; i < UPDATERS; i++)
		join(threads[i]);

	/* all have come back: what is reported now is one of the last ones */
	assert_ok(mio_readiness_set(shared.readiness, MIO_READABLE));
	event = expect_event(shared.poll);
	half = (uint32_t)event.token;
	ck_assert_uint_eq(half & 0xffffff, shared.rounds - 1);

	end(&shared);
	mio_poll_destroy(shared.poll);
}
END_TEST

/* Once an update has returned, no later wait reports the older registration. */
START_TEST(an_update_that_came_back_holds)
{
	struct shared shared = { .poll = new_poll() };
	struct setter setter = { .rounds = rounds(20000) };
	struct mio_event event;
	mio_token_t token = 0;
	pthread_t thread;
	int n;

	begin(&shared);
	setter.readiness = shared.readiness;
	assert_ok(mio_poll_register(shared.poll, shared.source, token,
	    MIO_READABLE, MIO_EDGE));
	thread = start(set_all_the_time, &setter);
	while (!setter.done) {
		assert_ok(mio_poll_reregister(shared.poll, shared.source,
		    ++token, MIO_READABLE, MIO_EDGE));
		n = mio_poll(shared.poll, &event, 1, 0);
		if (n == 1)
			ck_assert_uint_eq(event.token, token);
		assert_ok(mio_poll_deregister(shared.poll, shared.source));
		n = mio_poll(shared.poll, &event, 1, 0);
		ck_assert_msg(n == 0, "deregistered, but reported");
		assert_ok(mio_poll_register(shared.poll, shared.source,
		    ++token, MIO_READABLE, MIO_EDGE));
	}
	join(thread);

	end(&shared);
	mio_poll_destroy(shared.poll);
}
END_TEST

static void *
set_once_and_drop(void *argument)
{
	struct shared *shared = argument;

	shared->ready = 1;
	assert_ok(mio_readiness_set(shared->readiness, MIO_READABLE));
	if (shared->turn % 2 == 0)
		mio_readiness_unref(shared->readiness);
	else
		mio_registration_destroy(shared->registration);

	return NULL;
}

/* mio: the queue's share of a late registration was not counted. */
START_TEST(setting_while_registering_is_never_lost)
{
	struct shared shared = { .poll = new_poll() };
	struct mio_event event;
	pthread_t thread;
	unsigned i;
	int n;

	for (i = 0; i < rounds(5000); i++) {
		begin(&shared);
		shared.turn = i;
		shared.ready = 0;
		thread = start(set_once_and_drop, &shared);
		while (shared.ready == 0)
			sched_yield();
		assert_ok(mio_poll_register(shared.poll, shared.source, i,
		    MIO_READABLE, MIO_EDGE));
		n = mio_poll(shared.poll, &event, 1,
		    i % 2 == 0 ? PATIENCE : 0);
		join(thread);
		if (i % 2 == 0) {
			ck_assert_int_eq(n, 1);
			ck_assert_uint_eq(event.token, i);
			mio_registration_destroy(shared.registration);
		} else {
			mio_readiness_unref(shared.readiness);
		}
		ck_assert_int_eq(mio_poll(shared.poll, &event, 1, 0), 0);
	}
	mio_poll_destroy(shared.poll);
}
END_TEST

static void *
set_until_reported(void *argument)
{
	struct shared *shared = argument;
	struct mio_readiness *own = mio_readiness_ref(shared->readiness);

	shared->ready++;
	while (!shared->stop)
		assert_ok(mio_readiness_set(own, MIO_READABLE));
	assert_ok(mio_readiness_set(own, MIO_WRITABLE));
	mio_readiness_unref(own);

	return NULL;
}

/* Registration, handles and poll go while threads go on setting. */
START_TEST(all_may_go_while_threads_set)
{
	unsigned i;

	for (i = 0; i < rounds(1500); i++) {
		struct shared shared = { .poll = new_poll() };
		struct mio_event event;
		pthread_t threads[2];

		begin(&shared);
		assert_ok(mio_poll_register(shared.poll, shared.source, 1,
		    MIO_READABLE, i & 1 ? MIO_EDGE : MIO_LEVEL));
		threads[0] = start(set_until_reported, &shared);
		threads[1] = start(set_until_reported, &shared);
		while (shared.ready < 2)
			sched_yield();
		(void)mio_poll(shared.poll, &event, 1, 0);
		if (i & 2)
			mio_poll_destroy(shared.poll);
		mio_registration_destroy(shared.registration);
		mio_readiness_unref(shared.readiness);
		if (!(i & 2))
			mio_poll_destroy(shared.poll);
		shared.stop = true;
		join(threads[0]);
		join(threads[1]);
	}
}
END_TEST

struct poller {
	struct shared *shared;
	unsigned events;
};

/* mio: a wait that found the poll held left the caller's array as it was. */
static void *
poll_beside_others(void *argument)
{
	struct poller *poller = argument;
	struct mio_event event;
	int n;

	while (!poller->shared->stop) {
		n = mio_poll(poller->shared->poll, &event, 1,
		    poller->events % 3 == 0 ? MS(1) : 0);
		ck_assert_int_ge(n, 0);
		poller->events += (unsigned)n;
	}

	return NULL;
}

/* Every set is reported to one of the waiting threads. */
START_TEST(many_pollers_share_the_events)
{
	enum { POLLERS = 3 };
	struct shared shared = { .poll = new_poll() };
	struct poller pollers[POLLERS];
	pthread_t threads[POLLERS];
	unsigned sets = rounds(5000), events = 0;
	struct mio_event event;
	unsigned i;

	begin(&shared);
	assert_ok(mio_poll_register(shared.poll, shared.source, 1,
	    MIO_READABLE, MIO_EDGE));
	for (i = 0; i < POLLERS; i++) {
		pollers[i] = (struct poller){ .shared = &shared };
		threads[i] = start(poll_beside_others, &pollers[i]);
	}
	for (i = 0; i < sets; i++)
		assert_ok(mio_readiness_set(shared.readiness, MIO_READABLE));
	shared.stop = true;
	for (i = 0; i < POLLERS; i++) {
		join(threads[i]);
		events += pollers[i].events;
	}
	events += (unsigned)mio_poll(shared.poll, &event, 1, 0);
	ck_assert_uint_ge(events, 1);
	ck_assert_uint_le(events, sets);
	expect_nothing(shared.poll);

	end(&shared);
	mio_poll_destroy(shared.poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("registration, threads");
	TCase *queue = new_case(suite, "queue");
	TCase *tokens = new_case(suite, "tokens");
	TCase *lifetime = new_case(suite, "lifetime");

	tcase_add_loop_test(queue, storm_of_sets_loses_none, 0, 2);
	tcase_add_test(queue, every_set_is_seen_once);
	tcase_add_test(queue, many_pollers_share_the_events);

	tcase_add_test(tokens, tokens_are_never_torn_and_never_go_back);
	tcase_add_test(tokens, an_update_that_came_back_holds);

	tcase_add_test(lifetime, setting_while_registering_is_never_lost);
	tcase_add_test(lifetime, all_may_go_while_threads_set);

	return run_suite(suite);
}
