/*
 * Runs what the service host does without a service control manager, which sends no power events under Wine:
 * service-probe FOLDER [CONTROL:TYPE:SESSION …]. The controls are handled once the program is ready. The file `enough` in FOLDER
 * stops it. Prints each new state, and at the end the result. With --find-version VERSION it says whether that one would be started.
 */
#include <windows.h>

#include <stdio.h>
#include <wchar.h>
#include <wtsapi32.h>

#include "events.h"
#include "log.h"
#include "supervise.h"
#include "version-folder.h"

static HANDLE ready;
static DWORD last;

static void report(DWORD state) {
  if (state != last) printf("state %lu\n", (unsigned long)state);
  fflush(stdout);
  last = state;
  if (state == SERVICE_RUNNING) SetEvent(ready);
}

static DWORD WINAPI run(void *given) { return supervise(given); }

static void handle(const wchar_t *text) {
  unsigned control, type, session;
  char line[EVENT_BYTES];
  if (swscanf(text, L"%u:%u:%u", &control, &type, &session) != 3) return;
  WTSSESSION_NOTIFICATION notification = {sizeof notification, session};
  const void *data = control == SERVICE_CONTROL_SESSIONCHANGE && session != 999 ? &notification : NULL;
  if (line_of_event(control, type, data, line)) tell_daemon(line);
}

int wmain(int count, wchar_t **arguments) {
  wchar_t enough[1024];
  DWORD code = 0;
  if (count < 2) return 2;
  if (count == 3 && wcscmp(arguments[1], L"--find-version") == 0) {
    char version[64];
    snprintf(version, sizeof version, "%ls", arguments[2]);
    printf("%s\n", find_version(version, enough) ? "started" : "refused");
    return 0;
  }
  _snwprintf(enough, 1024, L"%ls\\enough", arguments[1]);
  struct supervision supervision = {{arguments[1]}, CreateEventW(NULL, TRUE, FALSE, NULL), report};
  ready = CreateEventW(NULL, TRUE, FALSE, NULL);
  printf("logs %d\n", open_logs());
  HANDLE thread = CreateThread(NULL, 0, run, &supervision, 0, NULL);
  const HANDLE both[2] = {ready, thread};
  if (WaitForMultipleObjects(2, both, FALSE, INFINITE) == WAIT_OBJECT_0) {
    for (int at = 2; at < count; at++) handle(arguments[at]);
  }
  while (WaitForSingleObject(thread, 50) == WAIT_TIMEOUT) {
    if (GetFileAttributesW(enough) != INVALID_FILE_ATTRIBUTES) SetEvent(supervision.stop);
  }
  GetExitCodeThread(thread, &code);
  printf("result %lu\n", (unsigned long)code);
  return 0;
}
