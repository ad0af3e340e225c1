/* SPDX-License-Identifier: MIT */

/*
 * The kqueue(2) that the tests bring along, row by row: what a NetBSD kernel
 * does with filters, sockets and pipes, and what the selector relies on. Where
 * the system has a kqueue of its own, this is a test of that.
 */

#include "config.h"
#include "lib/harness.h"
#include "lib/kqueue_scene.h"

#include <poll.h>
#include <signal.h>

#include <sys/types.h>

#include <sys/event.h>

/* ---- changes */

START_TEST(what_is_missing_is_enoent)
{
	struct scene s = begin_scene();

	ck_assert_int_eq(change(s.kq, s.fds[0], R, 0), ENOENT);
	ck_assert_int_eq(change(s.kq, s.fds[0], R, EV_DELETE), ENOENT);
	ck_assert_int_eq(change(s.kq, s.fds[0], R, EV_ENABLE), ENOENT);
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD)); /* no EEXIST */
	assert_ok(change(s.kq, s.fds[0], R, 0));
	ck_assert_int_eq(change(s.kq, s.fds[0], W, 0), ENOENT);
	assert_ok(change(s.kq, s.fds[0], R, EV_DELETE));
	ck_assert_int_eq(change(s.kq, s.fds[0], R, EV_DELETE), ENOENT);
	ck_assert_int_eq(change(s.kq, 9999, R, EV_ADD), EBADF);
	ck_assert_int_eq(change(s.fds[0], s.fds[0], R, EV_ADD), EBADF);
	end_scene(&s);
}
END_TEST

START_TEST(changes_end_at_the_first_error)
{
	struct scene s = begin_scene();
	struct kevent changes[3] = {
		{ .ident = (uintptr_t)s.fds[0], .filter = R, .flags = EV_ADD },
		{ .ident = (uintptr_t)s.fds[1], .filter = R },
		{ .ident = (uintptr_t)s.fds[1], .filter = W, .flags = EV_ADD },
	};
	struct kevent records[3];

	put(s.fds[1]);
	ck_assert_int_eq(kevent(s.kq, changes, 3, NULL, 0, NULL), -1);
	ck_assert_int_eq(errno, ENOENT);
	assert_ok(change(s.kq, s.fds[0], R, EV_DELETE));
	ck_assert_int_eq(change(s.kq, s.fds[1], W, EV_DELETE), ENOENT);

	/* with room for it the error is a record, and the others are made */
	ck_assert_int_eq(kevent(s.kq, changes, 3, records, 3, NULL), 1);
	ck_assert_uint_eq(records[0].flags, EV_ERROR);
	ck_assert_int_eq((int)records[0].data, ENOENT);
	ck_assert_uint_eq(records[0].ident, (uintptr_t)s.fds[1]);
	ck_assert_int_eq(fetch(s.kq, records, 3), 2);
	end_scene(&s);
}
END_TEST

#ifdef EV_RECEIPT
START_TEST(receipts_are_returned_and_nothing_else)
{
	struct scene s = begin_scene();
	struct kevent changes[2] = {
		{
		    .ident = (uintptr_t)s.fds[0],
		    .filter = R,
		    .flags = EV_ADD | EV_RECEIPT,
		},
		{
		    .ident = (uintptr_t)s.fds[0],
		    .filter = W,
		    .flags = EV_DELETE | EV_RECEIPT,
		},
	};
	struct kevent records[2];

	put(s.fds[1]);
	ck_assert_int_eq(kevent(s.kq, changes, 2, records, 2, NULL), 2);
	ck_assert_uint_eq(records[0].flags, EV_ERROR);
	ck_assert_int_eq((int)records[0].data, 0);
	ck_assert_int_eq((int)records[1].data, ENOENT);

	/* the flag stays with the filter, and does nothing there */
	ck_assert_uint_ne(expect(s.kq, s.fds[0], R, 0).flags & EV_RECEIPT, 0);

	/* without room for it the changes end there */
	ck_assert_int_eq(kevent(s.kq, changes, 2, NULL, 0, NULL), 0);
	end_scene(&s);
}
END_TEST
#endif

