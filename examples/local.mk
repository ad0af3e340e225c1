# SPDX-License-Identifier: MIT

# The examples are documentation: their sources are installed.

noinst_PROGRAMS = \
	examples/chat_server \
	examples/demo \
	examples/echo_server \
	examples/http_server \
	examples/loop_chat \
	examples/timers \
	examples/udp_echo \
	examples/unix_pass_fd \
	examples/worker \
	$(end)

examples_chat_server_SOURCES = \
	examples/chat_server.c \
	examples/listener.c \
	examples/listener.h \
	examples/stream.c \
	examples/stream.h \
	examples/write_queue.c \
	examples/write_queue.h \
	$(end)
examples_chat_server_LDADD = libmio.la
examples_demo_SOURCES = \
	examples/alloc_trap.c \
	examples/alloc_trap.h \
	examples/demo.c \
	$(end)
examples_demo_LDADD = libmio.la
examples_echo_server_LDADD = libmio.la
examples_http_server_SOURCES = \
	examples/http_request.c \
	examples/http_request.h \
	examples/http_response.c \
	examples/http_response.h \
	examples/http_server.c \
	examples/http_service.c \
	examples/http_service.h \
	examples/listener.c \
	examples/listener.h \
	examples/write_queue.c \
	examples/write_queue.h \
	$(end)
examples_http_server_LDADD = libmio.la
examples_loop_chat_LDADD = libmio.la
examples_timers_LDADD = libmio.la
examples_udp_echo_LDADD = libmio.la
examples_unix_pass_fd_LDADD = libmio.la
examples_worker_LDADD = libmio.la

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	examples/Makefile \
	examples/chat_server.c \
	examples/child_output.c \
	examples/echo_server.c \
	examples/http_request.c \
	examples/http_request.h \
	examples/http_response.c \
	examples/http_response.h \
	examples/http_server.c \
	examples/http_service.c \
	examples/http_service.h \
	examples/listener.c \
	examples/listener.h \
	examples/loop_chat.c \
	examples/stream.c \
	examples/stream.h \
	examples/timers.c \
	examples/udp_echo.c \
	examples/unix_pass_fd.c \
	examples/worker.c \
	examples/write_queue.c \
	examples/write_queue.h \
	$(end)

if HAVE_PIDFD
noinst_PROGRAMS += examples/child_output
examples_child_output_LDADD = libmio.la
endif

# Adapters for other libraries, each with a program.
if HAVE_CARES
noinst_PROGRAMS += examples/adapters/resolver
examples_adapters_resolver_SOURCES = \
	examples/adapters/cares_mio.c \
	examples/adapters/cares_mio.h \
	examples/adapters/resolver.c \
	$(end)
examples_adapters_resolver_CFLAGS = $(AM_CFLAGS) $(CARES_CFLAGS)
examples_adapters_resolver_LDADD = libmio.la $(CARES_LIBS)
endif
if HAVE_CURL
noinst_PROGRAMS += examples/adapters/curl_fetch
examples_adapters_curl_fetch_SOURCES = \
	examples/adapters/curl_fetch.c \
	examples/adapters/curl_mio.c \
	examples/adapters/curl_mio.h \
	$(end)
examples_adapters_curl_fetch_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
examples_adapters_curl_fetch_LDADD = libmio.la $(CURL_LIBS)
endif
if HAVE_GLIB
noinst_PROGRAMS += examples/adapters/glib_loop
examples_adapters_glib_loop_SOURCES = \
	examples/adapters/glib_loop.c \
	examples/adapters/glib_mio.c \
	examples/adapters/glib_mio.h \
	examples/adapters/nested.c \
	examples/adapters/nested.h \
	$(end)
examples_adapters_glib_loop_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
examples_adapters_glib_loop_LDADD = libmio.la $(GLIB_LIBS)
endif
if HAVE_HIREDIS
noinst_PROGRAMS += examples/adapters/redis_client
examples_adapters_redis_client_SOURCES = \
	examples/adapters/hiredis_mio.c \
	examples/adapters/hiredis_mio.h \
	examples/adapters/redis_client.c \
	$(end)
examples_adapters_redis_client_CFLAGS = $(AM_CFLAGS) $(HIREDIS_CFLAGS)
examples_adapters_redis_client_LDADD = libmio.la $(HIREDIS_LIBS)
endif
if HAVE_PQ
noinst_PROGRAMS += examples/adapters/pg_query
examples_adapters_pg_query_SOURCES = \
	examples/adapters/libpq_mio.c \
	examples/adapters/libpq_mio.h \
	examples/adapters/pg_query.c \
	$(end)
