# SPDX-License-Identifier: MIT

src_cppflags = -I$(top_srcdir)/src

lib_LTLIBRARIES = libmio.la

# bench/timers and the fuzzer compile these without the library around them.
wheel_sources = \
	src/timer/node.h \
	src/timer/overdue.c \
	src/timer/overdue.h \
	src/timer/tick.h \
	src/timer/wheel.c \
	src/timer/wheel.h \
	$(end)

mio_sources = \
	src/base/check.h \
	src/base/probe.h \
	src/base/processor.h \
	src/base/version.c \
	src/base/yield_point.h \
	src/channel/channel.c \
	src/channel/ring.c \
	src/channel/ring.h \
	src/channel/segments.c \
	src/channel/segments.h \
	src/channel/sleeper.c \
	src/channel/sleeper.h \
	src/channel/spin.c \
	src/channel/spin.h \
	src/channel/waiters.c \
	src/channel/waiters.h \
	src/core/collect.c \
	src/core/collect.h \
	src/core/core.c \
	src/core/core.h \
	src/core/deadlines.c \
	src/core/deadlines.h \
	src/core/readiness.c \
	src/core/readiness.h \
	src/core/readiness_source.c \
	src/core/readiness_source.h \
	src/core/readiness_state.h \
	src/core/ready_queue.c \
	src/core/ready_queue.h \
	src/core/report.h \
	src/loop/inbox.c \
	src/loop/inbox.h \
	src/loop/loop.c \
	src/loop/timeouts.c \
	src/loop/timeouts.h \
	src/loop/watch.c \
	src/loop/watch.h \
	src/net/accept.c \
	src/net/accept.h \
	src/net/address.c \
	src/net/fd.c \
	src/net/inet.c \
	src/net/inet.h \
	src/net/option.c \
	src/net/option.h \
	src/net/pipe.c \
	src/net/socket.c \
	src/net/socket.h \
	src/net/socket_option.c \
	src/net/tcp.c \
	src/net/transfer.c \
	src/net/transfer.h \
	src/net/udp.c \
	src/net/udp_batch.c \
	src/net/udp_multicast.c \
	src/net/unix.c \
	src/net/unix_fds.c \
	src/poll/poll.c \
	src/poll/registration.c \
	src/poll/waker.c \
	src/timer/clock.c \
	src/timer/timer.c \
	$(wheel_sources) \
	$(end)

# The files that make system calls: the tests can make these fail. alarm.c,
# selector.c and waker.c each include the file that configure has chosen.
sys_sources = \
	src/sys/cancel.h \
	src/sys/clock.c \
	src/sys/clock.h \
	src/sys/compat.h \
	src/sys/descriptor.c \
	src/sys/descriptor.h \
	src/sys/handover.h \
	src/sys/interface.c \
	src/sys/interface.h \
	src/sys/lock.h \
	src/sys/memory.c \
	src/sys/memory.h \
	src/sys/pipe.c \
	src/sys/pipe.h \
	src/sys/process.c \
	src/sys/process.h \
	src/sys/raw.h \
	src/sys/refused.h \
	src/sys/selector.c \
	src/sys/selector.h \
	src/sys/sock.c \
	src/sys/sock.h \
	src/sys/sock_message.c \
	src/sys/thread.c \
	src/sys/thread.h \
	$(end)

kqueue_sources = \
	src/sys/kqueue_batch.c \
	src/sys/kqueue_batch.h \
	src/sys/kqueue_filters.c \
	src/sys/kqueue_filters.h \
	src/sys/kqueue_own.c \
	src/sys/kqueue_own.h \
	src/sys/kqueue_system.h \
	src/sys/kqueue_tokens.c \
	src/sys/kqueue_tokens.h \
	$(end)

# The parts that the selector uses, see m4/mio_selector.m4.
if USES_ALARM
sys_sources += \
	src/sys/alarm.c \
	src/sys/alarm.h \
	$(end)
endif
if USES_FILTERS
sys_sources += $(kqueue_sources)
endif
if USES_GATE
sys_sources += \
	src/sys/gate.c \
	src/sys/gate.h \
	$(end)
endif
if USES_POLLABLE
sys_sources += \
	src/sys/epoll_accepts.h \
	src/sys/pollable.c \
	src/sys/pollable.h \
	$(end)
if EPOLL
sys_sources += src/sys/epoll_accepts.c
else
sys_sources += src/sys/epoll_accepts_none.c
endif
endif
if USES_TABLE
sys_sources += \
	src/sys/poll_table.c \
	src/sys/poll_table.h \
	src/sys/tabled.c \
	src/sys/tabled.h \
	$(end)
endif
if USES_WAKER
sys_sources += \
	src/sys/waker.c \
	src/sys/waker.h \
	$(end)
endif

# A kqueue(2) for tests, where the system has none: see MIO_KQUEUE. Such a
# library is not installed.
if ONLY_TESTS
mio_sources += $(test_kqueue)
install-exec-local:
	@echo 'This libmio is for tests only: it was configured with' >&2
	@echo '--with-selector=kqueue on a system without kqueue(2).' >&2
	@exit 1
endif

# The files that m4/mio_system.m4 chooses.
if COND_CLOCK
sys_sources += src/sys/cond_clock.c
else
sys_sources += src/sys/cond_relative.c
endif
if CREDENTIALS_PEEREID
sys_sources += src/sys/sock_peereid.c
endif
if CREDENTIALS_PEERPID
sys_sources += src/sys/sock_peerpid.c
endif
if CREDENTIALS_UCRED
sys_sources += src/sys/sock_ucred.c
endif
if CREDENTIALS_UNKNOWN
sys_sources += src/sys/sock_unknown.c
endif
if CREDENTIALS_UNPCBID
sys_sources += src/sys/sock_unpcbid.c
endif
if CREDENTIALS_XUCRED
sys_sources += src/sys/sock_xucred.c
endif
if SIGPIPE_FLAG
sys_sources += src/sys/sigpipe_flag.c
endif

libmio_la_SOURCES = \
	$(mio_sources) \
	$(sys_sources) \
	$(end)
libmio_la_CPPFLAGS = $(AM_CPPFLAGS) $(src_cppflags)
libmio_la_CFLAGS = $(AM_CFLAGS) $(MIO_LIB_CFLAGS)
libmio_la_LDFLAGS = \
	$(AM_LDFLAGS) \
	$(MIO_LIB_LDFLAGS) \
	-version-info $(MIO_VERSION_INFO) \
	$(end)
if VERSION_SCRIPT
libmio_la_LDFLAGS += -Wl,--version-script=$(top_srcdir)/src/libmio.map
EXTRA_libmio_la_DEPENDENCIES = src/libmio.map
endif
if SYMBOL_LIST
libmio_la_LDFLAGS += \
	-export-symbols src/libmio.names \
	-no-undefined \
	$(end)
EXTRA_libmio_la_DEPENDENCIES = src/libmio.names
endif
src/libmio.names: src/libmio.sym
	$(AM_V_GEN)$(top_srcdir)/scripts/symbols names >$@
CLEANFILES += src/libmio.names

EXTRA_DIST += \
	$(MIO_CHOICES) \
	src/libmio.map \
	src/libmio.sym \
	$(end)
