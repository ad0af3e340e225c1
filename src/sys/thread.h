/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_THREAD_H
#define MIO_SYS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sys/clock.h"

void mio__os_yield(void);
/* Sleeps for ns, which is less than a second. A signal ends it earlier. */
void mio__os_nap(int64_t ns);

/*
 * A condition on which one thread waits, by the monotonic clock. The wait
 * returns false if the deadline has passed, and may return true spuriously.
 */
int mio__os_cond_init(pthread_cond_t *cond);
bool mio__os_cond_wait(
    pthread_cond_t *cond, pthread_mutex_t *lock, mio__instant_t deadline);

#endif
