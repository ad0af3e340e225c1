/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "lib/fault_control.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <net/if.h>
#include <sys/stat.h>

#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>
#endif
#ifdef HAVE_KQUEUE
#include <sys/event.h>
#endif
#ifdef HAVE_TIMERFD_CREATE
#include <sys/timerfd.h>
#endif

#define NAMES 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	const char *name;
	unsigned count;
} counts[NAMES];

static struct {
	const char *call;
	unsigned left;
	int error;
	bool armed, lasting, fired;
	_Atomic bool skip_waits;
	const char *failed;
	_Atomic int timeout_ms;
	_Atomic int64_t timeout_ns;
} plan;

static void
count(const char *name)
{
	unsigned i = 0;

	while (counts[i].name != NULL && strcmp(counts[i].name, name) != 0)
		i++;

	if (i == NAMES - 1)
		abort();
	counts[i].name = name;
	counts[i].count++;
}

/* Whether this call is the one to fail; errno says how. */
static bool
fails(const char *name)
{
	bool hit = false;

	pthread_mutex_lock(&lock);
	count(name);
	if (plan.armed && (plan.call == NULL || strcmp(plan.call, name) == 0) &&
	    --plan.left == 0) {
		hit = true;
		plan.fired = true;
		plan.failed = name;
		plan.armed = plan.lasting;
		plan.left = 1;
		errno = plan.error;
	}
	pthread_mutex_unlock(&lock);

	return hit;
}

static void
arm(const char *call, unsigned nth, int error, bool lasting)
{
	pthread_mutex_lock(&lock);
	plan.call = call;
	plan.left = nth;
	plan.error = error;
	plan.armed = true;
	plan.lasting = lasting;
	plan.fired = false;
	plan.failed = NULL;
	pthread_mutex_unlock(&lock);
}

void
fault_arm(const char *call, unsigned nth, int error)
{
	arm(call, nth, error, false);
}

void
fault_arm_all(const char *call, int error)
{
	arm(call, 1, error, true);
}

bool
fault_disarm(void)
{
	bool fired;

	pthread_mutex_lock(&lock);
	plan.armed = false;
	fired = plan.fired;
	plan.fired = false;
	pthread_mutex_unlock(&lock);

	return fired;
}

unsigned
fault_count(const char *call)
{
	unsigned sum = 0;
	unsigned i;

	pthread_mutex_lock(&lock);
	for (i = 0; counts[i].name != NULL; i++)
		if (call == NULL || strcmp(counts[i].name, call) == 0)
			sum += counts[i].count;
	pthread_mutex_unlock(&lock);

	return sum;
}

void
fault_reset_counts(void)
{
	pthread_mutex_lock(&lock);
	memset(counts, 0, sizeof(counts));
	plan.timeout_ms = 0;
	plan.timeout_ns = 0;
	pthread_mutex_unlock(&lock);
}

const char *
fault_failed(void)
{
	return plan.failed;
}

int
fault_timeout_ms(void)
{
	return plan.timeout_ms;
}

int64_t
fault_timeout_ns(void)
{
	return plan.timeout_ns;
}

void
fault_skip_waits(bool on)
{
	plan.skip_waits = on;
}

static void
note_ms(int ms)
{
	if (ms > plan.timeout_ms)
		plan.timeout_ms = ms;
}

static void
note_ns(const struct timespec *ts)
{
	int64_t ns = (int64_t)ts->tv_sec * 1000000000 + ts->tv_nsec;

	if (ns > plan.timeout_ns)
		plan.timeout_ns = ns;
}

