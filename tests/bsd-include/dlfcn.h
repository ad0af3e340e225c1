/* SPDX-License-Identifier: MIT */
#ifndef BSD_DLFCN_H
#define BSD_DLFCN_H

#include <bsd/system.h>

#define RTLD_LAZY 1
#define RTLD_NOW  2

#if BSD_VISIBLE
#define RTLD_NEXT ((void *)-1)
#endif

int dlclose(void *handle);
char *dlerror(void);
void *dlopen(const char *path, int mode);
void *dlsym(void *handle, const char *name);

#endif
