/* What a job of the freezer (freeze-job.c) looks up: processes, and groups that it pauses (paused-units.c). */
#ifndef FREEZE_STATE_H
#define FREEZE_STATE_H

#include "cgroups.h"
#include "freeze-job.h"

#define UNITS_MOST 32
#define PIDS_MOST 65536

/* Of /proc/PID/stat. */
struct freeze_stat {
  int parent;
  char state;
  int is_kernel;
  /* It has ended, and waits for its parent to ask. Where other threads continue it has not. */
  int is_over;
  unsigned long long start;
};
/* 0, or -1 when it has ended. */
int freeze_read_stat(int pid, struct freeze_stat *to);
/* All processes; how many, at most PIDS_MOST. */
size_t freeze_list_processes(int *pids);

/* A group that is frozen for a moment, so that nothing in it forks meanwhile. */
struct unit {
  char path[CGROUP_PATH_MOST];
  int folder;
};

struct units {
  int cgroup2, marks;
  char own[CGROUP_PATH_MOST];
  size_t count;
  struct unit list[UNITS_MOST];
  long long since_us;
};

/* `base` as in a job. 0, or -1 when no group can be paused. */
int units_begin(struct units *units, int cgroup2, const char *base);
/* Pauses the group that holds `path`. 0 when it cannot be: it is the root, holds us, or init. 1 when it is new, 2 when it is paused already. */
int units_pause(struct units *units, const char *path);
/* Lets them continue. */
void units_end(struct units *units);

/* By pid: 1 and the index of its agent, the same with DONE once it was taken, or OTHER for one of no agent of the job. */
#define OTHER 0xffff
#define DONE 0x8000

struct state {
  struct freeze_job *job;
  struct units units;
  long long begin_us;
  uint16_t *marks;
  /* By pid too: which row names it, and whether its group is paused. */
  uint16_t *known;
  int *pids, *inside;
  /* The folder that processes are moved into, kept open from one to the next. */
  int folder, folder_agent, folder_root;
  char folder_origin[CGROUP_PATH_MOST];
  /* This program belongs to an agent of the job. */
  int holds_us;
  /* `cgroup.procs` of that folder. */
  int door;
};

/* Whether a path of cgroup v2 lies in the quarantine. */
int has_quarantine(const struct freeze_job *job, const char *path);
/* A process of a group that is known, without a look at it. 0 when it cannot be moved. */
int move_from(struct state *state, int pid, int agent, const char *origin);
/* Out of the quarantine, to the root. */
void move_back(struct state *state, int pid);
enum freeze_status stop_one(struct state *state, const struct freeze_row *row);
/* Without a look at it: what forks as fast as it can is another process by then. */
void catch_fork(struct state *state, int pid, int agent);

#endif
