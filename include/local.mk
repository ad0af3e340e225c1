# SPDX-License-Identifier: MIT

include_HEADERS = include/mio.h
mioincludedir = $(includedir)/mio
mioinclude_HEADERS = \
	include/mio/address.h \
	include/mio/channel.h \
	include/mio/fd.h \
	include/mio/loop.h \
	include/mio/pipe.h \
	include/mio/poll.h \
	include/mio/registration.h \
	include/mio/socket.h \
	include/mio/tcp.h \
	include/mio/timer.h \
	include/mio/udp.h \
	include/mio/unix.h \
	include/mio/waker.h \
	$(end)
nodist_mioinclude_HEADERS = include/mio/version.h
