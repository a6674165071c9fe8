/* What a thread that waits in execve(2) asks for: the arguments of the program that does not run yet. */
#ifndef CALLER_H
#define CALLER_H

#include <sys/types.h>

/* The whole process and the user of a thread. 0 when it has ended. */
int caller_of(int tid, int *pid, uid_t *uid);

/*
 * Copies the arguments, each ending in NUL, into `to`: their bytes, or -1 where they cannot be read: a kernel before 5.11, a
 * 32-bit caller, another system call. What does not fit is left out.
 */
ssize_t caller_arguments(int tid, char *to, size_t room);

#endif
