/* SPDX-License-Identifier: MIT */

/* The loop that calls back. */

#include "config.h"
#include "lib/harness.h"

#include <signal.h>
#include <stdatomic.h>

#include <sys/wait.h>

/* What the callbacks saw, and what they are to do. */
struct record {
	char order[64]; /* Ready, Notify, Timeout, Interrupted, ticK */
	size_t length;
	mio_token_t tokens[16], states[16];
	unsigned ready[16];
	long messages[4096];
	size_t n_ready, n_messages, n_states;
	unsigned ticks, stop_after;
	mio_fd_t fd;
	mio_timeout_t other;
	int result;
};

static void
note(struct record *record, char what)
{
	if (record->length < sizeof(record->order) - 1)
		record->order[record->length++] = what;
}

static void
on_ready(
    struct mio_loop *loop, void *context, mio_token_t token, unsigned ready)
{
	struct record *record = context;
	char byte;

	(void)loop;
	note(record, 'r');
	record->tokens[record->n_ready] = token;
	record->ready[record->n_ready++] = ready;
	if (record->fd != MIO_INVALID_FD)
		ck_assert_int_eq(mio_pipe_read(record->fd, &byte, 1), 1);
}

static void
on_notify(struct mio_loop *loop, void *context, const void *message)
{
	struct record *record = context;

	(void)loop;
	note(record, 'n');
	memcpy(&record->messages[record->n_messages++], message,
	    sizeof(record->messages[0]));
}

static void
on_timeout(struct mio_loop *loop, void *context, mio_token_t state)
{
	struct record *record = context;

	note(record, 't');
	record->states[record->n_states++] = state;
	if (record->other != 0)
		record->result = mio_loop_clear_timeout(loop, record->other);
}

static void
on_interrupted(struct mio_loop *loop, void *context)
{
	(void)loop;
	note(context, 'i');
}

static void
on_tick(struct mio_loop *loop, void *context)
{
	struct record *record = context;

	note(record, 'k');
	if (++record->ticks == record->stop_after)
		mio_loop_shutdown(loop);
	else if (record->stop_after > 0)
		assert_ok(mio_loop_timeout(loop, 1, 1, NULL));
}

static const struct mio_handler handler = {
	.size = sizeof(handler),
	.ready = on_ready,
	.notify = on_notify,
	.timeout = on_timeout,
	.interrupted = on_interrupted,
	.tick = on_tick,
};

static const struct record blank = { .fd = MIO_INVALID_FD };

static struct mio_loop *
new_loop(const struct mio_loop_config *config)
{
	struct mio_loop *loop = NULL;

	assert_ok(mio_loop_create(&loop, config));

	return loop;
}

static void
once(struct mio_loop *loop, struct record *record, int64_t timeout_ns)
{
	assert_ok(mio_loop_run_once(loop, &handler, record, timeout_ns));
}

START_TEST(bad_arguments_are_refused)
{
	struct mio_loop_config config = { .size = 0 };
	struct mio_handler other = { .size = 0 };
	struct mio_loop *loop = NULL;
	mio_timeout_t timeout = 77;

	assert_error(mio_loop_create(NULL, NULL), EINVAL);
	assert_error(mio_loop_create(&loop, &config), EINVAL);
	config.size = sizeof(size_t) - 1;
	assert_error(mio_loop_create(&loop, &config), EINVAL);
	config.size = sizeof(config) - 1;
	assert_error(mio_loop_create(&loop, &config), EINVAL);
	config.size = sizeof(config);
	config.events_per_tick = SIZE_MAX;
	assert_error(mio_loop_create(&loop, &config), ENOMEM);
	config.events_per_tick = SIZE_MAX / 16;
	assert_error(mio_loop_create(&loop, &config), ENOMEM);
	config.events_per_tick = 0;
	config.timer_capacity = SIZE_MAX;
	assert_error(mio_loop_create(&loop, &config), ENOMEM);
	config.timer_capacity = 0;
	config.notify_capacity = SIZE_MAX;
	assert_error(mio_loop_create(&loop, &config), ENOMEM);
	ck_assert_ptr_null(loop);

	assert_error(mio_loop_run(NULL, &handler, NULL), EINVAL);
	assert_error(mio_loop_run_once(NULL, &handler, NULL, 0), EINVAL);
	mio_loop_destroy(NULL);
	mio_loop_shutdown(NULL);
	ck_assert(!mio_loop_is_running(NULL));
	ck_assert_ptr_null(mio_loop_poll(NULL));
	ck_assert_ptr_null(mio_loop_sender(NULL));
	assert_error(mio_loop_timeout(NULL, 1, 2, &timeout), EINVAL);
	assert_error(mio_loop_clear_timeout(NULL, 1), EINVAL);
	assert_error(mio_loop_reset_timeout(NULL, 1, 1), EINVAL);
	ck_assert_uint_eq(timeout, 77);

	loop = new_loop(NULL);
	assert_error(mio_loop_run(loop, &other, NULL), EINVAL);
	assert_error(mio_loop_run_once(loop, &other, NULL, 0), EINVAL);
	ck_assert(!mio_loop_is_running(loop));
	assert_error(mio_loop_clear_timeout(loop, 0), ENOENT);
	assert_error(mio_loop_reset_timeout(loop, 0, 1), ENOENT);
	assert_error(mio_loop_reset_timeout(loop, 0, UINT64_MAX), EOVERFLOW);
	assert_error(
	    mio_loop_timeout(loop, UINT64_MAX, 2, &timeout), EOVERFLOW);
	mio_loop_destroy(loop);
}
END_TEST

