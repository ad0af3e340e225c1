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
	AC_CHECK_FUNCS([epoll_pwait2 accept4 pipe2 ppoll pwritev2 recvmmsg sendmmsg
		sigtimedwait])
	MIO_RAW_EPOLL_PWAIT2
	AC_CHECK_HEADERS([sys/single_threaded.h])
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

# MIO_CHOOSE(WHAT, HELP, ROWS)
# ----------------------------
# Each of the ROWS is [[NAME], [FUNCTION], ...]. Sets mio_WHAT to the first NAME
# whose FUNCTION the system has, or that needs none, unless --with-WHAT names
# another one. Without HELP there is no such option. src/sys/WHAT.c includes the
# file of that name, src/sys/WHAT_NAME.c. MIO_CHOICES lists the files of all
# names, for the tarball.
m4_define([_MIO_WORD], [ $1])
m4_define([_MIO_OR], [|$1])
m4_define([_MIO_OFFER], [
	m4_ifblank([$2], [mio_offers="$mio_offers $1"],
		[AC_CHECK_FUNCS([$2], [mio_offers="$mio_offers $1"])])])

AC_DEFUN([MIO_CHOOSE], [
	m4_ifblank([$2], [with_$1=auto], [AC_ARG_WITH([$1],
		[AS_HELP_STRING([--with-$1=auto]m4_map([_MIO_OR], [$3]),
			[$2 @<:@auto@:>@])],
		[], [with_$1=auto])])
	AS_CASE([$with_$1], [auto]m4_map([_MIO_OR], [$3]), [],
		[AC_MSG_ERROR([--with-$1=$with_$1: it must be dnl
auto]m4_map([_MIO_OR], [$3]))])

	mio_offers=
	m4_map([_MIO_OFFER], [$3])
	mio_$1=
	AC_MSG_CHECKING([for the $1 to use])
	for mio_name in $mio_offers; do
		AS_CASE([$with_$1], [auto|$mio_name], [mio_$1=$mio_name
			break])
	done
	AC_MSG_RESULT([${mio_$1:-none}])
	AS_IF([test -z "$mio_$1"],
		[AC_MSG_ERROR([--with-$1=$with_$1: this system has no $with_$1])])

	AC_DEFINE_UNQUOTED([MIO_]m4_toupper([$1])[_FILE],
		["sys/$1_$mio_$1.c"], [What src/sys/$1.c includes.])
	for mio_name in m4_map([_MIO_WORD], [$3]); do
		MIO_CHOICES="$MIO_CHOICES src/sys/$1_$mio_name.c"
	done
	AC_SUBST([MIO_CHOICES])
])

# MIO_SELECTORS
# -------------
# A line for each src/sys/selector_*.c, the preferred one first: its name, the
# function that the system must have, and the parts that it uses:
#	alarm     a clock that makes a descriptor readable
#	filters   of kqueue(2): those of a registration, and its own
#	gate      lets one thread at a time wait
#	pollable  what to refuse, since it is always ready
#	table     what is registered, for a kernel that keeps nothing
#	waker     a descriptor that any thread makes readable
m4_define([MIO_SELECTORS], [
	[[epoll], [epoll_create1], [alarm waker]],
	[[kqueue], [kqueue], [filters pollable waker]],
	[[poll], [poll], [gate pollable table waker]]
])

# MIO_WAKERS, MIO_ALARMS
# ----------------------
# The same for src/sys/waker_*.c and src/sys/alarm_*.c, which use no parts.
m4_define([MIO_WAKERS], [
	[[eventfd], [eventfd]],
	[[pipe], [pipe]]
])
m4_define([MIO_ALARMS], [
	[[timerfd], [timerfd_create]],
	[[none], []]
])

# MIO_KQUEUE
# ----------
# What the systems that have it differ in. On a system without it, a library
# that was asked to use it is for tests only: they bring one along.
AC_DEFUN([MIO_KQUEUE], [
	AC_CHECK_FUNCS([kqueue kevent64])
	mio_only_tests=no
	mio_restriction=
	AS_IF([test "x$with_selector" = xkqueue &&
		test "$ac_cv_func_kqueue" = no], [
		mio_only_tests=yes
		mio_restriction=" (for tests only: this system has none)"
		ac_cv_func_kqueue=yes
		AC_DEFINE([HAVE_KQUEUE], [1])
		mio_tests=$(cd "$srcdir" && pwd)/tests
		CPPFLAGS="$CPPFLAGS -I$mio_tests -I$mio_tests/lib/kqueue"
	])
	AC_CHECK_MEMBERS([struct kevent.ext], [], [], [
		#include <sys/types.h>
		#include <sys/event.h>])
	AS_IF([test "x${with_waker-auto}" != xauto],
		[AC_DEFINE([MIO_WAKER_GIVEN], [1],
			[Define to 1 if a kernel's own wake is not to be used.])])
	AM_CONDITIONAL([ONLY_TESTS], [test "$mio_only_tests" = yes])
])

# MIO_SELECTOR
# ------------
# The waker of a selector that does not use one is its own.
m4_define([_MIO_USES], [
	AS_IF([test "$mio_selector" = $1], [mio_uses=" m4_normalize([$3]) "])])

AC_DEFUN([MIO_SELECTOR], [
	MIO_KQUEUE
	MIO_CHOOSE([selector], [the system call that a poll waits in],
		m4_defn([MIO_SELECTORS]))

	m4_map([_MIO_USES], m4_defn([MIO_SELECTORS]))
	m4_foreach_w([mio_part], [alarm filters gate pollable table waker], [
		AM_CONDITIONAL([USES_]m4_toupper(mio_part),
			[expr "$mio_uses" : ".* mio_part " >/dev/null])])
	AS_CASE([$mio_uses], [*" table "*],
		[AC_DEFINE([MIO_USES_TABLE], [1],
			[Define to 1 if the selector keeps a table.])])
	AM_CONDITIONAL([EPOLL], [test "$ac_cv_func_epoll_create1" = yes])

	MIO_CHOOSE([alarm], [], m4_defn([MIO_ALARMS]))
	MIO_CHOOSE([waker], [what wakes a thread that waits in a poll],
		m4_defn([MIO_WAKERS]))
	AS_IF([test "$mio_selector-$with_waker" = kqueue-auto],
		[mio_waker="that of kqueue, or $mio_waker"])
	AS_CASE([$mio_uses], [*" waker "*], [], [
		AS_IF([test "$with_waker" != auto], [AC_MSG_ERROR(
			[--with-waker=$with_waker: $mio_selector needs none])])
		mio_waker="that of $mio_selector"])
])
