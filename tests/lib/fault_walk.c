/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "lib/fault_walk.h"

#include "lib/fault_control.h"
#include "lib/harness.h"

/* No system has this one: it is not what a call returns, and not recorded. */
#define NO_ERROR_OF_ANY_SYSTEM 4095

/*
 * The errors that a system call can have where a scenario makes it; the man
 * pages list them all. The first row counts whose names are what the call and
 * the scenario begin with: a row of accept is accept4's, too.
 *
 * EINTR is retried or harmless wherever it is listed, EINPROGRESS is success,
 * and ENOSYS and EPERM make the library use another call; those that it then
 * remembers for good are in internal_fallbacks.c.
 */
static const struct {
	const char *call, *scenario;
	int errors[16]; /* up to a 0 */
} errors[] = {
	{ "accept", "",
	    { EMFILE, ENFILE, ENOMEM, ECONNABORTED, EAGAIN, EINTR } },
	{ "bind", "bind_path",
	    { EACCES, EADDRINUSE, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC,
		ENOTDIR, EPERM, EROFS } },
	{ "bind", "unix",
	    { EACCES, EADDRINUSE, EIO, EINVAL, ENAMETOOLONG, ENOSPC, EPERM,
		EROFS } },
	{ "bind", "datagram",
	    { EACCES, EADDRINUSE, EIO, EINVAL, ENAMETOOLONG, ENOSPC, EPERM,
		EROFS } },
	{ "bind", "",
	    { EACCES, EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENODEV, ENOMEM,
		EPERM } },
	{ "calloc", "", { ENOMEM } },
	{ "close", "", { EBADF, EINTR, EINPROGRESS } },
	{ "connect", "udp",
	    { EACCES, EADDRNOTAVAIL, EAGAIN, EHOSTUNREACH, ENETDOWN,
		ENETUNREACH, ENOBUFS, EPERM, EINTR, EINPROGRESS } },
	{ "connect", "unix",
	    { EACCES, EAGAIN, ECONNREFUSED, ENAMETOOLONG, ENOBUFS, ENOMEM,
		EPERM, EINTR, EINPROGRESS } },
	{ "connect", "datagram",
	    { EACCES, ECONNREFUSED, ENAMETOOLONG, ENOBUFS, ENOMEM, EPERM, EINTR,
		EINPROGRESS } },
	{ "connect", "tcp",
	    { EACCES, EADDRINUSE, EADDRNOTAVAIL, EHOSTUNREACH, ENETDOWN,
		ENETUNREACH, ENOBUFS, ENOMEM, EPERM, ETIMEDOUT, EINTR,
		EINPROGRESS } },
	{ "connect", "",
	    { EACCES, EADDRINUSE, EADDRNOTAVAIL, ECONNRESET, EHOSTUNREACH,
		ENETDOWN, ENETUNREACH, ENOBUFS, ENOMEM, EOPNOTSUPP, EPERM,
		ETIMEDOUT, EINTR, EINPROGRESS } },
	{ "epoll_create1", "", { EMFILE, ENFILE, ENOMEM } },
	{ "epoll_ctl", "create", { ENOMEM, ENOSPC } },
	{ "epoll_ctl", "register", { ENOMEM, ENOSPC, EBADF, ELOOP, EINVAL } },
	{ "epoll_ctl", "", { ENOMEM, EBADF, EINVAL } },
	{ "epoll_pwait2", "", { EBADF, EINVAL, EINTR } },
	{ "epoll_wait", "", { EBADF, EINVAL, EINTR } },
	{ "eventfd", "", { EMFILE, ENFILE, ENOMEM, ENOSYS, EPERM } },
	{ "fcntl", "dup", { EBADF, EINVAL, EMFILE } },
	{ "fcntl", "", { EBADF } },
	{ "fstat", "", { EBADF, ENOMEM } },
	{ "getpeername", "", { EBADF, ENOBUFS } },
	{ "getsockname", "", { EBADF, ENOBUFS } },
	{ "getsockopt", "credentials", { EBADF, ENOBUFS } },
	{ "getsockopt", "finish", { EBADF, ENOBUFS } },
	{ "getsockopt", "get_recv_size", { EBADF, ENOBUFS } },
	{ "getsockopt", "get_send_size", { EBADF, ENOBUFS } },
	{ "getsockopt", "recvv", { EBADF, ENOBUFS } },
	{ "getsockopt", "take_error", { EBADF, ENOBUFS } },
	{ "getsockopt", "", { EBADF, ENOBUFS, ENOPROTOOPT } },
	{ "if_nametoindex", "", { ENODEV, EMFILE, ENFILE, ENOMEM, EINTR } },
	{ "kevent_change", "", { ENOMEM, EINTR } },
	{ "kevent_delete", "", { EINPROGRESS } },
	{ "kevent_last", "", { ENOMEM } },
	{ "kevent_timer", "", { EINTR } }, /* more in internal_alarm.c */
	{ "kevent_wake", "", { EINTR } },
	{ "kevent", "", { EBADF, EINVAL, EINTR } },
	{ "kqueue", "", { EMFILE, ENFILE, ENOMEM } },
	{ "listen", "tcp", { EADDRINUSE, EACCES } },
	{ "listen", "unix", { EADDRINUSE, EACCES } },
	{ "listen", "", { EADDRINUSE, EOPNOTSUPP, EACCES } },
	{ "pipe", "", { EMFILE, ENFILE, ENOMEM } },
	{ "poll", "finish", { ENOMEM, EINTR } },
	{ "poll", "", { ENOMEM, EINVAL, EINTR } },
	{ "posix_memalign", "", { ENOMEM } },
	{ "ppoll", "", { ENOMEM, EINVAL, EINTR } },
	{ "pthread_cond_init", "", { ENOMEM } },
	{ "pthread_sigmask", "", { 0 } }, /* in internal_sigpipe.c */
	{ "pwritev2", "", { EAGAIN, EPIPE, EIO, EINTR } },
	{ "read", "", { EAGAIN, EIO, ENOBUFS, ENOMEM, EINTR } },
	{ "realloc", "", { ENOMEM } },
	{ "recv", "recv_batch",
	    { EAGAIN, ECONNREFUSED, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENOMEM,
		EINTR } },
	{ "recv", "recv_fds",
	    { EAGAIN, ECONNRESET, ENOBUFS, ENOMEM, ENOTCONN, EINTR } },
	{ "recv", "udp",
	    { EAGAIN, ECONNREFUSED, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENOMEM,
		EINTR } },
	{ "recv", "unix", { EAGAIN, ECONNRESET, ENOBUFS, ENOMEM, EINTR } },
	{ "recv", "",
	    { EAGAIN, ECONNRESET, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENOTCONN,
		ENOMEM, ETIMEDOUT, EINTR } },
	{ "sendmmsg", "",
	    { EACCES, EADDRNOTAVAIL, EAGAIN, EDESTADDRREQ, EHOSTUNREACH, EIO,
		EISCONN, EMSGSIZE, ENETDOWN, ENETUNREACH, ENOBUFS, ENOTCONN,
		EPIPE, EINTR } },
	{ "send", "send_batch",
	    { EACCES, EADDRNOTAVAIL, EAGAIN, EHOSTUNREACH, EMSGSIZE, ENETDOWN,
		ENOBUFS, EPERM, EPIPE, EINTR } },
	{ "send", "send_fds",
	    { EAGAIN, ECONNREFUSED, ECONNRESET, EDESTADDRREQ, EMSGSIZE, ENOBUFS,
		EPERM, EPIPE, ETOOMANYREFS, EINTR } },
	{ "send", "udp",
	    { EACCES, EADDRNOTAVAIL, EAGAIN, ECONNREFUSED, EHOSTUNREACH,
		EISCONN, EMSGSIZE, ENETDOWN, ENETUNREACH, ENOBUFS, EPERM, EPIPE,
		EINTR } },
	{ "send", "unix",
	    { EACCES, EAGAIN, ECONNREFUSED, EISCONN, EMSGSIZE, ENAMETOOLONG,
		ENOBUFS, ENOMEM, EPERM, EPIPE, EINTR } },
	{ "send", "",
	    { EACCES, EAGAIN, ECONNRESET, EDESTADDRREQ, EHOSTUNREACH, EMSGSIZE,
		ENETDOWN, ENETUNREACH, ENOBUFS, EPERM, EPIPE, ETIMEDOUT,
		EINTR } },
	{ "setsockopt", "join",
	    { EBADF, EADDRINUSE, EADDRNOTAVAIL, ENOBUFS, ENODEV, ENOMEM,
		ENOPROTOOPT } },
	{ "setsockopt", "leave",
	    { EBADF, EADDRNOTAVAIL, ENODEV, ENOPROTOOPT } },
	{ "setsockopt", "set_recv_size", { EBADF, ENOMEM } },
	{ "setsockopt", "set_send_size", { EBADF, ENOMEM } },
	{ "setsockopt", "tcp", { ENOBUFS, ENOMEM, ENOPROTOOPT } },
	{ "setsockopt", "udp", { ENOBUFS, ENOMEM, ENOPROTOOPT } },
	{ "setsockopt", "", { EBADF, ENOBUFS, ENOMEM, ENOPROTOOPT } },
	{ "shutdown", "", { ENOTCONN, EBADF } },
	{ "sigpending", "", { 0 } },
	{ "socket", "socket",
	    { EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EAFNOSUPPORT, EPERM,
		EPROTOTYPE } },
	{ "socket", "",
	    { EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EAFNOSUPPORT, EPERM } },
	{ "timerfd_create", "", { EMFILE, ENFILE, ENOMEM, ENOSYS, EPERM } },
	{ "timerfd_settime", "", { ENOSYS, EPERM } },
	{ "writev", "", { EAGAIN, EPIPE, EIO, ENOBUFS, ENOMEM, EINTR } },
};

