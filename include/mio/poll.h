/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_H
#define MIO_POLL_H

#include <stddef.h>
#include <stdint.h>

#include <mio/fd.h>

/*
 * A poll waits for registered descriptors and sources. Its selector is epoll,
 * kqueue or poll. In all headers, calls that can fail return 0 or a count, or
 * on failure a negative errno value, and then change nothing. All calls here
 * are thread-safe, but mio_poll_destroy() must not run while another thread
 * uses the poll. Only mio_poll_backend() is async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Chosen by the caller and returned with each event; a pointer fits. */
typedef uint64_t mio_token_t;

/* Calls refuse this token (-EINVAL). A loop also reserves the two below it. */
#define MIO_TOKEN_RESERVED UINT64_MAX

/*
 * Readiness. The first three may be used as interest; errors and hang-ups are
 * reported whatever the interest. A descriptor reports READ_CLOSED only with
 * READABLE, and WRITE_CLOSED only with WRITABLE.
 */
#define MIO_READABLE     0x001u
#define MIO_WRITABLE     0x002u
#define MIO_PRIORITY     0x004u /* out-of-band data */
#define MIO_ERROR        0x008u /* the next call returns the error, if any */
#define MIO_READ_CLOSED  0x010u /* the peer sends no more */
#define MIO_WRITE_CLOSED 0x020u /* sends fail; only a hint if ERROR is set */
#define MIO_AIO          0x040u /* POSIX AIO, see mio_poll_register(3) */
#define MIO_LIO          0x080u /* lio_listio, likewise */
#define MIO_HUP          (MIO_READ_CLOSED | MIO_WRITE_CLOSED)

/* Options. Neither EDGE nor LEVEL means LEVEL; both is -EINVAL. */
#define MIO_EDGE      0x01u
#define MIO_LEVEL     0x02u
#define MIO_ONESHOT   0x04u /* disarmed after one event until reregistered */
#define MIO_EXCLUSIVE 0x08u /* wake at least one of several polls; epoll only */

/* An event has 16 bytes on every system; reserved is 0. */
struct mio_event {
	mio_token_t token;
	uint32_t ready;
	uint32_t reserved;
};

struct mio_poll;
struct mio_source;

/*
 * A source is an object that embeds struct mio_source and implements these
 * calls. They run on the caller's thread, with a token, interest and options
 * that have been validated; their result is returned to the caller.
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
 * Create and destroy a poll. Destroying NULL does nothing.
 * Errors: -EINVAL, -EMFILE, -ENFILE, -ENOMEM, -ENOSPC.
 */
int mio_poll_create(struct mio_poll **out);
void mio_poll_destroy(struct mio_poll *poll);

/*
 * Add, change and remove a source, also for waits in progress. The caller owns
 * the source, and keeps it until it is deregistered or the poll is destroyed.
 * Errors: -EINVAL, -ENOTSUP, and those of the source: -EEXIST, -ENOENT, ...
 */
int mio_poll_register(struct mio_poll *poll, struct mio_source *source,
    mio_token_t token, unsigned interest, unsigned options);
int mio_poll_reregister(struct mio_poll *poll, struct mio_source *source,
    mio_token_t token, unsigned interest, unsigned options);
int mio_poll_deregister(struct mio_poll *poll, struct mio_source *source);

/*
 * Do the same for a descriptor. Reregistering reports again what still holds.
 * Errors: -EINVAL, -EBADF, -EEXIST, -ENOENT, -EPERM (a file that is always
 * ready), -ENOTSUP (not on this selector), -ELOOP, -ENOMEM, -ENOSPC.
 */
int mio_poll_register_fd(struct mio_poll *poll, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options);
int mio_poll_reregister_fd(struct mio_poll *poll, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options);
int mio_poll_deregister_fd(struct mio_poll *poll, mio_fd_t fd);

/*
 * Wait for events, store up to capacity of them, and return how many, or 0 once
 * timeout_ns nanoseconds have passed, never earlier. A negative timeout waits
 * without limit, and a timeout of 0 does not wait. Each event goes to one of
 * the waiting threads. If a signal handler ran, or the process was stopped and
 * continued, mio_poll() keeps waiting and mio_poll_interruptible() returns
 * -EINTR. Both are cancellation points. Errors: -EINVAL, -EBADF (the poll's own
 * descriptors were closed), -ENOMEM (selector poll only).
 */
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* struct mio_poll exists */
#endif
int mio_poll(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns);
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
int mio_poll_interruptible(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns);

/*
 * Returns a descriptor, owned by the poll, to wait for in another event loop.
 * It is readable while mio_poll() with a timeout of 0 would report an event;
 * for wakers, registrations, channels and timers only after mio_poll_arm()
 * returned 0, until the next such mio_poll(). Errors: -EINVAL, -ENOTSUP.
 */
int mio_poll_fd(const struct mio_poll *poll);

/*
 * Returns 0 if another event loop may sleep now, or 1 if mio_poll() must be
 * called at once. Other threads may wait too. Errors: -EINVAL.
 */
int mio_poll_arm(struct mio_poll *poll);

/* Returns the selector: "epoll", "kqueue" or "poll"; others may be added. */
const char *mio_poll_backend(void);

#ifdef __cplusplus
}
#endif

#endif
