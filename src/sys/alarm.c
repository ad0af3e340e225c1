/* SPDX-License-Identifier: MIT */

/* The alarm that configure has chosen: sys/alarm_NAME.c. */

#include "config.h"

#include MIO_ALARM_FILE
