/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_KQUEUE_TIME_H
#define TESTS_LIB_KQUEUE_TIME_H

/* The timers of the tests' own kqueue, and its clock. */

#include <stdint.h>

#include "lib/kqueue_queue.h"

#define KQ_NS INT64_C(1000000000)

int64_t kq_now(void);
/* INT64_MAX is a time that never comes. */
int64_t kq_after(int64_t from, int64_t ns);

/* Makes active what is due in any queue, and sets the clock to what is next. */
void kq_expire(void);

/* Starts a timer that was added: 0 or an errno value. */
int kq_attach_timer(struct queue *queue, struct knote *note);

#endif
