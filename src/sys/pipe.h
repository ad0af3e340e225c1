/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_PIPE_H
#define MIO_SYS_PIPE_H

#include <stdbool.h>

#include <sys/types.h>
#include <sys/uio.h>

int mio__os_pipe(int fds[2]);

/* Vectors; a write to what nobody reads is -EPIPE, and SIGPIPE is not seen. */
ssize_t mio__os_readv(int fd, const struct iovec *iov, int count);
ssize_t mio__os_writev(int fd, const struct iovec *iov, int count);
/* Whether what each write puts into this end of a pipe stays apart. */
bool mio__os_keeps_packets(int fd);

#endif
