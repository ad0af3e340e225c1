/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_POLLABLE_H
#define MIO_SYS_POLLABLE_H

/*
 * What a selector that takes anything should refuse: files that can never be
 * waited for, since they are always ready.
 */

#include <sys/stat.h>

/*
 * Whether fd, a file as st says, can be waited for: 0, -EPERM when it cannot,
 * -EBADF when nothing can be done with it (O_PATH), -ENOMEM.
 */
int mio__pollable(int fd, const struct stat *st);

#endif
