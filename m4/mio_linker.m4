# SPDX-License-Identifier: MIT

# MIO_LINKER
# ----------
# MIO_LIB_LDFLAGS: what the shared library alone is linked with. Nothing is
# left undefined, except with a sanitizer, whose runtime is the program's.
# Whether there is a version script goes by the object format: some linkers
# take the flag and do nothing with it.
AC_DEFUN([MIO_LINKER], [
	AS_IF([test "x$enable_sanitizer" = xno], [
		AX_APPEND_LINK_FLAGS([-Wl,-z,defs], [MIO_LIB_LDFLAGS])
	])
	AX_APPEND_LINK_FLAGS([-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack],
		[MIO_LIB_LDFLAGS])
	# A call from one part of the library to another is a direct one. Without
	# this flag the linker adds an entry to the procedure linkage table for
	# each public function that the library itself calls, and a program could
	# replace the function for the library as well.
	AX_APPEND_LINK_FLAGS([-Wl,-Bsymbolic-functions], [MIO_LIB_LDFLAGS])
	AX_APPEND_LINK_FLAGS([-Wl,--gc-sections], [MIO_LIB_LDFLAGS])
	AC_SUBST([MIO_LIB_LDFLAGS])

	AS_CASE([$host_os],
		[darwin*|*mingw*|*cygwin*], [mio_version_script=no],
		[mio_version_script=yes])
	AM_CONDITIONAL([SYMBOL_LIST], [case $host_os in #(
		darwin*) :;; #(
		*) false;; esac])
	AM_CONDITIONAL([VERSION_SCRIPT], [test "$mio_version_script" = yes])
])
