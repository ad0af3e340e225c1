# SPDX-License-Identifier: MIT

# Benchmarks are for people: no test depends on how long anything takes.

EXTRA_PROGRAMS = \
	bench/channel \
	bench/churn \
	bench/dispatch \
	bench/echo \
	bench/hot \
	bench/memory \
	bench/pool \
	bench/register \
	bench/timers \
	bench/udp \
	bench/wake \
	$(end)
EXTRA_LTLIBRARIES = bench/libexchange.la

bench_common = \
	bench/bench.c \
	bench/bench.h \
	bench/report.c \
	$(end)

# What the workloads with descriptors share, with libmio and the peers.
reactor_sources = \
	$(bench_common) \
	bench/reactor.c \
	bench/reactor.h \
	bench/reactor_epoll.c \
	bench/reactor_loop.c \
	bench/reactor_mio.c \
	$(end)
reactor_libs = libmio.la

bench_channel_SOURCES = \
	$(bench_common) \
	bench/channel.c \
	bench/channel_event.c \
	bench/channel_peers.h \
	$(end)
bench_channel_LDADD = libmio.la

bench_churn_SOURCES = \
	$(reactor_sources) \
	bench/churn.c \
	bench/client.c \
	bench/client.h \
	$(end)
bench_churn_LDADD = $(reactor_libs)

bench_dispatch_SOURCES = $(reactor_sources) bench/dispatch.c
bench_dispatch_LDADD = $(reactor_libs)

bench_echo_SOURCES = \
	$(reactor_sources) \
	bench/client.c \
	bench/client.h \
	bench/echo.c \
	$(end)
bench_echo_LDADD = $(reactor_libs)

bench_hot_SOURCES = $(reactor_sources) bench/hot.c
bench_hot_LDADD = $(reactor_libs)

# This counts the allocations of the process.
bench_memory_SOURCES = \
	$(reactor_sources) \
	bench/channel_peers.h \
	bench/memory.c \
	bench/memory.h \
	bench/memory_count.c \
	bench/memory_mio.c \
	$(end)
bench_memory_LDADD = $(reactor_libs)

bench_pool_SOURCES = $(bench_common) bench/pool.c
bench_pool_LDADD = libmio.la

bench_register_SOURCES = \
	$(reactor_sources) \
	bench/register.c \
	bench/register_reactors.c \
	bench/register_reactors.h \
	$(end)
bench_register_LDADD = $(reactor_libs)

# This has a wheel of its own, without the library around it.
bench_timers_SOURCES = \
	$(bench_common) \
	bench/timers.c \
	bench/timers.h \
	bench/timers_mio.c \
	bench/timers_wheel.c \
	$(wheel_sources) \
	$(end)
bench_timers_CPPFLAGS = \
	$(AM_CPPFLAGS) \
	$(bench_cppflags) \
	$(src_cppflags) \
	-I$(top_srcdir)/bench \
	-Dmio__os_alloc=bench_alloc \
	-Dmio__os_free=bench_free \
	$(end)
bench_timers_LDADD = libmio.la -ldl

bench_udp_SOURCES = $(bench_common) bench/udp.c
bench_udp_LDADD = libmio.la

bench_wake_SOURCES = \
	$(bench_common) \
	bench/wake.c \
	bench/wake_peers.h \
	$(end)
bench_wake_LDADD = libmio.la bench/libexchange.la

bench_libexchange_la_SOURCES = bench/exchange.c
bench_libexchange_la_LDFLAGS = -rpath /nowhere

# ---- the libraries that they compare with

bench_cppflags =
bench_missing =
rust_peers = bench/rust.target/target/release/libbench_peers.a
rust_sources = \
	bench/rust/Cargo.toml \
	bench/rust/channel.rs \
	bench/rust/lib.rs \
	bench/rust/reactor.rs \
	bench/rust/timers.rs \
	$(end)

if HAVE_CK
bench_cppflags += -DHAVE_CK -DCK_VERSION='"$(CK_VERSION)"'
bench_channel_SOURCES += bench/channel_ck.c
bench_channel_LDADD += -lck
else
bench_missing += 'Concurrency Kit,'
endif
# libevent comes before libev, which defines some of the same names.
if HAVE_EVENT
bench_cppflags += -DHAVE_EVENT $(EVENT_CFLAGS)
bench_memory_SOURCES += bench/memory_event.c
reactor_sources += bench/reactor_event.c
reactor_libs += $(EVENT_LIBS)
bench_timers_SOURCES += bench/timers_event.c
bench_timers_LDADD += $(EVENT_LIBS)
else
bench_missing += 'libevent,'
endif
if HAVE_EV
bench_cppflags += -DHAVE_EV
bench_memory_SOURCES += bench/memory_ev.c
reactor_sources += bench/reactor_ev.c
reactor_libs += -lev
bench_timers_SOURCES += bench/timers_ev.c
bench_timers_LDADD += -lev
bench_wake_SOURCES += bench/wake_ev.c
bench_wake_LDADD += -lev
else
bench_missing += 'libev,'
endif
if HAVE_NNG
bench_cppflags += -DHAVE_NNG
bench_channel_SOURCES += bench/channel_nng.c
bench_channel_LDADD += -lnng
else
bench_missing += 'nng,'
endif
if HAVE_RUST
bench_cppflags += -DHAVE_RUST
bench_channel_SOURCES += bench/channel_rust.c bench/rust_versions.c
bench_channel_LDADD += $(rust_peers) -lgcc_s -ldl
bench_memory_SOURCES += bench/memory_rust.c
reactor_sources += \
	bench/reactor_mio06.c \
	bench/reactor_mio08.c \
	bench/rust_versions.c \
	$(end)
