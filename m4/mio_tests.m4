# SPDX-License-Identifier: MIT

# MIO_TESTS
# ---------
# The tests need Check; without it the library is built all the same, and
# make check says what is missing.
AC_DEFUN([MIO_TESTS], [
	PKG_CHECK_MODULES([CHECK], [check >= 0.15], [mio_tests=yes],
		[mio_tests="no, Check is missing"])
	AC_CHECK_HEADERS([linux/seccomp.h], [mio_linux=yes], [mio_linux=no])
	AM_CONDITIONAL([LINUX], [test "$mio_linux" = yes])
	AM_CONDITIONAL([HAVE_CHECK], [test "$mio_tests" = yes])
])
