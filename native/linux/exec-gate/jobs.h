/*
 * Opens that take longer than a look at the path and the user: an interpreter's arguments are read by a reader (readers.h), and what
 * matches is moved by a thread, which never touches the caller's memory. `jobs_check` ends what takes too long.
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

struct opening {
  /* The group that asks, what it opens, and the thread that waits. */
  int gate, event, tid;
  struct caller caller;
  /* Not NO_MATCH. */
  enum rule_match match;
  char path[JOB_PATH];
};

/* False, with a report, when too many wait. Takes `event` over. Main thread only, as those below. */
int jobs_add(struct shared_rules *rules, const struct opening *opening);
/* For poll(2): until the next one is late. */
int jobs_wait_ms(void);
void jobs_check(void);
/* Allows all that wait, before `gate` is closed. */
void jobs_give_up(int gate);

#endif
