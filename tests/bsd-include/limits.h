/* SPDX-License-Identifier: MIT */
#ifndef BSD_LIMITS_H
#define BSD_LIMITS_H

#include <bsd/system.h>

#define CHAR_BIT   8
#define SCHAR_MIN  (-__SCHAR_MAX__ - 1)
#define SCHAR_MAX  __SCHAR_MAX__
#define UCHAR_MAX  (__SCHAR_MAX__ * 2 + 1)
#define SHRT_MIN   (-__SHRT_MAX__ - 1)
#define SHRT_MAX   __SHRT_MAX__
#define USHRT_MAX  (__SHRT_MAX__ * 2 + 1)
#define INT_MIN	   (-__INT_MAX__ - 1)
#define INT_MAX	   __INT_MAX__
#define UINT_MAX   (__INT_MAX__ * 2U + 1)
#define LONG_MIN   (-__LONG_MAX__ - 1L)
#define LONG_MAX   __LONG_MAX__
#define ULONG_MAX  (__LONG_MAX__ * 2UL + 1)
#define LLONG_MIN  (-__LONG_LONG_MAX__ - 1LL)
#define LLONG_MAX  __LONG_LONG_MAX__
#define ULLONG_MAX (__LONG_LONG_MAX__ * 2ULL + 1)

#define SSIZE_MAX __PTRDIFF_MAX__
#define IOV_MAX	  1024
#define PATH_MAX  1024
#define PIPE_BUF  512

#endif
