#include "freeze-job.h"

#include <stdlib.h>
#include <string.h>

#include "freeze-threads.h"
#include "../processes/process-identity.h"
#include "../processes/processes.h"

#define MAX_PASSES 200
#define QUIET_PASSES 2
/* Passes without a pause: what starts a process in a circle is caught by being quick. */
#define QUICK_PASSES 8
#define FIRST_LIST_BYTES (512u * 1024)
#define MAX_LIST_BYTES (64u * 1024 * 1024)

/* SYSTEM_PROCESS_INFORMATION of a 64-bit system. */
#define NEXT_AT 0x00
#define CREATED_AT 0x20
#define PID_AT 0x50
#define PARENT_AT 0x58
#define LEAST_BYTES 0x68
#define EPOCH 116444736000000000ull

/* The caller frees it. NULL when the system does not tell. */
static uint8_t *list_processes_now(uint32_t *bytes) {
  uint32_t room = FIRST_LIST_BYTES;
  for (int turn = 0; turn < 8 && room <= MAX_LIST_BYTES; turn++) {
    uint8_t *list = malloc(room);
    if (list == NULL) return NULL;
    *bytes = list_all_processes(list, room);
    if (*bytes != 0 && *bytes <= room) return list;
    free(list);
    if (*bytes == 0) return NULL;
    room = *bytes + *bytes / 4;
  }
  return NULL;
}

static uint64_t number_at(const uint8_t *list, uint32_t at) {
  uint64_t number;
  memcpy(&number, list + at, sizeof number);
  return number;
}

static uint64_t started_at(const uint8_t *list, uint32_t at) {
  uint64_t time = number_at(list, at + CREATED_AT);
  return time < EPOCH ? 0 : (time - EPOCH) / 10;
}

/* One look at the list: a child may be before its parent in it. */
static int hold_listed(struct table *table, const uint8_t *list, uint32_t bytes, note_child note, void *context) {
  int count = 0;
  for (uint32_t at = 0; at + LEAST_BYTES <= bytes;) {
    uint32_t next, pid = (uint32_t)number_at(list, at + PID_AT);
    memcpy(&next, list + at + NEXT_AT, sizeof next);
    const struct held *parent = held_at(table, (uint32_t)number_at(list, at + PARENT_AT));
    uint64_t started = started_at(list, at);
    if (parent != NULL && started >= parent->started && held_at(table, pid) == NULL) {
      uint32_t agent = parent->agent, owner = owner_of(table, pid);
      bool has_changed = false;
      if (owner == 0 || owner == agent) {
        enum status status = hold(table, pid, started, agent, &has_changed);
        if (status == STATUS_SUSPENDED) count++;
        if (note != NULL && status != STATUS_ENDED) note(context, pid, started, agent, status);
      }
    }
    if (next == 0 || next > bytes - at) break;
    at += next;
  }
  return count;
}

int hold_children(struct table *table, note_child note, void *context) {
  uint32_t bytes;
  uint8_t *list = list_processes_now(&bytes);
  if (list == NULL) return -1;
  int count = 0, found;
  do {
    found = hold_listed(table, list, bytes, note, context);
    count += found;
  } while (found > 0);
  free(list);
  return count;
}

static bool is_asked_for(const struct freeze_job *job, uint32_t agent) {
  for (uint32_t at = 0; at < job->agent_count; at++) {
    if (job->agents[at] == agent) return true;
  }
  return false;
}

/* The last word about a process counts: one that could not be opened may be gone in the next pass. */
static void note_row(void *context, uint32_t pid, uint64_t started, uint32_t agent, enum status status) {
  struct freeze_job *job = context;
  if (!is_asked_for(job, agent)) return;
  uint32_t at = 0;
  while (at < job->row_count && job->rows[at * ROW_NUMBERS + ROW_PID] != pid) at++;
  if (at == MAX_ROWS) {
    job->flags |= FLAG_TOO_MANY;
    return;
  }
  double *row = job->rows + (size_t)at * ROW_NUMBERS;
  row[ROW_PID] = pid;
  row[ROW_STARTED] = (double)started;
  row[ROW_AGENT] = agent;
  row[ROW_STATUS] = status;
  if (at == job->row_count) job->row_count++;
}

