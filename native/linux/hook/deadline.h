/* Reads and writes that wait until one time for all of them, by the clock that nobody sets. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stddef.h>
#include <sys/time.h>
#include <sys/types.h>

#define READ_LATE (-1)
#define READ_FAILED (-2)

void deadline_start(unsigned seconds);

/* What is left of it; never zero, which means "no limit" to sockets. */
struct timeval deadline_left(void);

/* How many bytes, at least one; 0 at the end; READ_LATE; READ_FAILED. After the deadline it still takes what is there. */
ssize_t read_until_deadline(int fd, char *to, size_t most);

/* 0 when all is written, else -1 with errno: ETIMEDOUT at the deadline. After the deadline it still writes what has room. */
int write_until_deadline(int fd, const char *from, size_t bytes);

#endif
