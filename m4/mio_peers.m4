# SPDX-License-Identifier: MIT

# MIO_PEER(NAME, MODULE, HEADER, CALL)
# ------------------------------------
# Another event loop, for an example that nests a poll in it. It must link, not
# only be described: what describes it may be another machine's. Sets mio_NAME,
# NAME_CFLAGS, NAME_LIBS and HAVE_NAME.
AC_DEFUN([MIO_PEER], [
	PKG_CHECK_MODULES([$1], [$2], [mio_$1=yes], [mio_$1=no])
	AS_IF([test "$mio_$1" = yes], [
		mio_saved_CFLAGS=$CFLAGS
		mio_saved_LIBS=$LIBS
		CFLAGS="$CFLAGS $$1_CFLAGS"
		LIBS="$$1_LIBS $LIBS"
		AC_MSG_CHECKING([whether $2 links])
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <$3>]], [[$4;]])],
			[], [mio_$1=no])
		AC_MSG_RESULT([$mio_$1])
		CFLAGS=$mio_saved_CFLAGS
		LIBS=$mio_saved_LIBS
	])
	AM_CONDITIONAL([HAVE_$1], [test "$mio_$1" = yes])
])

# MIO_PEERS
# ---------
# The library itself needs none of them.
AC_DEFUN([MIO_PEERS], [
	MIO_PEER([GLIB], [glib-2.0 >= 2.36], [glib.h],
		[g_main_loop_new(NULL, FALSE)])
	MIO_PEER([SDEVENT], [libsystemd >= 247], [systemd/sd-event.h],
		[sd_event_source_set_prepare(NULL, NULL)])

	# what the benchmarks compare with
	MIO_PEER([UV], [libuv >= 1.0], [uv.h], [uv_default_loop()])
	AC_CHECK_HEADER([ev.h], [AC_CHECK_LIB([ev], [ev_loop_new],
		[mio_EV=yes], [mio_EV=no])], [mio_EV=no])
	AM_CONDITIONAL([HAVE_EV], [test "$mio_EV" = yes])
	MIO_PEER([EVENT], [libevent_core >= 2.0], [event2/event.h],
		[event_base_new()])

	# the crate that libmio follows, as Debian has its source
	AC_PATH_PROG([CARGO], [cargo])
	mio_registry=/usr/share/cargo/registry
	AS_IF([test -n "$CARGO"],
		[for mio_crate in $mio_registry/mio-0.6.*; do :; done])
	AM_CONDITIONAL([HAVE_MIO06],
		[test -n "$CARGO" && test -d "$mio_crate"])
	AC_SUBST([mio_registry])
])