static void hold_one(struct freeze_job *job, uint32_t pid, uint64_t started, uint32_t agent, bool *has_changed) {
  enum status status = hold(job->table, pid, started, agent, has_changed);
  const struct held *held = status == STATUS_SUSPENDED ? held_at(job->table, pid) : NULL;
  note_row(job, pid, held == NULL ? started : held->started, agent, status);
}

static void hold_targets(struct freeze_job *job, bool *has_changed) {
  for (uint32_t at = 0; at < job->target_count; at++) {
    const double *target = job->targets + (size_t)at * (ROW_NUMBERS - 1);
    hold_one(job, (uint32_t)target[ROW_PID], (uint64_t)target[ROW_STARTED], (uint32_t)target[ROW_AGENT], has_changed);
  }
}

/* What is in the jobs of the agents, though its parents have ended. */
static void hold_jobs(struct freeze_job *job, bool *has_changed) {
  uint32_t pids[MAX_IN_JOB];
  for (uint32_t at = 0; at < job->table->owned_count; at++) {
    const struct owned *owned = &job->table->owned[at];
    if (owned->job == NULL || !is_asked_for(job, owned->agent)) continue;
    uint32_t count = processes_in(owned->job, pids, MAX_IN_JOB);
    for (uint32_t index = 0; index < count; index++) {
      uint32_t owner = owner_of(job->table, pids[index]);
      if (owner != 0 && owner != owned->agent) continue;
      if (held_at(job->table, pids[index]) == NULL) hold_one(job, pids[index], 0, owned->agent, has_changed);
    }
  }
}

/* A suspension takes effect a moment later on another processor. What the processors counted for them says when. */
static uint64_t settle(struct freeze_job *job, bool *has_changed) {
  uint64_t sum = 0;
  for (uint32_t at = 0; at < job->table->held_count; at++) {
    struct held *held = &job->table->held[at];
    ULONG64 cycles = 0;
    if (!is_asked_for(job, held->agent)) continue;
    if (suspend_running_threads(held->process) > 0) *has_changed = true;
    if (QueryProcessCycleTime(held->process, &cycles)) sum += cycles;
  }
  return sum;
}

/* Also what an earlier freeze of the agent has held: the answer is all of it. */
static void note_held(struct freeze_job *job) {
  for (uint32_t at = 0; at < job->table->held_count; at++) {
    struct held *held = &job->table->held[at];
    if (!is_asked_for(job, held->agent) || has_ended(held->process)) continue;
    held->has_escaped = false;
    note_row(job, held->pid, held->started, held->agent, STATUS_SUSPENDED);
  }
}

static double microseconds(LARGE_INTEGER from) {
  LARGE_INTEGER now, each_second;
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&each_second);
  return (double)(now.QuadPart - from.QuadPart) * 1e6 / (double)each_second.QuadPart;
}

void run_freeze_job(struct freeze_job *job) {
  LARGE_INTEGER begun;
  QueryPerformanceCounter(&begun);
  uint64_t cycles = 0;
  int quiet = 0, passes = 0;
  for (; quiet < QUIET_PASSES && passes < MAX_PASSES; passes++) {
    if (passes > QUICK_PASSES) Sleep(1);
    AcquireSRWLockExclusive(&job->table->lock);
    bool is_open = job->table->held != NULL, has_changed = false;
    if (is_open) {
      if (passes == 0) hold_targets(job, &has_changed);
      hold_jobs(job, &has_changed);
      int children = hold_children(job->table, note_row, job);
      if (children < 0) job->flags |= FLAG_CHILDREN_MISSED;
      uint64_t now = settle(job, &has_changed);
      quiet = has_changed || children > 0 || now != cycles ? 0 : quiet + 1;
      cycles = now;
      if (quiet == QUIET_PASSES) note_held(job);
    }
    ReleaseSRWLockExclusive(&job->table->lock);
    if (!is_open) break;
  }
  if (quiet < QUIET_PASSES) {
    job->flags |= FLAG_UNCONFIRMED;
    AcquireSRWLockExclusive(&job->table->lock);
    note_held(job);
    ReleaseSRWLockExclusive(&job->table->lock);
  }
  job->took_us = microseconds(begun);
}
