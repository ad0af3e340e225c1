/* SPDX-License-Identifier: MIT */

/*
 * The table of the poll(2) selector, against an array indexed by descriptor,
 * what its entries wait for, and what it takes.
 */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "sys/poll_table.h"

enum { DESCRIPTORS = 300 };

START_TEST(it_behaves_like_an_array)
{
	struct mio__poll_table table = { 0 };
	struct { bool in; ino_t inode; } model[DESCRIPTORS] = { 0 };
	struct mio__poll_entry *entry;
	unsigned random = 4711;
	size_t count = 0;
	int step;

	for (step = 0; step < 100000; step++) {
		int fd;

		random = random * 1103515245 + 12345;
		fd = (int)(random >> 16) % DESCRIPTORS;
		entry = mio__poll_table_find(&table, fd);
		ck_assert_int_eq(entry != NULL, model[fd].in);
		if (entry != NULL) {
			struct stat st = { .st_ino = model[fd].inode };

			ck_assert(mio__poll_entry_matches(entry, &st));
			st.st_ino++;
			ck_assert(!mio__poll_entry_matches(entry, &st));
			mio__poll_table_remove(&table, entry);
			count--;
		} else {
			struct stat st = { .st_ino = random };

			model[fd].inode = random;
			assert_ok(mio__poll_table_reserve(&table, fd));
			entry = mio__poll_table_add(&table, fd, &st);
			ck_assert_int_eq(entry->fd, fd);
			count++;
		}
		model[fd].in = !model[fd].in;
		ck_assert_uint_eq(table.count, count);
		if (step % 100 == 0)
			ck_assert(mio__poll_table_check(&table));
	}
	ck_assert(mio__poll_table_check(&table));
	mio__poll_table_fini(&table);
}
END_TEST

START_TEST(out_of_memory_changes_nothing)
{
	struct mio__poll_table table = { 0 };
	unsigned nth;

	for (nth = 1; nth <= 2; nth++) {
		fault_arm("realloc", nth, ENOMEM);
		assert_error(mio__poll_table_reserve(&table, 5), ENOMEM);
		ck_assert(fault_disarm());
		ck_assert_ptr_null(mio__poll_table_find(&table, 5));
		ck_assert(mio__poll_table_check(&table));
		mio__poll_table_fini(&table);
		table = (struct mio__poll_table){ 0 };
	}
	assert_ok(mio__poll_table_reserve(&table, 5));
	(void)mio__poll_table_add(&table, 5, &(struct stat){ 0 });
	ck_assert_ptr_nonnull(mio__poll_table_find(&table, 5));
	mio__poll_table_fini(&table);
}
END_TEST

/* An edge that waits for reading and writing, and has reported bits. */
static struct mio__poll_entry
reported(int bits)
{
	struct mio__poll_entry entry = { .fd = 5 };
	struct mio_event event;

	mio__poll_entry_set(
	    &entry, 1, MIO_READABLE | MIO_WRITABLE, MIO_EDGE);
	ck_assert(mio__poll_entry_report(&entry, bits, &event));

	return entry;
}

static void
assert_waits_for(const struct mio__poll_entry *entry, int bits)
{
	struct pollfd slot = mio__poll_entry_slot(entry);

	ck_assert_int_eq(slot.fd, entry->fd);
	ck_assert_int_eq(slot.events & (POLLIN | POLLOUT), bits);
}

START_TEST(edges_are_left_out_until_they_end)
{
	struct mio__poll_entry entry = reported(POLLIN);

	assert_waits_for(&entry, POLLOUT);
	ck_assert(!mio__poll_entry_rearm(&entry, MIO_WRITABLE));
	ck_assert(mio__poll_entry_rearm(&entry, MIO_READABLE));
	assert_waits_for(&entry, POLLIN | POLLOUT);
	ck_assert(!mio__poll_entry_is_excluded(&entry));
}
END_TEST

