# SPDX-License-Identifier: MIT

# MIO_TIME
# --------
# A clock that is past 2^31 seconds has to fit into a time_t. The interface has
# none, so that a program's own may be another one.
AC_DEFUN([MIO_TIME], [
	AC_CACHE_CHECK([for what makes time_t 64 bits wide],
		[mio_cv_time_flags], [
		mio_cv_time_flags=unknown
		mio_saved_cppflags=$CPPFLAGS
		for mio_flags in '' '-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64'; do
			CPPFLAGS="$mio_saved_cppflags $mio_flags"
			AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
				#include <time.h>
				char is_wide[sizeof(time_t) > 4 ? 1 : -1];
				]])],
				[mio_cv_time_flags=$mio_flags
				break])
		done
		CPPFLAGS=$mio_saved_cppflags
	])
	AS_IF([test "x$mio_cv_time_flags" != xunknown &&
		test "x$mio_cv_time_flags" != x],
		[CPPFLAGS="$CPPFLAGS $mio_cv_time_flags"])
])

# MIO_SYSTEM
# ----------
# What the system has, by linking: a header may promise what the C library
# does not keep. The names become HAVE_* in config.h.
AC_DEFUN([MIO_SYSTEM], [
	AC_REQUIRE([MIO_TIME])
	AC_CHECK_FUNCS([epoll_create1 epoll_pwait2 kqueue eventfd
		timerfd_create accept4 pipe2 ppoll pwritev2 recvmmsg sendmmsg
		sigtimedwait])
	MIO_RAW_EPOLL_PWAIT2
	AC_CHECK_HEADERS([sys/single_threaded.h])
	AC_CHECK_TYPE([struct ucred], [mio_ucred=yes], [mio_ucred=no],
		[#include <sys/socket.h>])
	AM_CONDITIONAL([CREDENTIALS_UCRED], [test "$mio_ucred" = yes])
	AM_CONDITIONAL([EPOLL], [test "$ac_cv_func_epoll_create1" = yes])
	AM_CONDITIONAL([TIMERFD], [test "$ac_cv_func_timerfd_create" = yes])
	AC_SEARCH_LIBS([pthread_create], [pthread], [],
		[AC_MSG_ERROR([libmio needs POSIX threads])])
	AC_CHECK_FUNCS([pthread_setcancelstate])
	AC_SEARCH_LIBS([connect], [socket network])
])

# MIO_RAW_EPOLL_PWAIT2
# --------------------
# Whether Linux's epoll_pwait2 is called without the C library, which does not
# have it. Not on Android, where an unknown call may end the process.
AC_DEFUN([MIO_RAW_EPOLL_PWAIT2], [
	AC_CACHE_CHECK([for the number of epoll_pwait2],
		[mio_cv_raw_epoll_pwait2], [
		AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
			#include <sys/epoll.h>
			#include <sys/syscall.h>
			#if !defined __linux__ || defined __ANDROID__
			#error "not here"
			#endif
			long number = SYS_epoll_pwait2;
			]])],
			[mio_cv_raw_epoll_pwait2=yes],
			[mio_cv_raw_epoll_pwait2=no])
	])
	AS_IF([test "$ac_cv_func_epoll_pwait2" != yes &&
		test "$mio_cv_raw_epoll_pwait2" = yes],
		[AC_DEFINE([HAVE_RAW_EPOLL_PWAIT2], [1],
			[Define to 1 if epoll_pwait2 is called by its number.])])
])

# MIO_CHOOSE(WHAT, NAME, CACHE-VARIABLE)
# --------------------------------------
# Part of a choice: NAME was asked for or comes next, and counts only if the
# call behind it was found.
AC_DEFUN([MIO_CHOOSE], [
	AS_IF([test "x$with_$1" = x$2 && test "x$3" != xyes],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([--with-$1=$2: this system has no $2, or this version of libmio cannot use it])])
	AS_IF([test "x$with_$1" = xauto && test "x$3" = xyes &&
		test -z "$mio_$1"], [mio_$1=$2])
])

# MIO_SELECTOR
# ------------
# Exactly one src/sys/selector_*.c is compiled.
AC_DEFUN([MIO_SELECTOR], [
	AC_ARG_WITH([selector],
		[AS_HELP_STRING([--with-selector=auto|epoll|poll|kqueue],
			[the system's call that polls use @<:@auto@:>@])],
		[], [with_selector=auto])
	AS_CASE([$with_selector], [auto|epoll|poll|kqueue], [],
		[AC_MSG_ERROR([--with-selector=$with_selector: it must be dnl
auto, epoll, poll or kqueue])])

	mio_selector=
	AC_MSG_CHECKING([for the selector to use])
	MIO_CHOOSE([selector], [epoll], [$ac_cv_func_epoll_create1])
	MIO_CHOOSE([selector], [kqueue], [no])
	MIO_CHOOSE([selector], [poll], [yes])
	AS_IF([test "$with_selector" != auto], [mio_selector=$with_selector])
	AC_MSG_RESULT([$mio_selector])

	AM_CONDITIONAL([SELECTOR_EPOLL], [test "$mio_selector" = epoll])
	AM_CONDITIONAL([SELECTOR_POLL], [test "$mio_selector" = poll])
	AC_SUBST([mio_selector])
])

# MIO_WAKER
# ---------
# Exactly one src/sys/waker_*.c is compiled. The user waker is part of kqueue.
AC_DEFUN([MIO_WAKER], [
	AC_ARG_WITH([waker],
		[AS_HELP_STRING([--with-waker=auto|eventfd|pipe|user],
			[what ends a poll's sleep; user needs kqueue @<:@auto@:>@])],
		[], [with_waker=auto])
	AS_CASE([$with_waker], [auto|eventfd|pipe|user], [],
		[AC_MSG_ERROR([--with-waker=$with_waker: it must be auto, dnl
eventfd, pipe or user])])

	mio_waker=
	AC_MSG_CHECKING([for the waker to use])
	MIO_CHOOSE([waker], [eventfd], [$ac_cv_func_eventfd])
	MIO_CHOOSE([waker], [pipe], [yes])
	MIO_CHOOSE([waker], [user], [no])
	AS_IF([test "$with_waker" != auto], [mio_waker=$with_waker])
	AC_MSG_RESULT([$mio_waker])

	AM_CONDITIONAL([WAKER_EVENTFD], [test "$mio_waker" = eventfd])
	AM_CONDITIONAL([WAKER_PIPE], [test "$mio_waker" = pipe])
	AC_SUBST([mio_waker])
])
