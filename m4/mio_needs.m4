# SPDX-License-Identifier: MIT

# MIO_NEED_HEADER(HEADER, [INCLUDES])
# -----------------------------------
AC_DEFUN([MIO_NEED_HEADER], [
	AC_CHECK_HEADER([$1], [],
		[mio_lacks="$mio_lacks${mio_lacks:+, }<$1>"],
		[m4_default([$2], [AC_INCLUDES_DEFAULT])])
])

# MIO_NEEDS
# ---------
# What no file of src/sys/ replaces. configure refuses a system without it here,
# before any other check, and names everything that is missing.
AC_DEFUN([MIO_NEEDS], [
	mio_lacks=
	MIO_NEED_HEADER([stdatomic.h])
	MIO_NEED_HEADER([pthread.h])
	MIO_NEED_HEADER([poll.h])
	MIO_NEED_HEADER([sys/socket.h])
	MIO_NEED_HEADER([sys/uio.h])
	MIO_NEED_HEADER([sys/un.h])
	MIO_NEED_HEADER([netinet/in.h])
	MIO_NEED_HEADER([netinet/tcp.h], [#include <netinet/in.h>])

	AC_CACHE_CHECK([for a monotonic clock], [mio_cv_clock_monotonic],
		[AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <time.h>]],
			[[struct timespec now;
			return clock_gettime(CLOCK_MONOTONIC, &now);]])],
			[mio_cv_clock_monotonic=yes],
			[mio_cv_clock_monotonic=no])])
	AS_IF([test "$mio_cv_clock_monotonic" = no],
		[mio_lacks="$mio_lacks${mio_lacks:+, }CLOCK_MONOTONIC"])

	AS_IF([test -n "$mio_lacks"],
		[AC_MSG_ERROR([libmio runs on POSIX systems, of which it needs dnl
sockets, poll(2) and threads, with C11 atomics. $host lacks: $mio_lacks])])
])