/* Programs that were compiled with a shorter struct, or a longer one. */
START_TEST(other_sizes_are_understood)
{
	struct {
		struct mio_handler handler;
		void (*later)(void);
	} longer = { .handler = handler };
	struct mio_handler shorter = handler;
	struct mio_loop *loop = new_loop(NULL);
	struct record record = blank;

	longer.handler.size = sizeof(longer);
	assert_ok(mio_loop_run_once(loop, &longer.handler, &record, 0));
	ck_assert_uint_eq(record.ticks, 1);
	memset(&longer.later, 1, sizeof(longer.later));
	assert_error(
	    mio_loop_run_once(loop, &longer.handler, &record, 0), EINVAL);

	shorter.size = offsetof(struct mio_handler, tick);
	assert_ok(mio_loop_run_once(loop, &shorter, &record, 0));
	ck_assert_uint_eq(record.ticks, 1);

	/* but for a member that is cut */
	shorter.size = sizeof(shorter) - 1;
	assert_error(mio_loop_run_once(loop, &shorter, &record, 0), EINVAL);
	shorter.size = offsetof(struct mio_handler, tick) + 1;
	assert_error(mio_loop_run(loop, &shorter, &record), EINVAL);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(nothing_need_be_called)
{
	struct mio_handler nothing = { .size = sizeof(nothing) };
	struct mio_loop *loop = new_loop(NULL);
	void *message = NULL;
	int fds[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(
	    mio_loop_poll(loop), fds[1], 1, MIO_WRITABLE, 0));
	assert_ok(mio_loop_timeout(loop, 0, 1, NULL));
	assert_ok(mio_sender_send(mio_loop_sender(loop), &message));
	assert_ok(mio_loop_run_once(loop, &nothing, NULL, PATIENCE));
	assert_ok(mio_loop_run_once(loop, NULL, NULL, PATIENCE));
	mio_loop_shutdown(loop);
	assert_ok(mio_loop_run(loop, NULL, NULL));
	close_pipe(fds);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(a_round_goes_in_order)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = blank;
	long message = 42;
	int fds[2];

	make_pipe(fds);
	record.fd = fds[0];
	assert_ok(mio_poll_register_fd(
	    mio_loop_poll(loop), fds[0], 5, MIO_READABLE, 0));
	once(loop, &record, 0);
	ck_assert_str_eq(record.order, "k");

	assert_ok(mio_loop_timeout(loop, 1, 7, NULL));
	assert_ok(mio_sender_send(mio_loop_sender(loop), &message));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	(void)usleep(3000);
	record = blank;
	record.fd = fds[0];
	once(loop, &record, PATIENCE);
	ck_assert_str_eq(record.order, "rntk");
	ck_assert_uint_eq(record.tokens[0], 5);
	ck_assert_uint_eq(record.ready[0], MIO_READABLE);
	ck_assert_int_eq(record.messages[0], 42);
	ck_assert_uint_eq(record.states[0], 7);

	record = blank;
	once(loop, &record, MS(1));
	ck_assert_str_eq(record.order, "k");
	close_pipe(fds);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(limits_of_a_round_are_kept)
{
	struct mio_loop_config config = {
		.size = sizeof(config),
		.timer_tick_ns = 1000,
		.timer_capacity = 3,
		.notify_capacity = 5,
		.message_size = sizeof(long),
		.messages_per_tick = 2,
		.events_per_tick = 4,
	};
	struct mio_loop *loop = new_loop(&config);
	struct mio_sender *sender = mio_loop_sender(loop);
	struct record record = blank;
	long i;

	for (i = 0; i < 5; i++)
		assert_ok(mio_sender_try_send(sender, &i));
	assert_error(mio_sender_try_send(sender, &i), EAGAIN);
	once(loop, &record, PATIENCE);
	ck_assert_uint_eq(record.n_messages, 2);
	once(loop, &record, PATIENCE);
	once(loop, &record, PATIENCE);
	ck_assert_uint_eq(record.n_messages, 5);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(record.messages[i], i);

	for (i = 0; i < 3; i++)
		assert_ok(mio_loop_timeout(loop, 1, 1, NULL));
	assert_error(mio_loop_timeout(loop, 1, 1, NULL), ENOSPC);
	(void)usleep(3000);
	once(loop, &record, PATIENCE);
	ck_assert_uint_eq(record.n_states, 3);
	mio_loop_destroy(loop);
}
END_TEST

/* Due in the same round, and cleared by the one reported before it. */
START_TEST(what_is_cleared_is_not_reported)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = blank;
	mio_timeout_t second;

	record.result = -7;
	assert_ok(mio_loop_timeout(loop, 0, 1, NULL));
	assert_ok(mio_loop_timeout(loop, 0, 2, &second));
	record.other = second;
	(void)usleep(3000);
	once(loop, &record, PATIENCE);
	ck_assert_uint_eq(record.n_states, 1);
	ck_assert_uint_eq(record.states[0], 1);
	ck_assert_int_eq(record.result, 0);
	assert_error(mio_loop_clear_timeout(loop, second), ENOENT);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(what_is_reset_is_reported_later)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = blank;
	mio_timeout_t timeout;
	uint64_t begun;

	assert_ok(mio_loop_timeout(loop, 0, 1, &timeout));
	begun = mio_clock_now();
	assert_ok(mio_loop_reset_timeout(loop, timeout, MS(10)));
	while (record.n_states == 0)
		once(loop, &record, PATIENCE);
	ck_assert_uint_ge(mio_clock_now() - begun, MS(10));
	ck_assert_uint_eq(record.states[0], 1);
	mio_loop_destroy(loop);
}
END_TEST

static void
rewind_timeout(struct mio_loop *loop, void *context, mio_token_t state)
{
	unsigned *calls = context;

	++*calls;
	assert_ok(mio_loop_timeout(loop, 0, state, NULL));
	(void)usleep(2000);
}

/* One that sets itself anew, and is due by then, does not hold up the round. */
START_TEST(rounds_end_although_timeouts_do_not)
{
	struct mio_handler again = {
		.size = sizeof(again), .timeout = rewind_timeout,
	};
	struct mio_loop *loop = new_loop(NULL);
	unsigned calls = 0;

	assert_ok(mio_loop_timeout(loop, 0, 1, NULL));
	assert_ok(mio_loop_run_once(loop, &again, &calls, PATIENCE));
	ck_assert_uint_eq(calls, 1);
	assert_ok(mio_loop_run_once(loop, &again, &calls, PATIENCE));
	ck_assert_uint_eq(calls, 2);
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(shutdown_from_a_callback_ends_the_run)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = blank;
	int fds[2], i;

	/* something in each round */
	make_pipe(fds);
	assert_ok(mio_poll_register_fd(
	    mio_loop_poll(loop), fds[1], 1, MIO_WRITABLE, MIO_LEVEL));

	for (i = 1; i <= 3; i++) {
		record = blank;
		record.stop_after = (unsigned)i;
		assert_ok(mio_loop_run(loop, &handler, &record));
		ck_assert_uint_eq(record.ticks, record.stop_after);
		ck_assert(!mio_loop_is_running(loop));
	}
	close_pipe(fds);
	mio_loop_destroy(loop);
}
END_TEST

/* A shutdown before a round, or one that ended a run, ends no later wait. */
START_TEST(shutdowns_of_the_past_end_no_wait)
{
	struct mio_loop *loop = new_loop(NULL);
	struct record record = blank;
	uint64_t begun;

	mio_loop_shutdown(loop);
	begun = mio_clock_now();
	once(loop, &record, MS(20));
	ck_assert_uint_ge(mio_clock_now() - begun, MS(20));

	assert_ok(mio_loop_run(loop, &handler, &record));
	ck_assert_uint_eq(record.ticks, 2);

	record.stop_after = record.ticks + 1;
	assert_ok(mio_loop_timeout(loop, 1, 1, NULL));
	assert_ok(mio_loop_run(loop, &handler, &record));
	begun = mio_clock_now();
	once(loop, &record, MS(20));
	ck_assert_uint_ge(mio_clock_now() - begun, MS(20));
	mio_loop_destroy(loop);
}
END_TEST

static void
look_at_the_loop(struct mio_loop *loop, void *context)
{
	bool *running = context;

	*running = mio_loop_is_running(loop);
	assert_error(mio_loop_run(loop, &handler, context), EBUSY);
	assert_error(mio_loop_run_once(loop, &handler, context, 0), EBUSY);
	mio_loop_shutdown(loop);
}

START_TEST(a_run_says_that_it_is_running)
{
	struct mio_handler look = {
		.size = sizeof(look), .tick = look_at_the_loop,
	};
	struct mio_loop *loop = new_loop(NULL);
	bool running = true;

	assert_ok(mio_loop_run_once(loop, &look, &running, 0));
	ck_assert(!running);
	assert_ok(mio_loop_run(loop, &look, &running));
	ck_assert(running);
	ck_assert(!mio_loop_is_running(loop));
	mio_loop_destroy(loop);
}
END_TEST

struct runner {
	struct mio_loop *loop;
	struct record record;
	int result;
	atomic_bool over;
};

static void *
run(void *argument)
{
	struct runner *runner = argument;

	runner->result = mio_loop_run(runner->loop, &handler, &runner->record);

	return NULL;
}

START_TEST(other_threads_notify_and_shut_down)
{
	static struct runner runner;
	struct mio_sender *sender;
	pthread_t thread;
	long i;

	runner = (struct runner){ .loop = new_loop(NULL), .record = blank };
	sender = mio_sender_ref(mio_loop_sender(runner.loop));
	thread = start(run, &runner);
	while (!mio_loop_is_running(runner.loop))
		(void)usleep(100);
	for (i = 0; i < 4000; i++)
		if (mio_sender_send(sender, &i) != 0)
			ck_abort_msg("%ld", i);
	/* the last one has been reported when the next round is over */
	while (mio_sender_try_send(sender, &i) == -EAGAIN)
		(void)usleep(100);
	(void)usleep(1000);
	mio_loop_shutdown(runner.loop);
	join(thread);
	assert_ok(runner.result);
	while (runner.record.n_messages < 4001)
		once(runner.loop, &runner.record, PATIENCE);
	for (i = 0; i <= 4000; i++)
		if (runner.record.messages[i] != i)
			ck_abort_msg("%ld", i);
	mio_loop_destroy(runner.loop);
	assert_error(mio_sender_send(sender, &i), EPIPE);
	mio_sender_unref(sender);
}
END_TEST

static void *
shut_down_until_notified(void *argument)
{
	struct runner *runner = argument;

	while (!runner->over) {
		mio_loop_shutdown(runner->loop);
		(void)usleep(1000);
	}

	return NULL;
}

START_TEST(a_shutdown_ends_the_wait_of_one_round)
{
	static struct runner runner;
	pthread_t thread;

	runner = (struct runner){ .loop = new_loop(NULL), .record = blank };
	thread = start(shut_down_until_notified, &runner);
	once(runner.loop, &runner.record, -1);
	ck_assert_uint_eq(runner.record.ticks, 1);
	runner.over = true;
	join(thread);
	mio_loop_destroy(runner.loop);
}
END_TEST

START_TEST(shutdowns_in_a_row_end_runs_in_a_row)
{
	static struct runner runner;
	pthread_t thread;
	int i;

	runner = (struct runner){ .loop = new_loop(NULL) };
	for (i = 0; i < (is_slowed_down() ? 10 : 200); i++) {
		runner.record = blank;
		thread = start(run, &runner);
		while (!mio_loop_is_running(runner.loop))
			(void)sched_yield();
		mio_loop_shutdown(runner.loop);
		join(thread);
		assert_ok(runner.result);
	}
	mio_loop_destroy(runner.loop);
}
END_TEST

static void
on_signal(int number)
{
	(void)number;
}

START_TEST(a_signal_is_reported)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct mio_loop *loop = new_loop(NULL);
	struct record record = blank;
	pid_t self = getpid(), child;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	child = fork();
	if (child == 0) {
		/* until one of them has come into the wait */
		while (kill(self, SIGUSR1) == 0)
			(void)usleep(1000);
		_exit(0);
	}
	while (record.order[0] != 'i') {
		record = blank;
		once(loop, &record, PATIENCE);
	}
	ck_assert_str_eq(record.order, "ik");
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	mio_loop_destroy(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tcase = new_case(suite, "loop");

	tcase_add_test(tcase, bad_arguments_are_refused);
	tcase_add_test(tcase, other_sizes_are_understood);
	tcase_add_test(tcase, nothing_need_be_called);
	tcase_add_test(tcase, a_round_goes_in_order);
	tcase_add_test(tcase, limits_of_a_round_are_kept);
	tcase_add_test(tcase, what_is_cleared_is_not_reported);
	tcase_add_test(tcase, what_is_reset_is_reported_later);
	tcase_add_test(tcase, rounds_end_although_timeouts_do_not);
	tcase_add_test(tcase, shutdown_from_a_callback_ends_the_run);
	tcase_add_test(tcase, a_run_says_that_it_is_running);
	tcase_add_test(tcase, other_threads_notify_and_shut_down);
	tcase_add_test(tcase, shutdowns_of_the_past_end_no_wait);
	tcase_add_test(tcase, a_shutdown_ends_the_wait_of_one_round);
	tcase_add_test(tcase, shutdowns_in_a_row_end_runs_in_a_row);
	tcase_add_test(tcase, a_signal_is_reported);

	return run_suite(suite);
}
