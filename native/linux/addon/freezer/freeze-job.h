/* Freezes processes for good: all at once, by cgroup v2 where there is one. */
#ifndef FREEZE_JOB_H
#define FREEZE_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "lineage.h"

/* What became of a process; see FREEZE_STATUSES in src/system/freezer/linux.ts. */
enum freeze_status {
  FREEZE_CGROUP2,
  FREEZE_CGROUP1,
  FREEZE_SIGNALS,
  FREEZE_ENDED,
  FREEZE_NOT_MOVED,
  FREEZE_PROTECTED,
  FREEZE_UNINTERRUPTIBLE,
};

/* Bits of `flags`. */
enum {
  /* Some were in a group that cannot be frozen, so they were moved one by one. */
  FREEZE_NO_UNIT = 1,
  /* The kernel has not said in time that all are frozen. */
  FREEZE_UNCONFIRMED = 2,
  /* Forks were missed: a process may be left that descends from an agent. */
  FREEZE_FORKS_LOST = 4,
  /* New ones appeared until the end. */
  FREEZE_NOT_CLEAN = 8,
  FREEZE_NO_MEMORY = 16,
};

#define FREEZE_ID 33
#define FREEZE_AGENTS 256
#define FREEZE_ROWS 8192

struct freeze_row {
  int pid;
  /* Index of its agent. */
  int agent;
  enum freeze_status status;
  /* Field 22 of /proc/PID/stat. */
  unsigned long long start;
};

struct freeze_job {
  /* Folders: cgroup v2, and the freezer of cgroup v1. -1 for what there is not. */
  int cgroup2, cgroup1;
  /* Below both, the folder of this daemon: `surety.quarantine/NAME`. Each agent has a folder in it. */
  const char *base;
  struct lineage *lineage;
  size_t agents;
  char ids[FREEZE_AGENTS][FREEZE_ID];
  /* In the lineage. */
  uint32_t owners[FREEZE_AGENTS];
  /* In: what is known of the agents. Out: everything that was stopped or missed. */
  size_t count;
  struct freeze_row rows[FREEZE_ROWS];
  unsigned flags;
  /* From the begin of the job, in microseconds; confirmed_us is -1 if it was not. */
  long long confirmed_us, paused_us;
};

/* Does not allocate but for its tables, and waits for at most about half a second. */
void freeze_processes(struct freeze_job *job);

/* After a crash: lets groups continue that a job had frozen for a moment. */
void freeze_thaw_units(int cgroup2, const char *base);

/* The next move between groups does not wait for the kernel's readers. */
void freeze_warm(int cgroup2);

#endif
