/* SPDX-License-Identifier: MIT */

/* Tokens of 64 bits for a kernel whose records hold 32. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include "sys/kqueue_tokens.h"

#define BIG UINT64_C(0x8000000000000000)

static uint64_t
store(struct mio__kqueue_tokens *tokens, int fd, mio_token_t token)
{
	uint64_t tag;

	assert_ok(mio__kqueue_tokens_store(tokens, fd, token, &tag));
	ck_assert_uint_le(tag, UINT32_MAX);

	return tag;
}

static void
expect_token(const struct mio__kqueue_tokens *tokens, int fd, uint64_t tag,
    mio_token_t expected)
{
	mio_token_t token = 0;

	ck_assert(mio__kqueue_tokens_find(tokens, fd, tag, &token));
	ck_assert_uint_eq(token, expected);
}

START_TEST(small_tokens_need_no_memory)
{
	static const mio_token_t small[] = { 0, 1, 77, 0x7fffffff };
	struct mio__kqueue_tokens tokens = { 0 };
	int i;

	fault_arm_all("calloc", ENOMEM);
	for (i = 0; i < 4; i++)
		expect_token(
		    &tokens, 9, store(&tokens, 9, small[i]), small[i]);
	ck_assert(!fault_disarm());
	mio__kqueue_tokens_fini(&tokens);
}
END_TEST

START_TEST(large_tokens_are_stored_for_each_descriptor)
{
	struct mio__kqueue_tokens tokens = { 0 };
	static uint64_t tags[1000];
	int fd;

	for (fd = 0; fd < 1000; fd++) {
		tags[fd] = store(&tokens, fd, BIG + (unsigned)fd);
		expect_token(&tokens, fd / 2, tags[fd / 2],
		    BIG + (unsigned)fd / 2);
	}
	for (fd = 0; fd < 1000; fd++)
		expect_token(&tokens, fd, tags[fd], BIG + (unsigned)fd);
	expect_token(&tokens, 5, store(&tokens, 5, 0x80000000), 0x80000000);
	mio__kqueue_tokens_fini(&tokens);
}
END_TEST

/* A record that was fetched before has no token any more. */
START_TEST(a_tag_is_valid_until_the_next_one)
{
	struct mio__kqueue_tokens tokens = { 0 };
	uint64_t first = store(&tokens, 3, BIG);
	uint64_t second = store(&tokens, 3, BIG + 1);
	mio_token_t token;

	ck_assert_uint_ne(first, second);
	ck_assert(!mio__kqueue_tokens_find(&tokens, 3, first, &token));
	expect_token(&tokens, 3, second, BIG + 1);
	ck_assert(!mio__kqueue_tokens_find(&tokens, 4, second, &token));
	ck_assert(!mio__kqueue_tokens_find(&tokens, 100000, second, &token));
	mio__kqueue_tokens_fini(&tokens);
}
END_TEST

START_TEST(there_is_no_memory)
{
	struct mio__kqueue_tokens tokens = { 0 };
	uint64_t tag, kept = store(&tokens, 3, BIG);

	fault_arm("calloc", 1, ENOMEM);
	assert_error(
	    mio__kqueue_tokens_store(&tokens, 1000, BIG, &tag), ENOMEM);
	ck_assert(fault_disarm());
	expect_token(&tokens, 3, kept, BIG);
	mio__kqueue_tokens_fini(&tokens);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("kqueue_tokens");
	TCase *tcase = new_case(suite, "tokens");

	tcase_add_test(tcase, small_tokens_need_no_memory);
	tcase_add_test(tcase, large_tokens_are_stored_for_each_descriptor);
	tcase_add_test(tcase, a_tag_is_valid_until_the_next_one);
	tcase_add_test(tcase, there_is_no_memory);

	return run_suite(suite);
}
