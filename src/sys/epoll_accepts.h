/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_EPOLL_ACCEPTS_H
#define MIO_SYS_EPOLL_ACCEPTS_H

/*
 * Whether epoll(7) would watch fd, for selectors that are none: 1, 0, or why
 * that cannot be told.
 */
int mio__os_epoll_accepts(int fd);

#endif
