/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_FAULT_CONTROL_H
#define TESTS_LIB_FAULT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Makes the system calls of a library that is linked with faults.c fail. Calls
 * go by their names in the C library, NULL stands for any. For tests with one
 * thread, or whose threads stand still while something is set here.
 */

/* The nth call from now, counted from 1, fails once with this errno value. */
void fault_arm(const char *call, unsigned nth, int error);
/* It and all later ones fail, until fault_disarm(). */
void fault_arm_all(const char *call, int error);
/* Ends that: whether a call was made to fail. */
bool fault_disarm(void);

/*
 * Whether the call, by its name in the C library, does here what the library
 * wants of it: the C library has it, and the kernel does, and no sandbox is in
 * the way. It is the newest ones that tests have to ask about.
 */
bool fault_has(const char *call);

/* How many were made since the start or the last fault_reset_counts(). */
unsigned fault_count(const char *call);
void fault_reset_counts(void);

/* The name of the call that failed last; NULL for none. */
const char *fault_failed(void);

/*
 * The longest timeout given to epoll_wait or poll since the counts were reset;
 * to epoll_pwait2 or ppoll.
 */
int fault_timeout_ms(void);
int64_t fault_timeout_ns(void);

/* What the clock says from now on, in nanoseconds; 0 for what is true. */
void fault_set_clock(int64_t ns);

/* The next so many connections are accepted as macOS does after a reset. */
void fault_accept_without_address(unsigned count);

/* Runs it once, when a kevent(2) has fetched records: by the same thread. */
void fault_after_fetch(void (*hook)(void *argument), void *argument);

/* While on, waits in the kernel come back at once with nothing. */
void fault_skip_waits(bool on);

#endif
