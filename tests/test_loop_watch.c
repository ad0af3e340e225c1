/* SPDX-License-Identifier: MIT */

/* Watches: a callback of its own for each source of a loop. */

#include "config.h"
#include "lib/harness.h"
#include "lib/nest.h"
#include "lib/record.h"

/* A pipe whose reading end is watched, and what its callback saw and does. */
struct eye {
	struct mio_watch *watch;
	int fds[2];
	unsigned calls, ready;
	void (*react)(struct mio_loop *, struct eye *);
	struct eye *other;
};

static void
on_sight(struct mio_loop *loop, void *context, unsigned ready)
{
	struct eye *eye = context;

	eye->calls++;
	eye->ready = ready;
	if (eye->react != NULL)
		eye->react(loop, eye);
}

static void
open_eye(struct mio_loop *loop, struct eye *eye, unsigned interest,
    unsigned options)
{
	make_pipe(eye->fds);
	assert_ok(mio_loop_watch_fd(loop, eye->fds[0], interest, options,
	    on_sight, eye, &eye->watch));
}

static void
close_eye(struct eye *eye)
{
	mio_watch_end(eye->watch);
	close_pipe(eye->fds);
}

static void
put(struct eye *eye)
{
	ck_assert_int_eq(write(eye->fds[1], "x", 1), 1);
}

static void
round_without_wait(struct mio_loop *loop)
{
	assert_ok(mio_loop_run_once(loop, NULL, NULL, 0));
}

