/*
 * What the freezer knows: processes that belong to agents, each with a job object where it can be had, and those that are held.
 * One lock for both; every function but `open_table` expects it to be held. While an entry has its handle, no other process gets
 * its id.
 */
#ifndef SURETY_WINDOWS_FREEZE_TABLE_H
#define SURETY_WINDOWS_FREEZE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

#define MAX_HELD 8192
#define MAX_OWNED 4096
/* Processes of one job that are asked for. */
#define MAX_IN_JOB 1024

struct held {
  HANDLE process;
  uint64_t started;
  uint32_t pid;
  uint32_t agent;
  /* One of its threads was found running after it was held. */
  bool has_escaped;
};

struct owned {
  HANDLE process;
  /* NULL where it could not be put into one. What it starts later is inside too. */
  HANDLE job;
  uint32_t pid;
  uint32_t agent;
};

struct table {
  SRWLOCK lock;
  struct held *held;
  uint32_t held_count;
  struct owned *owned;
  uint32_t owned_count;
};

/* Places in FREEZE_STATUSES of src/system/freezer/freezer.ts. */
enum status { STATUS_ENDED = 3, STATUS_NOT_MOVED = 4, STATUS_PROTECTED = 5, STATUS_SUSPENDED = 7 };

bool open_table(struct table *table);
/* Closes all handles. What is held stays suspended. */
void close_table(struct table *table);

struct held *held_at(struct table *table, uint32_t pid);
/* Suspends it and adds it; one that is held already is brought up to date. `has_changed` when a thread was suspended. */
enum status hold(struct table *table, uint32_t pid, uint64_t started, uint32_t agent, bool *has_changed);
/* Removes the entry at this place. */
void forget_held(struct table *table, uint32_t at);
/* Removes entries of processes that have ended. */
void sweep_held(struct table *table);

/* Ends it without ending Windows, whatever it says of itself. */
bool end_process(HANDLE process);

/* The agent that owns it, 0 for none. */
uint32_t owner_of(const struct table *table, uint32_t pid);
/* From now on it belongs to that agent; 0 for none. */
void own_process(struct table *table, uint32_t pid, uint32_t agent);
/* Forgets those that have ended and left nothing behind in their job. */
void sweep_owned(struct table *table);
/* The ids of the processes in a job, at most `most`. */
uint32_t processes_in(HANDLE job, uint32_t *pids, uint32_t most);

#endif
