/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"
#include "lib/refuse.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include <sys/wait.h>

#ifdef HAVE_KQUEUE
#include <sys/event.h>
#endif
#ifdef HAVE_TIMERFD_CREATE
#include <sys/timerfd.h>
#endif

#define TIMEOUT_SECONDS 60

static unsigned fds_before;

static void
remember_fds(void)
{
	fds_before = count_fds();
}

static void
compare_fds(void)
{
	ck_assert_uint_eq(count_fds(), fds_before);
}

TCase *
new_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, remember_fds, compare_fds);
	tcase_set_timeout(tcase, TIMEOUT_SECONDS);
	suite_add_tcase(suite, tcase);

	return tcase;
}

int
run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);

	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int64_t
read_clock(clockid_t clock)
{
	struct timespec ts;

	ck_assert_int_eq(clock_gettime(clock, &ts), 0);

	return SECONDS(ts.tv_sec) + ts.tv_nsec;
}

int64_t
now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
cpu_ns(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

bool
is_slowed_down(void)
{
	return getenv("MIO_TESTS_SLOW") != NULL;
}

unsigned
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		count++;
	ck_assert_int_eq(closedir(dir), 0);

	return count;
}

/* The poll has slept and had a timeout: it has seen that all is well. */
static void
use_everything(struct mio_poll *poll)
{
	struct mio_timer *timer;
	struct mio_event event;

	assert_ok(mio_timer_create(&timer, MS(1), 0));
	assert_ok(mio_poll_register(
	    poll, mio_timer_source(timer), 0, MIO_READABLE, 0));
	assert_ok(mio_timer_set(timer, MS(1), 0, NULL));
	ck_assert_int_eq(mio_poll(poll, &event, 1, PATIENCE), 1);
	mio_timer_destroy(timer);
	assert_ok(mio_poll(poll, &event, 1, MS(1)));
}

/* A program that puts itself in a sandbox when it is set up. */
static void
enter_sandbox(struct mio_poll *poll)
{
	const char *what = getenv("MIO_TESTS_SANDBOX");
	static bool entered;

	if (what == NULL || entered)
		return;

	use_everything(poll);
	ck_assert_int_eq(refuse(what), 0);
	entered = true;
}

struct mio_poll *
new_poll(void)
{
	struct mio_poll *poll = NULL;

	assert_ok(mio_poll_create(&poll));
	ck_assert_ptr_nonnull(poll);
	enter_sandbox(poll);

	return poll;
}

bool
sees_unconnected(void)
{
	return !backend_is("kqueue");
}

unsigned
unchanged(unsigned mode, unsigned ready)
{
	return mode == MIO_EDGE && backend_is("kqueue") ? ready : 0;
}

bool
backend_is(const char *name)
{
	return strcmp(mio_poll_backend(), name) == 0;
}

struct mio_event
expect_event(struct mio_poll *poll)
{
	struct mio_event events[8];

	memset(events, 0xa5, sizeof(events));
	ck_assert_int_eq(mio_poll(poll, events, 8, PATIENCE), 1);
	ck_assert_uint_eq(events[0].reserved, 0);

	return events[0];
}

void
expect_ready(struct mio_poll *poll, mio_token_t token, unsigned ready,
    unsigned allowed)
{
	struct mio_event event = expect_event(poll);

	ck_assert_uint_eq(event.token, token);
	ck_assert_msg((event.ready & ~allowed) == (ready & ~allowed),
	    "ready is 0x%x, expected 0x%x", event.ready, ready);
}

void
expect_nothing(struct mio_poll *poll)
{
	struct mio_event event = { 0 };
	int n = mio_poll(poll, &event, 1, GLANCE);

	ck_assert_msg(n == 0, "%d: token %llu, ready 0x%x", n,
	    (unsigned long long)event.token, event.ready);
}

void
make_pipe(int fds[2])
{
	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_fd_adopt(fds[0]));
	assert_ok(mio_fd_adopt(fds[1]));
}

void
close_pipe(const int fds[2])
{
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
}

struct sockaddr_in
loopback(unsigned port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

struct sockaddr_in6
loopback6(unsigned port)
{
	return (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
}

unsigned
port_of(mio_fd_t fd)
{
	struct sockaddr_storage addr;
	socklen_t len;

	assert_ok(mio_socket_local_addr(fd, &addr, &len));
	if (addr.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&addr)->sin6_port);
	ck_assert_int_eq(addr.ss_family, AF_INET);

	return ntohs(((struct sockaddr_in *)&addr)->sin_port);
}

mio_fd_t
listen_on_loopback(void)
{
	struct sockaddr_in addr = loopback(0);
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_tcp_listen(&fd, (struct sockaddr *)&addr, sizeof(addr),
	    0, 0));

	return fd;
}

