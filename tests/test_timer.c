/* SPDX-License-Identifier: MIT */

/* Timers with the real clock, registered with a poll and without one. */

#include "config.h"
#include "lib/harness.h"
#include "lib/nest.h"
#include "lib/timers.h"

#define FAR  (UINT64_C(1) << 63)

START_TEST(bad_arguments_are_refused)
{
	struct mio_timer *timer = new_timer(), *none = NULL;
	mio_timeout_t timeout = 77;
	mio_token_t token = 78;
	uint64_t delay = 79;

	assert_error(mio_timer_create(NULL, 0, 0), EINVAL);
	assert_error(mio_timer_create(&none, 0, SIZE_MAX), ENOMEM);
	assert_error(mio_timer_create(&none, 0, UINT32_MAX), ENOMEM);
	assert_error(mio_timer_create(&none, 0, 2147482623), ENOMEM);
	ck_assert_ptr_null(none);
	ck_assert_ptr_null(mio_timer_source(NULL));
	mio_timer_destroy(NULL);

	assert_error(mio_timer_set(NULL, 1, 2, &timeout), EINVAL);
	assert_error(mio_timer_set(NULL, UINT64_MAX, 2, &timeout), EINVAL);
	assert_error(mio_timer_set_at(NULL, 1, 2, &timeout), EINVAL);
	assert_error(mio_timer_reset(NULL, 1, 2), EINVAL);
	assert_error(mio_timer_reset(NULL, 1, UINT64_MAX), EINVAL);
	assert_error(mio_timer_reset_at(NULL, 1, 2), EINVAL);
	assert_error(mio_timer_cancel(NULL, 1, &token), EINVAL);
	assert_error(mio_timer_expire(NULL, &token, 1), EINVAL);
	assert_error(mio_timer_expire(timer, NULL, 1), EINVAL);
	assert_error(mio_timer_expire(timer, &token, 0), EINVAL);
	assert_error(mio_timer_next(NULL, &delay), EINVAL);
	assert_error(mio_timer_next(timer, NULL), EINVAL);
	ck_assert_uint_eq(mio_timer_pending(NULL), 0);

	assert_error(mio_timer_set(timer, FAR + 1, 2, &timeout), EOVERFLOW);
	assert_error(
	    mio_timer_set_at(timer, UINT64_MAX, 2, &timeout), EOVERFLOW);
	assert_error(mio_timer_reset(timer, 0, 1), ENOENT);
	assert_error(mio_timer_reset_at(timer, UINT64_MAX, 1), ENOENT);
	assert_error(mio_timer_cancel(timer, 0, &token), ENOENT);
	assert_error(mio_timer_next(timer, &delay), ENOENT);
	ck_assert_int_eq(mio_timer_expire(timer, &token, 1), 0);
	ck_assert_uint_eq(mio_timer_pending(timer), 0);
	ck_assert_uint_eq(timeout, 77);
	ck_assert_uint_eq(token, 78);
	ck_assert_uint_eq(delay, 79);

	assert_ok(mio_timer_set(timer, 5, 6, NULL));
	assert_ok(mio_timer_set(timer, SECONDS(60), 6, &timeout));
	assert_error(mio_timer_reset(timer, timeout, FAR + 1), EOVERFLOW);
	assert_error(
	    mio_timer_reset_at(timer, timeout, UINT64_MAX), EOVERFLOW);
	assert_ok(mio_timer_cancel(timer, timeout, NULL));
	mio_timer_destroy(timer);
}
END_TEST

