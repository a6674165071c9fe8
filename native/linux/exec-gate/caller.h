/* What a thread that waits in execve(2) asks for: the arguments of the program that does not run yet. */
#ifndef CALLER_H
#define CALLER_H

#include <sys/types.h>

/* Not set: a login user without a login. */
#define NO_USER ((uid_t)-1)
/* Real, effective, saved, and of the login, which is NO_USER outside of one. */
#define CALLER_USERS 4

struct caller {
  /* The whole process. */
  int pid;
  uid_t users[CALLER_USERS];
};

/* Of a thread, without its memory: never waits for it. 0 when it has ended. */
int caller_of(int tid, struct caller *caller);

/*
 * Whether both use the same share of readers and jobs: by the login, which sudo and set-user-ID programs do not change, or by the
 * real user, since a process without a login may take any.
 */
int caller_shares(const struct caller *one, const struct caller *other);

/* False before Linux 5.11: reading arguments there waits for a lock that an exec holds while it waits for us. */
int caller_may_be_read(void);

/*
 * Copies the arguments, each ending in NUL, into `to`: their bytes. `is_whole` says whether these are all: not where they are more
 * than fit, and where they cannot be read, as of a 32-bit caller. May never return: the memory is the caller's to answer for.
 */
size_t caller_arguments(int tid, char *to, size_t room, int *is_whole);

#endif
