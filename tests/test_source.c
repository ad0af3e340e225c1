/* SPDX-License-Identifier: MIT */

/* Sources of the program's own: three calls around something that it has. */

#include "config.h"
#include "lib/harness.h"

#define RW (MIO_READABLE | MIO_WRITABLE)

/* A source of the program's own: a pipe, registered by its reading end. */
struct own_source {
	struct mio_source source;
	int fd;
	unsigned calls;
};

static int
register_own(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	struct own_source *own = (struct own_source *)source;

	own->calls++;

	return mio_poll_register_fd(poll, own->fd, token, interest, options);
}

static int
reregister_own(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	struct own_source *own = (struct own_source *)source;

	own->calls++;

	return mio_poll_reregister_fd(poll, own->fd, token, interest, options);
}

static int
deregister_own(struct mio_source *source, struct mio_poll *poll)
{
	struct own_source *own = (struct own_source *)source;

	own->calls++;

	return mio_poll_deregister_fd(poll, own->fd);
}

static const struct mio_source_ops own_ops = {
	.register_source = register_own,
	.reregister_source = reregister_own,
	.deregister_source = deregister_own,
};

START_TEST(sources_of_the_programs_own_are_called)
{
	struct mio_poll *poll = new_poll();
	struct own_source own = { .source.ops = &own_ops };
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	own.fd = fds[0];
	assert_ok(mio_poll_register(poll, &own.source, 1, MIO_READABLE, 0));
	assert_error(mio_poll_register(poll, &own.source, 1, MIO_READABLE, 0),
	    EEXIST);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	expect_ready(poll, 1, MIO_READABLE, 0);
	assert_ok(mio_poll_reregister(poll, &own.source, 2, MIO_READABLE, 0));
	expect_ready(poll, 2, MIO_READABLE, 0);
	assert_ok(mio_poll_deregister(poll, &own.source));
	assert_error(mio_poll_deregister(poll, &own.source), ENOENT);
	assert_error(mio_poll_reregister(poll, &own.source, 2, 0, 0), ENOENT);
	expect_nothing(poll);
	ck_assert_uint_eq(own.calls, 6);

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(bad_arguments_never_reach_a_source)
{
	struct mio_poll *poll = new_poll();
	struct own_source own = { .source.ops = &own_ops, .fd = -1 };
	struct mio_source *source = &own.source;

	assert_error(mio_poll_register(NULL, source, 1, RW, 0), EINVAL);
	assert_error(mio_poll_reregister(NULL, source, 1, RW, 0), EINVAL);
	assert_error(mio_poll_deregister(NULL, source), EINVAL);
	assert_error(mio_poll_register(poll, source, MIO_TOKEN_RESERVED, RW,
	    0), EINVAL);
	assert_error(mio_poll_register(poll, source, 1, MIO_HUP, 0), EINVAL);
	assert_error(mio_poll_register(poll, source, 1, RW,
	    MIO_EDGE | MIO_LEVEL), EINVAL);
	assert_error(mio_poll_reregister(poll, source, 1, RW, MIO_EXCLUSIVE),
	    EINVAL);
	assert_error(mio_poll_reregister(poll, source, 1, 0x100, 0), EINVAL);
	ck_assert_uint_eq(own.calls, 0);

	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("source");
	TCase *tcase = new_case(suite, "source");

	tcase_add_test(tcase, sources_of_the_programs_own_are_called);
	tcase_add_test(tcase, bad_arguments_never_reach_a_source);

	return run_suite(suite);
}
