# SPDX-License-Identifier: MIT

# MIO_COMPILER
# ------------
# C11, warnings, hidden visibility, sanitizers and coverage. MIO_CFLAGS is for
# everything that is built here, MIO_LIB_CFLAGS for the library alone.
AC_DEFUN([MIO_COMPILER], [
	AS_IF([test "x$ac_prog_cc_stdc" = xno || test "x$ac_prog_cc_stdc" = xc89],
		[AC_MSG_ERROR([libmio needs a C11 compiler])])

	AX_APPEND_COMPILE_FLAGS(m4_normalize([-Wall -Wextra -Wpedantic -Wshadow -Wundef
		-Wconversion -Wsign-conversion -Wstrict-prototypes
		-Wmissing-prototypes -Wold-style-definition -Wpointer-arith
		-Wcast-qual -Wwrite-strings -Wvla -Wimplicit-fallthrough
		-Wformat=2 -fno-common]),
		[MIO_CFLAGS], [-Werror])
	# Cleanup handlers of a cancelled thread cost nothing until they run. Not
	# with clang, which would call abort() if one threw something.
	AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
		#ifdef __clang__
		#error "clang"
		#endif
		int not_empty;
		]])], [AX_APPEND_COMPILE_FLAGS([-fexceptions], [MIO_CFLAGS],
		[-Werror])])
	AX_CHECK_COMPILE_FLAG([-fvisibility=hidden],
		[MIO_LIB_CFLAGS="$MIO_LIB_CFLAGS -fvisibility=hidden"], [],
		[-Werror])
	# Padding, and tables for the unlikely parts of functions, make up a tenth
	# of the library. The benchmarks show no difference without them.
	AX_APPEND_COMPILE_FLAGS(m4_normalize([-fno-align-functions
		-fno-align-loops -fno-align-jumps
		-fno-reorder-blocks-and-partition]), [MIO_LIB_CFLAGS], [-Werror])
	# A call of the C library goes through the global offset table and needs
	# no entry of the procedure linkage table. On x86-64 this makes the call
	# one byte longer and one instruction shorter; elsewhere it costs more.
	AS_CASE([$host_cpu],
		[x86_64], [AX_APPEND_COMPILE_FLAGS([-fno-plt],
			[MIO_LIB_CFLAGS], [-Werror])])
	# With MIO_LINKER, leaves out what this system and selector do not use.
	AX_APPEND_COMPILE_FLAGS([-ffunction-sections], [MIO_LIB_CFLAGS],
		[-Werror])

	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror],
			[treat compiler warnings as errors])],
		[], [enable_werror=no])
	AS_IF([test "x$enable_werror" != xno],
		[MIO_CFLAGS="$MIO_CFLAGS -Werror"])

	AC_ARG_ENABLE([sanitizer],
		[AS_HELP_STRING([--enable-sanitizer=address,undefined|thread],
			[build the library and its tests with sanitizers;
			programs built with ThreadSanitizer need a library that
			is built with it, too; see mio(7)])],
		[], [enable_sanitizer=no])
	AS_CASE([$enable_sanitizer],
		[no], [],
		[yes], [AC_MSG_ERROR([--enable-sanitizer needs a name])],
		[MIO_SANITIZE])

	AC_ARG_ENABLE([coverage],
		[AS_HELP_STRING([--enable-coverage],
			[build for measuring the tests' coverage with gcov])],
		[], [enable_coverage=no])
	AS_IF([test "x$enable_coverage" != xno], [
		MIO_CFLAGS="$MIO_CFLAGS --coverage -fprofile-update=atomic -O0"
		MIO_LDFLAGS="$MIO_LDFLAGS --coverage"
		AC_SUBST([MIO_SANITIZE_CFLAGS], ["$mio_sanitize --coverage"])
	])

	AC_SUBST([MIO_CFLAGS])
	AC_SUBST([MIO_LIB_CFLAGS])
	AC_SUBST([MIO_LDFLAGS])
])

# MIO_SANITIZE
# ------------
# A finding ends the program, so that a test cannot pass with one.
AC_DEFUN([MIO_SANITIZE], [
	mio_sanitize="-fsanitize=$enable_sanitizer -fno-omit-frame-pointer"
	mio_sanitize="$mio_sanitize -fno-sanitize-recover=all"
	AX_CHECK_LINK_FLAG([$mio_sanitize], [],
		[AC_MSG_ERROR([$CC has no -fsanitize=$enable_sanitizer])])
	MIO_CFLAGS="$MIO_CFLAGS $mio_sanitize -g"
	AC_SUBST([MIO_SANITIZE_CFLAGS], [$mio_sanitize])
	MIO_LDFLAGS="$MIO_LDFLAGS $mio_sanitize"
	AS_CASE([$enable_sanitizer], [*thread*],
		[AC_DEFINE([MIO_SANITIZE_THREAD], [1],
			[Define to 1 when built for ThreadSanitizer.])])
])
