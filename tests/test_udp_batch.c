/* SPDX-License-Identifier: MIT */

/* Many datagrams at a time, and segments that the system cuts and joins. */

#include "sys/compat.h"
#include "lib/harness.h"
#include "lib/options.h"

#include <limits.h>

#define MANY 150 /* more than two of the library's chunks */

static struct {
	char bytes[MANY][8];
	struct mio_datagram datagrams[MANY];
} out, in;

static void
prepare(mio_fd_t to)
{
	struct sockaddr_in addr = loopback(port_of(to));
	unsigned i;

	memset(&out, 0, sizeof(out));
	memset(&in, 0xa5, sizeof(in));
	for (i = 0; i < MANY; i++) {
		snprintf(out.bytes[i], sizeof(out.bytes[i]), "%03u", i);
		out.datagrams[i].data = out.bytes[i];
		out.datagrams[i].len = 3 + i % 5;
		memcpy(&out.datagrams[i].addr, &addr, sizeof(addr));
		out.datagrams[i].addr_len = sizeof(addr);
		in.datagrams[i].data = in.bytes[i];
		in.datagrams[i].len = sizeof(in.bytes[i]);
	}
}

/* As those from number `first' on were sent. */
static void
assert_reported(unsigned first, unsigned count, mio_fd_t from)
{
	struct sockaddr_storage local;
	socklen_t len;
	unsigned i;

	assert_ok(mio_socket_local_addr(from, &local, &len));
	for (i = 0; i < count; i++) {
		const struct mio_datagram *sent = &out.datagrams[first + i];
		const struct mio_datagram *got = &in.datagrams[i];

		ck_assert_uint_eq(got->len, sent->len);
		if (sent->len > 0)
			ck_assert_mem_eq(got->data, sent->data, sent->len);
		ck_assert_uint_eq(got->flags, 0);
		ck_assert_uint_eq(got->addr_len, len);
		ck_assert_mem_eq(&got->addr, &local, len);
	}
}

static const unsigned counts[] = { 1, 2, 63, 64, 65, 128, 129, MANY };

START_TEST(batches_of_any_size_keep_their_order)
{
	unsigned count = counts[_i];
	mio_fd_t from = udp_on_loopback(NULL), to = udp_on_loopback(NULL);
	struct mio_datagram untouched;

	prepare(to);
	untouched = in.datagrams[MANY - 1];
	ck_assert_int_eq(
	    mio_udp_send_batch(from, out.datagrams, count), (int)count);
	wait_for(to, POLLIN);
	ck_assert_int_eq(
	    mio_udp_recv_batch(to, in.datagrams, MANY), (int)count);
	assert_reported(0, count, from);
	if (count < MANY)
		ck_assert_mem_eq(&in.datagrams[MANY - 1], &untouched,
		    sizeof(untouched));
	assert_error(mio_udp_recv_batch(to, in.datagrams, MANY), EAGAIN);
	close_pair(from, to);
}
END_TEST

START_TEST(batches_leave_what_there_is_no_room_for)
{
	mio_fd_t from = udp_on_loopback(NULL), to = udp_on_loopback(NULL);

	prepare(to);
	ck_assert_int_eq(mio_udp_send_batch(from, out.datagrams, 100), 100);
	wait_for(to, POLLIN);
	ck_assert_int_eq(mio_udp_recv_batch(to, in.datagrams, 64), 64);
	assert_reported(0, 64, from);
	prepare(to);
	ck_assert_int_eq(mio_udp_recv_batch(to, in.datagrams, 64), 36);
	assert_reported(64, 36, from);
	close_pair(from, to);
}
END_TEST

