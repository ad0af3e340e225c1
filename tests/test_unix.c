/* SPDX-License-Identifier: MIT */

/* Addresses and streams; datagrams and descriptors have files of their own. */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#define UNNAMED offsetof(struct sockaddr_un, sun_path)
#define LONGEST 107

/* A name of this process's own; abstract ones go with their socket. */
static struct sockaddr_un
own_name(socklen_t *len)
{
	struct sockaddr_un addr;
	char name[64];
	int n = snprintf(name, sizeof(name), "mio-test-%ld", (long)getpid());

	assert_ok(mio_unix_abstract_addr(&addr, len, name, (size_t)n));

	return addr;
}

static mio_fd_t
listen_on_own_name(void)
{
	socklen_t len;
	struct sockaddr_un addr = own_name(&len);
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_unix_listen(&fd, &addr, len, 0));

	return fd;
}

static mio_fd_t
connect_to_own_name(void)
{
	socklen_t len;
	struct sockaddr_un addr = own_name(&len);
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_unix_connect(&fd, &addr, len));

	return fd;
}

START_TEST(path_lengths_have_their_limits)
{
	static const size_t lengths[] = { 1, 2, LONGEST - 1, LONGEST };
	char path[LONGEST + 3];
	struct sockaddr_un addr, before;
	socklen_t len = 4321;
	size_t i;

	memset(&addr, 0xa5, sizeof(addr));
	before = addr;
	memset(path, 'p', sizeof(path));
	path[LONGEST + 2] = '\0';
	assert_error(mio_unix_addr(&addr, &len, path), ENAMETOOLONG);
	path[LONGEST + 1] = '\0';
	assert_error(mio_unix_addr(&addr, &len, path), ENAMETOOLONG);
	assert_error(mio_unix_addr(&addr, &len, ""), EINVAL);
	assert_error(mio_unix_addr(&addr, &len, NULL), EINVAL);
	assert_error(mio_unix_addr(&addr, NULL, "p"), EINVAL);
	assert_error(mio_unix_addr(NULL, &len, "p"), EINVAL);
	ck_assert_uint_eq(len, 4321);
	ck_assert_mem_eq(&addr, &before, sizeof(addr));

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(path, 'p', sizeof(path));
		path[lengths[i]] = '\0';
		assert_ok(mio_unix_addr(&addr, &len, path));
		ck_assert_int_eq(addr.sun_family, AF_UNIX);
		ck_assert_str_eq(addr.sun_path, path);
		ck_assert_uint_eq(len, UNNAMED + lengths[i] + 1);
	}
}
END_TEST

START_TEST(abstract_names_have_their_limits)
{
	static const size_t lengths[] = { 1, 2, LONGEST - 1, LONGEST };
	struct sockaddr_un addr, before;
	char name[LONGEST + 1];
	socklen_t len = 4321;
	size_t i;

	memset(&addr, 0xa5, sizeof(addr));
	before = addr;
	memset(name, 'n', sizeof(name));
	name[0] = '\0';
	assert_error(mio_unix_abstract_addr(&addr, &len, name, LONGEST + 1),
	    ENAMETOOLONG);
	assert_error(mio_unix_abstract_addr(&addr, &len, name, SIZE_MAX),
	    ENAMETOOLONG);
	assert_error(mio_unix_abstract_addr(&addr, &len, name, 0), EINVAL);
	assert_error(mio_unix_abstract_addr(&addr, &len, NULL, 1), EINVAL);
	assert_error(mio_unix_abstract_addr(&addr, NULL, name, 1), EINVAL);
	assert_error(mio_unix_abstract_addr(NULL, &len, name, 1), EINVAL);
	ck_assert_uint_eq(len, 4321);
	ck_assert_mem_eq(&addr, &before, sizeof(addr));

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		assert_ok(
		    mio_unix_abstract_addr(&addr, &len, name, lengths[i]));
		ck_assert_int_eq(addr.sun_family, AF_UNIX);
		ck_assert_int_eq(addr.sun_path[0], '\0');
		ck_assert_mem_eq(addr.sun_path + 1, name, lengths[i]);
		ck_assert_uint_eq(len, UNNAMED + 1 + lengths[i]);
	}
}
END_TEST

/*
 * mio before 0.7 lost the last character of a path, and read beyond the end
 * of an unnamed address; 1.2 reports abstract peers as unnamed.
 */
