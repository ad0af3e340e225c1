/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_H
#define MIO_CHANNEL_H

#include <mio/poll.h>

/*
 * A channel carries messages from any number of threads to one receiver.
 * Messages are blocks of bytes of a fixed size, which are copied in and out.
 * Each is received once, and those of one thread in the order they were sent.
 * The sender's calls are thread-safe, and one thread at a time may use the
 * receiver. No call is async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_sender;
struct mio_receiver;

/*
 * Create a channel for messages of message_size bytes. It queues any number of
 * them, or, if it is bounded, at most bound. Both ends may be destroyed in any
 * order, by any thread. With a bound no later call allocates memory; without
 * one a send does so only when the queue is longer than ever before.
 * Thread-safe. Errors: -EINVAL, -ENOMEM.
 */
int mio_channel_create(struct mio_sender **sender,
    struct mio_receiver **receiver, size_t message_size);
int mio_sync_channel_create(struct mio_sender **sender,
    struct mio_receiver **receiver, size_t message_size, size_t bound);

/*
 * Add and drop a reference; the calls above return the first one.
 * mio_sender_ref() returns its argument. Dropping the last reference is
 * reported to the receiver. NULL is ignored.
 */
struct mio_sender *mio_sender_ref(struct mio_sender *sender);
void mio_sender_unref(struct mio_sender *sender);

/*
 * Queue a copy of the message. While a bounded channel is full,
 * mio_sender_send() waits for room, and mio_sender_try_send() returns -EAGAIN.
 * They make a system call only to sleep or to wake the receiver. What a thread
 * wrote before sending is seen by the thread that receives the message.
 * mio_sender_send() is a cancellation point while it waits; a thread that is
 * cancelled there has queued nothing. Errors: -EINVAL, -ENOMEM, -EPIPE (the
 * receiver is closed or destroyed, before or during the wait).
 */
int mio_sender_send(struct mio_sender *sender, const void *message);
int mio_sender_try_send(struct mio_sender *sender, const void *message);

/*
 * Receive the oldest message, or up to count of them, without waiting.
 * mio_receiver_recv_batch() returns how many; less than count means that the
 * queue is empty. Errors: -EINVAL, -EAGAIN (no message is queued), -EPIPE (no
 * message is queued, and no sender is left or the receiver is closed).
 */
int mio_receiver_recv(struct mio_receiver *receiver, void *message);
int mio_receiver_recv_batch(struct mio_receiver *receiver, void *messages,
    size_t count);

/*
 * Receives one message, and waits for it up to timeout_ns nanoseconds, or
 * without limit if that is negative. The receiver need not be registered, but
 * may be. The call is a cancellation point while it waits; a thread that is
 * cancelled there has received nothing. Errors: -EINVAL, -EPIPE, -ETIMEDOUT (no
 * message within timeout_ns, which may be 0).
 */
int mio_receiver_recv_timeout(struct mio_receiver *receiver, void *message,
    int64_t timeout_ns);

/*
 * Returns the source to pass to mio_poll_register(), which is part of the
 * receiver, or NULL for NULL. It is MIO_READABLE while messages are queued;
 * with MIO_EDGE an event is reported when a message is sent to an empty
 * channel. When the queue is empty, and no sender is left or the receiver is
 * closed, MIO_READABLE | MIO_READ_CLOSED is reported once, and again after a
 * register or reregister. A receiver stays bound to the poll it was first
 * registered with: other polls return -EINVAL. MIO_AIO, MIO_LIO and
 * MIO_EXCLUSIVE return -ENOTSUP. Thread-safe.
 */
struct mio_source *mio_receiver_source(struct mio_receiver *receiver);

/*
 * Closes the channel for senders: sends return -EPIPE from now on, also those
 * that wait. Messages sent before can still be received; then the end is
 * reported as if the last reference to the sender had been dropped. NULL is
 * ignored.
 */
void mio_receiver_close(struct mio_receiver *receiver);

/*
 * Deregisters and destroys a receiver. Queued messages are discarded, and sends
 * return -EPIPE from now on. No other thread may use the receiver meanwhile.
 * NULL is ignored.
 */
void mio_receiver_destroy(struct mio_receiver *receiver);

#ifdef __cplusplus
}
#endif

#endif