START_TEST(a_change_without_action_keeps_the_token)
{
	struct scene s = begin_scene();
	struct kevent record = { .ident = (uintptr_t)s.fds[0], .filter = R };

	record.flags = EV_ADD;
	record.udata = (__typeof__(record.udata))7;
#ifdef HAVE_STRUCT_KEVENT_EXT
	record.ext[2] = 7;
#endif
	ck_assert_int_eq(kevent(s.kq, &record, 1, NULL, 0, NULL), 0);
	put(s.fds[1]);
	assert_ok(change(s.kq, s.fds[0], R, 0));
	record = expect(s.kq, s.fds[0], R, 0);
#ifdef HAVE_STRUCT_KEVENT_EXT
	ck_assert_uint_eq(record.ext[2], 7);
#else
	ck_assert_uint_eq((uintptr_t)record.udata, 7);
#endif
	end_scene(&s);
}
END_TEST

/* ---- how often */

static bool
writable(mio_fd_t fd)
{
	struct pollfd look = { fd, POLLOUT, 0 };

	return poll(&look, 1, 0) == 1;
}

/* There is room, and the peer's direction has ended. */
static void
expect_both(int kq, mio_fd_t fd)
{
	struct kevent records[4];
	int i;

	ck_assert_int_eq(fetch(kq, records, 4), 2);
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(records[i].ident, (uintptr_t)fd);
		ck_assert_uint_eq(records[i].flags & EV_EOF,
		    records[i].filter == EVFILT_READ ? EV_EOF : 0);
	}
	ck_assert_int_ne((int)records[0].filter, (int)records[1].filter);
}

START_TEST(a_level_is_reported_by_each_call)
{
	struct scene s = begin_scene();

	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	expect_none(s.kq);
	put(s.fds[1]);
	ck_assert_int_eq((int)expect(s.kq, s.fds[0], R, 0).data, 1);
	put(s.fds[1]);
	ck_assert_int_eq((int)expect(s.kq, s.fds[0], R, 0).data, 2);
	get(s.fds[0]);
	get(s.fds[0]);
	expect_none(s.kq);
	end_scene(&s);
}
END_TEST

START_TEST(an_edge_is_reported_when_it_arises_and_when_added_again)
{
	struct scene s = begin_scene();

	assert_ok(change(s.kq, s.fds[0], R, EV_ADD | EV_CLEAR));
	put(s.fds[1]);
	(void)expect(s.kq, s.fds[0], R, 0);
	expect_none(s.kq);
	put(s.fds[1]); /* while it still holds */
	(void)expect(s.kq, s.fds[0], R, 0);
	expect_none(s.kq);
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD | EV_CLEAR));
	(void)expect(s.kq, s.fds[0], R, 0);
	expect_none(s.kq);
	end_scene(&s);
}
END_TEST

