/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"

START_TEST(version_string_is_that_of_the_headers)
{
	char text[32];

	ck_assert_str_eq(mio_version_string(), MIO_VERSION);
	ck_assert_str_eq(mio_version_string(), PACKAGE_VERSION);

	snprintf(text, sizeof(text), "%d.%d.%d", MIO_VERSION_MAJOR,
	    MIO_VERSION_MINOR, MIO_VERSION_PATCH);
	ck_assert_str_eq(text, MIO_VERSION);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("version");
	TCase *tcase = new_case(suite, "version");

	tcase_add_test(tcase, version_string_is_that_of_the_headers);

	return run_suite(suite);
}
