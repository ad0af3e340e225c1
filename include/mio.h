/* SPDX-License-Identifier: MIT */
#ifndef MIO_H
#define MIO_H

/* All of libmio. mio(7) gives an introduction. */

#include <mio/poll.h>
#include <mio/registration.h>
#include <mio/waker.h>
#include <mio/fd.h>
#include <mio/address.h>
#include <mio/socket.h>
#include <mio/tcp.h>
#include <mio/udp.h>
#include <mio/unix.h>
#include <mio/pipe.h>
#include <mio/timer.h>
#include <mio/channel.h>
#include <mio/loop.h>
#include <mio/version.h>

#endif