static bool
begins_with(const char *string, const char *beginning)
{
	return strncmp(string, beginning, strlen(beginning)) == 0;
}

static const int *
errors_of(const char *call, const struct fault_scenario *s)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (begins_with(call, errors[i].call) &&
		    begins_with(s->name, errors[i].scenario))
			return errors[i].errors;
	ck_abort_msg("no errors are listed for %s", call);

	return NULL;
}

/* What must not change. */
static const int options[][2] = {
	{ SOL_SOCKET, SO_KEEPALIVE },
	{ SOL_SOCKET, SO_LINGER },
	{ SOL_SOCKET, SO_RCVBUF },
	{ SOL_SOCKET, SO_SNDBUF },
	{ SOL_SOCKET, SO_REUSEADDR },
	{ SOL_SOCKET, SO_REUSEPORT },
	{ SOL_SOCKET, SO_ACCEPTCONN },
	{ SOL_SOCKET, SO_BROADCAST },
	{ IPPROTO_TCP, TCP_KEEPIDLE },
	{ IPPROTO_TCP, TCP_NODELAY },
	{ IPPROTO_UDP, UDP_SEGMENT },
	{ IPPROTO_UDP, UDP_GRO },
	{ IPPROTO_IP, IP_TTL },
	{ IPPROTO_IP, IP_MULTICAST_LOOP },
	{ IPPROTO_IP, IP_MULTICAST_TTL },
	{ IPPROTO_IPV6, IPV6_MULTICAST_LOOP },
	{ IPPROTO_IPV6, IPV6_V6ONLY },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS },
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

