/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_POLL_H
#define MIO_POLL_POLL_H

struct mio_poll;
struct mio__readiness_queue;

/* The queue of what is ready without the kernel; the poll's reference. */
struct mio__readiness_queue *mio__poll_queue(struct mio_poll *poll);

#endif
