/* Suspends all threads of a process. A thread counts how often it was suspended and runs at 0, so each gets exactly one from us. */
#ifndef SURETY_WINDOWS_FREEZE_THREADS_H
#define SURETY_WINDOWS_FREEZE_THREADS_H

#include <stdint.h>
#include <windows.h>

#define FREEZE_ACCESS \
  (PROCESS_SUSPEND_RESUME | PROCESS_QUERY_INFORMATION | PROCESS_SET_INFORMATION | PROCESS_TERMINATE)

enum suspended { IS_SUSPENDED, WAS_SUSPENDED, IS_ENDING, NOT_SUSPENDED };

/*
 * Suspends each thread once. Where most of them are suspended already, an earlier run of ours did it: then only those that run are
 * suspended. (A runtime may suspend a thread of its own for a moment; most of them never.)
 */
enum suspended suspend_process(HANDLE process);

/* Suspends the threads that run: new ones, and those that others resumed. Answers how many, -1 when they cannot be walked. */
int suspend_running_threads(HANDLE process);

/* Whether most threads are suspended. */
int is_mostly_suspended(HANDLE process);

/* Takes one from each thread. */
int resume_process(HANDLE process);

#endif
