/* SPDX-License-Identifier: MIT */
#ifndef BSD_STDIO_H
#define BSD_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#include <sys/types.h>

typedef struct bsd_file FILE;

FILE *bsd_standard_file(int fd);
#define stdin  bsd_standard_file(0)
#define stdout bsd_standard_file(1)
#define stderr bsd_standard_file(2)

#define BUFSIZ 1024
#define EOF    (-1)
#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2

int fclose(FILE *file);
int feof(FILE *file);
int ferror(FILE *file);
int fflush(FILE *file);
char *fgets(char *s, int size, FILE *file);
FILE *fopen(const char *path, const char *mode);
int fputc(int c, FILE *file);
int fputs(const char *s, FILE *file);
size_t fread(void *buf, size_t size, size_t count, FILE *file);
size_t fwrite(const void *buf, size_t size, size_t count, FILE *file);
int getc(FILE *file);
int getchar(void);
void perror(const char *s);
int putchar(int c);
int puts(const char *s);
int remove(const char *path);
int setvbuf(FILE *file, char *buf, int mode, size_t size);

__attribute__((__format__(__printf__, 1, 2))) int
printf(const char *format, ...);
__attribute__((__format__(__printf__, 2, 3))) int
fprintf(FILE *file, const char *format, ...);
__attribute__((__format__(__printf__, 3, 4))) int
snprintf(char *s, size_t size, const char *format, ...);
__attribute__((__format__(__printf__, 3, 0))) int
vsnprintf(char *s, size_t size, const char *format, va_list arguments);
__attribute__((__format__(__printf__, 2, 0))) int
vfprintf(FILE *file, const char *format, va_list arguments);

#endif