examples_adapters_pg_query_CFLAGS = $(AM_CFLAGS) $(PQ_CFLAGS)
examples_adapters_pg_query_LDADD = libmio.la $(PQ_LIBS)
endif
if HAVE_SDEVENT
noinst_PROGRAMS += examples/adapters/sdevent_loop
examples_adapters_sdevent_loop_SOURCES = \
	examples/adapters/nested.c \
	examples/adapters/nested.h \
	examples/adapters/sdevent_loop.c \
	examples/adapters/sdevent_mio.c \
	examples/adapters/sdevent_mio.h \
	$(end)
examples_adapters_sdevent_loop_CFLAGS = $(AM_CFLAGS) $(SDEVENT_CFLAGS)
examples_adapters_sdevent_loop_LDADD = libmio.la $(SDEVENT_LIBS)
endif

adaptersdir = $(examplesdir)/adapters
dist_adapters_DATA = \
	examples/adapters/ae_mio.c \
	examples/adapters/cares_mio.c \
	examples/adapters/cares_mio.h \
	examples/adapters/curl_fetch.c \
	examples/adapters/curl_mio.c \
	examples/adapters/curl_mio.h \
	examples/adapters/glib_loop.c \
	examples/adapters/glib_mio.c \
	examples/adapters/glib_mio.h \
	examples/adapters/hiredis_mio.c \
	examples/adapters/hiredis_mio.h \
	examples/adapters/libpq_mio.c \
	examples/adapters/libpq_mio.h \
	examples/adapters/nested.c \
	examples/adapters/nested.h \
	examples/adapters/pg_query.c \
	examples/adapters/redis_client.c \
	examples/adapters/resolver.c \
	examples/adapters/sdevent_loop.c \
	examples/adapters/sdevent_mio.c \
	examples/adapters/sdevent_mio.h \
	$(end)

# The steps of mio_tutorial(7).
noinst_PROGRAMS += \
	examples/tutorial/01_ready \
	examples/tutorial/02_edge \
	examples/tutorial/03_echo \
	examples/tutorial/04_queue \
	examples/tutorial/05_idle \
	examples/tutorial/06_thread \
	examples/tutorial/07_signal \
	examples/tutorial/08_threads \
	examples/tutorial/09_limit \
	examples/tutorial/10_chat \
	$(end)
examples_tutorial_01_ready_SOURCES = \
	examples/tutorial/01_ready.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_01_ready_LDADD = libmio.la
examples_tutorial_02_edge_SOURCES = \
	examples/tutorial/02_edge.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_02_edge_LDADD = libmio.la
examples_tutorial_03_echo_SOURCES = \
	examples/tutorial/03_echo.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_03_echo_LDADD = libmio.la
examples_tutorial_04_queue_SOURCES = \
	examples/tutorial/04_queue.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_04_queue_LDADD = libmio.la
examples_tutorial_05_idle_SOURCES = \
	examples/tutorial/05_idle.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_05_idle_LDADD = libmio.la
examples_tutorial_06_thread_SOURCES = \
	examples/tutorial/06_thread.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_06_thread_LDADD = libmio.la
examples_tutorial_07_signal_SOURCES = \
	examples/tutorial/07_signal.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_07_signal_LDADD = libmio.la
examples_tutorial_08_threads_SOURCES = \
	examples/tutorial/08_threads.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_08_threads_LDADD = libmio.la
examples_tutorial_09_limit_SOURCES = \
	examples/tutorial/09_limit.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_09_limit_LDADD = libmio.la
examples_tutorial_10_chat_SOURCES = \
	examples/tutorial/10_chat.c \
	examples/tutorial/common.h \
	$(end)
examples_tutorial_10_chat_LDADD = libmio.la

tutorialdir = $(docdir)/examples/tutorial
dist_tutorial_DATA = \
	examples/tutorial/01_ready.c \
	examples/tutorial/02_edge.c \
	examples/tutorial/03_echo.c \
	examples/tutorial/04_queue.c \
	examples/tutorial/05_idle.c \
	examples/tutorial/06_thread.c \
	examples/tutorial/07_signal.c \
	examples/tutorial/08_threads.c \
	examples/tutorial/09_limit.c \
	examples/tutorial/10_chat.c \
	examples/tutorial/common.h \
	$(end)
