/* Starts a node.exe of ours as a child. The service host and the tray host share it. */
#ifndef SURETY_SERVICE_START_PROCESS_H
#define SURETY_SERVICE_START_PROCESS_H

#include <windows.h>

#include <stdbool.h>

struct start {
  /* Of node.exe, without a backslash at its end. The child works in it: no library is loaded from where a user happens to be. */
  const wchar_t *folder;
  wchar_t *command;
  /* Nothing else is inherited: a handle of ours in a child would keep our pipes open. They may be the same. */
  HANDLE input, output, errors;
  /* The child is in this job before its first instruction. NULL: in none. */
  HANDLE job;
};

/*
 * Starts it without a window, with the environment of the daemon.
 *
 * @param process the caller closes it.
 * @return 0, or an error of Windows.
 */
DWORD start_process(const struct start *start, HANDLE *process, DWORD *pid);

/* A job that ends all that is in it with our handle. NULL when there is none. */
HANDLE make_ending_job(void);

/* `theirs` is inherited by a child that lists it; `ours` never. False: `GetLastError` has the error. */
bool make_pipe(HANDLE *theirs, HANDLE *ours, bool child_reads);

#endif
