#include "freeze-table.h"

#include <stdlib.h>
#include <string.h>
#include <winternl.h>

#include "freeze-threads.h"
#include "../processes/process-identity.h"

#define TELL_BREAK_ON_TERMINATION 29 /* ProcessBreakOnTermination */
/* Of the idle process and of the kernel. */
#define LAST_OF_KERNEL 4

bool open_table(struct table *table) {
  memset(table, 0, sizeof *table);
  InitializeSRWLock(&table->lock);
  table->held = calloc(MAX_HELD, sizeof *table->held);
  table->owned = calloc(MAX_OWNED, sizeof *table->owned);
  if (table->held != NULL && table->owned != NULL) return true;
  free(table->held);
  free(table->owned);
  return false;
}

static void close_owned(struct owned *owned) {
  CloseHandle(owned->process);
  if (owned->job != NULL) CloseHandle(owned->job);
}

void close_table(struct table *table) {
  for (uint32_t at = 0; at < table->held_count; at++) CloseHandle(table->held[at].process);
  for (uint32_t at = 0; at < table->owned_count; at++) close_owned(&table->owned[at]);
  free(table->held);
  free(table->owned);
  table->held = NULL;
  table->owned = NULL;
  table->held_count = table->owned_count = 0;
}

struct held *held_at(struct table *table, uint32_t pid) {
  for (uint32_t at = 0; at < table->held_count; at++) {
    if (table->held[at].pid == pid) return &table->held[at];
  }
  return NULL;
}

void forget_held(struct table *table, uint32_t at) {
  CloseHandle(table->held[at].process);
  table->held[at] = table->held[--table->held_count];
}

void sweep_held(struct table *table) {
  for (uint32_t at = table->held_count; at-- > 0;) {
    if (has_ended(table->held[at].process)) forget_held(table, at);
  }
}

static bool breaks_on_termination(HANDLE process) {
  ULONG is_set = 0;
  return NtQueryInformationProcess(process, TELL_BREAK_ON_TERMINATION, &is_set, sizeof is_set, NULL) == 0 && is_set != 0;
}

/* Windows' own: it stops when one of these ends, and one that stands still keeps everything waiting. Others may only say that they
   are of this kind. */
static bool is_critical(HANDLE process) {
  wchar_t path[MAX_PATH], folder[MAX_PATH];
  DWORD words = MAX_PATH;
  if (!breaks_on_termination(process)) return false;
  UINT length = GetSystemDirectoryW(folder, MAX_PATH);
  if (length == 0 || length >= MAX_PATH || !QueryFullProcessImageNameW(process, 0, path, &words)) return true;
  return words > length && path[length] == L'\\' && _wcsnicmp(path, folder, length) == 0;
}

bool end_process(HANDLE process) {
  ULONG off = 0;
  if (breaks_on_termination(process)) {
    NtSetInformationProcess(process, (PROCESSINFOCLASS)TELL_BREAK_ON_TERMINATION, &off, sizeof off);
  }
  return !breaks_on_termination(process) && TerminateProcess(process, 1) != 0;
}

static enum status add_held(struct table *table, HANDLE process, uint32_t pid, uint32_t agent, bool *has_changed) {
  if (table->held_count == MAX_HELD) return STATUS_NOT_MOVED;
  enum suspended result = suspend_process(process);
  if (result == IS_ENDING) return STATUS_ENDED;
  if (result == NOT_SUSPENDED) return has_ended(process) ? STATUS_ENDED : STATUS_NOT_MOVED;
  *has_changed = true;
  table->held[table->held_count++] = (struct held){process, started_us(process), pid, agent, false};
  return STATUS_SUSPENDED;
}

