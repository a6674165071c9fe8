#include "supervise.h"

#include <stdbool.h>

#include "log.h"
#include "version-folder.h"

#define TURN_MS 1000
/* Tests are compiled with shorter times. */
#ifndef START_WITHIN_MS
#define START_WITHIN_MS 90000
/* The daemon itself gives up after ten seconds. */
#define STOP_WITHIN_MS 20000
#endif
#define FIRST_PAUSE_MS 500
#define LONGEST_PAUSE_MS 60000
#define STEADY_MS 60000
#define NEVER_READY 1
/* The daemon's own wish, and no failure: EX_TEMPFAIL. */
#define ASKED_FOR_RESTART 75

static SRWLOCK current_lock = SRWLOCK_INIT;
static struct child *current;

static void set_current(struct child *child) {
  AcquireSRWLockExclusive(&current_lock);
  current = child;
  ReleaseSRWLockExclusive(&current_lock);
}

void tell_daemon(const char *line) {
  AcquireSRWLockShared(&current_lock);
  if (current != NULL) tell_child(current, line);
  ReleaseSRWLockShared(&current_lock);
}

static bool is_stopped(const struct supervision *supervision, DWORD within_ms) {
  return WaitForSingleObject(supervision->stop, within_ms) == WAIT_OBJECT_0;
}

/* Waits until the daemon ends, is to be stopped, or is not ready in time. `was_ready` becomes true once it is ready. */
static void follow(const struct supervision *supervision, struct child *child, ULONGLONG ready_until, bool *was_ready) {
  const HANDLE waited[3] = {supervision->stop, child_process(child), child_ready(child)};
  for (bool is_logged = false;;) {
    const bool is_ready = WaitForSingleObject(child_ready(child), 0) == WAIT_OBJECT_0;
    if (is_ready && !is_logged) log_line("suretyd %lu is ready", (unsigned long)child_pid(child));
    is_logged |= is_ready;
    if (is_ready && !*was_ready) supervision->report(SERVICE_RUNNING);
    *was_ready |= is_ready;
    if (!*was_ready) supervision->report(SERVICE_START_PENDING);
    /* The event of a ready daemon stays signalled. */
    const DWORD turn = WaitForMultipleObjects(is_ready ? 2 : 3, waited, FALSE, is_ready ? INFINITE : TURN_MS);
    if (turn == WAIT_OBJECT_0 || turn == WAIT_OBJECT_0 + 1 || turn == WAIT_FAILED) return;
    if (turn == WAIT_TIMEOUT && GetTickCount64() > ready_until) {
      log_line("suretyd %lu is not ready in time", (unsigned long)child_pid(child));
      return;
    }
  }
}

/* Asks it to end by the end of its standard input. What does not end in time is killed by `close_child`. */
static void let_end(const struct supervision *supervision, struct child *child, bool is_stop) {
  const ULONGLONG until = GetTickCount64() + STOP_WITHIN_MS;
  end_child_input(child);
  while (WaitForSingleObject(child_process(child), TURN_MS) == WAIT_TIMEOUT) {
    if (is_stop) supervision->report(SERVICE_STOP_PENDING);
    if (GetTickCount64() > until) {
      log_line("suretyd %lu does not end: it is killed", (unsigned long)child_pid(child));
      return;
    }
  }
}

/* One run of one program, to its end. @return its exit code, or why it did not start. */
static DWORD run_once(const struct supervision *supervision, const struct program *program, ULONGLONG ready_until, bool *was_ready,
                      char next[VERSION_BYTES]) {
  struct child *child;
  next[0] = 0;
  const DWORD error = start_child(program, &child);
  if (error != 0) {
    log_line("suretyd cannot be started: error %lu", (unsigned long)error);
    return error;
  }
  const DWORD pid = child_pid(child);
  log_line("suretyd %lu started", (unsigned long)pid);
  set_current(child);
  follow(supervision, child, ready_until, was_ready);
  set_current(NULL);
  let_end(supervision, child, is_stopped(supervision, 0));
  const DWORD code = close_child(child, next);
  log_line("suretyd %lu ended with %lu", (unsigned long)pid, (unsigned long)code);
  return code;
}

/* The installed daemon, and then the version that it asked for. That one does not choose again. */
static DWORD run_daemon(const struct supervision *supervision, ULONGLONG ready_until, bool *was_ready) {
  char version[VERSION_BYTES], none[VERSION_BYTES];
  wchar_t folder[PATH_WORDS];
  const struct program chosen = {folder};
  const DWORD code = run_once(supervision, &supervision->program, ready_until, was_ready, version);
  if (code != 0 || version[0] == 0 || is_stopped(supervision, 0) || !find_version(version, folder)) return code;
  log_line("version %s runs in the place of the installed one", version);
  return run_once(supervision, &chosen, ready_until, was_ready, none);
}

/* @return true if the service is to be stopped. */
static bool pause(const struct supervision *supervision, DWORD ms, bool was_ready) {
  log_line("suretyd is started again in %lu ms", (unsigned long)ms);
  for (DWORD left = ms; left > 0;) {
    const DWORD turn = left < TURN_MS ? left : TURN_MS;
    if (!was_ready) supervision->report(SERVICE_START_PENDING);
    if (is_stopped(supervision, turn)) return true;
    left -= turn;
  }
  return false;
}

DWORD supervise(const struct supervision *supervision) {
  const ULONGLONG first_until = GetTickCount64() + START_WITHIN_MS;
  DWORD pause_ms = FIRST_PAUSE_MS;
  bool was_ready = false;
  for (;;) {
    const ULONGLONG started_at = GetTickCount64();
    const DWORD code = run_daemon(supervision, was_ready ? started_at + START_WITHIN_MS : first_until, &was_ready);
    if (is_stopped(supervision, 0)) return 0;
    if (!was_ready && GetTickCount64() > first_until) return code != 0 ? code : NEVER_READY;
    if (code == ASKED_FOR_RESTART) {
      if (pause(supervision, FIRST_PAUSE_MS, was_ready)) return 0;
      continue;
    }
    if (GetTickCount64() - started_at > STEADY_MS) pause_ms = FIRST_PAUSE_MS;
    if (pause(supervision, pause_ms, was_ready)) return 0;
    pause_ms = pause_ms < LONGEST_PAUSE_MS / 2 ? 2 * pause_ms : LONGEST_PAUSE_MS;
  }
}
