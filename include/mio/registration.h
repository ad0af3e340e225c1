/* SPDX-License-Identifier: MIT */
#ifndef MIO_REGISTRATION_H
#define MIO_REGISTRATION_H

#include <mio/poll.h>

/*
 * A source whose readiness the program sets itself, from any thread: how what
 * the kernel does not know, a queue or a job that another thread finished, is
 * waited for together with descriptors.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_registration;
struct mio_readiness;

/*
 * The registration is for the thread that waits, the readiness for those who
 * set it. They and the poll may be given back in any order. Any thread.
 * -EINVAL, -ENOMEM.
 */
int mio_registration_create(struct mio_registration **out,
    struct mio_readiness **readiness);

/*
 * Deregisters: no mio_poll() that starts later reports it, and to set its
 * readiness does nothing any more. NULL is fine. Any thread.
 */
void mio_registration_destroy(struct mio_registration *registration);

/*
 * What mio_poll_register() takes, alive as long as the registration; NULL for
 * NULL. It belongs to the poll that it is first registered with: another one
 * gets -EINVAL. MIO_AIO, MIO_LIO and MIO_EXCLUSIVE are -ENOTSUP. Level, edge
 * (an event for each set, also to the value it has) and oneshot are as with
 * descriptors; any thread may register, reregister and deregister at any time,
 * and the last one wins.
 */
struct mio_source *mio_registration_source(
    struct mio_registration *registration);

/*
 * Replaces the readiness by these MIO_* bits. The poll reports those that the
 * interest has, errors and hang-ups always. Costs a system call only when the
 * poll sleeps. What was written before is seen by the thread that gets the
 * event. Without locks: any thread, any number of them, signal handlers.
 * -EINVAL: NULL, or bits that are none.
 */
int mio_readiness_set(struct mio_readiness *readiness, unsigned ready);

/* What was last set, 0 at first. NULL gives 0. Any thread, signal handlers. */
unsigned mio_readiness_get(const struct mio_readiness *readiness);

/*
 * One more reference, to be given back with mio_readiness_unref(); the same
 * pointer comes back. NULL is fine for both. Any thread.
 */
struct mio_readiness *mio_readiness_ref(struct mio_readiness *readiness);
void mio_readiness_unref(struct mio_readiness *readiness);

#ifdef __cplusplus
}
#endif

#endif
