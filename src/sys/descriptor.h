/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_DESCRIPTOR_H
#define MIO_SYS_DESCRIPTOR_H

/*
 * Descriptors of any kind. As all of the system's calls here and in pipe.h and
 * sock.h, each of these answers 0, a descriptor or a count, or -errno, which is
 * read nowhere else; each retries EINTR unless it says otherwise; descriptors
 * are born non-blocking and close-on-exec, and outputs are left alone on
 * failure. Where the kernel lacks a call that the C library has, or a sandbox
 * refuses it, an older call does the work.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>
#include <sys/types.h>

/*
 * Never retries, and tells of nothing but -EBADF: after any other error the
 * descriptor is gone all the same.
 */
int mio__os_close(int fd);
int mio__os_dup(int fd);
int mio__os_adopt(int fd);
/* For one that arrived in a message, which was open in another process. */
void mio__os_adopt_passed(int fd);
/*
 * Where a flag of the descriptor does that: writing to it raises no SIGPIPE.
 * Called for every descriptor that libmio makes or adopts.
 */
void mio__os_prevent_sigpipe(int fd);
/* Whether calls wait on it; not, if a sandbox keeps that from being asked. */
int mio__os_is_blocking(int fd);
int mio__os_stat(int fd, struct stat *st);
/* Whether there is a place in the file at which the next read begins. */
bool mio__os_has_position(int fd);
ssize_t mio__os_read(int fd, void *buf, size_t len);
ssize_t mio__os_write(int fd, const void *buf, size_t len);

/*
 * For what a call has just made that could not set the flags: adopted, or
 * closed. A negative fd is a call that failed, with errno. Two stay or go
 * together.
 */
int mio__os_adopt_made(int fd);
int mio__os_adopt_both(const int made[2], int fds[2]);

/*
 * Waits for readiness; -EINTR on a signal. It may take less time than it was
 * given where the system's limits are lower, and never rounds it down; a
 * negative timeout is no end. *coarse remembers, from one wait to the next,
 * that only milliseconds are to be had.
 */
int mio__os_poll(
    struct pollfd *fds, nfds_t count, int64_t timeout_ns, bool *coarse);

#endif
