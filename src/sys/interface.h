/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_INTERFACE_H
#define MIO_SYS_INTERFACE_H

/*
 * Network interfaces: the number of one, and the name, of up to IF_NAMESIZE
 * bytes with the NUL. -ENODEV when there is no such interface.
 */
int mio__os_interface_index(const char *name);
int mio__os_interface_name(unsigned index, char *name);

#endif
