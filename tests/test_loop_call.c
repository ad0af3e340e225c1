/* SPDX-License-Identifier: MIT */

/* Calls that a loop makes later: after a time, and for other threads. */

#include "config.h"
#include "lib/harness.h"
#include "lib/record.h"

#include <stdatomic.h>

/* What was called, in order. */
static struct {
	char order[64];
	size_t length;
} notes;

static void
note(char what)
{
	if (notes.length < sizeof(notes.order) - 1)
		notes.order[notes.length++] = what;
}

static void
forget_notes(void)
{
	memset(&notes, 0, sizeof(notes));
}

/* The context is the letter. */
static void
note_call(struct mio_loop *loop, void *context)
{
	(void)loop;
	note(*(const char *)context);
}

static void
note_timeout(struct mio_loop *loop, void *context, mio_token_t state)
{
	(void)loop;
	(void)context;
	note((char)state);
}

static void
note_message(struct mio_loop *loop, void *context, const void *message)
{
	(void)loop;
	(void)context;
	(void)message;
	note('m');
}

static const struct mio_handler noting = {
	.size = sizeof(noting),
	.notify = note_message,
	.timeout = note_timeout,
};

static char letters[] = "0123456789";

static int
post(struct mio_loop *loop, unsigned letter)
{
	return mio_loop_post(loop, note_call, &letters[letter]);
}

static int
send_message(struct mio_loop *loop)
{
	void *message = NULL;

	return mio_sender_try_send(mio_loop_sender(loop), &message);
}

START_TEST(bad_arguments_are_refused)
{
	struct mio_loop_config config = {
		.size = sizeof(config), .timer_capacity = 1,
	};
	struct mio_loop *loop = new_loop(&config);
	mio_timeout_t name = 7;

	assert_error(mio_loop_after(NULL, 1, note_call, NULL, &name), EINVAL);
	assert_error(mio_loop_after(loop, 1, NULL, NULL, &name), EINVAL);
	assert_error(
	    mio_loop_after(loop, UINT64_MAX, note_call, NULL, &name),
	    EOVERFLOW);
	assert_ok(mio_loop_after(loop, SECONDS(1), note_call, NULL, NULL));
	assert_error(mio_loop_after(loop, 1, note_call, NULL, &name), ENOSPC);
	ck_assert_uint_eq(name, 7);
	assert_error(mio_loop_post(NULL, note_call, NULL), EINVAL);
	assert_error(mio_loop_post(loop, NULL, NULL), EINVAL);
	mio_loop_destroy(loop);
}
END_TEST

/* ---- after */

