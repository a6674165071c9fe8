#include "freeze-threads.h"

#include <stdbool.h>
#include <winternl.h>

/* Not in every winternl.h. */
NTSYSAPI NTSTATUS NTAPI NtGetNextThread(HANDLE process, HANDLE thread, ACCESS_MASK access, ULONG attributes, ULONG flags,
                                        HANDLE *next);
NTSYSAPI NTSTATUS NTAPI NtSuspendThread(HANDLE thread, ULONG *before);
NTSYSAPI NTSTATUS NTAPI NtSuspendProcess(HANDLE process);
NTSYSAPI NTSTATUS NTAPI NtResumeProcess(HANDLE process);

#define TELL_SUSPEND_COUNT 35 /* ThreadSuspendCount */
#define TELL_IS_TERMINATED 20 /* ThreadIsTerminated */
#define NO_MORE_ENTRIES ((NTSTATUS)0x8000001A)
#define PROCESS_IS_TERMINATING ((NTSTATUS)0xC000010A)
#define MAX_THREADS 65536

struct walk {
  HANDLE process;
  HANDLE thread;
  uint32_t count;
};

/* False after the last thread, which it closes, and after an error. */
static bool next_thread(struct walk *walk, NTSTATUS *status) {
  HANDLE next = NULL;
  *status = walk->count++ < MAX_THREADS
                ? NtGetNextThread(walk->process, walk->thread, THREAD_SUSPEND_RESUME | THREAD_QUERY_INFORMATION, 0, 0, &next)
                : NO_MORE_ENTRIES;
  if (walk->thread != NULL) CloseHandle(walk->thread);
  walk->thread = *status >= 0 && *status != NO_MORE_ENTRIES ? next : NULL;
  return walk->thread != NULL;
}

/* Threads that have ended stay in the list while a handle to them is open. */
static bool is_over(HANDLE thread) {
  ULONG is_terminated = 0;
  return NtQueryInformationThread(thread, TELL_IS_TERMINATED, &is_terminated, sizeof is_terminated, NULL) == 0 &&
         is_terminated != 0;
}

static bool is_suspended(HANDLE thread) {
  ULONG count = 0;
  return NtQueryInformationThread(thread, TELL_SUSPEND_COUNT, &count, sizeof count, NULL) == 0 && count > 0;
}

int is_mostly_suspended(HANDLE process) {
  struct walk walk = {process, NULL, 0};
  uint32_t all = 0, suspended = 0;
  NTSTATUS status;
  while (next_thread(&walk, &status)) {
    if (is_over(walk.thread)) continue;
    all++;
    if (is_suspended(walk.thread)) suspended++;
  }
  return all > 0 && suspended * 2 >= all;
}

int suspend_running_threads(HANDLE process) {
  struct walk walk = {process, NULL, 0};
  int changed = 0;
  NTSTATUS status;
  while (next_thread(&walk, &status)) {
    if (is_over(walk.thread) || is_suspended(walk.thread)) continue;
    if (NtSuspendThread(walk.thread, NULL) == 0) changed++;
  }
  return status == NO_MORE_ENTRIES ? changed : -1;
}

enum suspended suspend_process(HANDLE process) {
  if (is_mostly_suspended(process)) {
    return suspend_running_threads(process) >= 0 ? WAS_SUSPENDED : NOT_SUSPENDED;
  }
  NTSTATUS status = NtSuspendProcess(process);
  if (status == 0) return IS_SUSPENDED;
  return status == PROCESS_IS_TERMINATING ? IS_ENDING : NOT_SUSPENDED;
}

int resume_process(HANDLE process) {
  return NtResumeProcess(process) == 0;
}
