#!/bin/sh
# SPDX-License-Identifier: MIT
# Some of the test programs as on a kernel that lacks, or in a sandbox that
# refuses, the newer system calls, from the start and from when they are set up.
# `make check-kernels' does that with all of them.
set -eu

builddir=${builddir:-.}
deny=$builddir/tests/deny
programs='test_fd test_fork test_pipe test_poll test_poll_time test_tcp
test_threads test_udp_batch test_waker internal_sigpipe internal_timeouts'

if [ ! -x "$deny" ]; then
	echo 'no seccomp filters in this system'
	exit 77
fi

if grep -q selector_kqueue "$builddir/config.h"; then
	echo 'the kqueue of the tests needs the newer system calls itself'
	exit 77
fi

# a shell that starts the program for libtool would meet the filter, too
run() {
	"$builddir/libtool" --silent --mode=execute "$@"
}

run "$deny" linux-6.1 -- true || {
	status=$?
	echo "no seccomp filters here"
	exit $status
}

for what in linux-4.4 sandbox=ENOSYS sandbox=EPERM; do
	for program in $programs; do
		echo "== $program, $what"
		run "$deny" $what -- "$builddir/tests/$program"
	done
done
for what in sandbox=ENOSYS sandbox=EPERM; do
	echo "== test_poll_time, $what when it is set up"
	MIO_TESTS_SANDBOX=$what "$builddir/tests/test_poll_time"
done

# What a program asks for by itself is not made up for, but left out.
program=$builddir/tests/test_signals_children
[ -x "$program" ] || exit 0
for error in ENOSYS EPERM; do
	echo "== test_signals_children, pidfd_open $error"
	run "$deny" pidfd_open=$error -- "$program"
	echo "== test_signals_children, signalfd too"
	status=0
	run "$deny" pidfd_open=$error signalfd4=$error -- "$program" ||
	    status=$?
	[ $status -eq 77 ]
done
