/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_WHEEL_MODEL_H
#define TESTS_LIB_WHEEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timer/wheel.h"

/*
 * A wheel and a table of the same timeouts, which is searched from one end to
 * the other. Each step does the same to both, and traps if the results differ.
 */

struct wheel_model;

struct wheel_model *wheel_model_create(size_t capacity, uint64_t now);
void wheel_model_destroy(struct wheel_model *model);

/* One operation, chosen by three numbers. */
void wheel_model_step(
    struct wheel_model *model, uint64_t a, uint64_t b, uint64_t c);

/* Checks the structure of the wheel: what must hold at any time. */
void wheel_check(const struct mio__wheel *wheel);
void wheel_model_check(const struct wheel_model *model);

/* Returns how many timeouts have expired. */
uint64_t wheel_model_expired(const struct wheel_model *model);

#endif