/* Data or the end of one direction is no edge of the other one. */
START_TEST(an_edge_is_one_of_its_own_direction)
{
	int kq = open_queue();
	mio_fd_t client, server;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_ok(change(kq, fds[0], R, EV_ADD | EV_CLEAR));
	assert_ok(change(kq, fds[0], W, EV_ADD | EV_CLEAR));
	(void)expect(kq, fds[0], W, 0);
	put(fds[1]);
	(void)expect(kq, fds[0], R, 0);
	put(fds[0]); /* while there is something to read */
	get(fds[1]);
	(void)expect(kq, fds[0], W, 0);
	expect_none(kq);
	close_pipe(fds);

	tcp_pair(&client, &server);
	assert_ok(change(kq, server, R, EV_ADD | EV_CLEAR));
	assert_ok(change(kq, server, W, EV_ADD | EV_CLEAR));
	(void)expect(kq, server, W, 0);
	assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
	(void)expect(kq, server, R, EV_EOF);
	expect_none(kq);
	assert_ok(mio_socket_shutdown(server, MIO_SHUT_WRITE));
	(void)expect(kq, server, W, EV_EOF);
	expect_none(kq);
	close_pair(client, server);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* Room is an edge again, also if the peer ends its direction meanwhile. */
START_TEST(room_is_an_edge)
{
	static char block[1 << 16];
	int kq = open_queue();
	mio_fd_t client, server;
	ssize_t n;

	tcp_pair(&client, &server);
	assert_ok(change(kq, server, R, EV_ADD | EV_CLEAR));
	assert_ok(change(kq, server, W, EV_ADD | EV_CLEAR));
	(void)expect(kq, server, W, 0);
	while (mio_socket_send(server, block, sizeof(block)) > 0)
		continue;
	if (_i == 1) {
		assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
		wait_for(server, POLLIN);
	}
	do {
		n = mio_socket_recv(client, block, sizeof(block));
		if (n == -EAGAIN)
			(void)usleep(1000);
		else
			ck_assert_int_gt(n, 0);
	} while (!writable(server));
	if (_i == 0)
		(void)expect(kq, server, W, 0);
	else
		expect_both(kq, server);
	expect_none(kq);
	close_pair(client, server);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* The flags of a filter are those it was added with. */
START_TEST(adding_again_does_not_change_the_flags)
{
	struct scene s = begin_scene();

	put(s.fds[1]);
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD | EV_CLEAR));
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	(void)expect(s.kq, s.fds[0], R, 0);
	expect_none(s.kq);
	assert_ok(change(s.kq, s.fds[0], R, EV_DELETE));
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	(void)expect(s.kq, s.fds[0], R, 0);
	(void)expect(s.kq, s.fds[0], R, 0);
	end_scene(&s);
}
END_TEST

START_TEST(a_oneshot_is_deleted)
{
	struct scene s = begin_scene();

	put(s.fds[1]);
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD | EV_ONESHOT));
	(void)expect(s.kq, s.fds[0], R, 0);
	expect_none(s.kq);
	ck_assert_int_eq(change(s.kq, s.fds[0], R, EV_DELETE), ENOENT);
	end_scene(&s);
}
END_TEST

START_TEST(a_dispatched_filter_is_disabled)
{
	struct scene s = begin_scene();

	put(s.fds[1]);
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD | EV_DISPATCH));
	(void)expect(s.kq, s.fds[0], R, 0);
	expect_none(s.kq);
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD | EV_ENABLE));
	(void)expect(s.kq, s.fds[0], R, 0);
	end_scene(&s);
}
END_TEST

START_TEST(a_disabled_filter_is_silent)
{
	struct scene s = begin_scene();

	put(s.fds[1]);
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	assert_ok(change(s.kq, s.fds[0], R, EV_DISABLE));
	expect_none(s.kq);
	put(s.fds[1]);
	expect_none(s.kq);
	assert_ok(change(s.kq, s.fds[0], R, EV_DELETE));
	end_scene(&s);
}
END_TEST

START_TEST(records_are_returned_in_turn)
{
	struct scene s = begin_scene();
	struct kevent record;
	bool seen[2] = { false, false };
	int i;

	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	assert_ok(change(s.kq, s.fds[1], W, EV_ADD));
	put(s.fds[1]);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(fetch(s.kq, &record, 1), 1);
		seen[record.ident == (uintptr_t)s.fds[0]] = true;
	}
	ck_assert(seen[0] && seen[1]);
	end_scene(&s);
}
END_TEST

/* ---- wakes and time */