START_TEST(registers_as_other_sources_do)
{
	struct scene scene = begin(MIO_LEVEL);
	struct mio_poll *other = new_poll();
	struct mio_timer *fresh = new_timer();

	assert_error(mio_poll_register(scene.poll, scene.source, 1,
			 MIO_READABLE, 0), EEXIST);
	assert_error(mio_poll_register(other, scene.source, 1, MIO_READABLE, 0),
	    EINVAL);
	assert_error(mio_poll_reregister(other, scene.source, 1, MIO_READABLE,
			 0), EINVAL);
	assert_error(mio_poll_deregister(other, scene.source), EINVAL);
	assert_ok(mio_poll_deregister(scene.poll, scene.source));
	assert_error(mio_poll_deregister(scene.poll, scene.source), ENOENT);
	assert_error(mio_poll_reregister(
			 scene.poll, scene.source, 1, MIO_AIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_reregister(
			 scene.poll, scene.source, 1, MIO_LIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_reregister(scene.poll, scene.source, 1,
			 MIO_READABLE, MIO_EXCLUSIVE), EINVAL);
	assert_error(mio_poll_reregister(scene.poll, scene.source, 1,
			 MIO_READABLE, 0), ENOENT);
	assert_error(mio_poll_register(other, scene.source, 1, MIO_READABLE, 0),
	    EINVAL);

	assert_error(mio_poll_register(other, mio_timer_source(fresh), 1,
			 MIO_READABLE, MIO_EXCLUSIVE), ENOTSUP);
	assert_error(mio_poll_register(
			 other, mio_timer_source(fresh), 1, MIO_AIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_register(
			 other, mio_timer_source(fresh), 1, MIO_LIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_register(other, mio_timer_source(fresh),
			 MIO_TOKEN_RESERVED, MIO_READABLE, 0), EINVAL);
	assert_error(mio_poll_reregister(
			 other, mio_timer_source(fresh), 1, MIO_READABLE, 0),
	    ENOENT);
	mio_timer_destroy(fresh);
	mio_poll_destroy(other);
	end(&scene);
}
END_TEST

/* In mio, the wheel's timeouts were early, by up to half a tick and more. */
START_TEST(nothing_is_early)
{
	static const uint64_t ticks[] = { 0, 1, 1000, MS(1), MS(3), MS(10) };
	struct scene scene;
	struct mio_timer *timer;
	unsigned random = 7;
	uint64_t delay, asked;
	mio_token_t token;
	int i;

	for (i = 0; i < 60; i++) {
		scene.poll = new_poll();
		assert_ok(mio_timer_create(&timer, ticks[i % 6], 10));
		scene.timer = timer;
		assert_ok(mio_poll_register(
		    scene.poll, mio_timer_source(timer), 9, MIO_READABLE, 0));
		random = random * 1103515245 + 12345;
		delay = random >> 8 & 0x7fffff; /* up to 8 ms */
		asked = mio_clock_now();
		set(&scene, delay, 5);
		expect_due(&scene);
		ck_assert_uint_ge(mio_clock_now(), asked + delay);
		ck_assert_int_eq(mio_timer_expire(timer, &token, 1), 1);
		ck_assert_uint_eq(token, 5);
		end(&scene);
	}
}
END_TEST

START_TEST(timeouts_expire_in_order)
{
	struct scene scene = begin(MIO_LEVEL);
	uint64_t now = mio_clock_now();
	mio_token_t tokens[8], token = 1;
	int i, n;

	/* the tokens are in the order in which the timeouts expire */
	assert_ok(mio_timer_set_at(scene.timer, now + MS(40), 5, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now + MS(40), 6, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now + MS(5), 2, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now - MS(5), 1, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now + MS(20), 3, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now + MS(20), 4, NULL));
	ck_assert_uint_eq(mio_timer_pending(scene.timer), 6);
	while (token <= 6) {
		expect_due(&scene);
		n = mio_timer_expire(scene.timer, tokens, 8);
		ck_assert_int_gt(n, 0);
		for (i = 0; i < n; i++)
			ck_assert_uint_eq(tokens[i], token++);
	}
	ck_assert_uint_eq(mio_timer_pending(scene.timer), 0);
	expect_nothing(scene.poll);
	end(&scene);
}
END_TEST

START_TEST(level_reports_until_all_have_expired)
{
	struct scene scene = begin(MIO_LEVEL);
	mio_token_t token;

	set_due(&scene, 1);
	set_due(&scene, 2);
	expect_due(&scene);
	expect_due(&scene);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	expect_due(&scene);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	expect_nothing(scene.poll);
	set(&scene, MS(2), 3);
	expect_due(&scene);
	expect_token(&scene, 3);
	expect_nothing(scene.poll);
	end(&scene);
}
END_TEST

START_TEST(edge_reports_once_until_all_have_expired)
{
	struct scene scene = begin(MIO_EDGE);
	mio_token_t tokens[4];

	set_due(&scene, 1);
	set_due(&scene, 2);
	expect_due(&scene);
	expect_nothing(scene.poll);
	set_due(&scene, 3);
	expect_nothing(scene.poll);
	ck_assert_int_eq(mio_timer_expire(scene.timer, tokens, 2), 2);
	set_due(&scene, 4);
	expect_nothing(scene.poll);
	ck_assert_int_eq(mio_timer_expire(scene.timer, tokens, 4), 2);
	expect_nothing(scene.poll);
	set(&scene, MS(2), 5);
	expect_due(&scene);
	expect_token(&scene, 5);
	end(&scene);
}
END_TEST

START_TEST(oneshot_reports_once_until_reregistered)
{
	struct scene scene = begin(MIO_ONESHOT);

	set_due(&scene, 1);
	expect_due(&scene);
	expect_token(&scene, 1);
	set_due(&scene, 2);
	expect_nothing(scene.poll);
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_ONESHOT));
	expect_due(&scene);
	expect_nothing(scene.poll);
	/* again, as the condition still holds */
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_ONESHOT));
	expect_due(&scene);
	expect_token(&scene, 2);
	end(&scene);
}
END_TEST

