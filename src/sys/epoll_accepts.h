/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_EPOLL_ACCEPTS_H
#define MIO_SYS_EPOLL_ACCEPTS_H

/*
 * Returns 1 if epoll(7) accepts fd, 0 if it does not, or a negative errno value
 * if that cannot be found out. For selectors other than epoll.
 */
int mio__os_epoll_accepts(int fd);

#endif
