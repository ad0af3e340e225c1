/* SPDX-License-Identifier: MIT */

/* The table of the poll(2) selector, against an array indexed by descriptor. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

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

			ck_assert(mio__poll_entry_is(entry, &st));
			st.st_ino++;
			ck_assert(!mio__poll_entry_is(entry, &st));
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

int
main(void)
{
	Suite *suite = suite_create("poll_table");
	TCase *tcase = new_case(suite, "table");

	tcase_add_test(tcase, it_behaves_like_an_array);
	tcase_add_test(tcase, out_of_memory_changes_nothing);

	return run_suite(suite);
}
