/* The kernel's questions whether a file may be opened to be run. See fanotify(7). */
#ifndef OPENS_H
#define OPENS_H

#include <sys/types.h>

/* A descriptor, or -1 with errno: EPERM without CAP_SYS_ADMIN, EINVAL for a kernel without permission events. */
int opens_init(void);

/*
 * Marks every local file system that is mounted, or of those the ones at `points` alone, which NULL ends and which may be empty.
 * Answers how many, and how many the kernel refused in `refused`.
 */
unsigned opens_mark(int fd, char **points, unsigned *refused);

/* Lets the caller continue. Closes `event`. */
void opens_allow(int fd, int event);

#endif
