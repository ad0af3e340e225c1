/* SPDX-License-Identifier: MIT */

/*
 * Whatever selector the library was built with, its reports are those of
 * epoll(7): an epoll of the test's own watches the same descriptors. First
 * every kind of descriptor that does not change, then those that do.
 * test_accepted.c compares which descriptors can be registered at all.
 */

#include "config.h"
#include "lib/harness.h"
#include "lib/kinds.h"

#include <poll.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#define R MIO_READABLE
#define W MIO_WRITABLE
#define P MIO_PRIORITY

static const unsigned interests[] = { 0, R, W, R | W, P, R | W | P };
static const unsigned options[] = {
	MIO_LEVEL,
	MIO_EDGE,
	MIO_LEVEL | MIO_ONESHOT,
	MIO_EDGE | MIO_ONESHOT,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One descriptor, and the two that watch it. */
struct watch {
	const char *name;
	struct mio_poll *poll;
	int epfd, fd;
	unsigned interest, options;
	unsigned reported; /* and not over yet */
};

static struct epoll_event
to_kernel(const struct watch *w)
{
	struct epoll_event event = { 0 };

	event.events = (w->interest & R ? EPOLLIN | EPOLLRDHUP : 0u) |
	    (w->interest & W ? EPOLLOUT : 0u) |
	    (w->interest & P ? EPOLLPRI : 0u) |
	    (w->options & MIO_EDGE ? EPOLLET : 0u) |
	    (w->options & MIO_ONESHOT ? EPOLLONESHOT : 0u);

	return event;
}

static unsigned
from_kernel(uint32_t bits)
{
	return (bits & EPOLLIN ? R : 0u) | (bits & EPOLLOUT ? W : 0u) |
	    (bits & EPOLLPRI ? P : 0u) |
	    (bits & EPOLLRDHUP ? R | MIO_READ_CLOSED : 0u) |
	    (bits & EPOLLHUP ? R | W | MIO_HUP : 0u) |
	    (bits & EPOLLERR ? R | W | MIO_ERROR | MIO_WRITE_CLOSED : 0u);
}

static int
control(const struct watch *w, int op)
{
	struct epoll_event event = to_kernel(w);

	return epoll_ctl(w->epfd, op, w->fd, &event) < 0 ? -errno : 0;
}

static struct watch
watch(const char *name, int fd, unsigned interest, unsigned option)
{
	struct watch w = {
		.name = name,
		.poll = new_poll(),
		.epfd = epoll_create1(EPOLL_CLOEXEC),
		.fd = fd,
		.interest = interest,
		.options = option,
	};

	ck_assert_int_ge(w.epfd, 0);

	return w;
}

static void
unwatch(struct watch *w)
{
	ck_assert_int_eq(close(w->epfd), 0);
	mio_poll_destroy(w->poll);
}

/* What is so; the two calls number their bits alike on Linux. */
static unsigned
state_of(int fd)
{
	struct pollfd look = {
		.fd = fd,
		.events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP,
	};

	ck_assert_int_ge(poll(&look, 1, 0), 0);

	return from_kernel((unsigned short)look.revents);
}

/* Either says what is so now, of all that was asked for. */
static void
compare(struct watch *w, const char *step)
{
	struct epoll_event record = { 0 };
	struct mio_event event = { 0 };
	unsigned expected = 0, got = 0, missing, needless;

	if (epoll_wait(w->epfd, &record, 1, 0) == 1)
		expected = from_kernel(record.events);
	if (mio_poll(w->poll, &event, 1, 0) == 1)
		got = event.ready;

	missing = expected & ~got;
	needless = got & ~expected;
	if (w->options & MIO_EDGE) {
		/* what was reported may be reported again, if it holds */
		missing &= ~w->reported;
		needless &= ~state_of(w->fd);
	}
	ck_assert_msg((missing | needless) == 0,
	    "%s, %s, interest 0x%x, options 0x%x: 0x%x, epoll says 0x%x",
	    w->name, step, w->interest, w->options, got, expected);
	w->reported |= expected;

	/* edges and oneshots are reported once */
	if (w->options & (MIO_EDGE | MIO_ONESHOT))
		ck_assert_msg(mio_poll(w->poll, &event, 1, 0) == 0,
		    "%s, %s: 0x%x again", w->name, step, event.ready);
}

static void
compare_at_rest(const struct kind *kind, unsigned interest, unsigned option)
{
	int other = -1;
	int fd = kind->make(&other);
	struct watch w;

	if (fd < 0)
		return;

	w = watch(kind->name, fd, interest, option);
	if (control(&w, EPOLL_CTL_ADD) == 0) {
		assert_ok(mio_poll_register_fd(
		    w.poll, fd, 1, interest, option));
		compare(&w, "registered");
		compare(&w, "once more");
		assert_ok(control(&w, EPOLL_CTL_MOD));
		assert_ok(mio_poll_reregister_fd(
		    w.poll, fd, 1, interest, option));
		compare(&w, "reregistered");
	}

	unwatch(&w);
	ck_assert_int_eq(close(fd), 0);
	if (other >= 0)
		ck_assert_int_eq(close(other), 0);
}

START_TEST(same_is_reported_at_rest)
{
	size_t i, j;

	for (i = 0; i < kinds_count; i++)
		for (j = 0; j < COUNT(interests); j++)
			compare_at_rest(&kinds[i], interests[j], options[_i]);
}
END_TEST

static void
drain(int fd)
{
	char bytes[65536];
	ssize_t n;

	while ((n = mio_pipe_read(fd, bytes, sizeof(bytes))) > 0)
		continue;
	ck_assert_int_le(n, 0);
}

static void
fill(int fd)
{
	static const char bytes[65536];

	while (mio_pipe_write(fd, bytes, sizeof(bytes)) > 0)
		continue;
}

/*
 * A state that a call of the library has ended is reported when it begins anew.
 */
static void
drain_it(struct watch *w)
{
	drain(w->fd);
	w->reported &= ~R;
}

static void
fill_it(struct watch *w)
{
	fill(w->fd);
	w->reported &= ~W;
}

/* Until the kernel says so; what reaches another socket takes a moment. */
static void
settle(int fd, int bits)
{
	struct pollfd look = { .fd = fd, .events = (short)bits };
	int64_t end = now_ns() + PATIENCE;

	do {
		ck_assert_int_ge(poll(&look, 1, 1), 0);
		ck_assert_int_lt(now_ns(), end);
	} while ((look.revents & bits) != bits);
}

static void
send_byte(int from, int to)
{
	ck_assert_int_eq(write(from, "x", 1), 1);
	settle(to, POLLIN);
}

/* Begins to watch: the other steps of a scene follow. */
static void
begin(struct watch *w, int fd)
{
	w->fd = fd;
	assert_ok(control(w, EPOLL_CTL_ADD));
	assert_ok(mio_poll_register_fd(
	    w->poll, fd, 1, w->interest, w->options));
	compare(w, "registered");
}

static void
tcp_ends_in_halves(struct watch *w)
{
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	begin(w, server);
	send_byte(client, server);
	compare(w, "data");
	drain_it(w);
	compare(w, "drained");
	send_byte(client, server);
	compare(w, "more data");
	drain_it(w);
	fill_it(w);
	compare(w, "full");
	drain(client);
	settle(server, POLLOUT);
	compare(w, "room");
	assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
	settle(server, POLLIN | POLLRDHUP);
	compare(w, "the peer's end");
	assert_ok(mio_socket_shutdown(server, MIO_SHUT_WRITE));
	settle(server, POLLHUP);
	compare(w, "both ends");
	close_pair(client, server);
}

static void
tcp_is_reset(struct watch *w)
{
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	begin(w, server);
	assert_ok(mio_tcp_set_linger(client, 0));
	assert_ok(mio_fd_close(client));
	settle(server, POLLHUP);
	compare(w, "reset");
	drain_it(w);
	compare(w, "error taken");
	assert_ok(mio_fd_close(server));
}

static void
tcp_is_refused(struct watch *w)
{
	struct sockaddr_in addr = loopback(closed_port());
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	begin(w, fd);
	(void)mio_socket_connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	w->reported = 0;
	settle(fd, POLLHUP);
	compare(w, "refused");
	assert_error(mio_socket_connect_finish(fd), ECONNREFUSED);
	compare(w, "error taken");
	assert_ok(mio_fd_close(fd));
}

static void
tcp_connects(struct watch *w)
{
	mio_fd_t listener = listen_on_loopback();
	struct sockaddr_in addr = loopback(port_of(listener));
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	begin(w, fd);
	assert_ok(mio_socket_connect(fd, (struct sockaddr *)&addr,
	    sizeof(addr)));
	w->reported = 0;
	settle(fd, POLLOUT);
	settle(listener, POLLIN);
	compare(w, "connected");
	assert_ok(mio_fd_close(fd));
	assert_ok(mio_fd_close(listener));
}

static void
tcp_listens(struct watch *w)
{
	mio_fd_t listener = listen_on_loopback();
	struct sockaddr_in addr = loopback(port_of(listener));
	mio_fd_t client, server;
	int i;

	begin(w, listener);
	for (i = 0; i < 3; i++) {
		assert_ok(mio_tcp_connect(
		    &client, (struct sockaddr *)&addr, sizeof(addr)));
		settle(listener, POLLIN);
		compare(w, "connection");
		assert_ok(mio_tcp_accept(listener, &server, NULL, NULL));
		close_pair(client, server);
		assert_error(mio_tcp_accept(listener, &server, NULL, NULL),
		    EAGAIN);
		w->reported = 0;
		compare(w, "accepted");
	}
	assert_ok(mio_fd_close(listener));
}

static void
tcp_is_urgent(struct watch *w)
{
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	begin(w, server);
	ck_assert_int_eq(send(client, "!", 1, MSG_OOB), 1);
	settle(server, POLLPRI);
	compare(w, "urgent byte");
	send_byte(client, server);
	compare(w, "data behind it");
	close_pair(client, server);
}

static void
unix_stream_ends(struct watch *w)
{
	mio_fd_t fds[2];

	assert_ok(mio_unix_pair(fds));
	begin(w, fds[0]);
	send_byte(fds[1], fds[0]);
	compare(w, "data");
	drain_it(w);
	fill_it(w);
	compare(w, "full");
	drain(fds[1]);
	compare(w, "room");
	assert_ok(mio_socket_shutdown(fds[1], MIO_SHUT_WRITE));
	compare(w, "the peer's end");
	assert_ok(mio_fd_close(fds[1]));
	compare(w, "the peer is closed");
	drain_it(w);
	compare(w, "drained");
	assert_ok(mio_fd_close(fds[0]));
}

static void
unix_datagrams_end(struct watch *w)
{
	mio_fd_t fds[2];

	assert_ok(mio_unix_datagram_pair(fds));
	begin(w, fds[0]);
	send_byte(fds[1], fds[0]);
	compare(w, "data");
	drain_it(w);
	compare(w, "drained");
	assert_ok(mio_fd_close(fds[1]));
	compare(w, "the peer is closed");
	assert_ok(mio_socket_shutdown(fds[0], MIO_SHUT_READ));
	compare(w, "shut down for reading");
	assert_ok(mio_fd_close(fds[0]));
}

static void
udp_fails_and_goes_on(struct watch *w)
{
	struct sockaddr_in addr, gone;
	mio_fd_t fd = udp_on_loopback(&addr);
	mio_fd_t peer = udp_on_loopback(&gone);
	int error;

	assert_ok(mio_udp_connect(fd, (struct sockaddr *)&gone, sizeof(gone)));
	assert_ok(mio_udp_connect(
	    peer, (struct sockaddr *)&addr, sizeof(addr)));
	begin(w, fd);
	send_byte(peer, fd);
	compare(w, "data");
	drain_it(w);
	compare(w, "drained");
	assert_ok(mio_fd_close(peer));
	ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
	settle(fd, POLLERR);
	compare(w, "network error");
	assert_ok(mio_socket_take_error(fd, &error));
	ck_assert_int_eq(error, -ECONNREFUSED);
	compare(w, "error taken");
	assert_ok(mio_socket_shutdown(fd, MIO_SHUT_READ));
	settle(fd, POLLIN);
	compare(w, "shut down for reading");
	assert_ok(mio_fd_close(fd));
}

static void
pipe_is_read(struct watch *w)
{
	int fds[2];

	make_pipe(fds);
	begin(w, fds[0]);
	send_byte(fds[1], fds[0]);
	compare(w, "data");
	drain_it(w);
	compare(w, "drained");
	send_byte(fds[1], fds[0]);
	assert_ok(mio_fd_close(fds[1]));
	compare(w, "data, and no writer any more");
	drain_it(w);
	compare(w, "drained");
	assert_ok(mio_fd_close(fds[0]));
}

static void
pipe_is_written(struct watch *w)
{
	int fds[2];

	make_pipe(fds);
	begin(w, fds[1]);
	fill_it(w);
	compare(w, "full");
	drain(fds[0]);
	compare(w, "room");
	fill_it(w);
	assert_ok(mio_fd_close(fds[0]));
	compare(w, "full, and no reader any more");
	assert_ok(mio_fd_close(fds[1]));
}

static void
counter_counts(struct watch *w)
{
	const uint64_t one = 1;
	int i, fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		return; /* as in a sandbox */
	begin(w, fd);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(write(fd, &one, sizeof(one)), sizeof(one));
		compare(w, "counted");
		drain_it(w);
		compare(w, "drained");
	}
	assert_ok(mio_fd_close(fd));
}

