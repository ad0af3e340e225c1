# SPDX-License-Identifier: MIT

# The examples are documentation: their sources are installed.

noinst_PROGRAMS = \
	examples/demo \
	examples/echo_server \
	examples/http_hello \
	examples/loop_chat \
	examples/timers \
	examples/udp_echo \
	examples/unix_pass_fd \
	examples/worker \
	$(end)

examples_demo_SOURCES = \
	examples/alloc_trap.c \
	examples/alloc_trap.h \
	examples/demo.c \
	$(end)
examples_demo_LDADD = libmio.la
examples_echo_server_LDADD = libmio.la
examples_http_hello_LDADD = libmio.la
examples_loop_chat_LDADD = libmio.la
examples_timers_LDADD = libmio.la
examples_udp_echo_LDADD = libmio.la
examples_unix_pass_fd_LDADD = libmio.la
examples_worker_LDADD = libmio.la

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	examples/child_output.c \
	examples/echo_server.c \
	examples/glib_loop.c \
	examples/http_hello.c \
	examples/loop_chat.c \
	examples/nested.c \
	examples/nested.h \
	examples/resolver.c \
	examples/sdevent_loop.c \
	examples/timers.c \
	examples/udp_echo.c \
	examples/unix_pass_fd.c \
	examples/worker.c \
	$(end)

if HAVE_PIDFD
noinst_PROGRAMS += examples/child_output
examples_child_output_LDADD = libmio.la
endif

# A library whose descriptors are watched by a poll.
if HAVE_CARES
noinst_PROGRAMS += examples/resolver
examples_resolver_CFLAGS = $(AM_CFLAGS) $(CARES_CFLAGS)
examples_resolver_LDADD = libmio.la $(CARES_LIBS)
endif

# A poll that is watched by another event loop.
nested_sources = \
	examples/nested.c \
	examples/nested.h \
	$(end)
if HAVE_GLIB
noinst_PROGRAMS += examples/glib_loop
examples_glib_loop_SOURCES = examples/glib_loop.c $(nested_sources)
examples_glib_loop_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
examples_glib_loop_LDADD = libmio.la $(GLIB_LIBS)
endif
if HAVE_SDEVENT
noinst_PROGRAMS += examples/sdevent_loop
examples_sdevent_loop_SOURCES = examples/sdevent_loop.c $(nested_sources)
examples_sdevent_loop_CFLAGS = $(AM_CFLAGS) $(SDEVENT_CFLAGS)
examples_sdevent_loop_LDADD = libmio.la $(SDEVENT_LIBS)
endif
