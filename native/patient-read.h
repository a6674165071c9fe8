/* Reads what a hostile process can keep its reader waiting for. */
#ifndef PATIENT_READ_H
#define PATIENT_READ_H

#include <sys/types.h>

struct reading_of {
  int pid;
  unsigned uid;
  long long start;
};

/* One read of `name`, a literal, below `folder`. Fails with ETIMEDOUT when it does not answer, or did not before. */
ssize_t patient_read(int folder, const char *name, const struct reading_of *who, char *to, size_t bytes);

/* Readers that read for themselves: is this one not to be read any more, by the same rules; and who is stuck at `token`. */
int reading_is_given_up(const struct reading_of *who);
void reading_is_stuck(void *token, const struct reading_of *who);
void reading_came_back(void *token);

#endif
