/* SPDX-License-Identifier: MIT */
#ifndef MIO_REGISTRATION_H
#define MIO_REGISTRATION_H

#include <mio/poll.h>

/*
 * A registration is a source whose readiness the program sets, from any thread.
 * With it, a poll can wait for things that the kernel does not know, such as a
 * queue or a finished job, together with descriptors. All calls are
 * thread-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_registration;
struct mio_readiness;

/*
 * Creates two handles: the registration for the thread that waits, and the
 * readiness for the threads that set it. These and the poll may be destroyed in
 * any order. Errors: -EINVAL, -ENOMEM.
 */
int mio_registration_create(struct mio_registration **out,
    struct mio_readiness **readiness);

/*
 * Deregisters and destroys a registration: no mio_poll() that starts later
 * reports it, and setting its readiness has no effect. NULL is ignored.
 */
void mio_registration_destroy(struct mio_registration *registration);

/*
 * Returns the source to pass to mio_poll_register(), which is part of the
 * registration, or NULL for NULL. A registration stays bound to the poll it was
 * first registered with: other polls return -EINVAL. MIO_AIO, MIO_LIO and
 * MIO_EXCLUSIVE return -ENOTSUP. With MIO_EDGE every set reports an event, even
 * if the value does not change. Any thread may register, reregister and
 * deregister at any time; the last call wins.
 */
struct mio_source *mio_registration_source(
    struct mio_registration *registration);

/*
 * Replaces the readiness by a combination of MIO_* bits. The poll reports the
 * bits that are in the interest, and MIO_ERROR and MIO_HUP always. The call
 * makes a system call only if a thread sleeps in the poll. What a thread wrote
 * before the call is seen by the thread that receives the event. Lock-free and
 * async-signal-safe. Errors: -EINVAL (NULL, or unknown bits).
 */
int mio_readiness_set(struct mio_readiness *readiness, unsigned ready);

/* Returns the bits that were set last, 0 for NULL. Async-signal-safe. */
unsigned mio_readiness_get(const struct mio_readiness *readiness);

/*
 * Add and drop a reference; mio_registration_create() returns the first one.
 * mio_readiness_ref() returns its argument. NULL is ignored.
 */
struct mio_readiness *mio_readiness_ref(struct mio_readiness *readiness);
void mio_readiness_unref(struct mio_readiness *readiness);

#ifdef __cplusplus
}
#endif

#endif