/* An ordinary call: TYPE NAME(PARAMETERS), made with ARGUMENTS. */
#define CALL(type, name, parameters, arguments) \
	type fault_##name parameters; \
	type \
	fault_##name parameters \
	{ \
		return fails(#name) ? -1 : name arguments; \
	}

#define ALLOCATOR(name, parameters, arguments) \
	void *fault_##name parameters; \
	void * \
	fault_##name parameters \
	{ \
		return fails(#name) ? NULL : name arguments; \
	}

ALLOCATOR(calloc, (size_t n, size_t size), (n, size))
ALLOCATOR(realloc, (void *block, size_t size), (block, size))

CALL(int, bind, (int fd, const struct sockaddr *addr, socklen_t len),
    (fd, addr, len))
CALL(int, connect, (int fd, const struct sockaddr *addr, socklen_t len),
    (fd, addr, len))
CALL(int, fstat, (int fd, struct stat *st), (fd, st))
CALL(int, getpeername, (int fd, struct sockaddr *addr, socklen_t *len),
    (fd, addr, len))
CALL(int, getsockname, (int fd, struct sockaddr *addr, socklen_t *len),
    (fd, addr, len))
CALL(int, getsockopt, (int fd, int level, int name, void *value,
    socklen_t *len), (fd, level, name, value, len))
CALL(int, listen, (int fd, int backlog), (fd, backlog))
CALL(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence))
CALL(int, pipe, (int *fds), (fds))
CALL(int, pipe2, (int *fds, int flags), (fds, flags))
CALL(ssize_t, pwritev2, (int fd, const struct iovec *iov, int n, off_t offset,
    int flags), (fd, iov, n, offset, flags))
CALL(ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len))
CALL(ssize_t, readv, (int fd, const struct iovec *iov, int n), (fd, iov, n))
CALL(ssize_t, recv, (int fd, void *buf, size_t len, int flags),
    (fd, buf, len, flags))
CALL(ssize_t, recvfrom, (int fd, void *buf, size_t len, int flags,
    struct sockaddr *addr, socklen_t *addr_len),
    (fd, buf, len, flags, addr, addr_len))
CALL(int, recvmmsg, (int fd, struct mmsghdr *msgs, unsigned n, int flags,
    struct timespec *ts), (fd, msgs, n, flags, ts))
CALL(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags),
    (fd, msg, flags))
CALL(ssize_t, send, (int fd, const void *buf, size_t len, int flags),
    (fd, buf, len, flags))
CALL(int, sendmmsg, (int fd, struct mmsghdr *msgs, unsigned n, int flags),
    (fd, msgs, n, flags))
CALL(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags),
    (fd, msg, flags))
CALL(ssize_t, sendto, (int fd, const void *buf, size_t len, int flags,
    const struct sockaddr *addr, socklen_t addr_len),
    (fd, buf, len, flags, addr, addr_len))
CALL(int, setsockopt, (int fd, int level, int name, const void *value,
    socklen_t len), (fd, level, name, value, len))
CALL(int, shutdown, (int fd, int how), (fd, how))
CALL(int, sigpending, (sigset_t *set), (set))
CALL(int, sigtimedwait, (const sigset_t *set, siginfo_t *info,
    const struct timespec *ts), (set, info, ts))
CALL(int, socket, (int family, int type, int protocol),
    (family, type, protocol))
CALL(int, socketpair, (int family, int type, int protocol, int *fds),
    (family, type, protocol, fds))
CALL(int, unlink, (const char *path), (path))
CALL(ssize_t, write, (int fd, const void *buf, size_t len), (fd, buf, len))
CALL(ssize_t, writev, (int fd, const struct iovec *iov, int n), (fd, iov, n))

static unsigned nameless; /* connections to come, by tests with one thread */

void
fault_accept_without_address(unsigned count)
{
	nameless = count;
}

static int
accepted(int fd, socklen_t *len)
{
	if (fd >= 0 && nameless > 0) {
		nameless--;
		*len = 0;
	}

	return fd;
}

int fault_accept(int fd, struct sockaddr *addr, socklen_t *len);
int
fault_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	return fails("accept") ? -1 : accepted(accept(fd, addr, len), len);
}

int fault_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int
fault_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	return fails("accept4") ? -1 :
	    accepted(accept4(fd, addr, len, flags), len);
}

