/* SPDX-License-Identifier: MIT */

/* Whatever callbacks of watches do to themselves and to each other. */

#include "config.h"
#include "lib/harness.h"
#include "lib/record.h"

#define CROWD 16

struct eye {
	struct mio_watch *watch;
	int fds[2];
};

static struct eye crowd[CROWD];
static bool paused[CROWD];
static unsigned seed, recorded_in_round[CROWD], crowd_calls;

static unsigned
pick(unsigned below)
{
	seed = seed * 1103515245 + 12345;

	return (seed >> 16) % below;
}

static void
close_eye(struct eye *eye)
{
	mio_watch_end(eye->watch);
	close_pipe(eye->fds);
}

static void on_crowd(struct mio_loop *loop, void *context, unsigned ready);

static void
open_one(struct mio_loop *loop, unsigned i)
{
	make_pipe(crowd[i].fds);
	must(write(crowd[i].fds[1], "x", 1) == 1);
	paused[i] = pick(3) == 0;
	recorded_in_round[i] = 0;
	must(mio_loop_watch_fd(loop, crowd[i].fds[0],
		 paused[i] ? 0 : MIO_READABLE, pick(2) ? MIO_EDGE : MIO_LEVEL,
		 on_crowd, &crowd[i], &crowd[i].watch) == 0);
}

static void
change_one(struct mio_loop *loop, unsigned i)
{
	switch (pick(3)) {
	case 0:
		close_eye(&crowd[i]);
		open_one(loop, i);
		recorded_in_round[i] = 1; /* not in this one any more */
		break;
	case 1:
		must(mio_watch_update(crowd[i].watch, 0, 0) == 0);
		paused[i] = true;
		break;
	default:
		must(mio_watch_update(crowd[i].watch, MIO_READABLE,
			 pick(2) ? MIO_ONESHOT : MIO_LEVEL) == 0);
		paused[i] = false;
		recorded_in_round[i] = 1;
	}
}

static void
on_crowd(struct mio_loop *loop, void *context, unsigned ready)
{
	struct eye *eye = context;
	unsigned i = (unsigned)(eye - crowd);

	must(eye >= crowd && i < CROWD && ready == MIO_READABLE);
	must(!paused[i] && recorded_in_round[i]++ == 0);
	crowd_calls++;
	for (i = pick(4); i > 0; i--)
		change_one(loop, pick(CROWD));
}

START_TEST(callbacks_may_do_anything_to_watches)
{
	struct mio_loop *loop = new_loop(NULL);
	unsigned i, turn;

	seed = 1;
	for (i = 0; i < CROWD; i++)
		open_one(loop, i);
	for (turn = 0; turn < (is_slowed_down() ? 200u : 5000u); turn++) {
		memset(recorded_in_round, 0, sizeof(recorded_in_round));
		must(mio_loop_run_once(loop, NULL, NULL, 0) == 0);
		change_one(loop, pick(CROWD));
	}
	must(crowd_calls > turn);
	for (i = 0; i < CROWD; i++)
		close_eye(&crowd[i]);
	mio_loop_destroy(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop_watch_any");
	TCase *tcase = new_case(suite, "loop_watch_any");

	tcase_add_test(tcase, callbacks_may_do_anything_to_watches);

	return run_suite(suite);
}
