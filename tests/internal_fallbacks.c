/* SPDX-License-Identifier: MIT */

/*
 * System calls that this kernel does not have, or that a sandbox refuses: an
 * older call does the work, and the newer one is not tried again. Wakers whose
 * signal does not go through at first. Which of these there are depends on how
 * the library was built and on the kernel, so each test asks what was called,
 * or what is there.
 */

#include "sys/compat.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <poll.h>

#ifdef HAVE_EPOLL_CREATE1
#include <sys/epoll.h>
#endif

#include "sys/pipe.h"
#include "sys/waker.h"

/* How a kernel and how a sandbox says it; each is a run of a loop test. */
static const int refusals[] = { ENOSYS, EPERM };

#define REFUSALS 2

/* What this build calls to wait, and instead of it. */
static const char *
fine_call(void)
{
	return backend_is("epoll") ? "epoll_pwait2" : "ppoll";
}

/* kevent(2) counts nanoseconds on every system. */
static bool
has_fine_waits_only(void)
{
	return backend_is("kqueue");
}

static const char *
coarse_call(void)
{
	return backend_is("epoll") ? "epoll_wait" : "poll";
}

static mio_fd_t
accept_one(mio_fd_t listener)
{
	struct sockaddr_in addr = loopback(port_of(listener));
	mio_fd_t client, server = MIO_INVALID_FD;
	struct sockaddr_storage peer, local;
	socklen_t peer_len, local_len;

	assert_ok(
	    mio_tcp_connect(&client, (struct sockaddr *)&addr, sizeof(addr)));
	wait_for(listener, POLLIN);
	assert_ok(mio_tcp_accept(listener, &server, &peer, &peer_len));
	assert_nonblock_cloexec(server);
	assert_ok(mio_socket_local_addr(client, &local, &local_len));
	ck_assert_uint_eq(peer_len, local_len);
	ck_assert_mem_eq(&peer, &local, local_len);
	assert_ok(mio_fd_close(client));

	return server;
}

/* mio before 0.7 left what it accepted this way blocking. */
START_TEST(accept_does_without_accept4)
{
	mio_fd_t listener = listen_on_loopback();
	int i;

	fault_reset_counts();
	fault_arm_all("accept4", refusals[_i]);
	for (i = 0; i < 3; i++) {
		assert_ok(mio_fd_close(accept_one(listener)));
		ck_assert_uint_eq(fault_count("accept4"), 1);
		ck_assert_uint_eq(fault_count("accept"), (unsigned)i + 1);
	}
	ck_assert(fault_disarm());
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(accept_would_block_without_accept4_too)
{
	mio_fd_t listener = listen_on_loopback();
	mio_fd_t fd = -7;

	fault_arm_all("accept4", refusals[_i]);
	assert_error(mio_tcp_accept(listener, &fd, NULL, NULL), EAGAIN);
	ck_assert(fault_disarm());
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_fd_close(accept_one(listener)));
	assert_ok(mio_fd_close(listener));
}
END_TEST

/* EPERM of one connection is not the end of accept4. */
START_TEST(accept_tries_accept4_again_after_no_success)
{
	mio_fd_t listener = listen_on_loopback();
	mio_fd_t fd = -7;

	fault_arm("accept4", 1, EPERM);
	assert_error(mio_tcp_accept(listener, &fd, NULL, NULL), EAGAIN);
	ck_assert(fault_disarm());
	fault_reset_counts();
	assert_ok(mio_fd_close(accept_one(listener)));
	ck_assert_uint_eq(fault_count("accept4"), 1);
	ck_assert_uint_eq(fault_count("accept"), !fault_has("accept4"));
	assert_ok(mio_fd_close(listener));
}
END_TEST

#define BATCH 70 /* more than a chunk */

