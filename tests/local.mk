# SPDX-License-Identifier: MIT

tests_cppflags = \
	$(src_cppflags) \
	-I$(top_srcdir)/tests \
	-I$(top_srcdir)/examples \
	$(end)
tests_cflags = \
	$(CHECK_CFLAGS) \
	-Wno-pedantic \
	-Wno-conversion \
	-Wno-sign-conversion \
	$(end)

# Public tests are linked with the library as it is installed. This is the
# default; every other program has an LDADD of its own.
LDADD = tests/libharness.la libmio.la

public_tests = \
	tests/test_address \
	tests/test_ae_mio \
	tests/test_allocation \
	tests/test_any_thread \
	tests/test_blocking \
	tests/test_broken \
	tests/test_cancelled \
	tests/test_channel \
	tests/test_channel_cancel \
	tests/test_channel_close \
	tests/test_channel_end \
	tests/test_channel_threads \
	tests/test_channel_wait \
	tests/test_closed \
	tests/test_fd \
	tests/test_fork \
	tests/test_handover \
	tests/test_loop \
	tests/test_loop_call \
	tests/test_loop_end \
	tests/test_loop_rounds \
	tests/test_loop_watch \
	tests/test_loop_watch_any \
	tests/test_nesting \
	tests/test_nesting_threads \
	tests/test_no_wait \
	tests/test_oneshot \
	tests/test_pipe \
	tests/test_poll \
	tests/test_poll_time \
	tests/test_process_state \
	tests/test_readiness \
	tests/test_registration \
	tests/test_registration_threads \
	tests/test_side_by_side \
	tests/test_socket \
	tests/test_socket_end \
	tests/test_socket_io \
	tests/test_socket_option \
	tests/test_source \
	tests/test_tcp \
	tests/test_tcp_option \
	tests/test_threads \
	tests/test_timer \
	tests/test_timer_many \
	tests/test_timer_stress \
	tests/test_timer_threads \
	tests/test_udp \
	tests/test_udp_batch \
	tests/test_udp_multicast \
	tests/test_unix \
	tests/test_unix_datagram \
	tests/test_unix_fds \
	tests/test_uptime \
	tests/test_version \
	tests/test_waker \
	$(end)
# A kqueue has no filter for what epoll reports in both directions at once: the
# end of the one that is not watched, errors of devices, and a stream that was
# never connected. mio(7) lists that; test_readiness checks what is reported.
if EPOLL
public_tests += tests/test_accepted
if !USES_FILTERS
public_tests += tests/test_descriptors
endif
endif
if HAVE_PIDFD
public_tests += tests/test_signals_children
endif
if LINUX
public_tests += tests/test_unreachable
endif

tests_test_allocation_SOURCES = tests/test_allocation.c $(alloc_trap)
alloc_trap = \
	examples/alloc_trap.c \
	examples/alloc_trap.h \
	$(end)

# Internal tests reach the library's hidden names. A test of a part is built if
# the selector uses the part.
internal_tests = \
	tests/internal_accept \
	tests/internal_alarm \
	tests/internal_cancelled \
	tests/internal_channel \
	tests/internal_channel_close_yields \
	tests/internal_channel_wait_yields \
	tests/internal_channel_yields \
	tests/internal_fallbacks \
	tests/internal_faults \
	tests/internal_faults_loop \
	tests/internal_faults_net \
	tests/internal_no_wait \
	tests/internal_readiness \
	tests/internal_ready_queue \
	tests/internal_ring \
	tests/internal_segments \
	tests/internal_side_by_side \
	tests/internal_sigpipe \
	tests/internal_spin \
	tests/internal_timeouts \
	tests/internal_timer \
	tests/internal_timer_stress \
	tests/internal_timer_threads \
	tests/internal_waiters \
	tests/internal_wakes \
	tests/internal_wheel \
	tests/internal_yields \
	$(end)
if LINUX
internal_tests += tests/internal_systems
endif
if USES_GATE
internal_tests += tests/internal_gate
endif
if USES_FILTERS
internal_tests += \
	tests/internal_kqueue \
	tests/internal_kqueue_batch \
	tests/internal_kqueue_ends \
	tests/internal_kqueue_selector \
	tests/internal_kqueue_tokens \
	$(end)