unsigned fault_if_nametoindex(const char *name);
unsigned
fault_if_nametoindex(const char *name)
{
	return fails("if_nametoindex") ? 0 : if_nametoindex(name);
}

char *fault_if_indextoname(unsigned index, char *name);
char *
fault_if_indextoname(unsigned index, char *name)
{
	return fails("if_indextoname") ? NULL : if_indextoname(index, name);
}

/* These tell by what they return, not by errno. */
int fault_pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
int
fault_pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return fails("pthread_sigmask") ? plan.error :
	    pthread_sigmask(how, set, old);
}

int fault_posix_memalign(void **block, size_t alignment, size_t size);
int
fault_posix_memalign(void **block, size_t alignment, size_t size)
{
	return fails("posix_memalign") ? plan.error :
	    posix_memalign(block, alignment, size);
}

static int64_t made_up_time; /* under lock */

void
fault_set_clock(int64_t ns)
{
	pthread_mutex_lock(&lock);
	made_up_time = ns;
	pthread_mutex_unlock(&lock);
}

/* The clock is counted, but does not fail: the library relies on that. */
int fault_clock_gettime(clockid_t clock, struct timespec *now);
int
fault_clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t ns;

	pthread_mutex_lock(&lock);
	count("clock_gettime");
	ns = made_up_time;
	pthread_mutex_unlock(&lock);

	if (ns == 0)
		return clock_gettime(clock, now);

	now->tv_sec = (time_t)(ns / 1000000000);
	now->tv_nsec = (long)(ns % 1000000000);

	return 0;
}

/* It returns what others store in errno. */
int fault_pthread_cond_init(
    pthread_cond_t *cond, const pthread_condattr_t *attr);
int
fault_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
	return fails("pthread_cond_init") ? errno
					  : pthread_cond_init(cond, attr);
}

/* A close that fails has closed all the same, but for EBADF. */
int fault_close(int fd);
int
fault_close(int fd)
{
	if (!fails("close"))
		return close(fd);

	if (plan.error != EBADF) {
		(void)close(fd);
		errno = plan.error;
	}

	return -1;
}

/* A cancellation point, as on macOS and NetBSD. */
int fault_fcntl(int fd, int command, ...);
int
fault_fcntl(int fd, int command, ...)
{
	va_list arguments;
	int value;

	va_start(arguments, command);
	value = command == F_GETFL || command == F_GETFD ? 0 :
	    va_arg(arguments, int);
	va_end(arguments);

	pthread_testcancel();

	return fails("fcntl") ? -1 : fcntl(fd, command, value);
}

int fault_poll(struct pollfd *fds, nfds_t n, int timeout);
int
fault_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	note_ms(timeout);
	if (fails("poll"))
		return -1;

	return poll(fds, n, plan.skip_waits ? 0 : timeout);
}

int fault_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *ts,
    const sigset_t *mask);
int
fault_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *ts,
    const sigset_t *mask)
{
	note_ns(ts);
	if (fails("ppoll"))
		return -1;

	return ppoll(fds, n, plan.skip_waits ? &(struct timespec){ 0 } : ts,
	    mask);
}

#ifdef HAVE_EPOLL_CREATE1
CALL(int, epoll_create1, (int flags), (flags))
CALL(int, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *event),
    (epfd, op, fd, event))

int fault_epoll_wait(int epfd, struct epoll_event *events, int capacity,
    int timeout);
int
fault_epoll_wait(int epfd, struct epoll_event *events, int capacity,
    int timeout)
{
	note_ms(timeout);
	if (fails("epoll_wait"))
		return -1;

	return epoll_wait(epfd, events, capacity,
	    plan.skip_waits ? 0 : timeout);
}

int fault_epoll_pwait2(int epfd, struct epoll_event *events, int capacity,
    const struct timespec *ts, const sigset_t *mask);
