/* SPDX-License-Identifier: MIT */
#ifndef GLIB_MIO_H
#define GLIB_MIO_H

#include <glib.h>
#include <mio.h>

/*
 * A libmio poll in GLib's main loop. Call these on the thread of that loop,
 * also in its callbacks.
 */

struct glib_mio;

/*
 * Called when the poll may have events: call mio_poll() once with a timeout of
 * 0, and handle what it returns. For the poll of a struct mio_loop, call
 * mio_loop_run_once() with a timeout of 0. It may detach the poll.
 */
typedef void glib_mio_fn(struct mio_poll *poll, void *data);

/*
 * Lets a main context, NULL for the default one, serve a poll, which must
 * outlive this. Returns 0 or the errors of mio_poll_fd(): -EINVAL, -ENOTSUP.
 */
int glib_mio_attach(GMainContext *context, struct mio_poll *poll,
    glib_mio_fn *callback, void *data, struct glib_mio **out);

/* Detaches the poll and frees self. NULL is ignored. */
void glib_mio_detach(struct glib_mio *self);

#endif
