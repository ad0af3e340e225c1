/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_THREAD_H
#define MIO_SYS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sys/clock.h"

void mio__os_yield(void);
/* Sleeps for less than a second, or less than that after a signal. */
void mio__os_nap(int64_t ns);

/*
 * A condition that is waited for by one thread, on the monotonic clock.
 * Answers false when the deadline has passed.
 */
int mio__os_cond_init(pthread_cond_t *cond);
bool mio__os_cond_wait(
    pthread_cond_t *cond, pthread_mutex_t *lock, mio__instant_t deadline);

#endif
