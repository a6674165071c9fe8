/* Calls that a hostile process can keep waiting. */
#ifndef TIMED_CALL_H
#define TIMED_CALL_H

#include <sys/types.h>

struct call_target {
  int pid;
  unsigned uid;
  long long start;
};

#define QUESTION_MOST (8 * 1024)

/* Runs in another thread, which may be left behind: it uses nothing but what it is given. -1 with errno. */
typedef ssize_t (*timed_work)(const void *question, char *to, size_t bytes);

/*
 * What `work` answers to `question`, of which it gets a copy: QUESTION_MOST bytes at most, and as many as 128 KiB of an answer. Fails
 * with ETIMEDOUT when it does not come back in time, or did not before.
 */
ssize_t timed_call(timed_work work, const void *question, size_t question_bytes, const struct call_target *who,
                   char *to, size_t bytes);

/* One read of `name`, a literal, below `folder`. Fails with ETIMEDOUT when it does not answer, or did not before. */
ssize_t timed_read(int folder, const char *name, const struct call_target *who, char *to, size_t bytes);

/* Readers that read for themselves: is this one not to be read any more, by the same rules; and who is stuck at `token`. */
int call_is_refused(const struct call_target *who);
void call_is_stuck(void *token, const struct call_target *who);
void call_came_back(void *token);

#endif