endif
if ONLY_TESTS
internal_tests += tests/internal_kqueue_requests
endif
if USES_TABLE
internal_tests += tests/internal_poll_table
endif

# Every system call can be made to fail.
faults = tests/libharness.la tests/libfaults.la
tests_internal_accept_LDADD = $(faults)
tests_internal_alarm_LDADD = $(faults)
tests_internal_channel_LDADD = $(faults)
tests_internal_fallbacks_LDADD = $(faults)
tests_internal_faults_LDADD = $(faults)
tests_internal_faults_loop_LDADD = $(faults)
tests_internal_faults_net_LDADD = $(faults)
tests_internal_gate_LDADD = $(faults)
tests_internal_kqueue_LDADD = $(faults)
tests_internal_kqueue_batch_LDADD = $(faults)
tests_internal_kqueue_ends_LDADD = $(faults)
tests_internal_kqueue_requests_LDADD = $(faults)
tests_internal_kqueue_selector_LDADD = $(faults)
tests_internal_kqueue_tokens_LDADD = $(faults)
tests_internal_poll_table_LDADD = $(faults)
tests_internal_readiness_LDADD = $(faults)
tests_internal_ready_queue_LDADD = $(faults)
tests_internal_ring_LDADD = $(faults)
tests_internal_segments_LDADD = $(faults)
tests_internal_sigpipe_LDADD = $(faults)
tests_internal_spin_LDADD = $(faults)
tests_internal_systems_LDADD = $(faults)
tests_internal_timeouts_LDADD = $(faults)
tests_internal_timer_LDADD = $(faults)
tests_internal_waiters_LDADD = $(faults)
tests_internal_wakes_LDADD = $(faults)
tests_internal_wheel_LDADD = $(faults)
tests_internal_channel_SOURCES = tests/internal_channel.c $(alloc_trap)

# Threads yield at each MIO__YIELD_POINT().
yields = tests/libharness.la tests/libyields.la
tests_internal_cancelled_SOURCES = tests/test_cancelled.c
tests_internal_cancelled_LDADD = $(yields)
tests_internal_channel_close_yields_SOURCES = tests/test_channel_close.c
tests_internal_channel_close_yields_LDADD = $(yields)
tests_internal_channel_wait_yields_SOURCES = tests/test_channel_wait.c
tests_internal_channel_wait_yields_LDADD = $(yields)
tests_internal_channel_yields_SOURCES = tests/test_channel_threads.c
tests_internal_channel_yields_LDADD = $(yields)
tests_internal_no_wait_SOURCES = tests/test_no_wait.c
tests_internal_no_wait_LDADD = $(yields)
tests_internal_side_by_side_SOURCES = tests/test_side_by_side.c
tests_internal_side_by_side_LDADD = $(yields)
tests_internal_timer_stress_SOURCES = tests/test_timer_stress.c
tests_internal_timer_stress_LDADD = $(yields)
tests_internal_timer_threads_SOURCES = tests/test_timer_threads.c
tests_internal_timer_threads_LDADD = $(yields)
tests_internal_yields_SOURCES = tests/test_registration_threads.c
tests_internal_yields_LDADD = $(yields)

test_kqueue = \
	tests/lib/kqueue.c \
	tests/lib/kqueue/sys/event.h \
	tests/lib/kqueue_condition.c \
	tests/lib/kqueue_condition.h \
	tests/lib/kqueue_queue.c \
	tests/lib/kqueue_queue.h \
	tests/lib/kqueue_time.c \
	tests/lib/kqueue_time.h \
	$(end)

# Programs that the scripts run.
tests_activate_SOURCES = tests/lib/activate.c
tests_activate_LDADD =
tests_deny_SOURCES = \
	tests/lib/deny.c \
	tests/lib/refuse.c \
	tests/lib/refuse.h \
	$(end)
tests_deny_CPPFLAGS = $(AM_CPPFLAGS) $(tests_cppflags)
tests_deny_LDADD =
tests_crowd_SOURCES = tests/lib/crowd.c
tests_crowd_LDADD =
tests_echo_peer_SOURCES = tests/lib/echo_peer.c
tests_echo_peer_LDADD = libmio.la
tests_scale_LDADD = libmio.la

