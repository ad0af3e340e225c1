/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_H
#define MIO_CHANNEL_H

#include <mio/poll.h>

/*
 * Messages from any number of threads to one that waits in a poll. They are
 * blocks of bytes of one size, copied in and out; each arrives once, and those
 * of one thread in the order it sent them. No call may be made in a signal
 * handler.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_sender;
struct mio_receiver;

/*
 * A channel for messages of message_size bytes: any number of them may wait, or
 * at most bound. The sender is one reference; the two ends may be given back in
 * any order, by any thread. With a bound nothing is allocated afterwards,
 * without one only when more wait than ever before. -EINVAL, -ENOMEM.
 */
int mio_channel_create(struct mio_sender **sender,
    struct mio_receiver **receiver, size_t message_size);
int mio_sync_channel_create(struct mio_sender **sender,
    struct mio_receiver **receiver, size_t message_size, size_t bound);

/*
 * One more reference, to be given back with mio_sender_unref(); the same
 * pointer comes back, and any thread may use it. When the last one is given
 * back, the receiver is told. NULL is fine for both. Any thread.
 */
struct mio_sender *mio_sender_ref(struct mio_sender *sender);
void mio_sender_unref(struct mio_sender *sender);

/*
 * Queues a copy of the message. Costs a system call only when the poll sleeps
 * or a sender does. What was written before is seen by the thread that receives
 * it. The first form waits while as many messages wait as the bound allows, the
 * second answers -EAGAIN. -EPIPE: the receiver is closed or gone, also while
 * waiting. -ENOMEM. -EINVAL. Any thread. Where the first form waits it is a
 * cancellation point, and has sent nothing when the thread ends there.
 */
int mio_sender_send(struct mio_sender *sender, const void *message);
int mio_sender_try_send(struct mio_sender *sender, const void *message);

/*
 * Takes the oldest message, or up to count of them and answers how many: when
 * fewer, there are no more. Does not wait. -EAGAIN: there is none. -EPIPE:
 * there is none, and no sender is left, or it is closed. -EINVAL. One thread at
 * a time.
 */
int mio_receiver_recv(struct mio_receiver *receiver, void *message);
int mio_receiver_recv_batch(struct mio_receiver *receiver, void *messages,
    size_t count);

/*
 * The same of one message, with a wait while there is none: up to timeout_ns,
 * or for ever if that is negative. No poll is needed, nor in the way.
 * -ETIMEDOUT: there was none in that time; also with 0. Where it waits it is a
 * cancellation point, and has taken nothing when the thread ends there.
 */
int mio_receiver_recv_timeout(struct mio_receiver *receiver, void *message,
    int64_t timeout_ns);

/*
 * What mio_poll_register() takes, alive as long as the receiver; NULL for NULL.
 * It is MIO_READABLE while messages wait; an edge comes when the first one
 * does. MIO_READABLE and MIO_READ_CLOSED come once when none waits and no
 * sender is left, or it is closed, and again after a register or reregister. It
 * belongs to the poll that it is first registered with: another one gets
 * -EINVAL. MIO_AIO, MIO_LIO and MIO_EXCLUSIVE are -ENOTSUP.
 */
struct mio_source *mio_receiver_source(struct mio_receiver *receiver);

/*
 * To send is -EPIPE from here on, also for those that wait. What was sent
 * before can be received still; then the end comes as when the last sender
 * goes. One thread at a time, as with receiving. NULL is fine.
 */
void mio_receiver_close(struct mio_receiver *receiver);

/*
 * Deregisters. Messages that still wait are lost, and to send is -EPIPE from
 * here on. Not while another thread uses the receiver. NULL is fine.
 */
void mio_receiver_destroy(struct mio_receiver *receiver);

#ifdef __cplusplus
}
#endif

#endif
