/* SPDX-License-Identifier: MIT */

/* The adapter for libpq, when the loop cannot watch the connection. */

#include "lib/fault_control.h"
#include "lib/harness.h"

#include "adapters/libpq_mio.h"

struct world {
	struct mio_loop *loop;
	mio_fd_t listener; /* accepts, but does not reply */
	PGconn *connection;
	struct libpq_mio *adapter;
	int error;
};

static void
on_closed(void *context, PGconn *connection, int error)
{
	struct world *world = context;

	ck_assert_ptr_eq(connection, world->connection);
	world->error = error;
	libpq_mio_detach(world->adapter);
	PQfinish(connection);
	world->adapter = NULL;
	world->connection = NULL;
}

static const struct libpq_mio_callbacks callbacks = { .closed = on_closed };

static void
build(struct world *world)
{
	char info[128];

	*world = (struct world){ .error = 0 };
	assert_ok(mio_loop_create(&world->loop, NULL));
	world->listener = listen_on_loopback();
	(void)snprintf(info, sizeof(info),
	    "host=127.0.0.1 port=%u user=tester dbname=none sslmode=disable",
	    port_of(world->listener));
	world->connection = PQconnectStart(info);
}

static void
tear_down(struct world *world)
{
	libpq_mio_detach(world->adapter);
	PQfinish(world->connection);
	mio_loop_destroy(world->loop);
	assert_ok(mio_fd_close(world->listener));
}

static int
attach(struct world *world, uint64_t timeout_ns)
{
	return libpq_mio_attach(world->loop, world->connection, timeout_ns,
	    &callbacks, world, &world->adapter);
}

START_TEST(connection_cannot_be_attached)
{
	struct world world;

	build(&world);
	fault_arm("epoll_ctl", 1, ENOMEM);
	assert_error(attach(&world, 0), ENOMEM);
	ck_assert(fault_disarm());
	assert_error(attach(&world, UINT64_MAX), EOVERFLOW);
	assert_ok(attach(&world, 0));
	assert_error(libpq_mio_flush(world.adapter), ENOTCONN);
	tear_down(&world);
}
END_TEST

/* The old watch ends, then a new one begins. */
START_TEST(socket_of_the_next_step_cannot_be_watched)
{
	struct world world;

	build(&world);
	assert_ok(attach(&world, (uint64_t)PATIENCE));
	fault_arm("epoll_ctl", 2, ENOMEM);
	while (world.error == 0)
		assert_ok(mio_loop_run_once(world.loop, NULL, NULL, PATIENCE));
	ck_assert(fault_disarm());
	ck_assert_int_eq(world.error, -ENOMEM);
	tear_down(&world);
}
END_TEST

START_TEST(connect_times_out)
{
	struct world world;

	build(&world);
	assert_ok(attach(&world, (uint64_t)MS(20)));
	while (world.error == 0)
		assert_ok(mio_loop_run_once(world.loop, NULL, NULL, PATIENCE));
	ck_assert_int_eq(world.error, -ETIMEDOUT);
	tear_down(&world);
}
END_TEST

START_TEST(failed_connection_is_refused)
{
	struct world world;

	build(&world);
	PQfinish(world.connection);
	world.connection = PQconnectStart("no conninfo");
	assert_error(attach(&world, 0), EBADF);
	assert_error(libpq_mio_attach(world.loop, NULL, 0, &callbacks, &world,
			 &world.adapter),
	    EINVAL);
	tear_down(&world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("adapter_libpq");
	TCase *tcase = new_case(suite, "faults");

	/* the call that fails here */
	if (!backend_is("epoll"))
		return 77;

	tcase_add_test(tcase, connection_cannot_be_attached);
	tcase_add_test(tcase, socket_of_the_next_step_cannot_be_watched);
	tcase_add_test(tcase, connect_times_out);
	tcase_add_test(tcase, failed_connection_is_refused);

	return run_suite(suite);
}
