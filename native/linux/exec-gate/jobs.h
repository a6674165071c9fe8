/*
 * Opens that take longer than a look at the path: reading the caller's arguments, which may lie in memory that never answers, and
 * moving it. Threads do it; none of them holds up the others, and `jobs_check` ends what takes too long.
 */
#ifndef JOBS_H
#define JOBS_H

#include <limits.h>
#include <stddef.h>

#include "rules.h"

#define JOB_PATH PATH_MAX

struct shared_rules {
  struct rules *rules;
  int users;
};

/* NULL for rules that are malformed. */
struct shared_rules *shared_rules_make(const char *text, size_t bytes);
void shared_rules_drop(struct shared_rules *rules);

/* 0, or -1 without a thread. */
int jobs_start(void);

/* False, with a report, when too many wait. Takes `event` over. Main thread only, as those below. */
int jobs_add(struct shared_rules *rules, int gate, int event, int tid, const char *path);
/* For poll(2): until the next one is late. */
int jobs_wait_ms(void);
void jobs_check(void);
/* Allows all that wait, before `gate` is closed. */
void jobs_give_up(int gate);

#endif
