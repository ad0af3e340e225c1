/* SPDX-License-Identifier: MIT */

/* The wheel beside its model, driven by a fuzzer's bytes (`make fuzz'). */

#include "config.h"

#include <string.h>

#include "lib/wheel_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wheel_model *model;
	uint64_t start = 0;
	uint64_t numbers[3];

	if (size < 9)
		return 0;

	memcpy(&start, data + 1, sizeof(start));
	start -= start == UINT64_MAX; /* a tick that is none */
	model = wheel_model_create((size_t)data[0] % 32 + 1, start);
	data += 9;
	size -= 9;

	for (; size >= sizeof(numbers); size -= sizeof(numbers)) {
		memcpy(numbers, data, sizeof(numbers));
		data += sizeof(numbers);
		wheel_model_step(model, numbers[0], numbers[1], numbers[2]);
		wheel_model_check(model);
	}
	wheel_model_destroy(model);

	return 0;
}
