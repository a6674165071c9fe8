#include "control.h"

#include <stdbool.h>

#include "events.h"
#include "log.h"
#include "service.h"
#include "supervise.h"

/* The manager takes a service for dead when its checkpoint stands still for longer. We count every second. */
#define HINT_MS 15000
#define ACCEPTED                                                                                        \
  (SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_POWEREVENT | \
   SERVICE_ACCEPT_SESSIONCHANGE)

static const wchar_t *program_folder;
static SERVICE_STATUS_HANDLE status_handle;
static HANDLE stop_event;
static CRITICAL_SECTION lock;
static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};

static void set_status(DWORD state, DWORD exit_code) {
  const bool is_pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
  EnterCriticalSection(&lock);
  /* A stop that was asked for is not taken back by a daemon that becomes ready meanwhile. */
  if (status.dwCurrentState != SERVICE_STOP_PENDING || state == SERVICE_STOP_PENDING || state == SERVICE_STOPPED) {
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? ACCEPTED : 0;
    status.dwCheckPoint = is_pending ? status.dwCheckPoint + 1 : 0;
    status.dwWaitHint = is_pending ? HINT_MS : 0;
    status.dwWin32ExitCode = exit_code == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
    status.dwServiceSpecificExitCode = exit_code;
    SetServiceStatus(status_handle, &status);
  }
  LeaveCriticalSection(&lock);
}

static void report(DWORD state) { set_status(state, 0); }

static DWORD WINAPI handle_control(DWORD control, DWORD type, void *data, void *context) {
  char line[EVENT_BYTES];
  (void)context;
  switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
    case SERVICE_CONTROL_PRESHUTDOWN:
      log_line("asked to stop (%lu)", (unsigned long)control);
      report(SERVICE_STOP_PENDING);
      SetEvent(stop_event);
      return NO_ERROR;
    case SERVICE_CONTROL_POWEREVENT:
    case SERVICE_CONTROL_SESSIONCHANGE:
      if (line_of_event(control, type, data, line)) tell_daemon(line);
      return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

static void WINAPI service_main(DWORD count, wchar_t **arguments) {
  (void)count;
  (void)arguments;
  status_handle = RegisterServiceCtrlHandlerExW(SERVICE_NAME, handle_control, NULL);
  if (status_handle == NULL) return;
  report(SERVICE_START_PENDING);
  open_logs();
  log_line("surety-service %s starts", SURETY_VERSION);
  const struct supervision supervision = {{program_folder}, stop_event, report};
  const DWORD code = supervise(&supervision);
  log_line("surety-service ends with %lu", (unsigned long)code);
  set_status(SERVICE_STOPPED, code);
}

DWORD run_service(const wchar_t *folder) {
  wchar_t name[] = SERVICE_NAME;
  const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
  program_folder = folder;
  InitializeCriticalSection(&lock);
  stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (stop_event == NULL) return GetLastError();
  return StartServiceCtrlDispatcherW(table) ? 0 : GetLastError();
}
