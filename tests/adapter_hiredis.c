/* SPDX-License-Identifier: MIT */

/* The adapter for hiredis, when the loop cannot watch the connection. */

#include "lib/fault_control.h"
#include "lib/harness.h"

#include "adapters/hiredis_mio.h"

struct world {
	struct mio_loop *loop;
	mio_fd_t listener; /* accepts, but does not reply */
	redisAsyncContext *connection;
	int connects, replies, errors;
};

static void
on_connect(const redisAsyncContext *connection, int status)
{
	struct world *world = connection->data;

	ck_assert_int_eq(status, REDIS_OK);
	world->connects++;
}

static void
on_disconnect(const redisAsyncContext *connection, int status)
{
	struct world *world = connection->data;

	ck_assert_int_eq(status, REDIS_ERR);
	ck_assert_int_eq(connection->err, REDIS_ERR_IO);
	ck_assert_str_eq(connection->errstr, "cannot wait for the connection");
	world->errors++;
}

static void
on_reply(redisAsyncContext *connection, void *reply, void *context)
{
	struct world *world = context;

	(void)connection;
	ck_assert_ptr_null(reply);
	world->replies++;
}

static void
build(struct world *world)
{
	*world = (struct world){ .connects = 0 };
	assert_ok(mio_loop_create(&world->loop, NULL));
	world->listener = listen_on_loopback();
	world->connection =
	    redisAsyncConnect("127.0.0.1", (int)port_of(world->listener));
	ck_assert_ptr_nonnull(world->connection);
	ck_assert_int_eq(world->connection->err, 0);
	world->connection->data = world;
	redisAsyncSetConnectCallback(world->connection, on_connect);
	redisAsyncSetDisconnectCallback(world->connection, on_disconnect);
}

static void
tear_down(struct world *world)
{
	mio_loop_destroy(world->loop);
	assert_ok(mio_fd_close(world->listener));
}

static void
iterate(struct world *world)
{
	assert_ok(mio_loop_run_once(world->loop, NULL, NULL, PATIENCE));
}

START_TEST(connection_cannot_be_attached)
{
	struct world world;

	build(&world);
	fault_arm("epoll_ctl", 1, ENOMEM);
	assert_error(hiredis_mio_attach(world.loop, world.connection), ENOMEM);
	ck_assert(fault_disarm());
	ck_assert_ptr_null(world.connection->ev.data);

	assert_ok(hiredis_mio_attach(world.loop, world.connection));
	assert_error(hiredis_mio_attach(world.loop, world.connection), EBUSY);
	hiredis_mio_detach(world.connection);
	hiredis_mio_detach(world.connection);
	assert_error(hiredis_mio_attach(NULL, world.connection), EINVAL);
	assert_error(hiredis_mio_attach(world.loop, NULL), EINVAL);

	redisAsyncFree(world.connection);
	tear_down(&world);
}
END_TEST

START_TEST(interest_cannot_be_changed)
{
	struct world world;

	build(&world);
	assert_ok(hiredis_mio_attach(world.loop, world.connection));
	while (world.connects == 0)
		iterate(&world);

	/* the command is accepted, and fails in the loop */
	fault_arm_all("epoll_ctl", ENOMEM);
	redisAsyncCommand(world.connection, on_reply, &world, "PING");
	redisAsyncCommand(world.connection, on_reply, &world, "PING");
	ck_assert_int_eq(world.errors, 0);
	ck_assert(fault_disarm());
	while (world.errors == 0)
		iterate(&world);
	ck_assert_int_eq(world.replies, 2);
	tear_down(&world);
}
END_TEST

START_TEST(connection_is_freed_before_its_failure)
{
	struct world world;

	build(&world);
	world.connection->onDisconnect = NULL;
	assert_ok(hiredis_mio_attach(world.loop, world.connection));
	while (world.connects == 0)
		iterate(&world);
	fault_arm_all("epoll_ctl", ENOMEM);
	redisAsyncCommand(world.connection, on_reply, &world, "PING");
	ck_assert(fault_disarm());
	redisAsyncFree(world.connection);
	ck_assert_int_eq(world.replies, 1);
	assert_ok(mio_loop_run_once(world.loop, NULL, NULL, GLANCE));
	tear_down(&world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("adapter_hiredis");
	TCase *tcase = new_case(suite, "faults");

	/* the call that fails here */
	if (!backend_is("epoll"))
		return 77;

	tcase_add_test(tcase, connection_cannot_be_attached);
	tcase_add_test(tcase, interest_cannot_be_changed);
	tcase_add_test(tcase, connection_is_freed_before_its_failure);

	return run_suite(suite);
}