/* The times lie apart as far as the slowest machine takes to set them. */
START_TEST(timeouts_of_both_kinds_come_by_deadline)
{
	struct mio_loop *loop = new_loop(NULL);

	assert_ok(mio_loop_after(loop, MS(90), note_call, &letters[4], NULL));
	assert_ok(mio_loop_timeout(loop, MS(60), '3', NULL));
	assert_ok(mio_loop_after(loop, MS(30), note_call, &letters[2], NULL));
	assert_ok(mio_loop_timeout(loop, 0, '1', NULL));
	(void)usleep(100000);
	assert_ok(mio_loop_run_once(loop, &noting, NULL, PATIENCE));
	ck_assert_str_eq(notes.order, "1234");

	/* the calls need no handler */
	assert_ok(mio_loop_after(loop, 0, note_call, &letters[5], NULL));
	while (notes.length < 5)
		assert_ok(mio_loop_run_once(loop, NULL, NULL, PATIENCE));
	ck_assert_str_eq(notes.order, "12345");
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(calls_are_reset_and_cleared_as_others)
{
	struct mio_loop *loop = new_loop(NULL);
	mio_timeout_t names[2];

	assert_ok(mio_loop_after(loop, 0, note_call, &letters[0], &names[0]));
	assert_ok(mio_loop_after(loop, 0, note_call, &letters[1], &names[1]));
	assert_ok(mio_loop_clear_timeout(loop, names[0]));
	assert_ok(mio_loop_reset_timeout(loop, names[1], SECONDS(3600)));
	(void)usleep(3000);
	assert_ok(mio_loop_run_once(loop, NULL, NULL, 0));
	ck_assert_uint_eq(notes.length, 0);
	assert_ok(mio_loop_reset_timeout(loop, names[1], 0));
	while (notes.length == 0)
		assert_ok(mio_loop_run_once(loop, NULL, NULL, PATIENCE));
	ck_assert_str_eq(notes.order, "1");
	assert_error(mio_loop_clear_timeout(loop, names[1]), ENOENT);
	mio_loop_destroy(loop);
}
END_TEST

static void
call_again(struct mio_loop *loop, void *context)
{
	unsigned *calls = context;

	++*calls;
	assert_ok(mio_loop_after(loop, 0, call_again, context, NULL));
	assert_ok(mio_loop_post(loop, call_again, context));
	(void)usleep(1100);
}

/* What a call sets and posts waits for the next round. */
START_TEST(rounds_end_although_calls_go_on)
{
	struct mio_loop *loop = new_loop(NULL);
	unsigned calls = 0, i;

	assert_ok(mio_loop_post(loop, call_again, &calls));
	for (i = 0; i < 5; i++) {
		assert_ok(mio_loop_run_once(loop, NULL, NULL, PATIENCE));
		ck_assert_uint_eq(calls, (2u << i) - 1);
	}
	mio_loop_destroy(loop);
}
END_TEST

/* ---- posts */

START_TEST(posts_come_in_order_before_messages)
{
	struct mio_loop *loop = new_loop(NULL);

	assert_ok(mio_loop_timeout(loop, 0, 't', NULL));
	(void)usleep(3000);
	assert_ok(send_message(loop));
	assert_ok(post(loop, 1));
	assert_ok(send_message(loop));
	assert_ok(post(loop, 2));
	assert_ok(mio_loop_run_once(loop, &noting, NULL, PATIENCE));
	ck_assert_str_eq(notes.order, "12mmt");
	mio_loop_destroy(loop);
}
END_TEST

static void
post_again(struct mio_loop *loop, void *context)
{
	note('p');
	assert_ok(mio_loop_post(loop, post_again, context));
}

START_TEST(what_is_posted_in_a_round_waits_for_the_next)
{
	struct mio_loop *loop = new_loop(NULL);
	unsigned i;

	assert_ok(mio_loop_post(loop, post_again, NULL));
	for (i = 1; i <= 5; i++) {
		assert_ok(mio_loop_run_once(loop, NULL, NULL, PATIENCE));
		ck_assert_uint_eq(notes.length, i);
	}
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(posts_have_a_limit)
{
	struct mio_loop_config config = {
		.size = sizeof(config), .notify_capacity = 5,
		.messages_per_tick = 3,
	};
	struct mio_loop *loop = new_loop(&config);
	unsigned i;

	for (i = 0; i < 5; i++) {
		assert_ok(post(loop, i));
		assert_ok(send_message(loop));
	}
	assert_error(post(loop, 9), EAGAIN);
	assert_error(send_message(loop), EAGAIN);

	/* three a round, of both together, and both get through */
	assert_ok(mio_loop_run_once(loop, &noting, NULL, PATIENCE));
	ck_assert_str_eq(notes.order, "012");
	forget_notes();
	assert_ok(mio_loop_run_once(loop, &noting, NULL, PATIENCE));
	ck_assert_str_eq(notes.order, "3mm");
	forget_notes();
	assert_ok(mio_loop_run_once(loop, &noting, NULL, PATIENCE));
	ck_assert_str_eq(notes.order, "4mm");
	forget_notes();
	assert_ok(mio_loop_run_once(loop, &noting, NULL, PATIENCE));
	ck_assert_str_eq(notes.order, "m");
	mio_loop_destroy(loop);
}
END_TEST

/* Neither kind keeps the other from being reported, with one a round. */
START_TEST(posts_and_messages_take_turns)
{
	struct mio_loop_config config = {
		.size = sizeof(config), .messages_per_tick = 1,
	};
	struct mio_loop *loop = new_loop(&config);
	unsigned i;

	for (i = 0; i < 4; i++) {
		assert_ok(post(loop, i));
		assert_ok(send_message(loop));
	}
	for (i = 1; i <= 8; i++) {
		assert_ok(mio_loop_run_once(loop, &noting, NULL, PATIENCE));
		ck_assert_uint_eq(notes.length, i);
	}
	ck_assert_str_eq(notes.order, "0m1m2m3m");
	mio_loop_destroy(loop);
}
END_TEST

START_TEST(what_is_posted_and_not_called_is_forgotten)
{
	struct mio_loop *loop = new_loop(NULL);

	assert_ok(post(loop, 1));
	assert_ok(mio_loop_after(loop, 0, note_call, &letters[2], NULL));
	mio_loop_destroy(loop);
	ck_assert_uint_eq(notes.length, 0);
}
END_TEST

/* ---- threads */

#define THREADS 4

struct poster {
	struct mio_loop *loop;
	unsigned posts, calls;
	struct job {
		struct poster *poster;
		unsigned number;
	} *jobs;
};

static unsigned all_calls, all_posts;

static void
do_job(struct mio_loop *loop, void *context)
{
	const struct job *job = context;

	if (job->number != job->poster->calls++)
		ck_abort_msg("%u", job->number);
	if (++all_calls == all_posts)
		mio_loop_shutdown(loop);
}

static void *
post_jobs(void *argument)
{
	struct poster *poster = argument;
	unsigned i;
	int r;

	for (i = 0; i < poster->posts; i++) {
		poster->jobs[i] = (struct job){ poster, i };
		do {
			r = mio_loop_post(
			    poster->loop, do_job, &poster->jobs[i]);
			if (r == -EAGAIN)
				(void)sched_yield();
		} while (r == -EAGAIN);
		if (r != 0)
			ck_abort_msg("%d", r);
		if (i % 1000 == 0)
			(void)usleep(100); /* the loop may fall asleep */
	}

	return NULL;
}

/* Each is called once, and those of one thread in order. */
START_TEST(threads_post)
{
	static struct poster posters[THREADS];
	struct mio_loop_config config = {
		.size = sizeof(config), .notify_capacity = 64,
	};
	struct mio_loop *loop = new_loop(&config);
	pthread_t threads[THREADS];
	unsigned i, posts = is_slowed_down() ? 500 : 20000;

	all_posts = THREADS * posts;
	for (i = 0; i < THREADS; i++) {
		posters[i] = (struct poster){ .loop = loop, .posts = posts };
		posters[i].jobs = calloc(posts, sizeof(struct job));
		threads[i] = start(post_jobs, &posters[i]);
	}
	assert_ok(mio_loop_run(loop, NULL, NULL));
	for (i = 0; i < THREADS; i++) {
		join(threads[i]);
		ck_assert_uint_eq(posters[i].calls, posts);
		free(posters[i].jobs);
	}
	mio_loop_destroy(loop);
}
END_TEST

static void
count_and_shut_down(struct mio_loop *loop, void *context)
{
	atomic_uint *calls = context;

	++*calls;
	mio_loop_shutdown(loop);
}

static void *
post_later(void *loop)
{
	static atomic_uint calls;

	(void)usleep(20000);
	assert_ok(mio_loop_post(loop, count_and_shut_down, &calls));

	return NULL;
}

START_TEST(a_post_wakes_the_loop)
{
	struct mio_loop *loop = new_loop(NULL);
	pthread_t thread = start(post_later, loop);

	assert_ok(mio_loop_run(loop, NULL, NULL));
	join(thread);
	mio_loop_destroy(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop_call");
	TCase *tcase = new_case(suite, "loop_call");

	tcase_add_test(tcase, bad_arguments_are_refused);
	tcase_add_test(tcase, timeouts_of_both_kinds_come_by_deadline);
	tcase_add_test(tcase, calls_are_reset_and_cleared_as_others);
	tcase_add_test(tcase, rounds_end_although_calls_go_on);
	tcase_add_test(tcase, posts_come_in_order_before_messages);
	tcase_add_test(tcase, what_is_posted_in_a_round_waits_for_the_next);
	tcase_add_test(tcase, posts_have_a_limit);
	tcase_add_test(tcase, posts_and_messages_take_turns);
	tcase_add_test(tcase, what_is_posted_and_not_called_is_forgotten);
	tcase_add_test(tcase, threads_post);
	tcase_add_test(tcase, a_post_wakes_the_loop);

	return run_suite(suite);
}
