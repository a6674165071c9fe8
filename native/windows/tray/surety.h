/* Starts the command line of this installation. It lies in the folder of this program: node.exe and surety\surety.mjs. */
#ifndef SURETY_TRAY_SURETY_H
#define SURETY_TRAY_SURETY_H

#include "host.h"

/* The folder of this program, without a backslash at its end. False if it is too long. */
bool find_own_folder(wchar_t path[PATH_WORDS], wchar_t folder[PATH_WORDS]);

/*
 * Runs `surety` with these arguments, without a window and without waiting.
 *
 * @param output our end of what it prints and complains. The caller closes it.
 * @return 0, or an error of Windows.
 */
DWORD run_surety(const wchar_t *folder, const char *const *arguments, size_t count, HANDLE *output);

struct follower {
  HANDLE process, job;
  /* Our end of its standard output. */
  HANDLE output;
};

/* Starts `surety tray --format lines --watch`. It ends with us, at the latest. @return 0, or an error of Windows. */
DWORD start_follower(const wchar_t *folder, struct follower *follower);

/* Ends all of it. */
void end_follower(struct follower *follower);

#endif
