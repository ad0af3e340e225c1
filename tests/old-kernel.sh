#!/bin/sh
# SPDX-License-Identifier: MIT
# The test programs on a kernel that lacks, or a sandbox that refuses, the newer
# system calls: a seccomp filter answers them with ENOSYS and with EPERM. (Not
# pipe2, which the C library's pipe is made of; internal_faults sees to that.)
set -eu

builddir=${builddir:-.}
deny=$builddir/tests/deny
programs='test_fd test_fork test_pipe test_poll test_poll_time test_tcp
test_threads test_udp_batch test_waker'

if [ ! -x "$deny" ]; then
	echo 'no seccomp filters in this system'
	exit 77
fi

# a shell that starts the program for libtool would meet the filter, too
run() {
	"$builddir/libtool" --silent --mode=execute "$@"
}

for error in ENOSYS EPERM; do
	calls="epoll_pwait2=$error accept4=$error eventfd2=$error"
	calls="$calls pwritev2=$error recvmmsg=$error sendmmsg=$error"
	run "$deny" $calls -- true || {
		status=$?
		echo "no seccomp filters here"
		exit $status
	}
	for program in $programs; do
		echo "== $program, $error"
		run "$deny" $calls -- "$builddir/tests/$program"
	done
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