/* So many datagrams, each its own number; both of a connected pair. */
static void
exchange(mio_fd_t from, mio_fd_t to)
{
	static unsigned char bytes[BATCH], got[BATCH];
	struct mio_datagram out[BATCH] = { 0 }, in[BATCH] = { 0 };
	unsigned i;

	for (i = 0; i < BATCH; i++) {
		bytes[i] = (unsigned char)i;
		out[i] = (struct mio_datagram){ .data = &bytes[i], .len = 1 };
		in[i] = (struct mio_datagram){ .data = &got[i], .len = i % 2 };
	}
	ck_assert_int_eq(mio_udp_send_batch(from, out, BATCH), BATCH);
	wait_for(to, POLLIN);
	ck_assert_int_eq(mio_udp_recv_batch(to, in, BATCH), BATCH);
	for (i = 0; i < BATCH; i++) {
		ck_assert_uint_eq(in[i].len, i % 2);
		ck_assert_uint_eq(in[i].flags, i % 2 ? 0 : MIO_TRUNCATED);
		ck_assert_uint_eq(in[i].addr_len, sizeof(struct sockaddr_in));
		if (i % 2)
			ck_assert_uint_eq(got[i], i);
	}
	assert_error(mio_udp_recv_batch(to, in, BATCH), EAGAIN);
}

START_TEST(batches_do_without_sendmmsg)
{
	mio_fd_t from, to;
	int i;

	udp_pair(&from, &to);
	fault_reset_counts();
	fault_arm_all("sendmmsg", refusals[_i]);
	for (i = 0; i < 3; i++) {
		exchange(from, to);
		ck_assert_uint_eq(fault_count("sendmmsg"), 1);
		ck_assert_uint_eq(fault_count("sendmsg"),
		    (unsigned)(i + 1) * BATCH);
	}
	ck_assert(fault_disarm());
	close_pair(from, to);
}
END_TEST

START_TEST(batches_do_without_recvmmsg)
{
	mio_fd_t from, to;
	int i;

	udp_pair(&from, &to);
	fault_reset_counts();
	fault_arm_all("recvmmsg", refusals[_i]);
	for (i = 0; i < 3; i++) {
		exchange(from, to);
		ck_assert_uint_eq(fault_count("recvmmsg"), 1);
		ck_assert_uint_gt(fault_count("recvmsg"),
		    (unsigned)(i + 1) * BATCH);
	}
	ck_assert(fault_disarm());
	close_pair(from, to);
}
END_TEST

/* EPERM of one datagram, a firewall's word, is not the end of sendmmsg. */
START_TEST(batches_try_sendmmsg_again_after_no_success)
{
	char byte = 'x';
	struct mio_datagram one = { .data = &byte, .len = 1 };
	mio_fd_t from, to;

	udp_pair(&from, &to);
	fault_arm_all(NULL, EPERM);
	assert_error(mio_udp_send_batch(from, &one, 1), EPERM);
	assert_error(mio_udp_recv_batch(to, &one, 1), EPERM);
	ck_assert(fault_disarm());
	fault_reset_counts();
	exchange(from, to);
	ck_assert_uint_gt(fault_count("sendmmsg"), 0);
	ck_assert_uint_gt(fault_count("recvmmsg"), 0);
	if (fault_has("sendmmsg"))
		ck_assert_uint_eq(fault_count("sendmsg"), 0);
	if (fault_has("recvmmsg"))
		ck_assert_uint_eq(fault_count("recvmsg"), 0);
	close_pair(from, to);
}
END_TEST

/* As batches by one call: what went through counts, the error comes next. */
START_TEST(batches_one_by_one_end_before_the_one_that_fails)
{
	struct mio_datagram three[3] = { 0 };
	mio_fd_t from, to;
	char byte[3] = "abc";
	int i;

	for (i = 0; i < 3; i++)
		three[i] = (struct mio_datagram){ .data = &byte[i], .len = 1 };
	udp_pair(&from, &to);
	fault_arm_all("sendmmsg", ENOSYS);
	exchange(from, to);
	(void)fault_disarm(); /* known by now */
	fault_arm("sendmsg", 3, ENOBUFS);
	ck_assert_int_eq(mio_udp_send_batch(from, three, 3), 2);
	ck_assert(fault_disarm());
	fault_arm("sendmsg", 1, ENOBUFS);
	assert_error(mio_udp_send_batch(from, three + 2, 1), ENOBUFS);
	ck_assert(fault_disarm());
	close_pair(from, to);
}
END_TEST