START_TEST(reregistering_an_edge_reports_again)
{
	struct scene scene = begin(MIO_EDGE);

	set_due(&scene, 1);
	expect_due(&scene);
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_EDGE));
	expect_due(&scene);
	expect_nothing(scene.poll);
	expect_token(&scene, 1);
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_EDGE));
	expect_nothing(scene.poll);
	end(&scene);
}
END_TEST

START_TEST(nothing_is_reported_without_registration_or_interest)
{
	struct scene scene = begin(MIO_LEVEL);

	assert_ok(mio_poll_deregister(scene.poll, scene.source));
	set_due(&scene, 1);
	expect_nothing(scene.poll);
	assert_ok(mio_poll_register(
	    scene.poll, scene.source, 9, MIO_WRITABLE, MIO_LEVEL));
	expect_nothing(scene.poll);
	assert_ok(mio_poll_reregister(scene.poll, scene.source, 9, 0, 0));
	expect_nothing(scene.poll);
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_LEVEL));
	expect_due(&scene);
	assert_ok(mio_poll_deregister(scene.poll, scene.source));
	expect_nothing(scene.poll);
	expect_token(&scene, 1);
	end(&scene);
}
END_TEST

START_TEST(cancelled_timeouts_are_not_reported)
{
	struct scene scene = begin(_i ? MIO_EDGE : MIO_LEVEL);
	mio_timeout_t timeout, again;
	mio_token_t token = 0;

	timeout = set(&scene, MS(3), 5);
	assert_ok(mio_timer_cancel(scene.timer, timeout, &token));
	ck_assert_uint_eq(token, 5);
	assert_error(mio_timer_cancel(scene.timer, timeout, &token), ENOENT);
	assert_error(mio_timer_reset(scene.timer, timeout, 1), ENOENT);
	expect_nothing(scene.poll);

	/* another timeout has the same node now, and the same tick */
	again = set(&scene, MS(3), 6);
	assert_error(mio_timer_cancel(scene.timer, timeout, &token), ENOENT);
	ck_assert_uint_eq(token, 5);
	expect_due(&scene);

	/* due, reported and cancelled */
	ck_assert_uint_eq(mio_timer_pending(scene.timer), 1);
	assert_ok(mio_timer_cancel(scene.timer, again, &token));
	ck_assert_uint_eq(token, 6);
	expect_nothing(scene.poll);
	set_due(&scene, 7);
	expect_due(&scene);
	expect_token(&scene, 7);
	end(&scene);
}
END_TEST

START_TEST(reset_moves_both_ways)
{
	struct scene scene = begin(MIO_LEVEL);
	uint64_t now = mio_clock_now(), delay;
	mio_timeout_t timeout = set(&scene, SECONDS(600), 1);

	assert_ok(mio_timer_reset(scene.timer, timeout, MS(4)));
	expect_due(&scene);
	ck_assert_uint_ge(mio_clock_now(), now + MS(4));

	/* it is due, and then not any more */
	assert_ok(mio_timer_reset(scene.timer, timeout, SECONDS(600)));
	expect_nothing(scene.poll);
	assert_ok(mio_timer_next(scene.timer, &delay));
	ck_assert_uint_gt(delay, SECONDS(500));
	ck_assert_uint_le(delay, SECONDS(600) + TICK);
	assert_ok(mio_timer_reset_at(scene.timer, timeout, 0));
	assert_ok(mio_timer_next(scene.timer, &delay));
	ck_assert_uint_eq(delay, 0);
	expect_due(&scene);
	expect_token(&scene, 1);
	assert_error(mio_timer_reset(scene.timer, timeout, 0), ENOENT);
	end(&scene);
}
END_TEST