test_scripts = \
	tests/bench.sh \
	tests/chat_server.sh \
	tests/child_output.sh \
	tests/clients_echo.sh \
	tests/clients_http.sh \
	tests/clients_udp.sh \
	tests/clients_unix.sh \
	tests/inherited.sh \
	tests/loop_chat.sh \
	tests/nesting_examples.sh \
	tests/old-kernel.sh \
	tests/resolver.sh \
	tests/timers_example.sh \
	tests/tutorial.sh \
	tests/unix_pass_fd.sh \
	tests/worker.sh \
	$(end)

# The adapters for other libraries, with their servers, and with system calls that
# fail: one build is enough.
adapter_scripts = \
	tests/adapters_curl.sh \
	tests/adapters_libpq.sh \
	tests/adapters_redis.sh \
	$(end)
adapter_tests = tests/example_parts
if HAVE_CARES
adapter_tests += tests/adapter_cares
endif
if HAVE_CURL
adapter_tests += tests/adapter_curl
endif
if HAVE_HIREDIS
adapter_tests += tests/adapter_hiredis
endif
if HAVE_PQ
adapter_tests += tests/adapter_libpq
endif
tests_example_parts_SOURCES = \
	examples/listener.c \
	examples/listener.h \
	examples/stream.c \
	examples/stream.h \
	examples/write_queue.c \
	examples/write_queue.h \
	tests/example_parts.c \
	$(end)
tests_example_parts_CPPFLAGS = $(AM_CPPFLAGS) $(tests_cppflags)
tests_example_parts_LDADD = $(faults)
tests_adapter_cares_SOURCES = \
	examples/adapters/cares_mio.c \
	examples/adapters/cares_mio.h \
	tests/adapter_cares.c \
	$(end)
tests_adapter_cares_CFLAGS = $(AM_CFLAGS) $(CARES_CFLAGS)
tests_adapter_cares_LDADD = $(faults) $(CARES_LIBS)
tests_adapter_curl_SOURCES = \
	examples/adapters/curl_mio.c \
	examples/adapters/curl_mio.h \
	tests/adapter_curl.c \
	$(end)
tests_adapter_curl_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_adapter_curl_LDADD = $(faults) $(CURL_LIBS)
tests_adapter_hiredis_SOURCES = \
	examples/adapters/hiredis_mio.c \
	examples/adapters/hiredis_mio.h \
	tests/adapter_hiredis.c \
	$(end)
tests_adapter_hiredis_CFLAGS = $(AM_CFLAGS) $(HIREDIS_CFLAGS)
tests_adapter_hiredis_LDADD = $(faults) $(HIREDIS_LIBS)
tests_adapter_libpq_SOURCES = \
	examples/adapters/libpq_mio.c \
	examples/adapters/libpq_mio.h \
	tests/adapter_libpq.c \
	$(end)
tests_adapter_libpq_CFLAGS = $(AM_CFLAGS) $(PQ_CFLAGS)
tests_adapter_libpq_LDADD = $(faults) $(PQ_LIBS)

# Checks of what is written: the result does not depend on how the library was
# built.
doc_scripts = \
	tests/configure.sh \
	tests/errors.sh \
	tests/headers.sh \
	tests/html.sh \
	tests/html_browser.sh \
	tests/library.sh \
	tests/man-calls.sh \
	tests/man-examples.sh \
	tests/man-lint.sh \
	tests/man-threads.sh \
	tests/packages.sh \
	tests/prototypes.sh \
	tests/readme.sh \
	tests/release_state.sh \
	tests/symbols.sh \
	tests/tutorial_listings.sh \
	$(end)

EXTRA_DIST += \
	$(adapter_scripts) \
	$(doc_scripts) \
	$(test_scripts) \
	tests/adapters_lib.sh \
	tests/bsd-include \
	tests/clients_lib.sh \
	tests/fuzz_wheel.c \
	tests/installcheck.sh \
	tests/installed_run.sh \
	tests/installed.sh \
	tests/lib/call_log.h \
	$(end)

# ---- the harness, and the library built for tests

