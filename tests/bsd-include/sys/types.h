/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_TYPES_H
#define BSD_SYS_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <bsd/system.h>

typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;

/* int on 32-bit systems, but for OpenBSD, as ptrdiff_t is */
typedef __PTRDIFF_TYPE__ ssize_t;

typedef int64_t off_t;
typedef int32_t pid_t;
typedef uint32_t uid_t;
typedef uint32_t gid_t;
typedef uint32_t id_t;
typedef uint32_t in_addr_t;
typedef uint16_t in_port_t;
typedef uint32_t socklen_t;
typedef uint8_t sa_family_t;

#if BSD_FREEBSD || BSD_DRAGONFLY
typedef uint16_t mode_t;
#else
typedef uint32_t mode_t;
#endif

#if BSD_OPENBSD
typedef int32_t dev_t;
#elif BSD_FREEBSD == 11 || BSD_DRAGONFLY
typedef uint32_t dev_t;
#else
typedef uint64_t dev_t;
#endif

#if BSD_FREEBSD == 11
typedef uint32_t ino_t;
typedef uint16_t nlink_t;
#elif BSD_FREEBSD
typedef uint64_t ino_t;
typedef uint64_t nlink_t;
#else
typedef uint64_t ino_t;
typedef uint32_t nlink_t;
#endif

/* 32 bits wide on FreeBSD for i386 alone */
#if BSD_OPENBSD
typedef long long time_t;
#elif BSD_NETBSD
typedef int64_t time_t;
#else
typedef long time_t;
#endif

#if BSD_NETBSD
typedef int suseconds_t;
#else
typedef long suseconds_t;
#endif

#if BSD_DRAGONFLY
typedef unsigned long clockid_t;
#else
typedef int clockid_t;
#endif

#endif
