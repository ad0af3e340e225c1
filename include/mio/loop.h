/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_H
#define MIO_LOOP_H

#include <stdbool.h>

#include <mio/channel.h>
#include <mio/poll.h>
#include <mio/timer.h>

/*
 * An event loop with callbacks, made of a poll, a timer and a channel. Events
 * are passed to the handler given to mio_loop_run(). Independent parts of a
 * program use callbacks of their own: watches, mio_loop_after() and
 * mio_loop_post(). One thread at a time may run and use a loop; calls that are
 * thread-safe say so. For a NULL loop, calls return -EINVAL, NULL or false. The
 * loop reserves the two tokens below MIO_TOKEN_RESERVED.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_loop;
struct mio_watch;

typedef void mio_watch_fn(struct mio_loop *loop, void *context, unsigned ready);
typedef void mio_call_fn(struct mio_loop *loop, void *context);

/* A member that is 0 takes the default shown; size is sizeof the struct. */
struct mio_loop_config {
	size_t size;
	uint64_t timer_tick_ns;   /* a millisecond */
	size_t timer_capacity;    /* 65536 timeouts */
	size_t notify_capacity;   /* 4096 queued messages */
	size_t message_size;      /* sizeof(void *) bytes */
	size_t messages_per_tick; /* 256 per iteration */
	size_t events_per_tick;   /* 1024 per iteration */
};

/*
 * A NULL callback is skipped and its events are discarded. size is sizeof the
 * struct. The struct is read when mio_loop_run() or mio_loop_run_once() begins.
 */
struct mio_handler {
	size_t size;
	/* A source is ready. */
	void (*ready)(struct mio_loop *loop, void *context, mio_token_t token,
	    unsigned ready);
	/* A message was sent; it is aligned, and valid until this returns. */
	void (*notify)(struct mio_loop *loop, void *context,
	    const void *message);
	/* A timeout has expired. */
	void (*timeout)(struct mio_loop *loop, void *context,
	    mio_token_t token);
	/* A signal ended the wait. */
	void (*interrupted)(struct mio_loop *loop, void *context);
	/* The iteration ends. */
	void (*tick)(struct mio_loop *loop, void *context);
};

/*
 * Creates a loop; a NULL config means all defaults. Thread-safe.
 * Errors: -EINVAL, -EMFILE, -ENFILE, -ENOMEM, -ENOSPC.
 */
int mio_loop_create(struct mio_loop **out,
    const struct mio_loop_config *config);

/* Callbacks must not call this. Later sends return -EPIPE. NULL is ignored. */
void mio_loop_destroy(struct mio_loop *loop);

/*
 * Iterates until mio_loop_shutdown(), then returns 0. An iteration waits, then
 * calls ready for each event, notify for each message, timeout for each expired
 * timeout, and tick. What callbacks add is handled in the next iteration. A
 * handler may be NULL. Errors: -EINVAL, -EBUSY (in a callback), mio_poll()'s.
 */
int mio_loop_run(struct mio_loop *loop, const struct mio_handler *handler,
    void *context);

/*
 * Runs one iteration and returns 0, also if nothing happened. It waits as
 * mio_poll() does; a signal or shutdown in the meantime ends the wait.
 */
int mio_loop_run_once(struct mio_loop *loop, const struct mio_handler *handler,
    void *context, int64_t timeout_ns);

/*
 * Makes mio_loop_run() finish its iteration without waiting and return, or
 * return after one iteration if it runs later. A wait of mio_loop_run_once()
 * ends too. NULL is ignored. Thread-safe, async-signal-safe.
 */
void mio_loop_shutdown(struct mio_loop *loop);

/* Returns whether mio_loop_run() is running. Thread-safe, async-signal-safe. */
bool mio_loop_is_running(const struct mio_loop *loop);

/* Returns the poll to register sources with. The loop owns it. Thread-safe. */
struct mio_poll *mio_loop_poll(struct mio_loop *loop);

/*
 * Returns the sender for messages to the loop, which owns it; mio_sender_ref()
 * keeps it for longer. The loop's own thread must use mio_sender_try_send(),
 * since mio_sender_send() to a full channel would wait for itself. Thread-safe.
 */
struct mio_sender *mio_loop_sender(struct mio_loop *loop);

/* Work as mio_timer_set(), mio_timer_reset() and mio_timer_cancel() do. */
int mio_loop_timeout(struct mio_loop *loop, uint64_t delay_ns,
    mio_token_t token, mio_timeout_t *out);
int mio_loop_reset_timeout(struct mio_loop *loop, mio_timeout_t timeout,
    uint64_t delay_ns);
int mio_loop_clear_timeout(struct mio_loop *loop, mio_timeout_t timeout);

/*
 * Register a descriptor or source with a callback of its own. The caller owns
 * it, and closes or destroys it only after mio_watch_end(). Interest 0 pauses
 * the watch: nothing is reported. An update or end discards the events that the
 * iteration has collected for the watch; what still holds after an update is
 * reported again. A watch with MIO_EXCLUSIVE cannot be updated. Errors: those
 * of mio_poll_register(), -EINVAL (also for a NULL callback or out), -ENOMEM.
 */
int mio_loop_watch_fd(struct mio_loop *loop, mio_fd_t fd, unsigned interest,
    unsigned options, mio_watch_fn *callback, void *context,
    struct mio_watch **out);
int mio_loop_watch(struct mio_loop *loop, struct mio_source *source,
    unsigned interest, unsigned options, mio_watch_fn *callback, void *context,
    struct mio_watch **out);
int mio_watch_update(struct mio_watch *watch, unsigned interest,
    unsigned options);
/* Ends a watch; allowed in any callback, also its own. NULL is ignored. */
void mio_watch_end(struct mio_watch *watch);

/* Works as mio_loop_timeout() does, but calls callback (NULL: -EINVAL). */
int mio_loop_after(struct mio_loop *loop, uint64_t delay_ns,
    mio_call_fn *callback, void *context, mio_timeout_t *out);

/*
 * Queues a call, which the next iteration makes before it handles messages;
 * both count towards messages_per_tick. Thread-safe. Errors: -EINVAL, -EAGAIN
 * (notify_capacity calls are queued).
 */
int mio_loop_post(struct mio_loop *loop, mio_call_fn *callback, void *context);

#ifdef __cplusplus
}
#endif

#endif