START_TEST(what_broke_is_blind_until_there_is_more)
{
	static const int broken[] = { POLLHUP, POLLERR, POLLHUP | POLLERR };
	struct mio__poll_entry entry;
	size_t i;

	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		entry = reported(broken[i] | POLLIN);
		ck_assert(mio__poll_entry_is_excluded(&entry));
		ck_assert_int_lt(mio__poll_entry_slot(&entry).fd, 0);

		/* the same, then less */
		mio__poll_entry_recheck(&entry, broken[i] | POLLIN);
		ck_assert(mio__poll_entry_is_excluded(&entry));
		mio__poll_entry_recheck(&entry, broken[i]);
		ck_assert(mio__poll_entry_is_excluded(&entry));

		/* what had ended comes again */
		mio__poll_entry_recheck(&entry, broken[i] | POLLIN);
		assert_waits_for(&entry, POLLIN | POLLOUT);

		/* more than there was, beside what was there */
		entry = reported(broken[i] | POLLIN);
		mio__poll_entry_recheck(&entry, broken[i] | POLLIN | POLLOUT);
		assert_waits_for(&entry, POLLOUT);

		/* whole again: all is news, whatever was reported */
		entry = reported(broken[i] | POLLIN);
		mio__poll_entry_recheck(&entry, POLLIN);
		assert_waits_for(&entry, POLLIN | POLLOUT);
	}
}
END_TEST

/* The look at what is blind fails once, and nothing is lost. */
START_TEST(failed_look_changes_nothing)
{
	static const int errors[] = { EINTR, ENOMEM };
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	int fds[2], live[2];
	size_t i;

	make_pipe(fds);
	make_pipe(live);
	assert_ok(mio_poll_register_fd(
	    poll, fds[0], 1, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_poll_register_fd(poll, live[0], 2, MIO_READABLE, 0));
	ck_assert_int_eq(close(fds[1]), 0);
	(void)expect_event(poll);
	ck_assert_int_eq(write(live[1], "x", 1), 1);
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fault_arm("poll", 1, errors[i]);
		assert_error(mio_poll_interruptible(
		    poll, &event, 1, PATIENCE), errors[i]);
		ck_assert(fault_disarm());
		expect_ready(poll, 2, MIO_READABLE, 0);
	}
	close_pipe(live);
	assert_ok(mio_fd_close(fds[0]));
	mio_poll_destroy(poll);
}
END_TEST

/* With input that is not read yet: it can be read and written. */
static int
terminal(int *master)
{
	int fd;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ge(*master, 0);
	ck_assert_int_eq(grantpt(*master), 0);
	ck_assert_int_eq(unlockpt(*master), 0);
	fd = open(ptsname(*master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(*master, "line\n", 5), 5);
	wait_for(fd, POLLIN);

	return fd;
}

/*
 * Where there is no epoll to be asked, or it cannot be: what is always ready
 * and has a position is refused, what has none is not.
 */
START_TEST(nobody_to_ask_what_can_be_waited_for)
{
	static const struct {
		const char *call;
		int error;
	} failures[] = {
		{ "epoll_create1", ENOSYS },
		{ "epoll_create1", EPERM },
		{ "epoll_create1", EMFILE },
		{ "epoll_ctl", ENOMEM },
	};
	static const char *const refused[] = { "/", "/dev/null", "/dev/zero" };
	struct mio_poll *poll = new_poll();
	int fd, master;
	size_t i;

	fault_arm_all(failures[_i].call, failures[_i].error);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ck_assert_int_ge(fd = open(refused[i], O_RDONLY), 0);
		assert_error(mio_poll_register_fd(
		    poll, fd, 1, MIO_READABLE, 0), EPERM);
		ck_assert_int_eq(close(fd), 0);
	}
	fd = terminal(&master);
	assert_ok(mio_poll_register_fd(poll, fd, 1, MIO_READABLE, 0));
	expect_ready(poll, 1, MIO_READABLE, 0);
	(void)fault_disarm();

	assert_ok(mio_fd_close(fd));
	ck_assert_int_eq(close(master), 0);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(look_of_registering_fails)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	make_pipe(fds);
	fault_arm("poll", 1, ENOMEM);
	assert_error(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0),
	    ENOMEM);
	ck_assert(fault_disarm());
	assert_error(mio_poll_deregister_fd(poll, fds[0]), ENOENT);
	fault_arm("poll", 1, EINTR);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	ck_assert(fault_disarm());
	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("poll_table");
	TCase *tcase = new_case(suite, "table");
	TCase *entry = new_case(suite, "entry");
	TCase *pollable = new_case(suite, "pollable");

	tcase_add_test(tcase, it_behaves_like_an_array);
	tcase_add_test(tcase, out_of_memory_changes_nothing);

	tcase_add_test(entry, edges_are_left_out_until_they_end);
	tcase_add_test(entry, what_broke_is_blind_until_there_is_more);
	tcase_add_test(entry, failed_look_changes_nothing);

	tcase_add_loop_test(
	    pollable, nobody_to_ask_what_can_be_waited_for, 0, 4);
	tcase_add_test(pollable, look_of_registering_fails);

	return run_suite(suite);
}
