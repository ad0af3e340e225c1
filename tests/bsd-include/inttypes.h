/* SPDX-License-Identifier: MIT */
#ifndef BSD_INTTYPES_H
#define BSD_INTTYPES_H

#include <stdint.h>

#include <bsd/system.h>

#define PRId32 "d"
#define PRIu32 "u"
#define PRIx32 "x"
#define PRId64 __INT64_FMTd__
#define PRIu64 __UINT64_FMTu__
#define PRIx64 __UINT64_FMTx__

intmax_t strtoimax(const char *s, char **end, int base);
uintmax_t strtoumax(const char *s, char **end, int base);

#endif