reactor_libs += $(rust_peers) -lgcc_s -ldl
bench_timers_SOURCES += bench/timers_mio06.c bench/rust_versions.c
bench_timers_LDADD += $(rust_peers) -lgcc_s
bench_wake_SOURCES += bench/rust_versions.c
bench_wake_LDADD += $(rust_peers) -lgcc_s -ldl
$(rust_peers): $(rust_sources)
	$(srcdir)/bench/rust/build.sh $(abs_srcdir)/bench/rust bench/rust.target
else
bench_missing += 'mio and crossbeam in Rust,'
endif
if HAVE_SDEVENT
bench_cppflags += -DHAVE_SDEVENT $(SDEVENT_CFLAGS)
bench_cppflags += -DSDEVENT_VERSION='"$(SDEVENT_VERSION)"'
bench_memory_SOURCES += bench/memory_sdevent.c
reactor_sources += bench/reactor_sdevent.c
reactor_libs += $(SDEVENT_LIBS)
bench_timers_SOURCES += bench/timers_sdevent.c
bench_timers_LDADD += $(SDEVENT_LIBS)
else
bench_missing += 'sd-event,'
endif
if HAVE_TIMEOUT_C
bench_cppflags += -DHAVE_TIMEOUT_C -isystem $(with_timeout_c)
bench_timers_SOURCES += bench/timers_timeout.c
endif
if HAVE_URCU
bench_cppflags += -DHAVE_URCU -DURCU_VERSION='"$(URCU_VERSION)"'
bench_channel_SOURCES += bench/channel_urcu.c
bench_channel_LDADD += -lurcu-common
else
bench_missing += 'Userspace RCU,'
endif
if HAVE_UV
bench_cppflags += -DHAVE_UV $(UV_CFLAGS)
bench_memory_SOURCES += bench/memory_uv.c
reactor_sources += bench/reactor_uv.c
reactor_libs += $(UV_LIBS)
bench_channel_SOURCES += bench/channel_uv.c
bench_channel_LDADD += $(UV_LIBS)
bench_timers_SOURCES += bench/timers_uv.c
bench_timers_LDADD += $(UV_LIBS)
bench_wake_SOURCES += bench/wake_uv.c
bench_wake_LDADD += $(UV_LIBS)
else
bench_missing += 'libuv,'
endif
if HAVE_ZMQ
bench_cppflags += -DHAVE_ZMQ $(ZMQ_CFLAGS)
bench_channel_SOURCES += bench/channel_zmq.c
bench_channel_LDADD += $(ZMQ_LIBS)
else
bench_missing += 'ZeroMQ,'
endif

# The programs print rows, and these make tables and plots of them.
bench_scripts = \
	bench/bars.awk \
	bench/bars.gp \
	bench/behind.awk \
	bench/docs.sh \
	bench/growth.awk \
	bench/growth.gp \
	bench/instructions.sh \
	bench/median.awk \
	bench/names.awk \
	bench/overview.awk \
	bench/overview.tsv \
	bench/suite.sh \
	bench/table.awk \
	bench/versions.awk \
	bench/workloads.tsv \
	$(end)

EXTRA_DIST += \
	$(bench_scripts) \
	$(rust_sources) \
	bench/README.md \
	bench/rust/build.sh \
	docs/performance.md \
	docs/plots \
	$(end)

# ---- targets

bench_suite = CC='$(CC)' LIBTOOL='$(LIBTOOL)' \
	MISSING="`echo $(bench_missing) | sed 's/,$$//'`" \
	$(SHELL) $(srcdir)/bench/suite.sh

# Runs everything, and leaves bench/results/.
bench: $(EXTRA_PROGRAMS)
	@$(bench_suite) full

# The same in less than three minutes, with fewer and shorter rounds.
bench-quick: $(EXTRA_PROGRAMS)
	@$(bench_suite) quick

# Copies the results of `make bench' into the source: README.md and docs/.
bench-docs:
	@$(SHELL) $(srcdir)/bench/docs.sh bench/results $(srcdir)

# Counts instructions, which are nearly the same in every run.
bench-instructions: $(EXTRA_PROGRAMS)
	@LIBTOOL='$(LIBTOOL)' $(SHELL) $(srcdir)/bench/instructions.sh

.PHONY: bench bench-docs bench-instructions bench-quick

CLEANFILES += $(EXTRA_LTLIBRARIES) $(EXTRA_PROGRAMS)

clean-local:
	-rm -rf bench/results bench/rust.target
