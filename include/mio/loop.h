/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_H
#define MIO_LOOP_H

#include <stdbool.h>

#include <mio/channel.h>
#include <mio/poll.h>
#include <mio/timer.h>

/*
 * A loop that calls back: a poll, a timer and a channel, and the turns that
 * are taken through them. One thread runs a loop and makes the calls on it;
 * what is for any thread says so. Parts of a program that know nothing of each
 * other share it with watches, mio_loop_after() and mio_loop_post(), each with
 * a callback of its own; the handler of a run serves what has none. Tokens are
 * the program's own but for the two below MIO_TOKEN_RESERVED.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_loop;
struct mio_watch;

typedef void mio_watch_fn(struct mio_loop *loop, void *context, unsigned ready);
typedef void mio_call_fn(struct mio_loop *loop, void *context);

/* Each 0 stands for what is said behind it; size is sizeof the struct. */
struct mio_loop_config {
	size_t size;
	uint64_t timer_tick_ns;   /* a millisecond */
	size_t timer_capacity;    /* 65536 timeouts */
	size_t notify_capacity;   /* 4096 messages that wait */
	size_t message_size;      /* sizeof(void *) bytes */
	size_t messages_per_tick; /* 256 in a round */
	size_t events_per_tick;   /* 1024 in a round */
};

/*
 * What is NULL is not called, and what it would be told is dropped; size is
 * sizeof the struct. Read when a run or a round begins.
 */
struct mio_handler {
	size_t size;
	/* A source is ready. */
	void (*ready)(struct mio_loop *loop, void *context, mio_token_t token,
	    unsigned ready);
	/* A message came; it is the loop's, until this returns, and aligned. */
	void (*notify)(struct mio_loop *loop, void *context,
	    const void *message);
	/* A timeout is due. */
	void (*timeout)(struct mio_loop *loop, void *context,
	    mio_token_t state);
	/* A signal ended the wait. */
	void (*interrupted)(struct mio_loop *loop, void *context);
	/* The round is over. */
	void (*tick)(struct mio_loop *loop, void *context);
};

/* NULL: all defaults. Any thread. -EINVAL, -EMFILE, -ENFILE, -ENOMEM. */
int mio_loop_create(struct mio_loop **out,
    const struct mio_loop_config *config);

/* Not from a callback. Senders that were kept get -EPIPE. NULL is fine. */
void mio_loop_destroy(struct mio_loop *loop);

/*
 * Goes round until mio_loop_shutdown(): waits; then calls ready for each event,
 * notify for each message, timeout for each one that is due, and tick. What
 * callbacks add waits for the next round. handler may be NULL. 0; -EINVAL;
 * -EBUSY from a callback; what mio_poll() fails with.
 */
int mio_loop_run(struct mio_loop *loop, const struct mio_handler *handler,
    void *context);

/*
 * One round, which waits for timeout_ns at most, as mio_poll() does, and less
 * when a signal or a shutdown comes. 0 also when there was nothing to tell.
 */
int mio_loop_run_once(struct mio_loop *loop, const struct mio_handler *handler,
    void *context, int64_t timeout_ns);

/*
 * mio_loop_run() returns at the end of its round, and does not wait before
 * that; when none is under way, the next one returns after a round. The wait of
 * mio_loop_run_once() ends. NULL is fine. Any thread, callbacks, signal
 * handlers.
 */
void mio_loop_shutdown(struct mio_loop *loop);

/* Whether mio_loop_run() is. false for NULL. Any thread, signal handlers. */
bool mio_loop_is_running(const struct mio_loop *loop);

/* Where sources are registered; the loop's own. NULL for NULL. */
struct mio_poll *mio_loop_poll(struct mio_loop *loop);

/*
 * What other threads send messages with; the loop's own, to be kept past it
 * with mio_sender_ref(). From the loop's thread mio_sender_send() on a full
 * channel would wait for itself: mio_sender_try_send(). NULL for NULL.
 */
struct mio_sender *mio_loop_sender(struct mio_loop *loop);

/* As mio_timer_set(), reset and cancel. -EINVAL for a NULL loop. */
int mio_loop_timeout(struct mio_loop *loop, uint64_t delay_ns,
    mio_token_t state, mio_timeout_t *out);
int mio_loop_reset_timeout(struct mio_loop *loop, mio_timeout_t timeout,
    uint64_t delay_ns);
int mio_loop_clear_timeout(struct mio_loop *loop, mio_timeout_t timeout);

/*
 * A callback of its own for a descriptor or a source, which stays the caller's
 * and is closed or destroyed after mio_watch_end(). Registered in the loop's
 * poll, whose errors these are; and -EINVAL for a NULL call or out, -ENOMEM
 * if there are more watches than ever before. Interest 0 is a pause: nothing is
 * reported. Of a watch that is changed or ended nothing is told any more in the
 * round; what still is so comes anew. MIO_EXCLUSIVE cannot be changed.
 */
int mio_loop_watch_fd(struct mio_loop *loop, mio_fd_t fd, unsigned interest,
    unsigned options, mio_watch_fn *call, void *context,
    struct mio_watch **out);
int mio_loop_watch(struct mio_loop *loop, struct mio_source *source,
    unsigned interest, unsigned options, mio_watch_fn *call, void *context,
    struct mio_watch **out);
int mio_watch_update(struct mio_watch *watch, unsigned interest,
    unsigned options);
/* In any callback, its own too. NULL is fine. */
void mio_watch_end(struct mio_watch *watch);

/* As mio_loop_timeout(), with a callback of its own, or -EINVAL. */
int mio_loop_after(struct mio_loop *loop, uint64_t delay_ns, mio_call_fn *call,
    void *context, mio_timeout_t *out);

/*
 * Calls back in the loop's next round, in order, before its messages, among
 * which it counts. -EINVAL; -EAGAIN: notify_capacity calls wait. Any thread.
 */
int mio_loop_post(struct mio_loop *loop, mio_call_fn *call, void *context);

#ifdef __cplusplus
}
#endif

#endif