void
wait_for(int fd, short bits)
{
	struct pollfd look = { .fd = fd, .events = bits };

	ck_assert_int_eq(poll(&look, 1, (int)(PATIENCE / MS(1))), 1);
}

void
tcp_pair(mio_fd_t *client, mio_fd_t *server)
{
	mio_fd_t listener = listen_on_loopback();
	struct sockaddr_in addr = loopback(port_of(listener));

	assert_ok(mio_tcp_connect(client, (struct sockaddr *)&addr,
	    sizeof(addr)));
	wait_for(listener, POLLIN);
	assert_ok(mio_tcp_accept(listener, server, NULL, NULL));
	wait_for(*client, POLLOUT);
	assert_ok(mio_socket_connect_finish(*client));
	assert_ok(mio_fd_close(listener));
}

mio_fd_t
udp_on_loopback(struct sockaddr_in *addr)
{
	struct sockaddr_in any = loopback(0);
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_udp_bind(&fd, (struct sockaddr *)&any, sizeof(any), 0));
	if (addr != NULL)
		*addr = loopback(port_of(fd));

	return fd;
}

void
udp_pair(mio_fd_t *first, mio_fd_t *second)
{
	struct sockaddr_in addr;

	*second = udp_on_loopback(&addr);
	*first = udp_on_loopback(NULL);
	assert_ok(mio_udp_connect(*first, (struct sockaddr *)&addr,
	    sizeof(addr)));
	addr = loopback(port_of(*first));
	assert_ok(mio_udp_connect(*second, (struct sockaddr *)&addr,
	    sizeof(addr)));
}

void
close_pair(mio_fd_t first, mio_fd_t second)
{
	assert_ok(mio_fd_close(first));
	assert_ok(mio_fd_close(second));
}

bool
has_ipv6(void)
{
	struct sockaddr_in6 addr = loopback6(0);
	mio_fd_t fd;

	if (mio_udp_bind(&fd, (struct sockaddr *)&addr, sizeof(addr), 0) < 0)
		return false;
	assert_ok(mio_fd_close(fd));

	return true;
}

#ifdef HAVE_TIMERFD_CREATE
static bool
has_timerfd(void)
{
	const struct itimerspec never = { .it_value = { 0, 0 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	bool is_set;

	if (fd < 0)
		return false;
	is_set = timerfd_settime(fd, 0, &never, NULL) == 0;
	ck_assert_int_eq(close(fd), 0);

	return is_set;
}
#else
static bool
has_timerfd(void)
{
	return false;
}
#endif

#ifdef NOTE_NSECONDS
#define HAS_EXACT_TIMERS true
#else
#define HAS_EXACT_TIMERS false
#endif

bool
has_alarm(void)
{
	return backend_is("kqueue") ? HAS_EXACT_TIMERS : has_timerfd();
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(HAS_ASAN)
#define HAS_ASAN 1
#endif
#ifndef HAS_ASAN
#define HAS_ASAN 0
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) && !defined(HAS_TSAN)
#define HAS_TSAN 1
#endif
#ifndef HAS_TSAN
#define HAS_TSAN 0
#endif

/* Without this call the library does not count on any cancellation. */
#ifdef HAVE_PTHREAD_SETCANCELSTATE
#define CANCELS true
#else
#define CANCELS false
#endif

bool
has_tsan(void)
{
	return HAS_TSAN;
}

bool
can_cancel(void)
{
	if (HAS_TSAN && strcmp(mio_poll_backend(), "epoll") != 0)
		return false;

	return CANCELS && !HAS_ASAN;
}

/* In a child, as an emulator may crash, and without Check, for main. */
bool
survives(void (*call)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		call();
		_exit(EXIT_SUCCESS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();

	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

unsigned
closed_port(void)
{
	struct sockaddr_in addr = loopback(0);
	unsigned port;
	mio_fd_t fd;

	/* bound but not listening: nobody else can bind it meanwhile */
	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	assert_ok(mio_socket_bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	port = port_of(fd);
	assert_ok(mio_fd_close(fd));

	return port;
}

void
assert_nonblock_cloexec(int fd)
{
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

int
option_of(mio_fd_t fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &len), 0);

	return value;
}

pthread_t
start(void *(*run)(void *), void *argument)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, run, argument), 0);

	return thread;
}

void
join(pthread_t thread)
{
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