#ifdef EVFILT_USER
START_TEST(a_trigger_is_an_edge)
{
	int kq = open_queue();
	struct kevent trigger = { .filter = EVFILT_USER };

	trigger.fflags = NOTE_TRIGGER;
	ck_assert_int_eq(kevent(kq, &trigger, 1, NULL, 0, NULL), -1);
	ck_assert_int_eq(errno, ENOENT);
	assert_ok(change(kq, 0, EVFILT_USER, EV_ADD | EV_CLEAR));
	expect_none(kq);
	ck_assert_int_eq(kevent(kq, &trigger, 1, NULL, 0, NULL), 0);
	ck_assert_int_eq(kevent(kq, &trigger, 1, NULL, 0, NULL), 0);
	(void)expect(kq, 0, EVFILT_USER, 0);
	expect_none(kq);

	/* deleted and added, it has forgotten */
	ck_assert_int_eq(kevent(kq, &trigger, 1, NULL, 0, NULL), 0);
	assert_ok(change(kq, 0, EVFILT_USER, EV_DELETE));
	assert_ok(change(kq, 0, EVFILT_USER, EV_ADD | EV_CLEAR));
	expect_none(kq);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST
#endif

static int
add_timer(int kq, int64_t data, unsigned fflags)
{
	struct kevent timer = { .filter = EVFILT_TIMER };

	timer.flags = EV_ADD | EV_ONESHOT;
	timer.fflags = fflags;
	timer.data = data;

	return kevent(kq, &timer, 1, NULL, 0, NULL) < 0 ? errno : 0;
}

#ifdef KQUEUE_EARLY
#define NOT_BEFORE(ns) ((ns) - (ns) / 64)
#else
#define NOT_BEFORE(ns) (ns)
#endif

static void
expect_ring(int kq, int64_t begin, int64_t ns)
{
	(void)expect(kq, 0, EVFILT_TIMER, 0);
	ck_assert_int_ge(now_ns() - begin, NOT_BEFORE(ns));
	expect_none(kq);
	ck_assert_int_eq(change(kq, 0, EVFILT_TIMER, EV_DELETE), ENOENT);
}

START_TEST(a_timer_rings_once)
{
	int kq = open_queue();
	int64_t begin = now_ns();

	ck_assert_int_eq(add_timer(kq, 0, 0), EINVAL);
	assert_ok(add_timer(kq, 30, 0));
	expect_ring(kq, begin, MS(20)); /* maybe a tick too early */
#ifdef NOTE_NSECONDS
	begin = now_ns();
	assert_ok(add_timer(kq, 3000001, NOTE_NSECONDS));
	expect_ring(kq, begin, 3000001);
#else
	ck_assert_int_eq(add_timer(kq, 3000001, 3), EINVAL);
#endif
	assert_ok(add_timer(kq, 1, 0));
	(void)usleep(15000);
	assert_ok(change(kq, 0, EVFILT_TIMER, EV_DELETE));
	expect_none(kq);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

#ifdef __linux__
/* What counts milliseconds by the ticks of a clock is of no use as an alarm. */
START_TEST(a_timer_of_milliseconds_rings_too_early)
{
	int kq = open_queue();
	int64_t end = now_ns() + PATIENCE;
	int64_t begin, ns;

	do {
		begin = now_ns();
		ck_assert_int_lt(begin, end);
		assert_ok(add_timer(kq, 19, 0));
		(void)expect(kq, 0, EVFILT_TIMER, 0);
		ns = now_ns() - begin;
	} while (ns >= MS(19));

	/* 400 days: the number of ticks overflows */
	assert_ok(add_timer(kq, INT64_C(34560000000), 0));
	(void)expect(kq, 0, EVFILT_TIMER, 0);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST
#endif

START_TEST(expirations_add_up)
{
	struct kevent timer = { .filter = EVFILT_TIMER, .flags = EV_ADD };
	int kq = open_queue();

	timer.data = 10;
	ck_assert_int_eq(kevent(kq, &timer, 1, NULL, 0, NULL), 0);
	(void)usleep(65000);
	ck_assert_int_ge((int)expect(kq, 0, EVFILT_TIMER, 0).data, 5);
	(void)expect(kq, 0, EVFILT_TIMER, 0);
	assert_ok(change(kq, 0, EVFILT_TIMER, EV_DELETE));
	expect_none(kq);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

START_TEST(long_times_are_not_over)
{
	static const struct timespec forever[] = {
		{ INT64_MAX, 0 },
		{ INT64_MAX / 1000000000, 0 },
		{ 86400, 0 },
	};
	struct timespec wrong = { 0, 1000000000 };
	struct kevent record;
	int kq = open_queue();
	int i;

	assert_ok(add_timer(kq, INT64_MAX, 0));
	expect_none(kq);
	assert_ok(change(kq, 0, EVFILT_TIMER, EV_DELETE));
	for (i = 0; i < 3; i++) {
		assert_ok(add_timer(kq, 5, 0));
		ck_assert_int_eq(
		    kevent(kq, NULL, 0, &record, 1, &forever[i]), 1);
	}
	ck_assert_int_eq(kevent(kq, NULL, 0, &record, 1, &wrong), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* The queue shows it, even while a thread waits for it. */
START_TEST(a_timer_shows)
{
	struct pollfd look = { .events = POLLIN };

	look.fd = open_queue();
	assert_ok(add_timer(look.fd, 5, 0));
	ck_assert_int_eq(poll(&look, 1, 20000), 1);
	(void)expect(look.fd, 0, EVFILT_TIMER, 0);
	ck_assert_int_eq(close(look.fd), 0);
}
END_TEST

static void
ignore(int number)
{
	(void)number;
}

START_TEST(a_signal_ends_a_wait)
{
	struct sigaction action = { .sa_handler = ignore };
	int kq = open_queue();
	struct timespec patience = { 20, 0 };
	struct kevent record;

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	(void)ualarm(5000, 5000);
	ck_assert_int_eq(kevent(kq, NULL, 0, &record, 1, &patience), -1);
	ck_assert_int_eq(errno, EINTR);
	(void)ualarm(0, 0);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("kqueue");
	TCase *tcase = new_case(suite, "changes");

	tcase_add_test(tcase, what_is_missing_is_enoent);
	tcase_add_test(tcase, changes_end_at_the_first_error);
#ifdef EV_RECEIPT
	tcase_add_test(tcase, receipts_are_returned_and_nothing_else);
#endif
	tcase_add_test(tcase, a_change_without_action_keeps_the_token);

	tcase = new_case(suite, "how often");
	tcase_add_test(tcase, a_level_is_reported_by_each_call);
	tcase_add_test(
	    tcase, an_edge_is_reported_when_it_arises_and_when_added_again);
	tcase_add_test(tcase, an_edge_is_one_of_its_own_direction);
	tcase_add_loop_test(tcase, room_is_an_edge, 0, 2);
	tcase_add_test(tcase, adding_again_does_not_change_the_flags);
	tcase_add_test(tcase, a_oneshot_is_deleted);
	tcase_add_test(tcase, a_dispatched_filter_is_disabled);
	tcase_add_test(tcase, a_disabled_filter_is_silent);
	tcase_add_test(tcase, records_are_returned_in_turn);

	tcase = new_case(suite, "wakes and time");
#ifdef EVFILT_USER
	tcase_add_test(tcase, a_trigger_is_an_edge);
#endif
	tcase_add_test(tcase, a_timer_rings_once);
#ifdef __linux__
	tcase_add_test(tcase, a_timer_of_milliseconds_rings_too_early);
#endif
	tcase_add_test(tcase, expirations_add_up);
	tcase_add_test(tcase, long_times_are_not_over);
	tcase_add_test(tcase, a_timer_shows);
	tcase_add_test(tcase, a_signal_ends_a_wait);

	return run_suite(suite);
}