struct snapshot {
	unsigned fds;
	int status, flags;
	struct linger options[OPTIONS]; /* the largest of them */
	struct sockaddr_storage addr;
};

static void
save_snapshot(struct snapshot *shot, mio_fd_t fd)
{
	socklen_t len;
	size_t i;

	memset(shot, 0, sizeof(*shot));
	shot->fds = count_fds();
	shot->status = fcntl(fd, F_GETFL);
	shot->flags = fcntl(fd, F_GETFD);
	for (i = 0; i < OPTIONS; i++) {
		len = sizeof(shot->options[i]);
		(void)getsockopt(fd, options[i][0], options[i][1],
		    &shot->options[i], &len);
	}
	len = sizeof(shot->addr);
	(void)getsockname(fd, (struct sockaddr *)&shot->addr, &len);
}

static void
assert_untouched(const struct fault_world *w)
{
	const unsigned char *bytes = w->out;
	size_t i;

	for (i = 0; i < w->out_size; i++)
		ck_assert_msg(bytes[i] == 0xa5, "byte %zu of the outputs", i);
}

static void
build(const struct fault_world *w, const struct fault_scenario *s)
{
	w->build(s);
	if (s->prepare != NULL)
		s->prepare();
	memset(w->out, 0xa5, w->out_size);
}