static void
poll_nests(struct watch *w)
{
	struct epoll_event in = { .events = EPOLLIN };
	int fds[2], fd = epoll_create1(EPOLL_CLOEXEC);

	make_pipe(fds);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(epoll_ctl(fd, EPOLL_CTL_ADD, fds[0], &in), 0);
	begin(w, fd);
	send_byte(fds[1], fds[0]);
	compare(w, "something inside");
	drain(fds[0]);
	assert_ok(mio_fd_would_block(fd));
	w->reported = 0;
	compare(w, "nothing inside");
	send_byte(fds[1], fds[0]);
	compare(w, "something again");
	close_pipe(fds);
	assert_ok(mio_fd_close(fd));
}

static const struct {
	const char *name;
	void (*play)(struct watch *w);
} scenes[] = {
	{ "tcp_ends_in_halves", tcp_ends_in_halves },
	{ "tcp_is_reset", tcp_is_reset },
	{ "tcp_is_refused", tcp_is_refused },
	{ "tcp_connects", tcp_connects },
	{ "tcp_listens", tcp_listens },
	{ "tcp_is_urgent", tcp_is_urgent },
	{ "unix_stream_ends", unix_stream_ends },
	{ "unix_datagrams_end", unix_datagrams_end },
	{ "udp_fails_and_goes_on", udp_fails_and_goes_on },
	{ "pipe_is_read", pipe_is_read },
	{ "pipe_is_written", pipe_is_written },
	{ "counter_counts", counter_counts },
	{ "poll_nests", poll_nests },
};

START_TEST(same_is_reported_as_it_happens)
{
	size_t j, k;

	for (j = 0; j < COUNT(interests); j++)
		for (k = 0; k < COUNT(options); k++) {
			struct watch w = watch(
			    scenes[_i].name, -1, interests[j], options[k]);

			scenes[_i].play(&w);
			unwatch(&w);
		}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("descriptors");
	TCase *rest = new_case(suite, "rest");
	TCase *change = new_case(suite, "change");

	tcase_add_loop_test(
	    rest, same_is_reported_at_rest, 0, (int)COUNT(options));

	tcase_add_loop_test(change, same_is_reported_as_it_happens, 0,
	    (int)COUNT(scenes));

	return run_suite(suite);
}
