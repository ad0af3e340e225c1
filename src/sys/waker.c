/* SPDX-License-Identifier: MIT */

/* The waker that configure has chosen: sys/waker_NAME.c. */

#include "config.h"

#include MIO_WAKER_FILE