tests_libharness_la_SOURCES = \
	tests/lib/channel_pair.c \
	tests/lib/channel_pair.h \
	tests/lib/harness.c \
	tests/lib/harness.h \
	tests/lib/nest.c \
	tests/lib/nest.h \
	tests/lib/options.h \
	tests/lib/refuse.c \
	tests/lib/refuse.h \
	tests/lib/timers.c \
	tests/lib/timers.h \
	tests/lib/record.c \
	tests/lib/record.h \
	tests/lib/wheel_model.c \
	tests/lib/wheel_model.h \
	$(end)
if EPOLL
tests_libharness_la_SOURCES += \
	tests/lib/kinds.c \
	tests/lib/kinds.h \
	$(end)
endif
if USES_FILTERS
tests_libharness_la_SOURCES += \
	tests/lib/kqueue_scene.c \
	tests/lib/kqueue_scene.h \
	$(end)
endif
if HAVE_PIDFD
tests_libharness_la_SOURCES += \
	tests/lib/process.c \
	tests/lib/process.h \
	$(end)
endif
tests_libharness_la_CPPFLAGS = $(AM_CPPFLAGS) $(tests_cppflags)
tests_libharness_la_CFLAGS = $(AM_CFLAGS) $(tests_cflags)
tests_libharness_la_LIBADD = $(CHECK_LIBS)

# The system calls of src/sys/ go through tests/lib/faults.c.
tests_libfaults_la_SOURCES = \
	$(mio_sources) \
	tests/lib/fault_control.h \
	tests/lib/fault_has.c \
	tests/lib/fault_walk.c \
	tests/lib/fault_walk.h \
	tests/lib/faults.c \
	$(end)
tests_libfaults_la_CPPFLAGS = $(AM_CPPFLAGS) $(tests_cppflags)
tests_libfaults_la_CFLAGS = $(AM_CFLAGS) $(tests_cflags)
tests_libfaults_la_LIBADD = tests/libsys.la
tests_libsys_la_SOURCES = \
	$(sys_sources) \
	tests/lib/faults.h \
	$(end)
tests_libsys_la_CPPFLAGS = \
	-include $(top_srcdir)/tests/lib/faults.h \
	$(AM_CPPFLAGS) \
	$(tests_cppflags) \
	$(end)
tests_libsys_la_CFLAGS = $(AM_CFLAGS) $(tests_cflags)

tests_libyields_la_SOURCES = \
	$(mio_sources) \
	$(sys_sources) \
	tests/lib/yields.c \
	tests/lib/yields.h \
	$(end)
tests_libyields_la_CPPFLAGS = \
	-include $(top_srcdir)/tests/lib/yields.h \
	$(AM_CPPFLAGS) \
	$(tests_cppflags) \
	$(end)
tests_libyields_la_CFLAGS = $(AM_CFLAGS) $(tests_cflags)

# ---- make check

# All but those of adapters and documents, for a second build with other options.
code_tests = \
	$(public_tests) \
	$(internal_tests) \
	tests/scale \
	$(test_scripts) \
	$(end)

if HAVE_CHECK

check_LTLIBRARIES = \
	tests/libharness.la \
	tests/libfaults.la \
	tests/libsys.la \
	tests/libyields.la \
	$(end)

check_PROGRAMS = \
	$(public_tests) \
	$(internal_tests) \
	$(adapter_tests) \
	tests/activate \
	tests/crowd \
	tests/echo_peer \
	tests/scale \
	$(end)
if LINUX
check_PROGRAMS += tests/deny
endif

TESTS = \
	$(code_tests) \
	$(adapter_tests) \
	$(adapter_scripts) \
	$(doc_scripts) \
	$(end)

else !HAVE_CHECK

check-local:
	@echo "make check needs Check, which configure did not find" >&2
	@false

endif !HAVE_CHECK

TEST_EXTENSIONS = .sh
AM_TESTS_ENVIRONMENT = \
	srcdir='$(srcdir)' builddir='$(builddir)' \
	CC='$(CC)' CXX='$(CXX)' NM='$(NM)' \
	CFLAGS='$(CFLAGS) $(MIO_SANITIZE_CFLAGS)' \
	; export srcdir builddir CC CXX NM CFLAGS;