START_TEST(batches_go_to_the_connected_peer)
{
	mio_fd_t from, to;
	int i;

	udp_pair(&from, &to);
	prepare(to);
	for (i = 0; i < 3; i++)
		out.datagrams[i].addr_len = 0;
	ck_assert_int_eq(mio_udp_send_batch(from, out.datagrams, 3), 3);
	wait_for(to, POLLIN);
	ck_assert_int_eq(mio_udp_recv_batch(to, in.datagrams, 5), 3);
	assert_reported(0, 3, from);
	close_pair(from, to);
}
END_TEST

START_TEST(truncation_is_reported_for_each)
{
	mio_fd_t from = udp_on_loopback(NULL), to = udp_on_loopback(NULL);

	prepare(to);
	out.datagrams[0].len = out.datagrams[1].len = out.datagrams[2].len = 4;
	in.datagrams[0].len = 4;
	in.datagrams[1].len = 3;
	in.datagrams[2].len = 0;
	in.datagrams[2].data = NULL;
	ck_assert_int_eq(mio_udp_send_batch(from, out.datagrams, 3), 3);
	wait_for(to, POLLIN);
	ck_assert_int_eq(mio_udp_recv_batch(to, in.datagrams, 3), 3);
	ck_assert_uint_eq(in.datagrams[0].flags, 0);
	ck_assert_uint_eq(in.datagrams[0].len, 4);
	ck_assert_uint_eq(in.datagrams[1].flags, MIO_TRUNCATED);
	ck_assert_uint_eq(in.datagrams[1].len, 3);
	ck_assert_mem_eq(in.bytes[1], "001\xa5", 4);
	ck_assert_uint_eq(in.datagrams[2].flags, MIO_TRUNCATED);
	ck_assert_uint_eq(in.datagrams[2].len, 0);
	close_pair(from, to);
}
END_TEST

START_TEST(empty_datagrams_need_no_data)
{
	mio_fd_t from = udp_on_loopback(NULL), to = udp_on_loopback(NULL);

	prepare(to);
	out.datagrams[1].data = NULL;
	out.datagrams[1].len = 0;
	ck_assert_int_eq(mio_udp_send_batch(from, out.datagrams, 3), 3);
	wait_for(to, POLLIN);
	ck_assert_int_eq(mio_udp_recv_batch(to, in.datagrams, 3), 3);
	assert_reported(0, 3, from);
	close_pair(from, to);
}
END_TEST

/*
 * One that cannot be sent ends the batch; as the first, its error is returned.
 */
START_TEST(batches_end_before_the_one_that_fails)
{
	static char too_long[65508];
	static const int places[] = { 0, 1, 63, 64, 100 };
	mio_fd_t from = udp_on_loopback(NULL), to = udp_on_loopback(NULL);
	int place = places[_i];

	prepare(to);
	out.datagrams[place].data = too_long;
	out.datagrams[place].len = sizeof(too_long);
	if (place > 0)
		ck_assert_int_eq(
		    mio_udp_send_batch(from, out.datagrams, MANY), place);
	assert_error(mio_udp_send_batch(from, &out.datagrams[place],
	    (size_t)(MANY - place)), EMSGSIZE);
	if (place > 0) {
		wait_for(to, POLLIN);
		ck_assert_int_eq(
		    mio_udp_recv_batch(to, in.datagrams, MANY), place);
		assert_reported(0, (unsigned)place, from);
	}
	close_pair(from, to);
}
END_TEST

