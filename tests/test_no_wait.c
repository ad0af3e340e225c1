/* SPDX-License-Identifier: MIT */

/*
 * A call to mio_poll with a timeout of 0 reports what its own thread queued
 * before, whatever other threads do meanwhile. The test is built a second time,
 * with a library whose threads yield at all the interesting points.
 */

#include "config.h"
#include "lib/harness.h"

#include <stdatomic.h>

/* As often as this many rounds take about a second. */
static unsigned
rounds(unsigned n)
{
	return is_slowed_down() ? n / 50 + 1 : n;
}

struct noise {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio_timer *timer;
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	pthread_t thread;
	_Atomic bool stop;
};

static void *
wake_and_set(void *argument)
{
	struct noise *noise = argument;

	while (!noise->stop) {
		if (mio_waker_wake(noise->waker) != 0 ||
		    mio_readiness_set(noise->readiness, MIO_READABLE) != 0)
			abort();
	}

	return NULL;
}

/* Each of these is the earliest, and due at once. */
static void *
set_timers(void *argument)
{
	struct noise *noise = argument;
	mio_timeout_t timeout;

	while (!noise->stop) {
		if (mio_timer_set(noise->timer, SECONDS(100), 1, &timeout) !=
			0 ||
		    mio_timer_cancel(noise->timer, timeout, NULL) != 0)
			abort();
	}

	return NULL;
}

#define NOISES 3

static void
make_noise(struct noise *noises, struct mio_poll *poll, bool timers)
{
	unsigned i;

	for (i = 0; i < NOISES; i++) {
		struct noise *noise = &noises[i];

		*noise = (struct noise){ .poll = poll };
		assert_ok(mio_waker_create(&noise->waker, poll, 10 + i));
		assert_ok(mio_registration_create(
		    &noise->registration, &noise->readiness));
		assert_ok(mio_poll_register(poll,
		    mio_registration_source(noise->registration), 20 + i,
		    MIO_READABLE, MIO_EDGE));
		assert_ok(mio_timer_create(&noise->timer, 1, 4));
		if (timers)
			assert_ok(mio_poll_register(poll,
			    mio_timer_source(noise->timer), 30 + i,
			    MIO_READABLE, MIO_EDGE));
		noise->thread =
		    start(timers ? set_timers : wake_and_set, noise);
	}
}

static void
end_noise(struct noise *noises)
{
	unsigned i;

	for (i = 0; i < NOISES; i++) {
		noises[i].stop = true;
		join(noises[i].thread);
		mio_waker_destroy(noises[i].waker);
		mio_registration_destroy(noises[i].registration);
		mio_readiness_unref(noises[i].readiness);
		mio_timer_destroy(noises[i].timer);
	}
}

/* The only thread that polls: nobody else can have received it. */
START_TEST(zero_timeout_reports_what_was_queued_before)
{
	struct mio_poll *poll = new_poll();
	struct mio_event events[64];
	struct noise noises[NOISES];
	struct mio_waker *waker;
	unsigned i, missed = 0;
	int n, j;

	assert_ok(mio_waker_create(&waker, poll, 5));
	make_noise(noises, poll, _i / 2 != 0);
	for (i = 0; i < rounds(20000); i++) {
		if (_i % 2 == 1)
			must(mio_poll_arm(poll) >= 0);
		must(mio_waker_wake(waker) == 0);
		n = mio_poll(poll, events, 64, 0);
		for (j = 0; j < n && events[j].token != 5; j++)
			continue;
		missed += j >= n;
	}
	end_noise(noises);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
	ck_assert_msg(missed == 0, "%u of %u looks", missed, i);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("no_wait");
	TCase *tcase = new_case(suite, "looks");

	tcase_add_loop_test(tcase, zero_timeout_reports_what_was_queued_before,
	    0, 4);

	return run_suite(suite);
}
