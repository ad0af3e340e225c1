/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_FAULT_WALK_H
#define TESTS_LIB_FAULT_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include <mio.h>

/*
 * Runs a public call again and again, with each of the system calls that it
 * makes failing one after the other, with each error that it can have: the call
 * returns that error and changes nothing, and then it succeeds. A call that is
 * retried or done in another way is a success.
 */

/* A call, and what it needs of the world that it finds. */
struct fault_scenario {
	const char *name;
	unsigned needs;
	void (*prepare)(void); /* may be NULL */
	int (*run)(void);
	int result;
	void (*undo)(void); /* after a success; may be NULL */
};

struct fault_world {
	void (*build)(const struct fault_scenario *);
	void (*tear_down)(void);
	const mio_fd_t *fd; /* whose options and address must stay */
	void *out; /* what the call stores */
	size_t out_size;
	/*
	 * Exceptions; each may be NULL. This error is reported, though retried.
	 */
	bool (*is_reported)(const struct fault_scenario *, int error);
	/* What is reported instead of this error. */
	int (*reported_as)(const struct fault_scenario *, int error);
	/* Whatever this call returns, the scenario succeeds. */
	bool (*is_nothing)(const struct fault_scenario *, const char *call);
	/* Puts back what a failure used up, before it is run again. */
	void (*restore)(const struct fault_scenario *);
};

void fault_walk(const struct fault_world *, const struct fault_scenario *);

#endif
