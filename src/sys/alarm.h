/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_ALARM_H
#define MIO_SYS_ALARM_H

/*
 * A descriptor that becomes readable at a given time, for selectors whose
 * kernel has no alarm of its own. One file implements it, chosen by configure.
 */

#include "sys/clock.h"

/*
 * Returns the descriptor, or -EMFILE, -ENFILE, -ENOMEM, or -ENOTSUP if the
 * system has none or refuses it.
 */
int mio__alarm_create(void);

/*
 * Makes fd readable from that time on; MIO__NEVER stops it. Until then fd is
 * not readable any more. Returns 0, or -ENOTSUP if a sandbox refuses it now.
 */
int mio__alarm_set(int fd, mio__instant_t instant);

#endif
