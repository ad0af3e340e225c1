/* SPDX-License-Identifier: MIT */
#ifndef BSD_SCHED_H
#define BSD_SCHED_H

#include <time.h>

int sched_yield(void);

#endif