int
fault_epoll_pwait2(int epfd, struct epoll_event *events, int capacity,
    const struct timespec *ts, const sigset_t *mask)
{
	note_ns(ts);
	if (fails("epoll_pwait2"))
		return -1;

	return epoll_pwait2(epfd, events, capacity,
	    plan.skip_waits ? &(struct timespec){ 0 } : ts, mask);
}
#endif

#ifdef HAVE_KQUEUE
CALL(int, kqueue, (void), ())

#ifndef EVFILT_USER
#define EVFILT_USER 0xffff
#endif
#ifndef EV_RECEIPT
#define EV_RECEIPT 0
#endif

/* What the call is for: it has several names. */
static const char *
kevent_name(const struct kevent *changes, int n)
{
	if (n == 0)
		return "kevent";
	if (changes->filter == EVFILT_USER && changes->flags == 0)
		return "kevent_wake";

	return changes->filter == EVFILT_TIMER ? "kevent_timer"
					       : "kevent_change";
}

/* The last of several changes fails, the others are made. With receipts. */
static int
fail_the_last(int kq, const struct kevent *changes, int n,
    struct kevent *records, int room)
{
	int made = kevent(kq, changes, n - 1, records, room - 1, NULL);

	if (made != n - 1)
		return -1;
	records[made] = changes[made];
	records[made].flags = EV_ERROR;
	records[made].data = plan.error;

	return n;
}

/*
 * All filters that there are are deleted, some of them later; or none, with
 * another error than EINPROGRESS. With receipts.
 */
static int
delete_later(int kq, const struct kevent *changes, int n,
    struct kevent *records, int room)
{
	int made, i;

	if (plan.error != EINPROGRESS) {
		for (i = 0; i < n; i++) {
			records[i] = changes[i];
			records[i].flags = EV_ERROR;
			records[i].data = plan.error;
		}
		return n;
	}

	made = kevent(kq, changes, n, records, room, NULL);
	for (i = 0; i < made; i++)
		if (records[i].data == 0)
			records[i].data = plan.error;

	return made;
}

/* Several threads may fetch; one of them runs it. */
static struct {
	void (*_Atomic run)(void *argument);
	void *argument;
} after_fetch;

void
fault_after_fetch(void (*hook)(void *argument), void *argument)
{
	after_fetch.argument = argument;
	after_fetch.run = hook;
}

static void
run_after_fetch(void)
{
	void (*hook)(void *) = atomic_exchange(&after_fetch.run, NULL);

	if (hook != NULL)
		hook(after_fetch.argument);
}

int fault_kevent(int kq, const struct kevent *changes, int n,
    struct kevent *records, int room, const struct timespec *ts);
int
fault_kevent(int kq, const struct kevent *changes, int n,
    struct kevent *records, int room, const struct timespec *ts)
{
	static const struct timespec at_once;
	int made;

	if (n == 0 && ts != NULL)
		note_ns(ts);
	if (n > 1 && (changes->flags & EV_RECEIPT) &&
	    (changes->flags & EV_ADD) && fails("kevent_last"))
		return fail_the_last(kq, changes, n, records, room);
	if (n > 1 && (changes->flags & EV_RECEIPT) &&
	    (changes->flags & EV_DELETE) && fails("kevent_delete"))
		return delete_later(kq, changes, n, records, room);
	if (fails(kevent_name(changes, n)))
		return -1;

	made = kevent(
	    kq, changes, n, records, room, plan.skip_waits ? &at_once : ts);
	if (n == 0 && made > 0)
		run_after_fetch();

	return made;
}
#endif

#ifdef HAVE_EVENTFD
CALL(int, eventfd, (unsigned initial, int flags), (initial, flags))
#endif

#ifdef HAVE_TIMERFD_CREATE
CALL(int, timerfd_create, (int clock, int flags), (clock, flags))
CALL(int, timerfd_settime, (int fd, int flags, const struct itimerspec *value,
    struct itimerspec *old), (fd, flags, value, old))
#endif
