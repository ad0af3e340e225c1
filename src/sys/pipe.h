/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_PIPE_H
#define MIO_SYS_PIPE_H

#include <stdbool.h>

#include <sys/types.h>
#include <sys/uio.h>

int mio__os_pipe(int fds[2]);

/* A write without a reader fails with -EPIPE and raises no SIGPIPE. */
ssize_t mio__os_readv(int fd, const struct iovec *iov, int count);
ssize_t mio__os_writev(int fd, const struct iovec *iov, int count);
/* Whether each write to this end of a pipe is a packet. */
bool mio__os_keeps_packets(int fd);

#endif
