/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_ALARM_H
#define MIO_SYS_ALARM_H

/*
 * A clock that makes a descriptor readable, for selectors whose kernel has none
 * of its own. One file implements it, chosen by configure.
 */

#include "sys/clock.h"

/* The descriptor, or -EMFILE, -ENFILE, -ENOMEM; -ENOTSUP: it is refused. */
int mio__alarm_create(void);

/*
 * Readable from then on; MIO__NEVER stops it. Each call takes back that it was
 * readable. 0 or -ENOTSUP: a sandbox that came later refuses it.
 */
int mio__alarm_set(int fd, mio__instant_t instant);

#endif
