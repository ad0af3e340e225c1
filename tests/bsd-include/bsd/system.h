/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYSTEM_H
#define BSD_SYSTEM_H

/*
 * These headers compile libmio for the BSDs on another system. They declare
 * what libmio and its examples use, with the differences between the systems:
 * their calls and flags, the types of arguments and members, the width of
 * time_t, and the names that are hidden from a program that asks for strict
 * POSIX. Nothing links with them.
 *
 * Each of these is 0 on the other systems. FreeBSD's version is the compiler's;
 * scripts/check-bsd passes the others as BSD_VERSION.
 */

#ifdef __FreeBSD__
#define BSD_FREEBSD __FreeBSD__ /* 11, 14 */
#else
#define BSD_FREEBSD 0
#endif

#ifdef __NetBSD__
#define BSD_NETBSD BSD_VERSION /* 9, 10 */
#else
#define BSD_NETBSD 0
#endif

#ifdef __OpenBSD__
#define BSD_OPENBSD BSD_VERSION /* 74, 78 */
#else
#define BSD_OPENBSD 0
#endif

#ifdef __DragonFly__
#define BSD_DRAGONFLY BSD_VERSION /* 6 */
#else
#define BSD_DRAGONFLY 0
#endif

#if BSD_FREEBSD + BSD_NETBSD + BSD_OPENBSD + BSD_DRAGONFLY == 0
#error "not a system that these headers describe"
#endif

/* What a program sees that does not ask for POSIX alone. */
#if !defined _POSIX_C_SOURCE && !defined _XOPEN_SOURCE
#define BSD_VISIBLE 1
#elif BSD_NETBSD && defined _NETBSD_SOURCE
#define BSD_VISIBLE 1
#elif BSD_OPENBSD && defined _BSD_SOURCE
#define BSD_VISIBLE 1
#else
#define BSD_VISIBLE 0
#endif

#ifndef NULL
#define NULL ((void *)0)
#endif

#endif