START_TEST(pipe_does_without_pipe2)
{
	char byte = '.';
	int fds[2];
	int i;

	fault_reset_counts();
	fault_arm_all("pipe2", refusals[_i]);
	for (i = 0; i < 3; i++) {
		assert_ok(mio__os_pipe(fds));
		ck_assert_uint_eq(fault_count("pipe2"), 1);
		assert_nonblock_cloexec(fds[0]);
		assert_nonblock_cloexec(fds[1]);
		ck_assert_int_eq(write(fds[1], "x", 1), 1);
		ck_assert_int_eq(read(fds[0], &byte, 1), 1);
		assert_ok(mio_fd_close(fds[0]));
		assert_ok(mio_fd_close(fds[1]));
	}
	ck_assert(fault_disarm());
}
END_TEST

static bool
is_readable(int fd)
{
	struct pollfd look = { .fd = fd, .events = POLLIN };

	return poll(&look, 1, 0) == 1;
}

static void
new_waker(struct mio__waker *waker)
{
	assert_ok(mio__waker_init(waker));
	assert_nonblock_cloexec(waker->read_fd);
	assert_nonblock_cloexec(waker->write_fd);
	ck_assert(!is_readable(waker->read_fd));
}

/* Signals add up to one, and one drain takes them all back. */
static void
signal_and_drain(struct mio__waker *waker)
{
	errno = EDOM;
	mio__waker_wake(waker);
	ck_assert(is_readable(waker->read_fd));
	mio__waker_wake(waker);
	ck_assert_int_eq(errno, EDOM);
	mio__waker_drain(waker);
	ck_assert(!is_readable(waker->read_fd));
}

/* mio 0.7 had the ends of its pipe swapped, seen only where it was forced. */
static void
check_waker_made_without(const char *call, int error)
{
	struct mio__waker waker;

	fault_reset_counts();
	fault_arm_all(call, error);
	new_waker(&waker);
	(void)fault_disarm(); /* where this build does not call it at all */
	signal_and_drain(&waker);
	signal_and_drain(&waker);
	mio__waker_fini(&waker);
}

START_TEST(waker_does_without_eventfd)
{
	check_waker_made_without("eventfd", refusals[_i]);
	ck_assert_uint_gt(fault_count("pipe2"), 0);
}
END_TEST

START_TEST(waker_does_without_pipe2)
{
	bool eventfd;

	check_waker_made_without("pipe2", refusals[_i]);
	eventfd = fault_count("eventfd") > 0 && fault_has("eventfd");
	ck_assert_uint_eq(fault_count("pipe"), !eventfd);
}
END_TEST

/* Neither is there, as on an old kernel: pipe2 is known to lack by then. */
START_TEST(waker_does_without_eventfd_and_pipe2)
{
	int fds[2];

	fault_arm_all("pipe2", refusals[_i]);
	assert_ok(mio__os_pipe(fds));
	ck_assert(fault_disarm());
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));

	check_waker_made_without("eventfd", refusals[_i]);
	ck_assert_uint_eq(fault_count("pipe"), 1);
	ck_assert_uint_eq(fault_count("pipe2"), 0);
}
END_TEST

/* With eventfd, and as where that is refused. */
static void
new_waker_of_kind(struct mio__waker *waker, int kind)
{
	fault_arm_all(kind == 0 ? "none" : "eventfd", ENOSYS);
	new_waker(waker);
	(void)fault_disarm(); /* where this build has no eventfd */
}

/* What is full is drained and written to again; EINTR is retried. */
static const int hitches[] = { EAGAIN, EINTR };

START_TEST(wake_gets_through_in_the_end)
{
	struct mio__waker waker;

	new_waker_of_kind(&waker, _i / 2);
	fault_reset_counts();
	fault_arm("write", 1, hitches[_i % 2]);
	mio__waker_wake(&waker);
	ck_assert(fault_disarm());
	ck_assert_uint_eq(fault_count("write"), 2);
	ck_assert(is_readable(waker.read_fd));
	mio__waker_drain(&waker);
	signal_and_drain(&waker);
	mio__waker_fini(&waker);
}
END_TEST

static void
fill(const struct mio__waker *waker)
{
	const uint64_t most = UINT64_MAX - 1;

	while (write(waker->write_fd, &most, sizeof(most)) > 0)
		continue;
	ck_assert_int_eq(errno, EAGAIN);
}

