/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_KQUEUE_CONDITION_H
#define TESTS_LIB_KQUEUE_CONDITION_H

/* What the filters of the tests' own kqueue find in a descriptor of Linux. */

#include <stdbool.h>
#include <stdint.h>

#include <sys/event.h>

/*
 * Whether the condition of EVFILT_READ or EVFILT_WRITE holds for its `ident',
 * when a socket has to have as much data or room as low. Stores data, EV_EOF
 * and fflags, which were cleared.
 */
bool kqueue_condition(struct kevent *record, int64_t low);

/* A pipe whose other end is closed cannot be watched for room on NetBSD. */
bool kqueue_is_broken_pipe(int fd);

#endif
