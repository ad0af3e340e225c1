/* SPDX-License-Identifier: MIT */
#ifndef MIO_BASE_POINT_H
#define MIO_BASE_POINT_H

/*
 * Stands where another thread coming in between would be of interest. Nothing
 * in the library; the stress tests build theirs with a yield here.
 */
#ifndef MIO__POINT
#define MIO__POINT() ((void)0)
#endif

#endif
