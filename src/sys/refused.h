/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_REFUSED_H
#define MIO_SYS_REFUSED_H

#include <stdbool.h>

/* Whether error says that the kernel or a sandbox has no such call. */
bool mio__os_refused(int error);

#endif
