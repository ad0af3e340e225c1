/* SPDX-License-Identifier: MIT */

/* The adapter for c-ares, when the loop cannot serve it, and when it ends. */

#include "lib/fault_control.h"
#include "lib/harness.h"

#include "adapters/cares_mio.h"

struct world {
	struct mio_loop *loop;
	mio_fd_t server; /* does not reply */
	struct cares_mio *adapter;
	int cancelled, destroyed, others;
	bool detach; /* in the callback */
};

static void
on_result(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
	struct world *world = context;

	(void)timeouts;
	(void)info;
	world->cancelled += status == ARES_ECANCELLED;
	world->destroyed += status == ARES_EDESTRUCTION;
	world->others +=
	    status != ARES_ECANCELLED && status != ARES_EDESTRUCTION;
	if (!world->detach)
		return;
	world->detach = false;
	cares_mio_detach(world->adapter);
	world->adapter = NULL;
}

static void
build(struct world *world)
{
	struct ares_options options = {
		.timeout = 20000,
		.tries = 1,
		.lookups = (char[]){ "b" },
	};
	struct sockaddr_in addr;
	char server[64];

	*world = (struct world){ .cancelled = 0 };
	assert_ok(mio_loop_create(&world->loop, NULL));
	world->server = udp_on_loopback(&addr);
	(void)snprintf(
	    server, sizeof(server), "127.0.0.1:%u", port_of(world->server));
	ck_assert_int_eq(cares_mio_attach(world->loop, &options,
			     ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
				 ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS,
			     &world->adapter),
	    ARES_SUCCESS);
	ck_assert_int_eq(ares_set_servers_ports_csv(
			     cares_mio_channel(world->adapter), server),
	    ARES_SUCCESS);
}

static void
tear_down(struct world *world)
{
	cares_mio_detach(world->adapter);
	ck_assert_int_eq(world->others, 0);
	mio_loop_destroy(world->loop);
	assert_ok(mio_fd_close(world->server));
}

static void
look_up(struct world *world, const char *name)
{
	struct ares_addrinfo_hints hints = { .ai_family = AF_INET };

	ares_getaddrinfo(cares_mio_channel(world->adapter), name, NULL, &hints,
	    on_result, world);
}

static void
iterate(struct world *world)
{
	assert_ok(mio_loop_run_once(world->loop, NULL, NULL, PATIENCE));
}

START_TEST(socket_cannot_be_watched)
{
	struct world world;

	build(&world);
	world.detach = _i == 1;
	fault_arm_all("epoll_ctl", ENOMEM);
	look_up(&world, "one.example");
	look_up(&world, "two.example");
	ck_assert(fault_disarm());
	ck_assert_int_eq(world.cancelled, 0);
	while (world.cancelled + world.destroyed < 2)
		iterate(&world);
	ck_assert_int_ge(world.cancelled, 1);
	tear_down(&world);
}
END_TEST

START_TEST(query_in_progress_is_detached)
{
	struct world world;
	int i;

	build(&world);
	look_up(&world, "one.example");
	iterate(&world);
	cares_mio_detach(world.adapter);
	world.adapter = NULL;
	ck_assert_int_eq(world.destroyed, 1);
	for (i = 0; i < 3; i++)
		assert_ok(mio_loop_run_once(world.loop, NULL, NULL, GLANCE));
	tear_down(&world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("adapter_cares");
	TCase *tcase = new_case(suite, "faults");

	/* the call that fails here */
	if (!backend_is("epoll"))
		return 77;

	tcase_add_loop_test(tcase, socket_cannot_be_watched, 0, 2);
	tcase_add_test(tcase, query_in_progress_is_detached);

	return run_suite(suite);
}