START_TEST(capacity_is_reported_and_loses_nothing)
{
	enum { ROOM = 100 };
	struct mio_timer *timer;
	mio_timeout_t timeouts[ROOM], none = 77;
	mio_token_t tokens[ROOM + 1];
	int i;

	assert_ok(mio_timer_create(&timer, 0, ROOM));
	for (i = 0; i < ROOM; i++)
		assert_ok(mio_timer_set(
		    timer, 0, (mio_token_t)i, &timeouts[i]));
	assert_error(mio_timer_set(timer, 0, 5, &none), ENOSPC);
	ck_assert_uint_eq(none, 77);
	ck_assert_uint_eq(mio_timer_pending(timer), ROOM);
	assert_ok(mio_timer_cancel(timer, timeouts[50], NULL));
	assert_ok(mio_timer_set(timer, 0, 1000, NULL));
	assert_error(mio_timer_set(timer, 0, 5, NULL), ENOSPC);
	(void)usleep(2000); /* a tick, so that all are due */
	ck_assert_int_eq(mio_timer_expire(timer, tokens, ROOM + 1), ROOM);
	for (i = 0; i < ROOM; i++)
		ck_assert_uint_ne(tokens[i], 50);
	mio_timer_destroy(timer);

	assert_ok(mio_timer_create(&timer, 0, 0));
	for (i = 0; i < 65536; i++)
		if (mio_timer_set(timer, 5, 1, NULL) != 0)
			ck_abort_msg("%d", i);
	assert_error(mio_timer_set(timer, 5, 1, NULL), ENOSPC);
	mio_timer_destroy(timer);
}
END_TEST

START_TEST(timers_and_polls_are_destroyed_in_any_order)
{
	struct scene scene = begin(MIO_LEVEL);

	set_due(&scene, 1);
	expect_due(&scene);
	mio_poll_destroy(scene.poll);
	expect_token(&scene, 1);
	set_due(&scene, 2);
	expect_token(&scene, 2);
	mio_timer_destroy(scene.timer);

	scene = begin(MIO_LEVEL);
	set_due(&scene, 1);
	expect_due(&scene);
	mio_timer_destroy(scene.timer);
	expect_nothing(scene.poll);
	mio_poll_destroy(scene.poll);
}
END_TEST

START_TEST(nested_poll_shows_what_is_due)
{
	struct nest nest = new_nest();
	struct scene scene = { .poll = nest.poll };
	mio_timeout_t timeout;

	if (!has_alarm()) {
		end_nest(&nest);
		return;
	}

	scene.timer = new_timer();
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    9, MIO_READABLE, MIO_LEVEL));
	expect_quiet(&nest);
	timeout = set(&scene, SECONDS(600), 1);
	expect_quiet(&nest);
	arm_quietly(&nest);
	/* while armed */
	assert_ok(mio_timer_reset(scene.timer, timeout, MS(3)));
	sleep_until_shown(&nest);
	if (nest.fd < 0)
		expect_due(&scene);
	else
		expect_one(&nest, 9, MIO_READABLE);
	expect_pending(&nest, 9, MIO_READABLE);
	expect_token(&scene, 1);
	expect_quiet(&nest);

	/* a timeout is set and cancelled while the poll is armed */
	arm_quietly(&nest);
	timeout = set(&scene, MS(1), 1);
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));
	(void)usleep(3000);
	expect_quiet(&nest);
	mio_timer_destroy(scene.timer);
	end_nest(&nest);
}
END_TEST

START_TEST(clock_does_not_go_back)
{
	uint64_t first = mio_clock_now();
	int64_t between = now_ns();

	ck_assert_int_ge(between, (int64_t)first);
	ck_assert_uint_ge(mio_clock_now(), (uint64_t)between);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timer");
	TCase *tcase = new_case(suite, "alone");

	tcase_add_test(tcase, bad_arguments_are_refused);
	tcase_add_test(tcase, capacity_is_reported_and_loses_nothing);
	tcase_add_test(tcase, clock_does_not_go_back);

	tcase = new_case(suite, "poll");
	tcase_add_test(tcase, registers_as_other_sources_do);
	tcase_add_test(tcase, nothing_is_early);
	tcase_add_test(tcase, timeouts_expire_in_order);
	tcase_add_test(tcase, level_reports_until_all_have_expired);
	tcase_add_test(tcase, edge_reports_once_until_all_have_expired);
	tcase_add_test(tcase, oneshot_reports_once_until_reregistered);
	tcase_add_test(tcase, reregistering_an_edge_reports_again);
	tcase_add_test(
	    tcase, nothing_is_reported_without_registration_or_interest);
	tcase_add_loop_test(tcase, cancelled_timeouts_are_not_reported, 0, 2);
	tcase_add_test(tcase, reset_moves_both_ways);
	tcase_add_test(tcase, timers_and_polls_are_destroyed_in_any_order);
	tcase_add_test(tcase, nested_poll_shows_what_is_due);

	return run_suite(suite);
}