# Builds what make check runs, and runs nothing.
check-programs: $(check_PROGRAMS)

# Repeats every test: a test that fails once is a bug.
REPEAT = 50
check-repeat:
	@i=0; while test $$i -lt $(REPEAT); do \
		i=`expr $$i + 1`; echo "round $$i of $(REPEAT)"; \
		$(MAKE) --no-print-directory -s check >check-repeat.log 2>&1 || \
		{ cat check-repeat.log; exit 1; }; \
	done

check-code:
	$(MAKE) check TESTS='$(code_tests)'

# Lists the tests, one a line.
list-check:
	@printf '%s\n' $(TESTS)
list-check-code:
	@printf '%s\n' $(code_tests)

# The tests as on older kernels, then in a sandbox that is there from the start,
# then in one that begins during the test.
KERNELS = linux-4.4 linux-5.10 linux-6.1
check-kernels:
	@for what in $(KERNELS) sandbox=ENOSYS sandbox=EPERM; do \
		echo "== $$what"; \
		$(MAKE) --no-print-directory check \
		TESTS='$(public_tests) $(internal_tests)' LOG_COMPILER="$(LIBTOOL) \
		--silent --mode=execute tests/deny $$what --" || exit; \
	done
	@for what in sandbox=ENOSYS sandbox=EPERM; do \
		echo "== $$what, after it was set up"; \
		MIO_TESTS_SANDBOX=$$what $(MAKE) --no-print-directory check \
		TESTS='$(public_tests)' || exit; \
	done

# Valgrind is too slow for tests that measure time.
check-valgrind:
	MIO_TESTS_SLOW=1 CK_TIMEOUT_MULTIPLIER=20 $(MAKE) check \
	TESTS='$(public_tests) $(internal_tests)' \
	LOG_COMPILER='$(LIBTOOL) --silent --mode=execute valgrind --quiet \
	--error-exitcode=99'

# Random input for the timing wheel, for so many seconds.
FUZZ_SECONDS = 30
fuzz:
	clang -g -O1 -fsanitize=fuzzer,address,undefined -I. \
	-I$(srcdir)/src -I$(srcdir)/tests -I$(srcdir)/include \
	-Dmio__os_alloc=calloc -Dmio__os_free=free \
	$(srcdir)/tests/fuzz_wheel.c $(srcdir)/tests/lib/wheel_model.c \
	`for file in $(wheel_sources); do \
		case $$file in *.c) echo $(srcdir)/$$file ;; esac; \
	done` -o fuzz_wheel
	./fuzz_wheel -max_total_time=$(FUZZ_SECONDS) -max_len=4000

.PHONY: \
	check-code \
	check-kernels \
	check-programs \
	check-repeat \
	check-valgrind \
	fuzz \
	list-check \
	list-check-code \
	$(end)

CLEANFILES += check-repeat.log fuzz_wheel

# ---- after make install

installcheck-local:
	@DESTDIR='$(DESTDIR)' srcdir='$(srcdir)' CC='$(CC)' CXX='$(CXX)' \
	CFLAGS='$(CFLAGS) $(MIO_SANITIZE_CFLAGS)' \
	PKG_CONFIG='$(PKG_CONFIG)' MANDIR='$(mandir)' LIBDIR='$(libdir)' \
	DOCDIR='$(docdir)' MAKE='$(MAKE)' \
	HAVE_SHARED='$(enable_shared)' HAVE_STATIC='$(enable_static)' \
	ENABLE_MAN='$(enable_man)' prefix='$(prefix)' \
	$(srcdir)/tests/installcheck.sh
if LINUX
if HAVE_CHECK
	@test '$(INSTALLCHECK_SUITE)/$(enable_shared)' != yes/yes || \
	$(MAKE) check-installed
endif
endif

# The public tests with the library that was installed, not with the one that was
# built: for INSTALLCHECK_SUITE=no, installcheck does not run them.
INSTALLCHECK_SUITE = yes
check-installed: check-programs
	MIO_INSTALLED='$(DESTDIR)$(libdir)' $(MAKE) check \
	TESTS='$(public_tests)' LOG_COMPILER='$(srcdir)/tests/installed_run.sh'

.PHONY: check-installed