static void
check_peer(const struct sockaddr_un *addr, socklen_t addr_len)
{
	struct sockaddr_un peer;
	socklen_t len = 1;
	mio_fd_t listener = listen_on_own_name(), client, server = -7;
	struct sockaddr_un to;
	socklen_t to_len;

	assert_ok(mio_socket_create(&client, AF_UNIX, SOCK_STREAM));
	if (addr_len > UNNAMED)
		assert_ok(mio_socket_bind(
		    client, (const struct sockaddr *)addr, addr_len));
	to = own_name(&to_len);
	assert_ok(
	    mio_socket_connect(client, (struct sockaddr *)&to, to_len));

	memset(&peer, 0xa5, sizeof(peer));
	assert_ok(mio_unix_accept(listener, &server, &peer, &len));
	assert_nonblock_cloexec(server);
	ck_assert_uint_eq(len, addr_len);
	ck_assert_int_eq(peer.sun_family, AF_UNIX);
	ck_assert_mem_eq(&peer, addr, addr_len);

	assert_ok(mio_fd_close(listener));
	close_pair(client, server);
}

START_TEST(accept_reports_unnamed_peers)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	check_peer(&addr, UNNAMED);
}
END_TEST

START_TEST(accept_reports_abstract_peers)
{
	static const char names[][LONGEST] = { "a", "\0\0", "mid\0dle", "" };
	static const size_t lengths[] = { 1, 2, 7, LONGEST };
	struct sockaddr_un addr;
	socklen_t len;
	char name[LONGEST];
	size_t used = lengths[_i];

	memcpy(name, names[_i], sizeof(name));
	/* nobody else's, where that is possible */
	if (used > 20)
		snprintf(name, sizeof(name), "mio-%ld", (long)getpid());
	assert_ok(mio_unix_abstract_addr(&addr, &len, name, used));
	check_peer(&addr, len);
}
END_TEST

/* A new folder, in which a path is as long as it is asked to be. */
static char folder[] = "/tmp/mio-XXXXXX";

static void
make_path(char *path, size_t len)
{
	size_t n = strlen(folder);

	ck_assert_uint_gt(len, n + 1);
	memset(path, 'p', len);
	memcpy(path, folder, n);
	path[n] = '/';
	path[len] = '\0';
}

