/* SPDX-License-Identifier: MIT */
#ifndef SDEVENT_MIO_H
#define SDEVENT_MIO_H

#include <mio.h>
#include <systemd/sd-event.h>

/*
 * A libmio poll in the event loop of systemd, sd-event. Call these on the
 * thread of that loop, also in its callbacks.
 */

struct sdevent_mio;

/*
 * Called when the poll may have events: call mio_poll() once with a timeout of
 * 0, and handle what it returns. For the poll of a struct mio_loop, call
 * mio_loop_run_once() with a timeout of 0. It may detach the poll.
 */
typedef void sdevent_mio_fn(struct mio_poll *poll, void *data);

/*
 * Lets an event loop serve a poll, which must outlive this. Returns 0, or a
 * negative errno value: of mio_poll_fd() (-EINVAL, -ENOTSUP) or of sd-event.
 */
int sdevent_mio_attach(sd_event *event, struct mio_poll *poll,
    sdevent_mio_fn *callback, void *data, struct sdevent_mio **out);

/* Detaches the poll and frees self. NULL is ignored. */
void sdevent_mio_detach(struct sdevent_mio *self);

#endif
