/* SPDX-License-Identifier: MIT */

/*
 * What a thread wrote before a call is seen by the thread that gets the event.
 * What is written is plain memory, so that with a library and a test built with
 * ThreadSanitizer, which takes what it cannot follow for a race, each of these
 * says that it follows.
 */

#include "config.h"
#include "lib/harness.h"

enum { ROUNDS = 50, MESSAGES = 5000 };

struct shared {
	struct mio_poll *poll;
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_waker *waker;
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	int fds[2];
	int64_t timeout;
	uint64_t data;
};

/* One object for each event, of the thread that makes the event. */
static mio_token_t
boxed(uint64_t value)
{
	uint64_t *box = malloc(sizeof(*box));

	ck_assert_ptr_nonnull(box);
	*box = value;

	return (mio_token_t)(uintptr_t)box;
}

static uint64_t
unboxed(mio_token_t token)
{
	uint64_t *box = (uint64_t *)(uintptr_t)token;
	uint64_t value = *box;

	free(box);

	return value;
}

static struct mio_event
wait_for_event(struct shared *shared)
{
	struct mio_event event;

	ck_assert_int_eq(mio_poll(shared->poll, &event, 1, shared->timeout), 1);

	return event;
}

static void
begin(struct shared *shared, int round)
{
	*shared = (struct shared){
		.poll = new_poll(),
		.timeout = round % 2 == 0 ? PATIENCE : -1,
	};
}

static void *
write_and_set(void *argument)
{
	struct shared *shared = argument;

	shared->data = 42;
	assert_ok(mio_readiness_set(shared->readiness, MIO_READABLE));

	return NULL;
}

START_TEST(set_hands_over)
{
	struct shared shared;
	pthread_t thread;

	begin(&shared, _i);
	assert_ok(mio_registration_create(
	    &shared.registration, &shared.readiness));
	assert_ok(mio_poll_register(shared.poll,
	    mio_registration_source(shared.registration), 1, MIO_READABLE,
	    _i % 4 < 2 ? MIO_EDGE : MIO_LEVEL));

	thread = start(write_and_set, &shared);
	ck_assert_uint_eq(wait_for_event(&shared).token, 1);
	ck_assert_uint_eq(shared.data, 42);
	join(thread);

	mio_registration_destroy(shared.registration);
	mio_readiness_unref(shared.readiness);
	mio_poll_destroy(shared.poll);
}
END_TEST

static void *
write_and_wake(void *argument)
{
	struct shared *shared = argument;

	shared->data = 42;
	assert_ok(mio_waker_wake(shared->waker));

	return NULL;
}

START_TEST(wake_hands_over)
{
	struct shared shared;
	pthread_t thread;

	begin(&shared, _i);
	assert_ok(mio_waker_create(&shared.waker, shared.poll, 1));

	thread = start(write_and_wake, &shared);
	ck_assert_uint_eq(wait_for_event(&shared).token, 1);
	ck_assert_uint_eq(shared.data, 42);
	join(thread);

	mio_waker_destroy(shared.waker);
	mio_poll_destroy(shared.poll);
}
END_TEST

static void *
write_and_send(void *argument)
{
	struct shared *shared = argument;
	mio_token_t message;
	uint64_t i;

	for (i = 0; i < MESSAGES; i++) {
		message = boxed(i);
		assert_ok(mio_sender_send(shared->sender, &message));
	}

	return NULL;
}

START_TEST(send_hands_over)
{
	struct shared shared;
	mio_token_t message;
	pthread_t thread;
	uint64_t got = 0;
	int r;

	begin(&shared, _i);
	assert_ok(_i < 2 ? mio_channel_create(&shared.sender,
		&shared.receiver, sizeof(message)) :
	    mio_sync_channel_create(&shared.sender, &shared.receiver,
		sizeof(message), 10));
	assert_ok(mio_poll_register(shared.poll,
	    mio_receiver_source(shared.receiver), 1, MIO_READABLE, MIO_EDGE));

	thread = start(write_and_send, &shared);
	while (got < MESSAGES) {
		ck_assert_uint_eq(wait_for_event(&shared).token, 1);
		while ((r = mio_receiver_recv(shared.receiver, &message)) == 0)
			must(unboxed(message) == got++);
		ck_assert_int_eq(r, -EAGAIN);
	}
	join(thread);

	mio_sender_unref(shared.sender);
	mio_receiver_destroy(shared.receiver);
	mio_poll_destroy(shared.poll);
}
END_TEST

static void *
write_and_register(void *argument)
{
	struct shared *shared = argument;

	assert_ok(mio_poll_register_fd(shared->poll, shared->fds[1], boxed(42),
	    MIO_WRITABLE, MIO_EDGE));

	return NULL;
}

static void *
write_and_reregister(void *argument)
{
	struct shared *shared = argument;

	assert_ok(mio_poll_reregister_fd(shared->poll, shared->fds[1],
	    boxed(43), MIO_WRITABLE, MIO_EDGE));

	return NULL;
}

static void *
write_and_register_source(void *argument)
{
	struct shared *shared = argument;

	assert_ok(mio_poll_register(shared->poll,
	    mio_registration_source(shared->registration), boxed(44),
	    MIO_READABLE, MIO_LEVEL));

	return NULL;
}

START_TEST(registering_hands_over)
{
	struct shared shared;
	pthread_t thread;

	begin(&shared, _i);
	make_pipe(shared.fds);

	thread = start(write_and_register, &shared);
	ck_assert_uint_eq(unboxed(wait_for_event(&shared).token), 42);
	join(thread);

	thread = start(write_and_reregister, &shared);
	ck_assert_uint_eq(unboxed(wait_for_event(&shared).token), 43);
	join(thread);
	assert_ok(mio_poll_deregister_fd(shared.poll, shared.fds[1]));

	assert_ok(mio_registration_create(
	    &shared.registration, &shared.readiness));
	assert_ok(mio_readiness_set(shared.readiness, MIO_READABLE));
	thread = start(write_and_register_source, &shared);
	ck_assert_uint_eq(unboxed(wait_for_event(&shared).token), 44);
	join(thread);

	mio_registration_destroy(shared.registration);
	mio_readiness_unref(shared.readiness);
	close_pipe(shared.fds);
	mio_poll_destroy(shared.poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hand-over");
	TCase *tcase = new_case(suite, "hand-over");

	tcase_add_loop_test(tcase, set_hands_over, 0, ROUNDS);
	tcase_add_loop_test(tcase, wake_hands_over, 0, ROUNDS);
	tcase_add_loop_test(tcase, send_hands_over, 0, 4);
	tcase_add_loop_test(tcase, registering_hands_over, 0, ROUNDS);

	return run_suite(suite);
}
