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
 * and fflags, which were cleared. was_listener is kept between the calls for
 * one filter: a listener that was shut down has ended, and Linux does not show
 * it.
 */
bool kqueue_condition(struct kevent *record, int64_t low, bool *was_listener);

/*
 * A number that changes whenever data arrived (EVFILT_READ) or room was made
 * (EVFILT_WRITE). Where nobody counts that, it changes by each call.
 */
uint64_t kqueue_progress(uintptr_t fd, uint32_t filter);

bool kqueue_is_device(int fd);
bool kqueue_is_socket(int fd);

/* A pipe whose other end is closed cannot be watched for room on NetBSD. */
bool kqueue_is_broken_pipe(int fd);

#endif
