# SPDX-License-Identifier: MIT

# MIO_PROBE_POINTS
# ----------------
# Static probes for tracers, in the format of SystemTap.
AC_DEFUN([MIO_PROBE_POINTS], [
	AC_ARG_ENABLE([probes], [AS_HELP_STRING([--enable-probes],
		[mark places for tracers; see mio-probes(7)])],
		[], [enable_probes=no])
	AS_IF([test "x$enable_probes" != xno], [
		AC_CHECK_HEADER([sys/sdt.h], [], [AC_MSG_ERROR(
			[--enable-probes needs <sys/sdt.h> of SystemTap])])
		MIO_LIB_CFLAGS="$MIO_LIB_CFLAGS -DMIO_PROBES"
	])
])
