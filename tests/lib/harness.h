/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_HARNESS_H
#define TESTS_LIB_HARNESS_H

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <mio.h>

#ifdef NDEBUG
#error "tests are not built with NDEBUG"
#endif

/*
 * What the tests have in common. Each test runs in a process of its own, ends
 * within a minute (CK_TIMEOUT_MULTIPLIER stretches that), and fails when it
 * leaves a descriptor open. CK_FORK=no CK_RUN_CASE=name runs one in a debugger.
 */

#define MS(n) ((int64_t)(n) * 1000000)
#define SECONDS(n) ((int64_t)(n) * 1000000000)

/* How long something that has to come may take before the test fails. */
#define PATIENCE SECONDS(20)
/* How long to wait for something that must not arrive. */
#define GLANCE MS(20)

/* A case of the suite, whose tests are checked for leaked descriptors. */
TCase *new_case(Suite *suite, const char *name);
/* Runs the suite: what main returns. */
int run_suite(Suite *suite);

int64_t now_ns(void);
/* CPU time of this process, in nanoseconds. */
int64_t cpu_ns(void);
/* Under valgrind and the like, where such figures say nothing. */
bool is_slowed_down(void);
unsigned count_fds(void);

/*
 * With MIO_TESTS_SANDBOX=WHAT a process enters this sandbox (see refuse.h) once
 * its first poll is made and has been used.
 */
struct mio_poll *new_poll(void);
bool backend_is(const char *name);

/* The one event that comes. Fails on none, or on more than one. */
struct mio_event expect_event(struct mio_poll *poll);
/* The event for this token carries these bits, and no others but allowed. */
void expect_ready(struct mio_poll *poll, mio_token_t token, unsigned ready,
    unsigned allowed);
void expect_nothing(struct mio_poll *poll);

/* The system's pipe, non-blocking and close-on-exec. */
void make_pipe(int fds[2]);
void close_pipe(const int fds[2]);

/* 127.0.0.1 or ::1, port in host order. */
struct sockaddr_in loopback(unsigned port);
struct sockaddr_in6 loopback6(unsigned port);
unsigned port_of(mio_fd_t fd);

mio_fd_t listen_on_loopback(void);
/* A connected pair over TCP, both ends made by libmio. */
void tcp_pair(mio_fd_t *client, mio_fd_t *server);
/* A UDP socket bound to 127.0.0.1, its address in addr unless that is NULL. */
mio_fd_t udp_on_loopback(struct sockaddr_in *addr);
/* Two of them, connected to each other. */
void udp_pair(mio_fd_t *first, mio_fd_t *second);
void close_pair(mio_fd_t first, mio_fd_t second);
bool has_ipv6(void);
/* Without one other loops do not see when a poll's timeout is due. */
bool has_alarm(void);
/* Whether the selector reports a stream socket that was never connected. */
bool sees_unconnected(void);

/*
 * What an event may lack of ready, because the selector kqueue reports an edge
 * of one direction without the other one; 0 on other selectors and for levels.
 */
unsigned unchanged(unsigned mode, unsigned ready);
/*
 * AddressSanitizer takes a cancelled thread's unwinding for an overflow, and
 * ThreadSanitizer does not see what its handlers lock after a poll(2).
 */
bool can_cancel(void);

/* Whether the tests and the library were built for ThreadSanitizer. */
bool has_tsan(void);
/*
 * Whether an emulator survives such a call, which exits with a failure when the
 * result is wrong.
 */
bool survives(void (*call)(void));
/* Waits with poll(2), not with the library under test. */
void wait_for(int fd, short bits);
/* A port that refuses connections. */
unsigned closed_port(void);

void assert_nonblock_cloexec(int fd);
/* As the system has it, asked without the library under test. */
int option_of(mio_fd_t fd, int level, int name);

pthread_t start(void *(*run)(void *), void *argument);
void join(pthread_t thread);

/* For what is checked a million times: Check's own note each one. */
#define must(condition) \
	do { \
		if (!(condition)) \
			ck_abort_msg("%s", #condition); \
	} while (0)

#define assert_ok(call) ck_assert_int_eq((int)(call), 0)
#define assert_error(call, error) ck_assert_int_eq((int)(call), -(error))

#endif
