/* SPDX-License-Identifier: MIT */

/*
 * Requests of POSIX AIO, which report to the kernel's queue of a poll: MIO_AIO
 * and MIO_LIO. Here the tests' own kqueue says that they are done.
 */

#include "config.h"
#include "lib/harness.h"
#include "lib/kqueue_scene.h"

#ifdef EVFILT_AIO

/* A source of the program's own, as one that embeds a struct aiocb would be. */
struct request {
	struct mio_source source;
	uint32_t filter;
	int kq; /* as in sigev_notify_kqueue; -1: not registered */
	mio_token_t token;
};

static int
register_request(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	struct request *request = (struct request *)source;

	if (interest != (request->filter == EVFILT_AIO ? MIO_AIO : MIO_LIO) ||
	    options != MIO_ONESHOT)
		return -EINVAL;

	request->kq = mio_poll_fd(poll);
	request->token = token;

	return request->kq < 0 ? request->kq : 0;
}

static int
deregister_request(struct mio_source *source, struct mio_poll *poll)
{
	(void)poll;
	((struct request *)source)->kq = -1;

	return 0;
}

static const struct mio_source_ops request_ops = {
	.register_source = register_request,
	.reregister_source = register_request,
	.deregister_source = deregister_request,
};

static void
finish(
    int kq, uint32_t filter, uintptr_t ident, mio_token_t token, uint32_t flags)
{
	struct kevent record = {
		.ident = ident,
		.filter = filter,
		.flags = flags,
	};

	record.udata = (__typeof__(record.udata))(uintptr_t)token;
	ck_assert_int_eq(kqueue_finish_request(kq, &record), 0);
}

/* As aio_return(2). */
static void
forget(int kq, uint32_t filter, uintptr_t ident)
{
	struct kevent record = {
		.ident = ident,
		.filter = filter,
		.flags = EV_DELETE,
	};

	ck_assert_int_eq(kevent(kq, &record, 1, NULL, 0, NULL), 0);
}

static const uint32_t filters[] = { EVFILT_AIO, EVFILT_LIO };
static const unsigned bits[] = { MIO_AIO, MIO_LIO };

START_TEST(a_source_is_reported_when_its_request_is_done)
{
	struct mio_poll *poll = new_poll();
	struct request request = {
		.source.ops = &request_ops,
		.filter = filters[_i],
		.kq = -1,
	};
	const KQUEUE_UDATA udata = 0;
	const mio_token_t token = sizeof(udata) < 8 ? 0xfffffffe : SIZE_MAX - 1;

	assert_ok(mio_poll_register(
	    poll, &request.source, token, bits[_i], MIO_ONESHOT));
	expect_nothing(poll);
	finish(request.kq, request.filter, (uintptr_t)&request, request.token,
	    EV_ONESHOT);
	expect_ready(poll, token, bits[_i], ~0u);
	expect_nothing(poll);
	assert_ok(mio_poll_deregister(poll, &request.source));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(a_level_is_reported_until_the_request_is_forgotten)
{
	struct mio_poll *poll = new_poll();
	int kq = mio_poll_fd(poll);

	finish(kq, filters[_i], 4096, 7, 0);
	expect_ready(poll, 7, bits[_i], ~0u);
	expect_ready(poll, 7, bits[_i], ~0u);
	forget(kq, filters[_i], 4096);
	expect_nothing(poll);
	mio_poll_destroy(poll);
}
END_TEST

/* Not even with the number and the token of a descriptor's event. */
START_TEST(no_request_is_merged)
{
	struct mio_poll *poll = new_poll();
	int kq = mio_poll_fd(poll);
	unsigned aio = 0, lio = 0, both = 0;
	struct mio_event events[8];
	mio_fd_t fds[2];
	int i, n;

	/* the descriptor 0, whose two records follow those of the requests */
	assert_ok(mio_unix_pair(fds));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(dup2(fds[0], 0), 0);
	finish(kq, EVFILT_AIO, 0, 7, 0);
	finish(kq, EVFILT_LIO, 0, 7, 0);
	finish(kq, EVFILT_AIO, 4096, 7, 0);
	assert_ok(mio_poll_register_fd(
	    poll, 0, 7, MIO_READABLE | MIO_WRITABLE, 0));

	n = mio_poll(poll, events, 8, PATIENCE);
	ck_assert_int_eq(n, 4);
	for (i = 0; i < n; i++) {
		ck_assert_uint_eq(events[i].token, 7);
		ck_assert_uint_eq(events[i].reserved, 0);
		aio += events[i].ready == MIO_AIO;
		lio += events[i].ready == MIO_LIO;
		both += events[i].ready == (MIO_READABLE | MIO_WRITABLE);
	}
	ck_assert_uint_eq(aio, 2);
	ck_assert_uint_eq(lio, 1);
	ck_assert_uint_eq(both, 1);
	close_pair(fds[0], fds[1]);
	mio_poll_destroy(poll);
}
END_TEST

/* The wake and the alarm have the ident 0, which is no request's. */
START_TEST(requests_are_not_taken_for_wakes)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker;
	struct mio_event event;
	unsigned ready = 0;
	int i;

	assert_ok(mio_waker_create(&waker, poll, 1));
	finish(mio_poll_fd(poll), EVFILT_AIO, 0, 2, EV_ONESHOT);
	finish(mio_poll_fd(poll), EVFILT_LIO, 0, 3, EV_ONESHOT);
	assert_ok(mio_waker_wake(waker));
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(mio_poll(poll, &event, 1, PATIENCE), 1);
		ready |= 1u << event.token;
	}
	ck_assert_uint_eq(ready, 0xe);
	expect_nothing(poll);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

static void *
wait_for_request(void *poll)
{
	expect_ready(poll, 9, MIO_AIO, ~0u);

	return NULL;
}

START_TEST(a_request_ends_a_wait)
{
	struct mio_poll *poll = new_poll();
	pthread_t thread;

	thread = start(wait_for_request, poll);
	finish(mio_poll_fd(poll), EVFILT_AIO, 4096, 9, EV_ONESHOT);
	join(thread);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(a_descriptor_has_no_requests)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	make_pipe(fds);
	assert_error(
	    mio_poll_register_fd(poll, fds[0], 7, bits[_i], 0), ENOTSUP);
	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("kqueue_requests");
	TCase *tcase = new_case(suite, "requests");

	tcase_add_loop_test(
	    tcase, a_source_is_reported_when_its_request_is_done, 0, 2);
	tcase_add_loop_test(
	    tcase, a_level_is_reported_until_the_request_is_forgotten, 0, 2);
	tcase_add_test(tcase, no_request_is_merged);
	tcase_add_test(tcase, requests_are_not_taken_for_wakes);
	tcase_add_test(tcase, a_request_ends_a_wait);
	tcase_add_loop_test(tcase, a_descriptor_has_no_requests, 0, 2);

	return run_suite(suite);
}

#else

int
main(void)
{
	return 77;
}

#endif