START_TEST(bad_arguments_are_refused)
{
	struct mio_loop *loop = new_loop(NULL);
	struct mio_watch *watch = NULL;
	int fds[2], closed;

	make_pipe(fds);
	closed = dup(fds[1]);
	ck_assert_int_eq(close(closed), 0);
	assert_error(mio_loop_watch_fd(NULL, fds[0], MIO_READABLE, 0, on_sight,
	    NULL, &watch), EINVAL);
	assert_error(mio_loop_watch_fd(
	    loop, fds[0], MIO_READABLE, 0, NULL, NULL, &watch), EINVAL);
	assert_error(mio_loop_watch_fd(
	    loop, fds[0], MIO_READABLE, 0, on_sight, NULL, NULL), EINVAL);
	assert_error(mio_loop_watch_fd(
	    loop, fds[0], MIO_ERROR, 0, on_sight, NULL, &watch), EINVAL);
	assert_error(mio_loop_watch_fd(
	    loop, fds[0], MIO_READABLE, MIO_EDGE | MIO_LEVEL, on_sight, NULL,
	    &watch), EINVAL);
	assert_error(mio_loop_watch_fd(
	    loop, fds[0], 0, MIO_EDGE | MIO_LEVEL, on_sight, NULL, &watch),
	    EINVAL);
	assert_error(mio_loop_watch_fd(
	    loop, fds[0], 0, MIO_EXCLUSIVE, on_sight, NULL, &watch), EINVAL);
	assert_error(mio_loop_watch_fd(
	    loop, fds[0], 0, 0x100, on_sight, NULL, &watch), EINVAL);
	assert_error(mio_loop_watch_fd(loop, fds[0], MIO_READABLE, 0x100,
	    on_sight, NULL, &watch), EINVAL);
	assert_error(mio_loop_watch_fd(loop, fds[0], MIO_PRIORITY,
	    MIO_EXCLUSIVE, on_sight, NULL, &watch), EINVAL);
	assert_error(mio_loop_watch_fd(loop, fds[0], MIO_READABLE,
	    MIO_EXCLUSIVE | MIO_ONESHOT, on_sight, NULL, &watch), EINVAL);
	if (mio_poll_fd(mio_loop_poll(loop)) >= 0)
		assert_error(mio_loop_watch_fd(loop,
		    mio_poll_fd(mio_loop_poll(loop)), MIO_READABLE, 0,
		    on_sight, NULL, &watch), EINVAL);
	assert_error(mio_loop_watch_fd(
	    loop, -1, MIO_READABLE, 0, on_sight, NULL, &watch), EBADF);
	assert_error(mio_loop_watch_fd(
	    loop, closed, MIO_READABLE, 0, on_sight, NULL, &watch), EBADF);
	assert_error(mio_loop_watch_fd(
	    loop, closed, 0, 0, on_sight, NULL, &watch), EBADF);
	assert_error(mio_loop_watch(
	    loop, NULL, MIO_READABLE, 0, on_sight, NULL, &watch), EINVAL);
	assert_error(mio_watch_update(NULL, MIO_READABLE, 0), EINVAL);
	mio_watch_end(NULL);
	ck_assert_ptr_null(watch);
	close_pipe(fds);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(exclusive_is_for_good)
{
	struct mio_loop *loop = new_loop(NULL);
	struct eye eye = { .calls = 0 };

	if (backend_is("epoll")) {
		open_eye(loop, &eye, MIO_READABLE, MIO_EXCLUSIVE);
		assert_error(
		    mio_watch_update(eye.watch, MIO_WRITABLE, 0), EINVAL);
		assert_error(mio_watch_update(eye.watch, 0, 0), EINVAL);
		mio_watch_end(eye.watch);
		close_pipe(eye.fds);
	}
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(bad_updates_change_nothing)
{
	struct mio_loop *loop = new_loop(NULL);
	struct eye eye = { .calls = 0 };

	open_eye(loop, &eye, MIO_READABLE, 0);
	put(&eye);
	assert_error(mio_watch_update(eye.watch, MIO_ERROR, 0), EINVAL);
	assert_error(mio_watch_update(eye.watch, 0, 0x100), EINVAL);
	assert_error(
	    mio_watch_update(eye.watch, 0, MIO_EDGE | MIO_LEVEL), EINVAL);
	assert_error(mio_watch_update(eye.watch, 0, MIO_EXCLUSIVE), EINVAL);
	assert_error(
	    mio_watch_update(eye.watch, MIO_READABLE, MIO_EXCLUSIVE), EINVAL);
	assert_error(mio_watch_update(
	    eye.watch, MIO_READABLE, MIO_EDGE | MIO_LEVEL), EINVAL);
	assert_error(mio_watch_update(eye.watch, MIO_READABLE, 0x100), EINVAL);
	round_without_wait(loop);
	ck_assert_uint_eq(eye.calls, 1);

	/* closed too early */
	close_pipe(eye.fds);
	assert_error(mio_watch_update(eye.watch, MIO_READABLE, 0), EBADF);
	assert_error(mio_watch_update(eye.watch, 0, 0), EBADF);
	mio_watch_end(eye.watch);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(a_descriptor_is_watched_once)
{
	struct mio_loop *loop = new_loop(NULL);
	struct mio_poll *poll = mio_loop_poll(loop);
	struct mio_watch *second = NULL;
	struct eye eye = { .calls = 0 };

	open_eye(loop, &eye, 0, 0);
	assert_error(mio_loop_watch_fd(loop, eye.fds[0], MIO_READABLE, 0,
	    on_sight, NULL, &second), EEXIST);
	assert_error(
	    mio_poll_register_fd(poll, eye.fds[0], 1, MIO_READABLE, 0),
	    EEXIST);
	assert_ok(mio_poll_register_fd(poll, eye.fds[1], 1, MIO_WRITABLE, 0));
	assert_error(mio_loop_watch_fd(loop, eye.fds[1], MIO_WRITABLE, 0,
	    on_sight, NULL, &second), EEXIST);
	ck_assert_ptr_null(second);
	close_eye(&eye);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(each_has_its_callback_and_context)
{
	struct mio_loop *loop = new_loop(NULL);
	struct eye eyes[200] = { 0 };
	unsigned i, step;

	for (i = 0; i < 200; i++)
		open_eye(loop, &eyes[i], MIO_READABLE, MIO_LEVEL);
	for (step = 1; step <= 3; step++) {
		for (i = 0; i < 200; i += step)
			put(&eyes[i]);
		round_without_wait(loop);
		for (i = 0; i < 200; i++) {
			must(eyes[i].calls == (i % step == 0));
			if (i % step == 0)
				drain_pipe(eyes[i].fds[0]);
			eyes[i].calls = 0;
		}
		/* their memory is used again */
		for (i = 0; i < 200; i += 3) {
			close_eye(&eyes[i]);
			open_eye(loop, &eyes[i], MIO_READABLE, MIO_LEVEL);
		}
	}
	for (i = 0; i < 200; i++)
		close_eye(&eyes[i]);
	mio_loop_destroy(loop);
}
END_TEST

/* All but the loop's own, whatever watches are made of. */
START_TEST(tokens_stay_the_programs)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = { .end = 0 };
	struct eye eye = { .calls = 0 };
	mio_token_t tokens[6] = { 0, 1, (mio_token_t)-4, 1u << 31 };
	int fds[6][2], i;

	open_eye(loop, &eye, MIO_READABLE, 0);
	put(&eye);
	tokens[4] = (mio_token_t)(uintptr_t)eye.watch;
	tokens[5] = (mio_token_t)(uintptr_t)&eye;
	for (i = 0; i < 6; i++) {
		make_pipe(fds[i]);
		assert_ok(mio_poll_register_fd(mio_loop_poll(loop), fds[i][1],
		    tokens[i], MIO_WRITABLE, 0));
	}
	run_one_round(loop, &record);
	ck_assert_uint_eq(record.readies, 6);
	ck_assert_uint_eq(eye.calls, 1);
	for (i = 0; i < 6; i++)
		close_pipe(fds[i]);
	close_eye(&eye);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(a_pause_reports_nothing)
{
	struct mio_loop *loop = new_loop(NULL);
	struct eye eye = { .calls = 0 };
	int i;

	open_eye(loop, &eye, 0, MIO_EDGE);
	put(&eye);
	round_without_wait(loop);
	ck_assert_uint_eq(eye.calls, 0);
	assert_ok(mio_watch_update(eye.watch, MIO_READABLE, MIO_EDGE));
	round_without_wait(loop);
	ck_assert_uint_eq(eye.calls, 1);
	round_without_wait(loop);
	ck_assert_uint_eq(eye.calls, 1);

	/* a hang-up neither, and the loop sleeps with it */
	assert_ok(mio_watch_update(eye.watch, 0, 0));
	assert_ok(mio_fd_close(eye.fds[1]));
	for (i = 0; i < 3; i++)
		round_without_wait(loop);
	ck_assert_uint_eq(eye.calls, 1);
	assert_ok(mio_watch_update(eye.watch, MIO_READABLE, 0));
	round_without_wait(loop);
	ck_assert_uint_eq(eye.calls, 2);
	ck_assert_uint_eq(eye.ready & (MIO_READABLE | MIO_READ_CLOSED),
	    MIO_READABLE | MIO_READ_CLOSED);
	mio_watch_end(eye.watch);
	assert_ok(mio_fd_close(eye.fds[0]));
	mio_loop_destroy(loop);
}
END_TEST

/* A hang-up that is not reported wakes it once at most. */
START_TEST(a_loop_sleeps_while_all_is_paused)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = { .end = 0 };
	struct eye eye = { .calls = 0 };
	int64_t begun = now_ns();

	open_eye(loop, &eye, 0, 0);
	assert_ok(mio_fd_close(eye.fds[1]));
	while (now_ns() - begun < MS(60))
		assert_ok(
		    mio_loop_run_once(loop, &recording_handler, &record,
		        MS(20)));
	ck_assert_uint_le(record.ticks, 4);
	ck_assert_uint_eq(eye.calls, 0);
	mio_watch_end(eye.watch);
	assert_ok(mio_fd_close(eye.fds[0]));
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(options_are_those_of_the_poll)
{
	struct mio_loop *loop = new_loop(NULL);
	struct eye edge = { .calls = 0 }, level = edge, oneshot = edge;
	int i;

	open_eye(loop, &edge, MIO_READABLE, MIO_EDGE);
	open_eye(loop, &level, MIO_READABLE, MIO_LEVEL);
	open_eye(loop, &oneshot, MIO_READABLE, MIO_LEVEL | MIO_ONESHOT);
	for (i = 0; i < 3; i++) {
		put(&oneshot);
		put(&level);
		if (i == 1)
			drain_pipe(edge.fds[0]);
		if (i < 2)
			put(&edge);
		round_without_wait(loop);
	}
	ck_assert_uint_eq(edge.calls, 2);
	ck_assert_uint_eq(level.calls, 3);
	ck_assert_uint_eq(oneshot.calls, 1);
	assert_ok(mio_watch_update(
	    oneshot.watch, MIO_READABLE, MIO_LEVEL | MIO_ONESHOT));
	round_without_wait(loop);
	ck_assert_uint_eq(oneshot.calls, 2);
	close_eye(&edge);
	close_eye(&level);
	close_eye(&oneshot);
	mio_loop_destroy(loop);
}
END_TEST

/* ---- in callbacks */

static void
end_both(struct mio_loop *loop, struct eye *eye)
{
	(void)loop;
	mio_watch_end(eye->watch);
	mio_watch_end(eye->other->watch);
	eye->watch = eye->other->watch = NULL;
}

/* Two are ready in the same round; the first callback acts on the second. */
static void
let_one_react(void (*react)(struct mio_loop *, struct eye *), unsigned options,
    void (*check)(struct mio_loop *, struct eye *first, struct eye *second))
{
	struct mio_loop *loop = new_loop(NULL);
	struct eye one = { .react = react }, two = { .react = react };
	struct eye *first;

	one.other = &two;
	two.other = &one;
	open_eye(loop, &one, MIO_READABLE, options);
	open_eye(loop, &two, MIO_READABLE, options);
	put(&one);
	put(&two);
	round_without_wait(loop);
	ck_assert_uint_eq(one.calls + two.calls, 1);
	first = one.calls == 1 ? &one : &two;
	one.react = two.react = NULL;
	check(loop, first, first->other);
	close_eye(&one);
	close_eye(&two);
	mio_loop_destroy(loop);
}

static void
check_end(struct mio_loop *loop, struct eye *first, struct eye *second)
{
	round_without_wait(loop);
	ck_assert_uint_eq(first->calls + second->calls, 1);
}

START_TEST(what_is_ended_in_a_round_is_not_reported)
{
	let_one_react(end_both, MIO_LEVEL, check_end);
	let_one_react(end_both, MIO_EDGE, check_end);
	let_one_react(end_both, MIO_ONESHOT, check_end);
}
END_TEST

static void
pause_other(struct mio_loop *loop, struct eye *eye)
{
	(void)loop;
	assert_ok(mio_watch_update(eye->other->watch, 0, 0));
}

static void
check_pause(struct mio_loop *loop, struct eye *first, struct eye *second)
{
	assert_ok(mio_watch_update(first->watch, 0, 0));
	round_without_wait(loop);
	ck_assert_uint_eq(second->calls, 0);
	assert_ok(mio_watch_update(second->watch, MIO_READABLE, MIO_EDGE));
	round_without_wait(loop);
	ck_assert_uint_eq(second->calls, 1);
	ck_assert_uint_eq(first->calls, 1);
}

START_TEST(what_is_paused_in_a_round_is_not_reported)
{
	let_one_react(pause_other, MIO_LEVEL, check_pause);
	let_one_react(pause_other, MIO_EDGE, check_pause);
	let_one_react(pause_other, MIO_ONESHOT, check_pause);
}
END_TEST

static void
pause_other_and_go_on(struct mio_loop *loop, struct eye *eye)
{
	(void)loop;
	assert_ok(mio_watch_update(eye->other->watch, 0, 0));
	assert_ok(mio_watch_update(eye->other->watch, MIO_READABLE, MIO_EDGE));
}

static void
check_go_on(struct mio_loop *loop, struct eye *first, struct eye *second)
{
	assert_ok(mio_watch_update(first->watch, 0, 0));
	round_without_wait(loop);
	round_without_wait(loop);
	ck_assert_uint_eq(second->calls, 1);
}

/* What still holds is reported again, and once. */
START_TEST(what_goes_on_in_a_round_is_reported_in_the_next)
{
	let_one_react(pause_other_and_go_on, MIO_EDGE, check_go_on);
	let_one_react(pause_other_and_go_on, MIO_ONESHOT, check_go_on);
}
END_TEST

static void
replace_other(struct mio_loop *loop, struct eye *eye)
{
	/* the same number, and the same memory for the watch */
	close_eye(eye->other);
	open_eye(loop, eye->other, MIO_READABLE, MIO_LEVEL);
}

static void
check_replaced(struct mio_loop *loop, struct eye *first, struct eye *second)
{
	assert_ok(mio_watch_update(first->watch, 0, 0));
	round_without_wait(loop);
	ck_assert_uint_eq(second->calls, 0);
	put(second);
	round_without_wait(loop);
	ck_assert_uint_eq(second->calls, 1);
}

START_TEST(what_comes_in_its_place_is_not_reported)
{
	let_one_react(replace_other, MIO_LEVEL, check_replaced);
	let_one_react(replace_other, MIO_EDGE, check_replaced);
}
END_TEST

/* ---- sources */

static void
receive(struct mio_loop *loop, void *context, unsigned ready)
{
	uint64_t *sum = context;
	uint64_t *number = sum + 1;

	(void)loop;
	(void)ready;
	while (mio_receiver_recv((void *)(uintptr_t)sum[2], number) == 0)
		*sum += *number;
}

START_TEST(sources_are_watched)
{
	struct mio_loop *loop = new_loop(NULL);
	struct mio_receiver *receiver;
	struct mio_sender *sender;
	struct mio_watch *watch, *second = NULL;
	uint64_t sum[3] = { 0 }, i;

	assert_ok(mio_channel_create(&sender, &receiver, sizeof(uint64_t)));
	sum[2] = (uint64_t)(uintptr_t)receiver;
	assert_ok(mio_loop_watch(loop, mio_receiver_source(receiver),
	    MIO_READABLE, MIO_EDGE, receive, sum, &watch));
	assert_error(mio_loop_watch(loop, mio_receiver_source(receiver),
	    MIO_READABLE, MIO_EDGE, receive, sum, &second), EEXIST);
	assert_error(mio_poll_register(mio_loop_poll(loop),
	    mio_receiver_source(receiver), 1, MIO_READABLE, 0), EEXIST);
	for (i = 1; i <= 10; i++)
		assert_ok(mio_sender_send(sender, &i));
	round_without_wait(loop);
	ck_assert_uint_eq(sum[0], 55);

	assert_ok(mio_watch_update(watch, 0, 0));
	assert_ok(mio_sender_send(sender, &i));
	round_without_wait(loop);
	ck_assert_uint_eq(sum[0], 55);
	assert_ok(mio_watch_update(watch, MIO_READABLE, MIO_EDGE));
	round_without_wait(loop);
	ck_assert_uint_eq(sum[0], 66);

	/* taken out behind its back */
	assert_ok(mio_poll_deregister(
	    mio_loop_poll(loop), mio_receiver_source(receiver)));
	assert_error(mio_watch_update(watch, MIO_READABLE, 0), ENOENT);
	mio_watch_end(watch);
	mio_sender_unref(sender);
	mio_receiver_destroy(receiver);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(watches_count_as_events)
{
	struct mio_loop_config config = {
		.size = sizeof(config), .events_per_tick = 3,
	};
	struct mio_loop *loop = new_loop(&config);
	struct eye eyes[8] = { 0 };
	unsigned i, calls, turn;

	for (i = 0; i < 8; i++) {
		open_eye(loop, &eyes[i], MIO_READABLE, MIO_LEVEL);
		put(&eyes[i]);
	}
	for (turn = 1; turn <= 16; turn++) {
		round_without_wait(loop);
		for (i = calls = 0; i < 8; i++)
			calls += eyes[i].calls;
		ck_assert_uint_eq(calls, 3 * turn);
	}
	/* one after the other */
	for (i = 0; i < 8; i++)
		ck_assert_uint_eq(eyes[i].calls, 6);
	for (i = 0; i < 8; i++)
		close_eye(&eyes[i]);
	mio_loop_destroy(loop);
}
END_TEST

/* What was watched may be destroyed before or after, and stays as it is. */
START_TEST(a_loop_ends_its_watches)
{
	struct mio_loop *loop = new_loop(NULL);
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_watch *watch;
	struct eye eye = { .calls = 0 };

	assert_ok(mio_registration_create(&registration, &readiness));
	assert_ok(mio_loop_watch(loop, mio_registration_source(registration),
	    MIO_READABLE, 0, on_sight, &eye, &watch));
	open_eye(loop, &eye, MIO_READABLE, 0);
	mio_loop_destroy(loop);
	assert_ok(mio_readiness_set(readiness, MIO_READABLE));
	mio_readiness_unref(readiness);
	mio_registration_destroy(registration);
	put(&eye);
	drain_pipe(eye.fds[0]);
	close_pipe(eye.fds);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop_watch");
	TCase *tcase = new_case(suite, "loop_watch");

	tcase_add_test(tcase, bad_arguments_are_refused);
	tcase_add_test(tcase, exclusive_is_for_good);
	tcase_add_test(tcase, bad_updates_change_nothing);
	tcase_add_test(tcase, a_descriptor_is_watched_once);
	tcase_add_test(tcase, each_has_its_callback_and_context);
	tcase_add_test(tcase, tokens_stay_the_programs);
	tcase_add_test(tcase, a_pause_reports_nothing);
	tcase_add_test(tcase, a_loop_sleeps_while_all_is_paused);
	tcase_add_test(tcase, options_are_those_of_the_poll);
	tcase_add_test(tcase, what_is_ended_in_a_round_is_not_reported);
	tcase_add_test(tcase, what_is_paused_in_a_round_is_not_reported);
	tcase_add_test(tcase, what_goes_on_in_a_round_is_reported_in_the_next);
	tcase_add_test(tcase, what_comes_in_its_place_is_not_reported);
	tcase_add_test(tcase, sources_are_watched);
	tcase_add_test(tcase, watches_count_as_events);
	tcase_add_test(tcase, a_loop_ends_its_watches);

	return run_suite(suite);
}
