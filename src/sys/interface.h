/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_INTERFACE_H
#define MIO_SYS_INTERFACE_H

/*
 * The number of a network interface, and its name, which needs IF_NAMESIZE
 * bytes including the NUL. -ENODEV if there is no such interface.
 */
int mio__os_interface_index(const char *name);
int mio__os_interface_name(unsigned index, char *name);

#endif