/* A counter at its maximum, or a pipe without room. */
START_TEST(a_full_waker_is_drained_and_signals)
{
	struct mio__waker waker;

	new_waker_of_kind(&waker, _i);
	fill(&waker);
	signal_and_drain(&waker);
	fill(&waker);
	mio__waker_drain(&waker);
	ck_assert(!is_readable(waker.read_fd));
	mio__waker_fini(&waker);
}
END_TEST

#ifdef HAVE_EPOLL_CREATE1

/* Each signal is an edge for who never reads, a full waker's too. */
START_TEST(each_signal_is_an_edge)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct mio__waker waker;
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	int i;

	ck_assert_int_ge(epfd, 0);
	new_waker_of_kind(&waker, _i);
	ck_assert_int_eq(
	    epoll_ctl(epfd, EPOLL_CTL_ADD, waker.read_fd, &event), 0);
	for (i = 0; i < 5; i++) {
		if (i % 2 == 1) {
			fill(&waker);
			(void)epoll_wait(epfd, &event, 1, 0);
		}
		ck_assert_int_eq(epoll_wait(epfd, &event, 1, 0), 0);
		mio__waker_wake(&waker);
		ck_assert_int_eq(epoll_wait(epfd, &event, 1, 0), 1);
	}
	assert_ok(mio_fd_close(epfd));
	mio__waker_fini(&waker);
}
END_TEST

#define ADD_EDGES(tcase) \
	tcase_add_loop_test(tcase, each_signal_is_an_edge, 0, 2)

#else

#define ADD_EDGES(tcase)

#endif

/* A wake has no error: it keeps errno, and the next one goes through. */
START_TEST(wake_that_cannot_signal_is_not_reported)
{
	struct mio__waker waker;

	new_waker(&waker);
	fault_arm("write", 1, EIO);
	errno = EDOM;
	mio__waker_wake(&waker);
	ck_assert_int_eq(errno, EDOM);
	ck_assert(fault_disarm());
	signal_and_drain(&waker);
	mio__waker_fini(&waker);
}
END_TEST

/* Where nothing finer than milliseconds is to be had, times are rounded up. */
START_TEST(waits_do_without_nanoseconds)
{
	static const struct {
		int64_t ns;
		int ms;
	} times[] = { { 1, 1 }, { MS(1), 1 }, { MS(1) + 1, 2 } };
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	int64_t begin;
	int i;

	if (has_fine_waits_only()) {
		mio_poll_destroy(poll);
		return;
	}
	fault_reset_counts();
	fault_arm_all(fine_call(), refusals[_i]);
	assert_ok(mio_poll(poll, &event, 1, MS(2)));
	ck_assert_uint_eq(fault_count(fine_call()), 1);
	ck_assert_uint_gt(fault_count(coarse_call()), 0);

	for (i = 0; i < 3; i++) {
		fault_reset_counts();
		begin = now_ns();
		assert_ok(mio_poll(poll, &event, 1, times[i].ns));
		ck_assert_int_ge(now_ns() - begin, times[i].ns);
		ck_assert_int_le(fault_timeout_ms(), times[i].ms);
		ck_assert_int_gt(fault_timeout_ms(), 0);
		ck_assert_uint_eq(fault_count(fine_call()), 0);
	}
	ck_assert(fault_disarm());
	mio_poll_destroy(poll);
}
END_TEST

/* What is remembered is the poll's own, or that of all of them. */
START_TEST(each_poll_finds_out_once_at_the_most)
{
	struct mio_poll *first = new_poll(), *second = new_poll();
	struct mio_event event;
	int i;

	fault_reset_counts();
	fault_arm_all(fine_call(), refusals[_i]);
	for (i = 0; i < 3 && !has_fine_waits_only(); i++) {
		assert_ok(mio_poll(first, &event, 1, MS(1)));
		assert_ok(mio_poll(second, &event, 1, MS(1)));
		ck_assert_uint_ge(fault_count(fine_call()), 1);
		ck_assert_uint_le(fault_count(fine_call()), 2);
	}
	ck_assert(fault_disarm() || has_fine_waits_only());
	mio_poll_destroy(first);
	mio_poll_destroy(second);
}
END_TEST

