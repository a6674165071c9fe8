/* One freeze: suspends agents whole, until nothing of them runs and nothing new appears. */
#ifndef SURETY_WINDOWS_FREEZE_JOB_H
#define SURETY_WINDOWS_FREEZE_JOB_H

#include "freeze-table.h"

#define MAX_AGENTS 256
#define MAX_ROWS 8192

/* Numbers of a row, and of a target without the last. */
enum { ROW_PID, ROW_STARTED, ROW_AGENT, ROW_STATUS, ROW_NUMBERS };

/* Bits of the answer. */
enum { FLAG_UNCONFIRMED = 1, FLAG_CHILDREN_MISSED = 2, FLAG_TOO_MANY = 4 };

struct freeze_job {
  struct table *table;
  /* The numbers of the agents. */
  uint32_t agents[MAX_AGENTS];
  uint32_t agent_count;
  double *targets;
  uint32_t target_count;
  /* What became of each process. */
  double *rows;
  uint32_t row_count;
  uint32_t flags;
  /* Until it was confirmed. */
  double took_us;
};

/* Takes the lock of the table for each pass. */
void run_freeze_job(struct freeze_job *job);

/*
 * Holds what held processes have started. The lock is held.
 *
 * @param note is called for each one that was new, with what became of it. May be NULL.
 * @returns how many were new, -1 when the system does not list processes.
 */
typedef void (*note_child)(void *context, uint32_t pid, uint64_t started, uint32_t agent, enum status status);
int hold_children(struct table *table, note_child note, void *context);

#endif
