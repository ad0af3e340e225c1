# SPDX-License-Identifier: MIT

# MIO_PEER(NAME, MODULE, HEADER, CALL)
# ------------------------------------
# Another library, for an example that goes together with it. It must link, not
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
	MIO_PEER([CARES], [libcares >= 1.16], [ares.h],
		[ares_getaddrinfo(0, 0, 0, 0, 0, 0)])
	MIO_PEER([CURL], [libcurl >= 7.30], [curl/curl.h],
		[curl_multi_socket_action(NULL, 0, 0, NULL)])
	MIO_PEER([HIREDIS], [hiredis >= 0.14], [hiredis/async.h],
		[redisAsyncConnect("", 0)])
	MIO_PEER([PQ], [libpq >= 10], [libpq-fe.h],
		[PQconnectPoll(NULL)])

	# descriptors for processes, which Linux 5.3 has
	AC_CHECK_DECL([SYS_pidfd_open], [mio_PIDFD=yes], [mio_PIDFD=no],
		[[#include <sys/syscall.h>]])
	AM_CONDITIONAL([HAVE_PIDFD], [test "$mio_PIDFD" = yes])

	# what the benchmarks compare with
	MIO_PEER([UV], [libuv >= 1.0], [uv.h], [uv_default_loop()])
	AC_CHECK_HEADER([ev.h], [AC_CHECK_LIB([ev], [ev_loop_new],
		[mio_EV=yes], [mio_EV=no])], [mio_EV=no])
	AM_CONDITIONAL([HAVE_EV], [test "$mio_EV" = yes])
	AC_MSG_CHECKING([for cargo and the crates of mio, and of channels])
	mio_RUST=no
	AS_IF([test -x /usr/bin/cargo && test -x /usr/bin/rustc && (
		cd /usr/share/cargo/registry &&
		ls mio-0.6.*/Cargo.toml mio-0.8.*/Cargo.toml \
		mio-extras-2.*/Cargo.toml crossbeam-channel-0.5.*/Cargo.toml
		) >/dev/null 2>&1], [mio_RUST=yes])
	AC_MSG_RESULT([$mio_RUST])
	AM_CONDITIONAL([HAVE_RUST], [test "$mio_RUST" = yes])
	AC_CHECK_HEADER([ck_ring.h], [AC_CHECK_LIB([ck], [ck_array_init],
		[mio_CK=yes], [mio_CK=no])], [mio_CK=no])
	AM_CONDITIONAL([HAVE_CK], [test "$mio_CK" = yes])
	AC_CHECK_HEADER([urcu/wfcqueue.h], [AC_CHECK_LIB([urcu-common],
		[cds_wfcq_init], [mio_URCU=yes], [mio_URCU=no])], [mio_URCU=no])
	AM_CONDITIONAL([HAVE_URCU], [test "$mio_URCU" = yes])
	AC_CHECK_HEADER([nng/protocol/pair0/pair.h], [AC_CHECK_LIB([nng],
		[nng_pair0_open], [mio_NNG=yes], [mio_NNG=no])], [mio_NNG=no],
		[#include <nng/nng.h>])
	AM_CONDITIONAL([HAVE_NNG], [test "$mio_NNG" = yes])
	CK_VERSION=$($PKG_CONFIG --modversion ck 2>/dev/null)
	AC_SUBST([CK_VERSION])
	SDEVENT_VERSION=$($PKG_CONFIG --modversion libsystemd 2>/dev/null)
	AC_SUBST([SDEVENT_VERSION])
	URCU_VERSION=$($PKG_CONFIG --modversion liburcu 2>/dev/null)
	AC_SUBST([URCU_VERSION])
	MIO_PEER([ZMQ], [libzmq >= 4.0], [zmq.h], [zmq_ctx_new()])
	MIO_PEER([EVENT], [libevent_core >= 2.0], [event2/event.h],
		[event_base_new()])
	AC_ARG_WITH([timeout-c], [AS_HELP_STRING([--with-timeout-c=DIR],
		[compare with timeout.c, whose source is in DIR, in bench/timers])],
		[], [with_timeout_c=no])
	AM_CONDITIONAL([HAVE_TIMEOUT_C], [test "$with_timeout_c" != no])
	AC_SUBST([with_timeout_c])
])