/* Where EPERM is about the peer or the address, there is no other call. */
static bool
is_final(const char *call)
{
	static const char *const calls[] = { "bind", "connect", "send",
		"sendmsg", "sendto", "socket", "socketpair" };
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(call, calls[i]) == 0)
			return true;

	return false;
}

/* Retried, under way, and another way taken. */
static bool
is_overcome(const char *call, int error)
{
	return error == EINTR || error == EINPROGRESS || error == ENOSYS ||
	    (error == EPERM && !is_final(call));
}

static int
expected(const struct fault_world *w, const struct fault_scenario *s,
    const char *call, int error)
{
	if (w->is_reported != NULL && w->is_reported(s, error))
		return -error;

	if (is_overcome(call, error) ||
	    (w->is_nothing != NULL && w->is_nothing(s, call)))
		return s->result;

	return w->reported_as != NULL ? -w->reported_as(s, error) : -error;
}

static void
undo(const struct fault_scenario *s)
{
	if (s->undo != NULL)
		s->undo();
}

/* The name of the nth system call that is made; NULL when there is none. */
static const char *
name_of(const struct fault_world *w, const struct fault_scenario *s,
    unsigned nth)
{
	const char *name;
	int r;

	build(w, s);
	fault_arm(NULL, nth, NO_ERROR_OF_ANY_SYSTEM);
	r = s->run();
	name = fault_disarm() ? fault_failed() : NULL;
	ck_assert_msg(name != NULL || r == s->result, "%s: %d", s->name, r);
	if (r == s->result || (name != NULL && strcmp(name, "close") == 0))
		undo(s);
	w->tear_down();

	return name;
}

static void
fail_call(const struct fault_world *w, const struct fault_scenario *s,
    unsigned nth, const char *call, int error)
{
	struct snapshot before, after;
	int want = expected(w, s, call, error);
	int r;

	build(w, s);
	save_snapshot(&before, *w->fd);
	fault_arm(NULL, nth, error);
	r = s->run();
	ck_assert_msg(fault_disarm(), "%s: call %u is not made", s->name, nth);
	ck_assert_str_eq(fault_failed(), call);
	ck_assert_msg(r == want, "%s: %s, call %u, fails with %d: %d, not %d",
	    s->name, call, nth, error, r, want);

	if (r != s->result) {
		save_snapshot(&after, *w->fd);
		ck_assert_mem_eq(&before, &after, sizeof(before));
		assert_untouched(w);
		if (w->restore != NULL)
			w->restore(s);
		r = s->run();
	}
	ck_assert_msg(r == s->result, "%s: then %d", s->name, r);
	undo(s);
	w->tear_down();
}

/* The library finds out what is lacking, and then makes the same calls. */
static void
run_once(const struct fault_world *w, const struct fault_scenario *s)
{
	int r;

	build(w, s);
	r = s->run();
	ck_assert_msg(r == s->result, "%s: at first %d", s->name, r);
	undo(s);
	w->tear_down();
}

void
fault_walk(const struct fault_world *w, const struct fault_scenario *s)
{
	const char *call;
	const int *error;
	unsigned nth;

	run_once(w, s);
	for (nth = 1; (call = name_of(w, s, nth)) != NULL; nth++)
		for (error = errors_of(call, s); *error != 0; error++)
			fail_call(w, s, nth, call, *error);
	ck_assert_msg(nth > 1, "%s makes no system call", s->name);
}