static void
make_folder(void)
{
	strcpy(folder, "/tmp/mio-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
remove_path(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(accept_reports_peers_with_paths)
{
	static const size_t lengths[] = { 17, LONGEST - 1, LONGEST };
	struct sockaddr_un addr;
	char path[LONGEST + 1];
	socklen_t len;

	make_folder();
	make_path(path, lengths[_i]);
	assert_ok(mio_unix_addr(&addr, &len, path));
	check_peer(&addr, len);
	remove_path(path);
}
END_TEST

/* A path without its NUL, which Linux reports one byte longer than it is. */
START_TEST(accept_reports_no_more_than_an_address_holds)
{
	/* valgrind reads on until there is a NUL */
	struct {
		struct sockaddr_un addr;
		char end;
	} at = { .addr.sun_family = AF_UNIX };
	char path[LONGEST + 2];

	make_folder();
	make_path(path, LONGEST + 1);
	memcpy(at.addr.sun_path, path, sizeof(at.addr.sun_path));
	check_peer(&at.addr, sizeof(at.addr));
	remove_path(path);
}
END_TEST

START_TEST(streams_connect_and_carry_bytes)
{
	mio_fd_t listener = listen_on_own_name();
	mio_fd_t client = connect_to_own_name(), server;
	char got[4] = "....";

	assert_nonblock_cloexec(listener);
	assert_nonblock_cloexec(client);
	assert_ok(mio_socket_connect_finish(client));
	assert_ok(mio_unix_accept(listener, &server, NULL, NULL));
	ck_assert_int_eq(mio_socket_send(client, "abc", 3), 3);
	ck_assert_int_eq(mio_socket_recv(server, got, 4), 3);
	ck_assert_mem_eq(got, "abc.", 4);
	assert_error(mio_socket_recv(server, got, 4), EAGAIN);
	assert_ok(mio_fd_close(listener));
	close_pair(client, server);
}
END_TEST

START_TEST(pairs_carry_bytes_both_ways)
{
	mio_fd_t fds[2] = { -7, -7 };
	char byte = '.';

	assert_ok(mio_unix_pair(fds));
	assert_nonblock_cloexec(fds[0]);
	assert_nonblock_cloexec(fds[1]);
	ck_assert_int_eq(option_of(fds[0], SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	ck_assert_int_eq(mio_socket_send(fds[0], "x", 1), 1);
	ck_assert_int_eq(mio_socket_recv(fds[1], &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	ck_assert_int_eq(mio_socket_send(fds[1], "y", 1), 1);
	ck_assert_int_eq(mio_socket_recv(fds[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 'y');
	assert_error(mio_unix_pair(NULL), EINVAL);
	close_pair(fds[0], fds[1]);
}
END_TEST

/* mio before 0.8.3 took this for progress. */
START_TEST(full_backlog_is_reported)
{
	struct sockaddr_un addr;
	socklen_t len;
	mio_fd_t listener, waiting[8], fd = -7;
	unsigned fds;
	int r = 0, n = 0;

	addr = own_name(&len);
	assert_ok(mio_unix_listen(&listener, &addr, len, 1));
	while (n < 8 && (r = mio_unix_connect(&waiting[n], &addr, len)) == 0)
		n++;
	assert_error(r, EAGAIN);
	ck_assert_int_gt(n, 0);

	fds = count_fds();
	assert_error(mio_unix_connect(&fd, &addr, len), EAGAIN);
	ck_assert_int_eq(fd, -7);
	ck_assert_uint_eq(count_fds(), fds);

	assert_ok(mio_unix_accept(listener, &fd, NULL, NULL));
	assert_ok(mio_fd_close(fd));
	assert_ok(mio_unix_connect(&fd, &addr, len));
	assert_ok(mio_fd_close(fd));
	while (n > 0)
		assert_ok(mio_fd_close(waiting[--n]));
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(connect_has_its_errors)
{
	struct sockaddr_in inet = loopback(1);
	struct sockaddr_un addr;
	char path[LONGEST + 1];
	socklen_t len;
	mio_fd_t fd = -7, datagram;
	int file;

	addr = own_name(&len);
	assert_error(mio_unix_connect(NULL, &addr, len), EINVAL);
	assert_error(mio_unix_connect(&fd, NULL, len), EINVAL);
	assert_error(mio_unix_connect(&fd, &addr, 0), EINVAL);
	assert_error(mio_unix_connect(&fd, &addr, UNNAMED - 1), EINVAL);
	assert_error(mio_unix_connect(&fd, &addr, UNNAMED), EINVAL);
	assert_error(mio_unix_connect(&fd, &addr, sizeof(addr) + 1), EINVAL);
	assert_error(mio_unix_connect(&fd, (struct sockaddr_un *)&inet,
	    sizeof(inet)), EAFNOSUPPORT);
	assert_error(mio_unix_connect(&fd, &addr, len), ECONNREFUSED);

	make_folder();
	make_path(path, 20);
	assert_ok(mio_unix_addr(&addr, &len, path));
	assert_error(mio_unix_connect(&fd, &addr, len), ENOENT);
	assert_ok(mio_unix_datagram_bind(&datagram, &addr, len));
	assert_error(mio_unix_connect(&fd, &addr, len), EPROTOTYPE);
	assert_ok(mio_fd_close(datagram));
	ck_assert_int_eq(unlink(path), 0);
	file = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(file, 0);
	assert_error(mio_unix_connect(&fd, &addr, len), ECONNREFUSED);
	ck_assert_int_eq(close(file), 0);
	remove_path(path);
	ck_assert_int_eq(fd, -7);
}
END_TEST

/* What the calls of mio/socket.h return for these sockets alone. */
START_TEST(sockets_have_their_own_errors)
{
	struct sockaddr_in inet = loopback(1);
	const struct sockaddr *other = (struct sockaddr *)&inet, *a;
	mio_fd_t fd, listener = listen_on_own_name();
	struct sockaddr_un addr;
	socklen_t len;
	char byte;

	addr = own_name(&len);
	a = (struct sockaddr *)&addr;
	assert_ok(mio_socket_create(&fd, AF_UNIX, SOCK_STREAM));
	assert_error(mio_socket_bind(fd, other, sizeof(inet)), EINVAL);
	assert_error(mio_socket_connect(fd, other, sizeof(inet)), EINVAL);
	assert_error(mio_socket_connect(fd, a, UNNAMED), EINVAL);
	assert_error(mio_socket_connect(listener, a, len), EINVAL);
	assert_error(mio_socket_listen(fd, 0), EINVAL);
	assert_error(mio_socket_recv(fd, &byte, 1), EINVAL);
	assert_error(mio_socket_peek(fd, &byte, 1), EINVAL);
	assert_error(
	    mio_socket_recvv(fd, &(struct iovec){ &byte, 1 }, 1), EINVAL);
	assert_error(mio_unix_send_to(fd, "x", 1, &addr, len), EOPNOTSUPP);
	assert_error(mio_unix_recv_from(fd, &byte, 1, NULL, NULL), EINVAL);
	assert_ok(mio_socket_connect(fd, a, len));
	assert_error(mio_unix_send_to(fd, "x", 1, &addr, len), EISCONN);
	close_pair(fd, listener);
}
END_TEST

START_TEST(listen_has_its_errors)
{
	struct sockaddr_in inet = loopback(1);
	struct sockaddr_un addr;
	socklen_t len;
	mio_fd_t fd = -7, listener = listen_on_own_name();

	addr = own_name(&len);
	assert_error(mio_unix_listen(NULL, &addr, len, 0), EINVAL);
	assert_error(mio_unix_listen(&fd, NULL, len, 0), EINVAL);
	assert_error(mio_unix_listen(&fd, &addr, UNNAMED - 1, 0), EINVAL);
	assert_error(mio_unix_listen(&fd, &addr, sizeof(addr) + 1, 0), EINVAL);
	assert_error(mio_unix_listen(&fd, (struct sockaddr_un *)&inet,
	    sizeof(inet), 0), EAFNOSUPPORT);
	assert_error(mio_unix_listen(&fd, &addr, len, 0), EADDRINUSE);
	assert_ok(mio_unix_addr(&addr, &len, "/nonexistent/socket"));
	assert_error(mio_unix_listen(&fd, &addr, len, 0), ENOENT);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(listen_leaves_the_path_to_the_caller)
{
	struct sockaddr_un addr;
	char path[LONGEST + 1];
	struct stat st;
	socklen_t len;
	mio_fd_t fd, other;

	make_folder();
	make_path(path, 20);
	assert_ok(mio_unix_addr(&addr, &len, path));
	assert_ok(mio_unix_listen(&fd, &addr, len, 0));
	assert_ok(mio_unix_datagram(&other));
	assert_error(mio_unix_datagram_connect(other, &addr, len), EPROTOTYPE);
	assert_error(mio_unix_send_to(other, "x", 1, &addr, len), EPROTOTYPE);
	assert_ok(mio_fd_close(fd));
	assert_error(
	    mio_unix_send_to(other, "x", 1, &addr, len), ECONNREFUSED);
	assert_ok(mio_fd_close(other));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	assert_error(mio_unix_listen(&fd, &addr, len, 0), EADDRINUSE);
	assert_error(mio_unix_connect(&fd, &addr, len), ECONNREFUSED);
	remove_path(path);
}
END_TEST

START_TEST(accept_failing_touches_nothing)
{
	mio_fd_t listener = listen_on_own_name(), client, fd = -7;
	struct sockaddr_un peer, before;
	socklen_t len = 4321;
	int fds[2];

	memset(&peer, 0xa5, sizeof(peer));
	before = peer;
	make_pipe(fds);
	assert_error(mio_unix_accept(listener, &fd, &peer, &len), EAGAIN);
	client = connect_to_own_name();
	assert_error(mio_unix_accept(listener, NULL, &peer, &len), EINVAL);
	assert_error(mio_unix_accept(listener, &fd, NULL, &len), EINVAL);
	assert_error(mio_unix_accept(listener, &fd, &peer, NULL), EINVAL);
	assert_error(mio_unix_accept(-1, &fd, &peer, &len), EBADF);
	assert_error(mio_unix_accept(client, &fd, &peer, &len), EINVAL);
	assert_error(mio_unix_accept(fds[0], &fd, &peer, &len), ENOTSOCK);
	ck_assert_int_eq(fd, -7);
	ck_assert_uint_eq(len, 4321);
	ck_assert_mem_eq(&peer, &before, sizeof(peer));

	assert_ok(mio_unix_accept(listener, &fd, NULL, NULL));
	close_pipe(fds);
	close_pair(client, fd);
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(accept_that_blocks_lets_the_next_edge_through)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t listener = listen_on_own_name(), client, server;
	int i;

	assert_ok(
	    mio_poll_register_fd(poll, listener, 1, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++) {
		expect_nothing(poll);
		client = connect_to_own_name();
		expect_ready(poll, 1, MIO_READABLE, 0);
		assert_ok(mio_unix_accept(listener, &server, NULL, NULL));
		assert_error(
		    mio_unix_accept(listener, &server, NULL, NULL), EAGAIN);
		close_pair(client, server);
	}
	assert_ok(mio_fd_close(listener));
	mio_poll_destroy(poll);
}
END_TEST

#ifndef MIO_NO_CREDENTIALS
START_TEST(credentials_are_those_of_the_peer)
{
	struct mio_credentials got = { 0 };
	mio_fd_t listener = listen_on_own_name();
	mio_fd_t client = connect_to_own_name(), server, fds[2];

	assert_ok(mio_unix_accept(listener, &server, NULL, NULL));
	assert_ok(mio_unix_peer_credentials(server, &got));
	ck_assert(got.pid == getpid() || got.pid == -1);
	ck_assert_uint_eq(got.uid, geteuid());
	ck_assert_uint_eq(got.gid, getegid());
	memset(&got, 0, sizeof(got));
	assert_ok(mio_unix_peer_credentials(client, &got));
	ck_assert_uint_eq(got.uid, geteuid());

	assert_ok(mio_unix_pair(fds));
	assert_ok(mio_unix_peer_credentials(fds[0], &got));
	ck_assert(got.pid == getpid() || got.pid == -1);
	close_pair(fds[0], fds[1]);
	close_pair(client, server);
	assert_ok(mio_fd_close(listener));
}
END_TEST
#endif

START_TEST(credentials_have_their_errors)
{
	struct mio_credentials got, before;
	mio_fd_t fd, tcp = listen_on_loopback();
	int fds[2];

	memset(&got, 0xa5, sizeof(got));
	before = got;
	make_pipe(fds);
	assert_ok(mio_socket_create(&fd, AF_UNIX, SOCK_STREAM));
	assert_error(mio_unix_peer_credentials(fd, NULL), EINVAL);
	assert_error(mio_unix_peer_credentials(fd, &got), ENOTCONN);
	assert_error(mio_unix_peer_credentials(tcp, &got), ENOTCONN);
	assert_error(mio_unix_peer_credentials(-1, &got), EBADF);
	assert_error(mio_unix_peer_credentials(fds[0], &got), ENOTSOCK);
	ck_assert_mem_eq(&got, &before, sizeof(got));
	close_pipe(fds);
	close_pair(fd, tcp);
}
END_TEST

/* Linux would say who listens: a mix-up would let everybody in. */
START_TEST(a_listener_has_no_credentials)
{
	struct mio_credentials got;
	mio_fd_t listener = listen_on_own_name();

	assert_error(mio_unix_peer_credentials(listener, &got), ENOTCONN);
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(descriptor_limit_is_reported)
{
	struct rlimit before, limit;
	struct sockaddr_un addr;
	mio_fd_t fds[2] = { -7, -7 };
	socklen_t len;

	addr = own_name(&len);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_error(mio_unix_connect(fds, &addr, len), EMFILE);
	assert_error(mio_unix_listen(fds, &addr, len, 0), EMFILE);
	assert_error(mio_unix_datagram(fds), EMFILE);
	assert_error(mio_unix_datagram_bind(fds, &addr, len), EMFILE);
	/* valgrind keeps the limit itself, and forgets it for these */
	if (!is_slowed_down()) {
		assert_error(mio_unix_pair(fds), EMFILE);
		assert_error(mio_unix_datagram_pair(fds), EMFILE);
		assert_error(mio_pipe_create(fds), EMFILE);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(fds[0], -7);
	ck_assert_int_eq(fds[1], -7);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("unix");
	TCase *tcase = new_case(suite, "addresses");

	tcase_add_test(tcase, path_lengths_have_their_limits);
	tcase_add_test(tcase, abstract_names_have_their_limits);
	tcase_add_test(tcase, accept_reports_unnamed_peers);
	tcase_add_loop_test(tcase, accept_reports_abstract_peers, 0, 4);
	tcase_add_loop_test(tcase, accept_reports_peers_with_paths, 0, 3);
	tcase_add_test(tcase, accept_reports_no_more_than_an_address_holds);

	tcase = new_case(suite, "streams");
	tcase_add_test(tcase, streams_connect_and_carry_bytes);
	tcase_add_test(tcase, pairs_carry_bytes_both_ways);
	tcase_add_test(tcase, full_backlog_is_reported);
	tcase_add_test(tcase, connect_has_its_errors);
	tcase_add_test(tcase, sockets_have_their_own_errors);
	tcase_add_test(tcase, listen_has_its_errors);
	tcase_add_test(tcase, listen_leaves_the_path_to_the_caller);
	tcase_add_test(tcase, accept_failing_touches_nothing);
	tcase_add_test(tcase, accept_that_blocks_lets_the_next_edge_through);
#ifndef MIO_NO_CREDENTIALS
	tcase_add_test(tcase, credentials_are_those_of_the_peer);
#endif
	tcase_add_test(tcase, credentials_have_their_errors);
	tcase_add_test(tcase, a_listener_has_no_credentials);
	tcase_add_test(tcase, descriptor_limit_is_reported);

	return run_suite(suite);
}
