/* SPDX-License-Identifier: MIT */

/*
 * deny NAME=ERROR ... -- COMMAND: runs a command whose named system calls are
 * answered with that error, by a seccomp filter. 77 where there is no seccomp.
 */

#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define CALLS_MAX 16
#define SKIP 77

static const struct {
	const char *name;
	unsigned number;
} calls[] = {
	{ "accept4", SYS_accept4 },
	{ "epoll_pwait2", 441 },	/* newer than some headers */
	{ "eventfd2", SYS_eventfd2 },
	{ "pidfd_open", 434 },
	{ "pwritev2", SYS_pwritev2 },
	{ "recvmmsg", SYS_recvmmsg },
	{ "sendmmsg", SYS_sendmmsg },
	{ "signalfd4", SYS_signalfd4 },
};

static unsigned
number_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strlen(calls[i].name) == len &&
		    strncmp(calls[i].name, name, len) == 0)
			return calls[i].number;

	fprintf(stderr, "deny: unknown call in %s\n", name);
	exit(2);
}

static unsigned
error_of(const char *name)
{
	if (strcmp(name, "ENOSYS") == 0)
		return ENOSYS;
	if (strcmp(name, "EPERM") == 0)
		return EPERM;

	fprintf(stderr, "deny: unknown error %s\n", name);
	exit(2);
}

/* Two instructions a call, between a load and the verdict for all others. */
static unsigned short
make_filter(struct sock_filter *filter, char **argv, int count)
{
	unsigned short n = 0;
	int i;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	for (i = 0; i < count; i++) {
		const char *equals = strchr(argv[i], '=');
		unsigned number, error;

		if (equals == NULL) {
			fprintf(stderr, "deny: no = in %s\n", argv[i]);
			exit(2);
		}
		number = number_of(argv[i], (size_t)(equals - argv[i]));
		error = error_of(equals + 1);
		filter[n++] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		    SECCOMP_RET_ERRNO | error);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    SECCOMP_RET_ALLOW);

	return n;
}

int
main(int argc, char **argv)
{
	struct sock_filter filter[2 * CALLS_MAX + 2];
	struct sock_fprog program = { .filter = filter };
	int count = 0;

	while (1 + count < argc && strcmp(argv[1 + count], "--") != 0)
		count++;
	if (count > CALLS_MAX || 2 + count >= argc) {
		fprintf(stderr, "usage: deny NAME=ERROR ... -- COMMAND\n");
		return 2;
	}

	program.len = make_filter(filter, argv + 1, count);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return SKIP;

	execvp(argv[2 + count], argv + 2 + count);
	perror(argv[2 + count]);

	return 2;
}
