/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_PROCESS_H
#define MIO_SYS_PROCESS_H

/*
 * Which process this is: a forked child has to know what it has inherited. The
 * number of the process alone does not tell: the first one in a new namespace
 * is number 1, and may be the child of a number 1.
 */

#include <stdbool.h>
#include <stdint.h>

/* Puts what names this process into *id. 0 or -ENOMEM. */
int mio__process_id(uint64_t *id);

/* Whether it names this process. Async-signal-safe. */
bool mio__process_is(uint64_t id);

#endif
