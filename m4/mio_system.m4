# SPDX-License-Identifier: MIT

# MIO_CREDENTIALS
# ---------------
# Exactly one src/sys/sock_*.c that says who is at the other end of a Unix
# domain socket is compiled.
AC_DEFUN([MIO_CREDENTIALS], [
	mio_includes="#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>"
	AC_CHECK_FUNC([getpeereid], [mio_credentials=peereid],
		[mio_credentials=unknown])
	AC_CHECK_TYPE([struct unpcbid], [mio_credentials=unpcbid], [],
		[$mio_includes])
	AC_CHECK_MEMBER([struct xucred.cr_pid], [mio_credentials=xucred], [],
		[$mio_includes
#include <sys/ucred.h>])
	AC_CHECK_DECL([LOCAL_PEERPID], [mio_credentials=peerpid], [],
		[$mio_includes])
	AC_CHECK_TYPES([struct sockpeercred], [mio_credentials=ucred], [],
		[$mio_includes])
	AC_CHECK_TYPE([struct ucred], [mio_credentials=ucred], [],
		[#include <sys/socket.h>])
	AM_CONDITIONAL([CREDENTIALS_PEEREID],
		[test "$mio_credentials" = peereid])
	AM_CONDITIONAL([CREDENTIALS_PEERPID],
		[test "$mio_credentials" = peerpid])
	AM_CONDITIONAL([CREDENTIALS_UCRED], [test "$mio_credentials" = ucred])
	AM_CONDITIONAL([CREDENTIALS_UNKNOWN],
		[test "$mio_credentials" = unknown])
	AS_IF([test "$mio_credentials" = unknown],
		[AC_DEFINE([MIO_NO_CREDENTIALS], [1],
			[Define to 1 if the system does not know peers.])])
	AM_CONDITIONAL([CREDENTIALS_UNPCBID],
		[test "$mio_credentials" = unpcbid])
	AM_CONDITIONAL([CREDENTIALS_XUCRED], [test "$mio_credentials" = xucred])
])

# MIO_FLAVOUR
# -----------
# Where the systems of POSIX differ by more than a missing call.
AC_DEFUN([MIO_FLAVOUR], [
	AC_REQUIRE([MIO_SYSTEM])
	MIO_CREDENTIALS
	AC_CHECK_MEMBERS([struct sockaddr.sa_len], [], [],
		[#include <sys/types.h>
#include <sys/socket.h>])

	AC_CHECK_DECL([F_SETNOSIGPIPE], [mio_sigpipe=flag], [mio_sigpipe=none],
		[#include <fcntl.h>])
	AS_IF([test "$mio_sigpipe" = flag], [AC_DEFINE([MIO_SIGPIPE_FLAG], [1],
		[Define to 1 if a flag of descriptors prevents SIGPIPE.])])
	AM_CONDITIONAL([SIGPIPE_FLAG], [test "$mio_sigpipe" = flag])

	AC_CHECK_FUNCS([pthread_condattr_setclock
		pthread_cond_timedwait_relative_np])
	AM_CONDITIONAL([COND_CLOCK],
		[test "$ac_cv_func_pthread_condattr_setclock" = yes])
])
