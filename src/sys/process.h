/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_PROCESS_H
#define MIO_SYS_PROCESS_H

/*
 * Identifies this process, so that a forked child recognizes objects that it
 * has inherited. The process id is not sufficient: the first process in a new
 * namespace has the id 1, and its parent may have the id 1 too.
 */

#include <stdbool.h>
#include <stdint.h>

/* Stores the identity of this process. Returns 0 or -ENOMEM. */
int mio__process_id(uint64_t *id);

/* Whether id is the identity of this process. Async-signal-safe. */
bool mio__process_is(uint64_t id);

#endif
