/* SPDX-License-Identifier: MIT */

/*
 * 07_signal [COMMAND]: runs a command of the shell, and prints how it ended.
 * SIGTERM stops the program and the command. This step adds signals, which
 * reach the loop through a registration.
 *
 *	cc -o 07_signal 07_signal.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <signal.h>
#include <unistd.h>

#include <sys/wait.h>

#include "common.h"

static struct mio_loop *loop;
static struct mio_readiness *child_changed;
static pid_t child; /* 0: it has ended */

static void
on_signal(int number)
{
	if (number == SIGCHLD)
		(void)mio_readiness_set(child_changed, MIO_READABLE);
	else
		mio_loop_shutdown(loop);
}

static void
on_child(struct mio_loop *this_loop, void *context, unsigned ready)
{
	int status;

	(void)context;
	(void)ready;
	if (waitpid(child, &status, WNOHANG) != child)
		return; /* it was not this child, or it continues */
	child = 0;
	printf("the command ended with %d\n",
	    WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	mio_loop_shutdown(this_loop);
}

static void
start(const char *command)
{
	child = fork();
	if (child < 0)
		check("fork", -errno);
	if (child == 0) {
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	printf("started\n");
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct mio_registration *registration;
	struct mio_watch *watch;

	check("mio_loop_create", mio_loop_create(&loop, NULL));
	check("mio_registration_create",
	    mio_registration_create(&registration, &child_changed));
	check("mio_loop_watch", mio_loop_watch(loop,
	    mio_registration_source(registration), MIO_READABLE, MIO_EDGE,
	    on_child, NULL, &watch));
	(void)sigaction(SIGCHLD, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);

	start(argc > 1 ? argv[1] : "sleep 3");
	check("mio_loop_run", mio_loop_run(loop, NULL, NULL));

	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	if (child != 0) {
		(void)kill(child, SIGTERM);
		(void)waitpid(child, NULL, 0);
		printf("stopped\n");
	}
	mio_watch_end(watch);
	mio_readiness_unref(child_changed);
	mio_registration_destroy(registration);
	mio_loop_destroy(loop);

	return 0;
}
