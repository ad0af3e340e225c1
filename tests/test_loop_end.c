/* SPDX-License-Identifier: MIT */

/* What ends the runs of a loop, and what is refused in its poll. */

#include "config.h"
#include "lib/harness.h"
#include "lib/record.h"

/* ---- shutdowns */

/*
 * A shutdown before the run was forgotten, so that an early signal left a
 * program waiting for ever.
 */
START_TEST(a_shutdown_before_the_run_ends_it)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = { .end = 0 };
	int fds[2], i;

	make_pipe(fds);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_poll_register_fd(
	    mio_loop_poll(loop), fds[0], 1, MIO_READABLE, MIO_EDGE));

	/* as often as it is sent, and what is ready is reported */
	mio_loop_shutdown(loop);
	mio_loop_shutdown(loop);
	assert_ok(mio_loop_run(loop, &recording_handler, &record));
	ck_assert_uint_eq(record.ticks, 1);
	ck_assert_uint_eq(record.readies, 1);

	/* with nothing to report either */
	for (i = 2; i < 5; i++) {
		mio_loop_shutdown(loop);
		assert_ok(mio_loop_run(loop, &recording_handler, &record));
		ck_assert_uint_eq(record.ticks, i);
	}
	close_pipe(fds);
	mio_loop_destroy(loop);
}
END_TEST

static void
shut_down(struct mio_loop *loop, void *context)
{
	unsigned *ticks = context;

	++*ticks;
	mio_loop_shutdown(loop);
}

START_TEST(a_round_leaves_the_shutdown_for_the_run)
{
	const struct mio_handler end = {
		.size = sizeof(end), .tick = shut_down,
	};
	struct mio_loop *loop = new_loop(NULL);
	struct record record = { .end = 0 };
	unsigned ticks = 0;

	/* before the round, and in it */
	mio_loop_shutdown(loop);
	assert_ok(mio_loop_run_once(loop, &recording_handler, &record, 0));
	assert_ok(mio_loop_run(loop, &recording_handler, &record));
	ck_assert_uint_eq(record.ticks, 2);
	assert_ok(mio_loop_run_once(loop, &end, &ticks, 0));
	assert_ok(mio_loop_run(loop, &recording_handler, &record));
	ck_assert_uint_eq(record.ticks, 3);
	mio_loop_destroy(loop);
}
END_TEST

/* ---- threads that are cancelled */

static void
cancel_here(struct mio_loop *loop, void *context, mio_token_t state)
{
	recording_handler.timeout(loop, context, state);
	if (state == 2) {
		(void)pthread_cancel(pthread_self());
		pthread_testcancel();
	}
}

static struct record reported_before;

static void *
run_until_cancelled(void *loop)
{
	const struct mio_handler cancel = {
		.size = sizeof(cancel), .timeout = cancel_here,
	};

	(void)mio_loop_run(loop, &cancel, &reported_before);

	return NULL;
}

/* Another thread goes on with what the round has not reported. */
START_TEST(a_cancelled_thread_leaves_the_loop_usable)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = { .end = 0 };
	mio_timeout_t names[3];
	void *message = NULL;

	set_three(loop, names);
	join(start(run_until_cancelled, loop));
	ck_assert_uint_eq(reported_before.timeouts, 2);
	ck_assert(!mio_loop_is_running(loop));

	run_one_round(loop, &record);
	ck_assert_uint_eq(record.timeouts, 1);
	ck_assert_uint_eq(record.states[0], 3);
	assert_ok(mio_sender_send(mio_loop_sender(loop), &message));
	run_one_round(loop, &record);
	ck_assert_uint_eq(record.ticks, 2);
	mio_loop_destroy(loop);
}
END_TEST

/* ---- tokens */

START_TEST(the_loops_tokens_are_refused)
{
	struct mio_loop *loop = new_loop(NULL);
	struct mio_poll *poll = mio_loop_poll(loop), *other = new_poll();
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_waker *waker = NULL;
	struct mio_source *source;
	int fds[2], i;

	make_pipe(fds);
	assert_ok(mio_registration_create(&registration, &readiness));
	source = mio_registration_source(registration);
	for (i = 0; i < 3; i++) {
		mio_token_t token = MIO_TOKEN_RESERVED - (mio_token_t)i;

		assert_error(mio_poll_register_fd(
		    poll, fds[0], token, MIO_READABLE, 0), EINVAL);
		assert_error(mio_poll_register(
		    poll, source, token, MIO_READABLE, 0), EINVAL);
		assert_error(mio_waker_create(&waker, poll, token), EINVAL);
		ck_assert_ptr_null(waker);
	}

	/* all others are the program's, and those of a plain poll */
	assert_ok(mio_poll_register_fd(
	    poll, fds[0], MIO_TOKEN_RESERVED - 3, MIO_READABLE, 0));
	assert_error(mio_poll_reregister_fd(
	    poll, fds[0], MIO_TOKEN_RESERVED - 2, MIO_READABLE, 0), EINVAL);
	assert_ok(mio_poll_register(
	    poll, source, MIO_TOKEN_RESERVED - 4, MIO_READABLE, 0));
	assert_error(mio_poll_reregister(
	    poll, source, MIO_TOKEN_RESERVED - 1, MIO_READABLE, 0), EINVAL);
	assert_ok(mio_poll_register_fd(
	    other, fds[0], MIO_TOKEN_RESERVED - 1, MIO_READABLE, 0));
	mio_readiness_unref(readiness);
	mio_registration_destroy(registration);
	close_pipe(fds);
	mio_poll_destroy(other);
	mio_loop_destroy(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop_end");
	TCase *tcase = new_case(suite, "loop_end");

	tcase_add_test(tcase, a_shutdown_before_the_run_ends_it);
	tcase_add_test(tcase, a_round_leaves_the_shutdown_for_the_run);
	tcase_add_test(tcase, a_cancelled_thread_leaves_the_loop_usable);
	tcase_add_test(tcase, the_loops_tokens_are_refused);

	return run_suite(suite);
}