START_TEST(batches_refuse_bad_arguments_and_do_nothing)
{
	mio_fd_t from = udp_on_loopback(NULL), to = udp_on_loopback(NULL);
	int fds[2];

	prepare(to);
	make_pipe(fds);
	assert_error(mio_udp_send_batch(from, NULL, 1), EINVAL);
	assert_error(mio_udp_send_batch(from, out.datagrams, 0), EINVAL);
	assert_error(mio_udp_recv_batch(to, NULL, 1), EINVAL);
	assert_error(mio_udp_recv_batch(to, in.datagrams, 0), EINVAL);

	out.datagrams[100].data = NULL;
	assert_error(mio_udp_send_batch(from, out.datagrams, MANY), EINVAL);
	prepare(to);
	out.datagrams[100].addr_len = sizeof(struct sockaddr_storage) + 1;
	assert_error(mio_udp_send_batch(from, out.datagrams, MANY), EINVAL);
	assert_error(mio_udp_recv_batch(to, in.datagrams, 1), EAGAIN);

	in.datagrams[100].data = NULL;
	assert_error(mio_udp_recv_batch(to, in.datagrams, MANY), EINVAL);
	prepare(to);
	assert_error(mio_udp_send_batch(-1, out.datagrams, 1), EBADF);
	assert_error(mio_udp_recv_batch(-1, in.datagrams, 1), EBADF);
	assert_error(mio_udp_send_batch(fds[1], out.datagrams, 1), ENOTSOCK);
	assert_error(mio_udp_recv_batch(fds[0], in.datagrams, 1), ENOTSOCK);
	ck_assert_uint_eq(in.datagrams[0].len, sizeof(in.bytes[0]));
	out.datagrams[0].addr_len = 0;
	assert_error(
	    mio_udp_send_batch(from, out.datagrams, 1), EDESTADDRREQ);

	close_pipe(fds);
	close_pair(from, to);
}
END_TEST

