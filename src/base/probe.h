/* SPDX-License-Identifier: MIT */
#ifndef MIO_BASE_PROBE_H
#define MIO_BASE_PROBE_H

/*
 * MIO__PROBE(NAME, ARGUMENT, ...) marks a place where a tracer can stop by; see
 * mio-probes(7). With --enable-probes it is one instruction that does nothing,
 * and a note in the library that says where it is and where the arguments are.
 * Otherwise it compiles to nothing, and the arguments are not evaluated.
 */
#ifdef MIO_PROBES
#define SDT_USE_VARIADIC 1
#include <sys/sdt.h>
#define MIO__PROBE(...) STAP_PROBEV(libmio, __VA_ARGS__)
#else
#define MIO__PROBE(...) ((void)0)
#endif

#endif