/* The first error is reported, not one of the undoing. */
START_TEST(rollback_that_fails_is_not_reported)
{
	mio_fd_t listener = listen_on_loopback();
	struct sockaddr_in taken = loopback(port_of(listener));
	struct sockaddr_in everybody = loopback(1);
	unsigned fds = count_fds();
	mio_fd_t fd = -7;

	everybody.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	fault_arm_all("close", EIO);
	assert_error(
	    mio_tcp_listen(&fd, (struct sockaddr *)&taken, sizeof(taken), 0, 0),
	    EADDRINUSE);
	ck_assert(fault_disarm());
	fault_arm_all("close", EIO);
	assert_error(mio_tcp_connect(
			 &fd, (struct sockaddr *)&everybody, sizeof(everybody)),
	    ENETUNREACH);
	ck_assert(fault_disarm());
	ck_assert_int_eq(fd, -7);
	ck_assert_uint_eq(count_fds(), fds);
	assert_ok(mio_fd_close(listener));
}
END_TEST

/* Above what the system takes: what it says is no bad argument. */
START_TEST(keepalive_over_the_limit_of_the_system_is_a_range)
{
	mio_fd_t client, server;

	if (TCP_KEEPIDLE == -1)
		return;
	tcp_pair(&client, &server);
	fault_arm("setsockopt", 1, EINVAL);
	assert_error(mio_tcp_set_keepalive(client, SECONDS(5)), ERANGE);
	ck_assert(fault_disarm());
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

/* As on the BSDs and macOS: the largest size that is accepted is set. */
START_TEST(buffer_over_the_limit_of_the_system_is_as_large_as_it_gets)
{
	mio_fd_t fd;
	size_t size = 0;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	fault_reset_counts();
	fault_arm("setsockopt", 1, ENOBUFS);
	assert_ok(mio_socket_set_recv_buffer_size(fd, 50000));
	ck_assert(fault_disarm());
	ck_assert_uint_le(fault_count("setsockopt"), 33);
	assert_ok(mio_socket_get_recv_buffer_size(fd, &size));
	ck_assert_uint_ge(size, 49999);
	fault_arm_all("setsockopt", ENOBUFS);
	assert_error(mio_socket_set_recv_buffer_size(fd, 60000), ENOBUFS);
	ck_assert(fault_disarm());
	ck_assert_uint_lt(size, 120000);
	assert_ok(mio_fd_close(fd));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fallbacks");
	TCase *tcase = new_case(suite, "calls");

	tcase_add_loop_test(tcase, accept_does_without_accept4, 0, REFUSALS);
	tcase_add_loop_test(
	    tcase, accept_would_block_without_accept4_too, 0, REFUSALS);
	tcase_add_test(tcase, accept_tries_accept4_again_after_no_success);
	tcase_add_loop_test(tcase, batches_do_without_sendmmsg, 0, REFUSALS);
	tcase_add_loop_test(tcase, batches_do_without_recvmmsg, 0, REFUSALS);
	tcase_add_test(tcase, batches_try_sendmmsg_again_after_no_success);
	tcase_add_test(
	    tcase, batches_one_by_one_end_before_the_one_that_fails);
	tcase_add_loop_test(tcase, pipe_does_without_pipe2, 0, REFUSALS);
	tcase_add_test(tcase, rollback_that_fails_is_not_reported);
	tcase_add_test(
	    tcase, keepalive_over_the_limit_of_the_system_is_a_range);
	tcase_add_test(tcase,
	    buffer_over_the_limit_of_the_system_is_as_large_as_it_gets);

	tcase = new_case(suite, "wakers");
	tcase_add_loop_test(tcase, waker_does_without_eventfd, 0, REFUSALS);
	tcase_add_loop_test(tcase, waker_does_without_pipe2, 0, REFUSALS);
	tcase_add_loop_test(
	    tcase, waker_does_without_eventfd_and_pipe2, 0, REFUSALS);
	tcase_add_loop_test(tcase, wake_gets_through_in_the_end, 0, 4);
	tcase_add_loop_test(tcase, a_full_waker_is_drained_and_signals, 0, 2);
	tcase_add_test(tcase, wake_that_cannot_signal_is_not_reported);
	ADD_EDGES(tcase);

	tcase = new_case(suite, "waits");
	tcase_add_loop_test(tcase, waits_do_without_nanoseconds, 0, REFUSALS);
	tcase_add_loop_test(
	    tcase, each_poll_finds_out_once_at_the_most, 0, REFUSALS);

	return run_suite(suite);
}
