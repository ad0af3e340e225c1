/* SPDX-License-Identifier: MIT */
#ifndef BSD_CTYPE_H
#define BSD_CTYPE_H

#include <bsd/system.h>

int isalnum(int c);
int isdigit(int c);
int isprint(int c);
int isspace(int c);
int tolower(int c);

#endif
