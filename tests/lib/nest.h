/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_NEST_H
#define TESTS_LIB_NEST_H

#include "lib/harness.h"

/*
 * A poll in other loops: poll(2), called now and then, and an epoll that
 * waits for the poll all the time. Both must see the same. Where the selector
 * has no descriptor, only what mio_poll_arm() returns is checked.
 */

struct nest {
	struct mio_poll *poll;
	int fd;	   /* the poll's own, or -1 */
	int outer; /* an epoll that waits for it, or -1 */
};

struct nest new_nest(void);
void end_nest(struct nest *nest);

/* Whether the other loops, polling it now, find it readable. */
bool shows(const struct nest *nest);
/* Sleeps in another loop until it does. */
void sleep_until_shown(const struct nest *nest);
/* mio_poll() without waiting. */
int look(const struct nest *nest, struct mio_event *events, size_t capacity);
/* The one event there is. */
void expect_one(const struct nest *nest, mio_token_t token, unsigned ready);

/* Armed, and another loop would sleep, and there is nothing. */
void expect_quiet(const struct nest *nest);
/*
 * The same after a level, which a kqueue shows until a call finds it over. A
 * wake is one where the kernel has no EVFILT_USER.
 */
void expect_over(const struct nest *nest);
/* Armed, but another loop would not sleep: the kernel has something. */
void expect_showing(
    const struct nest *nest, mio_token_t token, unsigned ready);
/* Not to be armed: the program has set something. */
void expect_pending(
    const struct nest *nest, mio_token_t token, unsigned ready);

/*
 * Arms it while nothing shows, for a step that the second call expects to show.
 */
void arm_quietly(const struct nest *nest);
void expect_shown(const struct nest *nest, mio_token_t token);

/* A registration with its handles, registered to become readable. */
struct user {
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_source *source;
};

struct user new_user(
    const struct nest *nest, mio_token_t token, unsigned options);
void set_user(const struct user *user, unsigned ready);
void end_user(struct user *user);

struct mio_waker *new_nest_waker(const struct nest *nest, mio_token_t token);

void put_byte(int fd);
/* So that any selector knows that it is empty. */
void drain_pipe(int fd);

#endif
