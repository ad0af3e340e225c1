/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_REFUSE_H
#define TESTS_LIB_REFUSE_H

/*
 * Makes this process, its threads and what it starts see an older kernel, or a
 * sandbox: a seccomp filter makes system calls fail. What is a word:
 *
 *	linux-4.4, linux-5.10, linux-6.1
 *		A kernel of this version: later calls fail with ENOSYS,
 *		later options and flags as unknown ones do.
 *	sandbox=ENOSYS, sandbox=EPERM
 *		Every call that libmio uses and can do without is refused.
 *	NAME=ENOSYS, NAME=EPERM
 *		This call is, by the kernel's name.
 *
 * Returns 0, REFUSE_SKIP where there is no seccomp, or REFUSE_UNKNOWN.
 */
int refuse(const char *what);

#define REFUSE_UNKNOWN 2
#define REFUSE_SKIP 77

#endif
