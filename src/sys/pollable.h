/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_POLLABLE_H
#define MIO_SYS_POLLABLE_H

/*
 * Finds the files that a selector has to refuse although its kernel accepts
 * them: those that are always ready, so that waiting for them makes no sense.
 */

#include <sys/stat.h>

/*
 * Returns 0 if fd, whose fstat(2) result is st, can be waited for; -EPERM if it
 * is always ready, -EBADF if it cannot be used for I/O (O_PATH), or -ENOMEM.
 */
int mio__pollable(int fd, const struct stat *st);

#endif
