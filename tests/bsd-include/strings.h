/* SPDX-License-Identifier: MIT */
#ifndef BSD_STRINGS_H
#define BSD_STRINGS_H

#include <stddef.h>

#include <bsd/system.h>

int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);

#endif
