/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_PROCESS_H
#define TESTS_LIB_PROCESS_H

#include "lib/harness.h"

#include <signal.h>

/*
 * Signals that arrive through a descriptor, and children that end on command.
 */

/* Adds to those blocked; any other is delivered, and never comes through. */
sigset_t block(const int *numbers, size_t count);
sigset_t block_one(int number);
mio_fd_t watch(const sigset_t *set);
/* To this process. */
void send_signal(int number);
/* The next signal that waits; 0 for none. */
unsigned take(mio_fd_t fd);
/* All of it has been taken: what is unblocked here is not pending. */
void end_signals(mio_fd_t fd, const sigset_t *set);

struct child {
	pid_t pid;
	mio_fd_t fd; /* for the process */
	int go;	     /* a byte lets it end */
};

/* pidfd_open(2), which older C libraries do not have. */
mio_fd_t open_process(pid_t pid);
/* Waits until it is let go, and exits with this status then. */
struct child start_child(int status);
/* With a descriptor for the process. */
struct child start_watched(int status);
void let_go(const struct child *child);
/* Waits, not with the library under test, and leaves it to be waited for. */
void wait_for_end(const struct child *child);
/* It has ended: how. */
int reap(const struct child *child);
/* As above; its descriptor is deregistered before it is closed. */
int reap_watched(struct mio_poll *poll, const struct child *child);

#endif