enum status hold(struct table *table, uint32_t pid, uint64_t started, uint32_t agent, bool *has_changed) {
  if (pid <= LAST_OF_KERNEL || pid == GetCurrentProcessId()) return STATUS_PROTECTED;
  struct held *known = held_at(table, pid);
  if (known != NULL) {
    if (has_ended(known->process) || (started != 0 && known->started != started)) return STATUS_ENDED;
    if (suspend_running_threads(known->process) > 0) *has_changed = true;
    known->has_escaped = false;
    return STATUS_SUSPENDED;
  }
  HANDLE process;
  enum found found = find_process(pid, started, FREEZE_ACCESS, &process);
  if (found != IS_FOUND) return found == HAS_ENDED ? STATUS_ENDED : STATUS_NOT_MOVED;
  enum status status = is_critical(process) ? STATUS_PROTECTED : add_held(table, process, pid, agent, has_changed);
  if (status != STATUS_SUSPENDED) CloseHandle(process);
  return status;
}

static struct owned *owned_at(const struct table *table, uint32_t pid) {
  for (uint32_t at = 0; at < table->owned_count; at++) {
    if (table->owned[at].pid == pid) return &table->owned[at];
  }
  return NULL;
}

uint32_t owner_of(const struct table *table, uint32_t pid) {
  const struct owned *owned = owned_at(table, pid);
  return owned == NULL ? 0 : owned->agent;
}

void sweep_owned(struct table *table) {
  for (uint32_t at = table->owned_count; at-- > 0;) {
    struct owned *owned = &table->owned[at];
    /* What it left behind is in its job. */
    uint32_t pid;
    if (!has_ended(owned->process) || (owned->job != NULL && processes_in(owned->job, &pid, 1) > 0)) continue;
    close_owned(owned);
    *owned = table->owned[--table->owned_count];
  }
}

static bool is_in_job_of(const struct table *table, HANDLE process, uint32_t agent) {
  for (uint32_t at = 0; at < table->owned_count; at++) {
    BOOL is_inside = FALSE;
    const struct owned *owned = &table->owned[at];
    if (owned->agent != agent || owned->job == NULL) continue;
    if (IsProcessInJob(process, owned->job, &is_inside) && is_inside) return true;
  }
  return false;
}

/* A job without any limit. It may be left by what asks for that, so that no program fails because of us. */
static HANDLE put_into_job(HANDLE process) {
  HANDLE job = CreateJobObjectW(NULL, NULL);
  if (job == NULL) return NULL;
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  memset(&limits, 0, sizeof limits);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_BREAKAWAY_OK;
  if (SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits) &&
      AssignProcessToJobObject(job, process)) {
    return job;
  }
  CloseHandle(job);
  return NULL;
}

void own_process(struct table *table, uint32_t pid, uint32_t agent) {
  if (pid <= LAST_OF_KERNEL || pid == GetCurrentProcessId()) return;
  struct owned *known = owned_at(table, pid);
  if (known != NULL && !has_ended(known->process)) {
    known->agent = agent;
    return;
  }
  if (agent == 0) return;
  if (table->owned_count == MAX_OWNED) return;
  HANDLE process;
  bool may_assign = find_process(pid, 0, PROCESS_SET_QUOTA | PROCESS_TERMINATE, &process) == IS_FOUND;
  if (!may_assign && find_process(pid, 0, 0, &process) != IS_FOUND) return;
  HANDLE job = may_assign && !is_in_job_of(table, process, agent) ? put_into_job(process) : NULL;
  table->owned[table->owned_count++] = (struct owned){process, job, pid, agent};
}

uint32_t processes_in(HANDLE job, uint32_t *pids, uint32_t most) {
  size_t bytes = sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + MAX_IN_JOB * sizeof(ULONG_PTR);
  JOBOBJECT_BASIC_PROCESS_ID_LIST *list = malloc(bytes);
  if (list == NULL) return 0;
  uint32_t count = 0;
  memset(list, 0, sizeof *list);
  /* With more processes than fit it still tells those that do. */
  BOOL is_whole = QueryInformationJobObject(job, JobObjectBasicProcessIdList, list, (DWORD)bytes, NULL);
  if (is_whole || GetLastError() == ERROR_MORE_DATA) {
    while (count < most && count < list->NumberOfProcessIdsInList && count < MAX_IN_JOB) {
      pids[count] = (uint32_t)list->ProcessIdList[count];
      count++;
    }
  }
  free(list);
  return count;
}
