/* SPDX-License-Identifier: MIT */

/* The selector that configure has chosen: sys/selector_NAME.c. */

#include "config.h"

#include MIO_SELECTOR_FILE