START_TEST(segment_size_is_kept_where_there_is_such_a_thing)
{
	mio_fd_t fd = udp_on_loopback(NULL);
	unsigned size = 77;
	int r = mio_udp_set_segment_size(fd, 1000);

	if (r == -ENOTSUP) {
		assert_error(mio_udp_get_segment_size(fd, &size), ENOTSUP);
		ck_assert_uint_eq(size, 77);
	} else {
		assert_ok(r);
		ck_assert_int_eq(
		    option_of(fd, IPPROTO_UDP, UDP_SEGMENT), 1000);
		assert_ok(mio_udp_get_segment_size(fd, &size));
		ck_assert_uint_eq(size, 1000);
		assert_ok(mio_udp_set_segment_size(fd, 65535));
		assert_ok(mio_udp_set_segment_size(fd, 0));
		assert_ok(mio_udp_get_segment_size(fd, &size));
		ck_assert_uint_eq(size, 0);
	}
	assert_error(mio_udp_set_segment_size(fd, 65536), ERANGE);
	assert_error(mio_udp_set_segment_size(fd, UINT_MAX), ERANGE);
	assert_error(mio_udp_get_segment_size(fd, NULL), EINVAL);
	assert_error(mio_udp_set_segment_size(-1, 1000), EBADF);
	assert_error(mio_udp_get_segment_size(-1, &size), EBADF);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(receive_offload_goes_on_and_off)
{
	mio_fd_t fd = udp_on_loopback(NULL), tcp = listen_on_loopback();
	bool on = true;
	int r = mio_udp_set_receive_offload(fd, true);

	if (r == 0) {
		ck_assert_int_eq(option_of(fd, IPPROTO_UDP, UDP_GRO), 1);
		assert_ok(mio_udp_get_receive_offload(fd, &on));
		ck_assert(on);
		assert_ok(mio_udp_set_receive_offload(fd, false));
		assert_ok(mio_udp_get_receive_offload(fd, &on));
		ck_assert(!on);
	} else {
		assert_error(r, ENOTSUP);
	}
	assert_error(mio_udp_set_receive_offload(tcp, true), ENOTSUP);
	assert_error(mio_udp_get_receive_offload(tcp, &on), ENOTSUP);
	assert_error(mio_udp_get_receive_offload(fd, NULL), EINVAL);
	assert_error(mio_udp_set_receive_offload(-1, true), EBADF);
	close_pair(fd, tcp);
}
END_TEST

#define SEGMENT 1000
#define SEGMENTS 5
#define LAST 123
#define WHOLE (SEGMENTS * SEGMENT + LAST)

static bool
send_segments(mio_fd_t from, char *bytes)
{
	unsigned i;

	for (i = 0; i < WHOLE; i++)
		bytes[i] = (char)(i % 251);
	if (mio_udp_set_segment_size(from, SEGMENT) == -ENOTSUP)
		return false;
	ck_assert_int_eq(mio_socket_send(from, bytes, WHOLE), WHOLE);

	return true;
}

START_TEST(segments_arrive_as_datagrams)
{
	static char bytes[WHOLE], got[SEGMENTS + 1][SEGMENT];
	struct mio_datagram datagrams[SEGMENTS + 1] = { 0 };
	mio_fd_t from, to;
	unsigned i;

	udp_pair(&from, &to);
	for (i = 0; i <= SEGMENTS; i++) {
		datagrams[i].data = got[i];
		datagrams[i].len = SEGMENT;
	}
	if (send_segments(from, bytes)) {
		wait_for(to, POLLIN);
		ck_assert_int_eq(
		    mio_udp_recv_batch(to, datagrams, SEGMENTS + 1),
		    SEGMENTS + 1);
		for (i = 0; i <= SEGMENTS; i++) {
			ck_assert_uint_eq(datagrams[i].len,
			    i < SEGMENTS ? SEGMENT : LAST);
			ck_assert_uint_eq(datagrams[i].flags, 0);
			ck_assert_mem_eq(got[i], bytes + i * SEGMENT,
			    datagrams[i].len);
		}
	}
	close_pair(from, to);
}
END_TEST

/* The size comes as a number of this machine's; under qemu of another's. */
static void
receive_segments(void)
{
	static char bytes[WHOLE], got[65536];
	union {
		struct cmsghdr header;
		char room[256];
	} control = { .room = "" };
	struct iovec vector = { got, sizeof(got) };
	struct msghdr msg = { .msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	int size = SEGMENT;
	mio_fd_t from, to;

	udp_pair(&from, &to);
	if (mio_udp_set_receive_offload(to, true) == 0 &&
	    send_segments(from, bytes)) {
		wait_for(to, POLLIN);
		if (recvmsg(to, &msg, 0) < 0 || CMSG_FIRSTHDR(&msg) == NULL)
			_exit(EXIT_FAILURE);
		memcpy(&size, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(size));
	}
	_exit(size == SEGMENT ? EXIT_SUCCESS : EXIT_FAILURE);
}

START_TEST(segments_arrive_as_one_with_receive_offload)
{
	static char bytes[WHOLE], got[65536];
	struct mio_datagram whole = { .data = got, .len = sizeof(got) };
	mio_fd_t from, to;

	if (!survives(receive_segments))
		return;

	udp_pair(&from, &to);
	if (mio_udp_set_receive_offload(to, true) == 0 &&
	    send_segments(from, bytes)) {
		wait_for(to, POLLIN);
		ck_assert_int_eq(mio_udp_recv_batch(to, &whole, 1), 1);
		ck_assert_uint_eq(whole.len, WHOLE);
		ck_assert_uint_eq(MIO_SEGMENT_SIZE(whole.flags), SEGMENT);
		ck_assert_uint_eq(whole.flags & MIO_TRUNCATED, 0);
		ck_assert_mem_eq(got, bytes, WHOLE);

		/* one by itself, and one without enough room */
		ck_assert_int_eq(mio_socket_send(from, "x", 1), 1);
		wait_for(to, POLLIN);
		whole.len = sizeof(got);
		ck_assert_int_eq(mio_udp_recv_batch(to, &whole, 1), 1);
		ck_assert_uint_eq(whole.flags, 0);
		ck_assert(send_segments(from, bytes));
		wait_for(to, POLLIN);
		whole.len = 1500;
		ck_assert_int_eq(mio_udp_recv_batch(to, &whole, 1), 1);
		ck_assert_uint_eq(whole.len, 1500);
		ck_assert_uint_eq(MIO_SEGMENT_SIZE(whole.flags), SEGMENT);
		ck_assert_uint_ne(whole.flags & MIO_TRUNCATED, 0);
	}
	close_pair(from, to);
}
END_TEST

/* Values of 1 for what makes the kernel say more of each datagram. */
static const int remarks[][2] = {
	{ SOL_SOCKET, SO_TIMESTAMP },
	{ SOL_SOCKET, SO_TIMESTAMPNS },
	{ SOL_SOCKET, SO_RXQ_OVFL },
	{ IPPROTO_IP, IP_PKTINFO },
	{ IPPROTO_IP, IP_RECVTTL },
	{ IPPROTO_IP, IP_RECVTOS },
	{ IPPROTO_IP, IP_RECVOPTS },
	{ IPPROTO_IP, IP_RETOPTS },
	{ IPPROTO_IP, IP_RECVORIGDSTADDR },
};

#define REMARKS ((int)(sizeof(remarks) / sizeof(remarks[0])))

static void
set_option(mio_fd_t fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Those that there are, and three times at which it arrived. */
static void
ask_for_remarks(mio_fd_t fd)
{
	int i;

	for (i = 0; i < REMARKS; i++)
		set_option(fd, remarks[i][0], remarks[i][1], 1);
	set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, 0x18); /* on receive */
}

/* Of a socket that counts the drops there is one remark more. */
static void
drop_some(mio_fd_t from, mio_fd_t to)
{
	static char bytes[60000];
	int i;

	assert_ok(mio_socket_set_recv_buffer_size(to, 100000));
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(
		    mio_socket_send(from, bytes, sizeof(bytes)), 60000);
	while (mio_socket_recv(to, bytes, sizeof(bytes)) >= 0);
	assert_ok(mio_socket_set_recv_buffer_size(to, 1000000));
}

static void
receive_whole(mio_fd_t from, mio_fd_t to)
{
	static char bytes[WHOLE], got[65536];
	struct mio_datagram whole = { .data = got, .len = sizeof(got) };

	if (!send_segments(from, bytes))
		return;

	wait_for(to, POLLIN);
	ck_assert_int_eq(mio_udp_recv_batch(to, &whole, 1), 1);
	ck_assert_uint_eq(whole.len, WHOLE);
	ck_assert_uint_eq(MIO_SEGMENT_SIZE(whole.flags), SEGMENT);
	ck_assert_uint_eq(whole.flags & MIO_TRUNCATED, 0);
	ck_assert_mem_eq(got, bytes, WHOLE);
}

/*
 * The segment size was the last control message and found no room, so that
 * several datagrams were received as one: silent corruption.
 */
START_TEST(segment_size_is_reported_beside_other_remarks)
{
	mio_fd_t from, to;

	if (!survives(receive_segments))
		return;

	udp_pair(&from, &to);
	if (_i < REMARKS)
		set_option(to, remarks[_i][0], remarks[_i][1], 1);
	else
		ask_for_remarks(to);
	if (mio_udp_set_receive_offload(to, true) == 0) {
		receive_whole(from, to);
		drop_some(from, to);
		receive_whole(from, to);
	}
	close_pair(from, to);
}
END_TEST

/* What the kernel has to say of the next datagram, in bytes. */
static size_t
remarks_on(mio_fd_t fd)
{
	_Alignas(struct cmsghdr) char bytes[4096];
	struct msghdr msg = {
		.msg_control = bytes,
		.msg_controllen = sizeof(bytes),
	};

	wait_for(fd, POLLIN);
	ck_assert_int_ge((int)recvmsg(fd, &msg, MSG_PEEK), 0);

	return msg.msg_controllen;
}

/* One for which there is not enough room in any batch, if all goes well. */
#define MUCH 300

/* Truncation is reported; under qemu not for a batch. */
static void
lose_remarks(void)
{
	static const char route[40] = { 1, 7, 39, 4 };
	_Alignas(struct cmsghdr) char room[MUCH - 4];
	char byte;
	struct iovec vector = { &byte, 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &vector,
		.msg_iovlen = 1, .msg_control = room,
		.msg_controllen = sizeof(room) } };
	mio_fd_t from, to;

	udp_pair(&from, &to);
	ask_for_remarks(to);
	(void)setsockopt(from, IPPROTO_IP, IP_OPTIONS, route, sizeof(route));
	ck_assert_int_eq(mio_socket_send(from, "x", 1), 1);
	wait_for(to, POLLIN);
	if (recvmmsg(to, &message, 1, 0, NULL) != 1)
		_exit(EXIT_SUCCESS);
	_exit(message.msg_hdr.msg_flags & MSG_CTRUNC ? EXIT_SUCCESS
						     : EXIT_FAILURE);
}

START_TEST(lost_remarks_count_only_where_a_size_may_be_lost)
{
	/* the route is recorded */
	static const char route[40] = { 1, 7, 39, 4 };
	mio_fd_t from, to;
	int i;

	if (!survives(lose_remarks))
		return;

	udp_pair(&from, &to);
	ask_for_remarks(to);
	(void)setsockopt(from, IPPROTO_IP, IP_OPTIONS, route, sizeof(route));

	for (i = 0; i < 2; i++) {
		prepare(to);
		if (i == 1 && mio_udp_set_receive_offload(to, true) < 0)
			break;
		ck_assert_int_eq(mio_socket_send(from, "hello", 5), 5);
		if (remarks_on(to) < MUCH)
			break;
		ck_assert_int_eq(mio_udp_recv_batch(to, in.datagrams, 1), 1);
		ck_assert_uint_eq(in.datagrams[0].len, 5);
		ck_assert_uint_eq(
		    in.datagrams[0].flags, i == 1 ? MIO_TRUNCATED : 0);
	}
	close_pair(from, to);
}
END_TEST

/* A batch that was not filled has seen the end of the queue. */
START_TEST(short_batches_let_the_next_edge_through)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t from = udp_on_loopback(NULL), to = udp_on_loopback(NULL);
	int i;

	assert_ok(mio_poll_register_fd(poll, to, 1, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++) {
		prepare(to);
		ck_assert_int_eq(mio_udp_send_batch(from, out.datagrams, 2), 2);
		expect_ready(poll, 1, MIO_READABLE, 0);
		ck_assert_int_eq(mio_udp_recv_batch(to, in.datagrams, 3), 2);
		expect_nothing(poll);
	}
	close_pair(from, to);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("udp_batch");
	TCase *tcase = new_case(suite, "batches");

	tcase_add_loop_test(tcase, batches_of_any_size_keep_their_order, 0,
	    sizeof(counts) / sizeof(counts[0]));
	tcase_add_test(tcase, batches_leave_what_there_is_no_room_for);
	tcase_add_test(tcase, batches_go_to_the_connected_peer);
	tcase_add_test(tcase, truncation_is_reported_for_each);
	tcase_add_test(tcase, empty_datagrams_need_no_data);
	tcase_add_loop_test(
	    tcase, batches_end_before_the_one_that_fails, 0, 5);
	tcase_add_test(tcase, batches_refuse_bad_arguments_and_do_nothing);
	tcase_add_test(tcase, short_batches_let_the_next_edge_through);

	tcase = new_case(suite, "segments");
	tcase_add_test(
	    tcase, segment_size_is_kept_where_there_is_such_a_thing);
	tcase_add_test(tcase, receive_offload_goes_on_and_off);
	tcase_add_test(tcase, segments_arrive_as_datagrams);
	tcase_add_test(tcase, segments_arrive_as_one_with_receive_offload);
	tcase_add_loop_test(tcase,
	    segment_size_is_reported_beside_other_remarks, 0, REMARKS + 1);
	tcase_add_test(
	    tcase, lost_remarks_count_only_where_a_size_may_be_lost);

	return run_suite(suite);
}
