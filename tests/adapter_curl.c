/* SPDX-License-Identifier: MIT */

/* The adapter for libcurl, when the loop cannot serve it. */

#include "lib/fault_control.h"
#include "lib/harness.h"

#include "adapters/curl_mio.h"

struct world {
	struct mio_loop *loop;
	mio_fd_t listener; /* accepts, but does not reply */
	CURLM *multi;
	CURL *easy;
	struct curl_mio *adapter;
	int failures;
	bool detach; /* in the callback */
};

static void
on_done(void *context, CURL *easy, CURLcode result)
{
	struct world *world = context;

	ck_assert_ptr_null(easy);
	ck_assert_int_eq(result, CURLE_ABORTED_BY_CALLBACK);
	world->failures++;
	if (!world->detach)
		return;
	curl_mio_detach(world->adapter);
	world->adapter = NULL;
}

static void
build(struct world *world, const struct mio_loop_config *config)
{
	char url[64];

	*world = (struct world){ .failures = 0 };
	assert_ok(mio_loop_create(&world->loop, config));
	world->listener = listen_on_loopback();
	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u/", port_of(world->listener));
	world->multi = curl_multi_init();
	world->easy = curl_easy_init();
	curl_easy_setopt(world->easy, CURLOPT_URL, url);
	curl_easy_setopt(world->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(world->easy, CURLOPT_PROXY, "");
	assert_ok(curl_mio_attach(
	    world->loop, world->multi, on_done, world, &world->adapter));
}

static void
tear_down(struct world *world)
{
	curl_multi_remove_handle(world->multi, world->easy);
	curl_easy_cleanup(world->easy);
	curl_mio_detach(world->adapter);
	curl_multi_cleanup(world->multi);
	mio_loop_destroy(world->loop);
	assert_ok(mio_fd_close(world->listener));
}

static void
iterate(struct world *world)
{
	assert_ok(mio_loop_run_once(world->loop, NULL, NULL, PATIENCE));
}

/* The first call adds the socket, the second one changes its interest. */
START_TEST(socket_cannot_be_watched)
{
	struct world world;

	build(&world, NULL);
	world.detach = _i >= 2;
	fault_arm("epoll_ctl", _i % 2 + 1, ENOMEM);
	ck_assert_int_eq(
	    curl_multi_add_handle(world.multi, world.easy), CURLM_OK);
	while (world.failures == 0)
		iterate(&world);
	ck_assert(fault_disarm());
	ck_assert_int_eq(world.failures, 1);
	tear_down(&world);
}
END_TEST

START_TEST(timeout_cannot_be_set)
{
	struct mio_loop_config config = {
		.size = sizeof(config),
		.timer_capacity = 1,
	};
	struct world world;
	mio_timeout_t timeout;

	build(&world, &config);
	assert_ok(
	    mio_loop_timeout(world.loop, (uint64_t)SECONDS(60), 1, &timeout));
	ck_assert_int_ne(
	    curl_multi_add_handle(world.multi, world.easy), CURLM_OK);
	tear_down(&world);
}
END_TEST

/* The sockets and the timeout are not served any more. */
START_TEST(transfer_in_progress_is_detached)
{
	struct world world;
	int i;

	build(&world, NULL);
	fault_reset_counts();
	curl_multi_add_handle(world.multi, world.easy);
	while (fault_count("epoll_ctl") < 2)
		iterate(&world);
	curl_mio_detach(world.adapter);
	world.adapter = NULL;
	for (i = 0; i < 3; i++)
		assert_ok(mio_loop_run_once(world.loop, NULL, NULL, GLANCE));
	ck_assert_int_eq(world.failures, 0);
	tear_down(&world);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	struct world world;

	build(&world, NULL);
	assert_error(
	    curl_mio_attach(NULL, world.multi, on_done, NULL, &world.adapter),
	    EINVAL);
	assert_error(
	    curl_mio_attach(world.loop, NULL, on_done, NULL, &world.adapter),
	    EINVAL);
	assert_error(curl_mio_attach(
			 world.loop, world.multi, NULL, NULL, &world.adapter),
	    EINVAL);
	assert_error(
	    curl_mio_attach(world.loop, world.multi, on_done, NULL, NULL),
	    EINVAL);
	tear_down(&world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("adapter_curl");
	TCase *tcase = new_case(suite, "faults");

	/* the call that fails here */
	if (!backend_is("epoll"))
		return 77;

	tcase_add_loop_test(tcase, socket_cannot_be_watched, 0, 4);
	tcase_add_test(tcase, timeout_cannot_be_set);
	tcase_add_test(tcase, transfer_in_progress_is_detached);
	tcase_add_test(tcase, bad_arguments_are_refused);

	return run_suite(suite);
}
