/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_H
#define MIO_POLL_H

#include <stddef.h>
#include <stdint.h>

#include <mio/fd.h>

/*
 * A poll: sources are registered with it under a token, and mio_poll() waits
 * until some are ready. Calls answer 0 or a count, or a negative errno value,
 * and then nothing has changed. Any thread may make any call on a poll at any
 * time, but mio_poll_destroy() only once the others are done. None may be made
 * in a signal handler, save mio_poll_backend().
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Chosen by the caller and handed back with each event: a pointer fits. */
typedef uint64_t mio_token_t;

/* Not to be registered under: -EINVAL. So are the two below in a loop's. */
#define MIO_TOKEN_RESERVED UINT64_MAX

/*
 * Readiness. The first three may be asked for, the others only come. Of a
 * descriptor READ_CLOSED comes with READABLE, WRITE_CLOSED with WRITABLE.
 */
#define MIO_READABLE     0x001u
#define MIO_WRITABLE     0x002u
#define MIO_PRIORITY     0x004u /* out-of-band data */
#define MIO_ERROR        0x008u /* a hint to try: the next call tells */
#define MIO_READ_CLOSED  0x010u /* the peer sends no more */
#define MIO_WRITE_CLOSED 0x020u /* no more can be sent; with ERROR a hint */
#define MIO_AIO          0x040u /* kqueue with POSIX AIO only */
#define MIO_LIO          0x080u /* kqueue on FreeBSD only */
#define MIO_HUP          (MIO_READ_CLOSED | MIO_WRITE_CLOSED)

/* Options. Neither EDGE nor LEVEL means LEVEL; both is -EINVAL. */
#define MIO_EDGE      0x01u
#define MIO_LEVEL     0x02u
#define MIO_ONESHOT   0x04u /* disarmed after one event until reregistered */
#define MIO_EXCLUSIVE 0x08u /* wake one of several polls; epoll only */

/* 16 bytes everywhere; reserved is 0. */
struct mio_event {
	mio_token_t token;
	uint32_t ready;
	uint32_t reserved;
};

struct mio_poll;
struct mio_source;

/*
 * What can be registered says so itself, by embedding struct mio_source and
 * pointing it at its three calls. They are called with arguments that were
 * checked (no reserved token, interest and options that go together), on the
 * thread of the caller, and answer as the poll's own calls below do.
 */
struct mio_source_ops {
	int (*register_source)(struct mio_source *source, struct mio_poll *poll,
	    mio_token_t token, unsigned interest, unsigned options);
	int (*reregister_source)(struct mio_source *source,
	    struct mio_poll *poll, mio_token_t token, unsigned interest,
	    unsigned options);
	int (*deregister_source)(struct mio_source *source,
	    struct mio_poll *poll);
};

struct mio_source {
	const struct mio_source_ops *ops;
};

/*
 * A poll of its own, given back with mio_poll_destroy() (NULL is fine).
 * -EINVAL, -EMFILE, -ENFILE, -ENOMEM, -ENOSPC.
 */
int mio_poll_create(struct mio_poll **out);
void mio_poll_destroy(struct mio_poll *poll);

/*
 * Starts, changes and ends the waiting for a source, also while other threads
 * wait. The source stays the caller's and must live until it is deregistered.
 * -EINVAL, -EEXIST, -ENOENT and what the source answers.
 */
int mio_poll_register(struct mio_poll *poll, struct mio_source *source,
    mio_token_t token, unsigned interest, unsigned options);
int mio_poll_reregister(struct mio_poll *poll, struct mio_source *source,
    mio_token_t token, unsigned interest, unsigned options);
int mio_poll_deregister(struct mio_poll *poll, struct mio_source *source);

/*
 * The same for any descriptor. Reregistering delivers again what is still so.
 * -EINVAL, -EBADF, -EEXIST, -ENOENT, -EPERM (a file that is always ready),
 * -ENOTSUP (not on this selector), -ELOOP, -ENOMEM, -ENOSPC.
 */
int mio_poll_register_fd(struct mio_poll *poll, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options);
int mio_poll_reregister_fd(struct mio_poll *poll, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options);
int mio_poll_deregister_fd(struct mio_poll *poll, mio_fd_t fd);

/*
 * Waits until there are events and puts up to capacity of them into events:
 * how many, or 0 when timeout_ns nanoseconds have passed (never before them).
 * A negative timeout waits without end, 0 only looks. Threads wait side by
 * side, each with its own timeout; an event goes to one of them. The second
 * returns -EINTR when a signal handler ran in the kernel's wait, or the process
 * was stopped and continues; the first goes on waiting. Both are cancellation
 * points. -EINVAL, -EBADF (the poll's own descriptors were closed).
 */
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* the struct has that name, too */
#endif
int mio_poll(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns);
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
int mio_poll_interruptible(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns);

/*
 * The poll in another event loop, as a descriptor that it may wait for, and
 * never close: readable while mio_poll() with a timeout of 0 would report
 * something. That is so of what the kernel reports at any time; of what the
 * program sets itself, wakers included, after mio_poll_arm() returned 0 and
 * until the next look. -EINVAL, -ENOTSUP (poll(2) has none).
 */
int mio_poll_fd(const struct mio_poll *poll);

/*
 * Before sleeping in another loop: 0 when the poll is armed, 1 when there is
 * something already: look instead. Other threads may wait meanwhile. -EINVAL.
 */
int mio_poll_arm(struct mio_poll *poll);

/* The name of the selector: "epoll" or "poll"; later versions add others. */
const char *mio_poll_backend(void);

#ifdef __cplusplus
}
#endif

#endif
