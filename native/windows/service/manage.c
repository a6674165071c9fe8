#include "manage.h"

#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

#include "data-folder.h"
#include "service.h"

#define DISPLAY_NAME L"Surety"
#define DESCRIPTION L"Proves the identity and health of this device, and finds the AI agents on it."
/* Longer than `supervise` takes for a stop. */
#define STOP_WITHIN_MS 40000
#define PRESHUTDOWN_WITHIN_MS 30000
#define LOOK_EVERY_MS 100
/* A service that is starting takes no request to stop. */
#define STARTING_AT_MOST_MS 5000
#define RESTART_AFTER_MS 60000
#define DAY_S 86400

/* @return NULL after an error that was printed; `error` is 0 if the service is not there. */
static SC_HANDLE open_service(DWORD access, SC_HANDLE *manager, DWORD *error) {
  *error = 0;
  *manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (*manager == NULL) {
    *error = failed("the service control manager does not answer", GetLastError());
    return NULL;
  }
  SC_HANDLE service = OpenServiceW(*manager, SERVICE_NAME, access);
  if (service == NULL) {
    const DWORD reason = GetLastError();
    if (reason != ERROR_SERVICE_DOES_NOT_EXIST) *error = failed("the service cannot be opened", reason);
    CloseServiceHandle(*manager);
  }
  return service;
}

/* What the entry has besides: the service works without it. */
static void describe(SC_HANDLE service) {
  SERVICE_DESCRIPTIONW description = {DESCRIPTION};
  SERVICE_PRESHUTDOWN_INFO preshutdown = {PRESHUTDOWN_WITHIN_MS};
  SC_ACTION restart = {SC_ACTION_RESTART, RESTART_AFTER_MS};
  SERVICE_FAILURE_ACTIONSW actions = {DAY_S, NULL, NULL, 1, &restart};
  /* Also after an end with an error, and not only after a crash. */
  SERVICE_FAILURE_ACTIONS_FLAG flag = {TRUE};
  const struct {
    DWORD level;
    void *info;
    const char *what;
  } parts[] = {{SERVICE_CONFIG_DESCRIPTION, &description, "the entry of the service lacks its description"},
               {SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown, "the entry of the service lacks its time before a shutdown"},
               {SERVICE_CONFIG_FAILURE_ACTIONS, &actions, "the entry of the service lacks its restart after a failure"},
               {SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag, "the entry of the service lacks its restart after an error"}};
  for (size_t at = 0; at < sizeof parts / sizeof *parts; at++) {
    if (ChangeServiceConfig2W(service, parts[at].level, parts[at].info)) continue;
    failed(parts[at].what, GetLastError());
  }
}

DWORD install_service(const wchar_t *program) {
  wchar_t command[PATH_WORDS + 2], folder[PATH_WORDS];
  /* Before anything is put there. */
  if (!prepare_data_folder(folder, L"logs")) {
    return failed("the folder Surety in ProgramData cannot be made, or belongs to another user: remove it", ERROR_ACCESS_DENIED);
  }
  /* Without quotes Windows would try each part of a path with spaces as a program. */
  _snwprintf(command, PATH_WORDS + 2, L"\"%ls\"", program);
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
  if (manager == NULL) return failed("only an administrator can install the service", GetLastError());
  DWORD error = 0;
  SC_HANDLE service = CreateServiceW(manager, SERVICE_NAME, DISPLAY_NAME, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                                     SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL);
  if (service == NULL && GetLastError() == ERROR_SERVICE_EXISTS) {
    service = OpenServiceW(manager, SERVICE_NAME, SERVICE_ALL_ACCESS);
    if (service != NULL &&
        !ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, command, NULL, NULL,
                              NULL, L"LocalSystem", NULL, DISPLAY_NAME)) {
      error = failed("the service cannot be changed", GetLastError());
    }
  }
  if (service == NULL) error = failed("the service cannot be installed", GetLastError());
  if (service != NULL && error == 0) describe(service);
  if (service != NULL) CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return error;
}

static bool query(SC_HANDLE service, SERVICE_STATUS_PROCESS *status) {
  DWORD needed;
  return QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status, sizeof *status, &needed);
}

/* Administrators may end a process of SYSTEM with this privilege alone. */
static void enable_debugging(void) {
  TOKEN_PRIVILEGES wanted = {1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}};
  HANDLE token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token)) return;
  if (LookupPrivilegeValueW(NULL, SE_DEBUG_NAME, &wanted.Privileges[0].Luid)) {
    AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
  }
  CloseHandle(token);
}

static HANDLE open_process(DWORD pid) {
  HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, pid);
  return process != NULL ? process : OpenProcess(SYNCHRONIZE, FALSE, pid);
}

/*
 * Asks for a stop until it is stopped. One that has been starting for long has a daemon that fails: its process is ended, and the
 * job ends with it.
 */
static DWORD stop_and_wait(SC_HANDLE service) {
  SERVICE_STATUS_PROCESS status = {0};
  SERVICE_STATUS ignored;
  const ULONGLONG begun = GetTickCount64(), until = begun + STOP_WITHIN_MS;
  HANDLE process = NULL;
  enable_debugging();
  DWORD error = 0;
  for (;;) {
    if (!query(service, &status)) {
      error = failed("the service does not say how it is", GetLastError());
      break;
    }
    if (process == NULL && status.dwProcessId != 0) process = open_process(status.dwProcessId);
    if (status.dwCurrentState == SERVICE_STOPPED) break;
    if (process != NULL && WaitForSingleObject(process, 0) == WAIT_OBJECT_0) break;
    if (status.dwCurrentState != SERVICE_STOP_PENDING) ControlService(service, SERVICE_CONTROL_STOP, &ignored);
    if (status.dwCurrentState == SERVICE_START_PENDING && process != NULL && GetTickCount64() > begun + STARTING_AT_MOST_MS) {
      TerminateProcess(process, 1);
    }
    if (GetTickCount64() > until) {
      error = failed("the service does not stop", ERROR_SERVICE_REQUEST_TIMEOUT);
      break;
    }
    Sleep(LOOK_EVERY_MS);
  }
  if (process != NULL) {
    if (error == 0) WaitForSingleObject(process, STOP_WITHIN_MS);
    CloseHandle(process);
  }
  return error;
}

DWORD describe_service(void) {
  SC_HANDLE manager;
  DWORD error;
  SC_HANDLE service = open_service(SERVICE_CHANGE_CONFIG | SERVICE_START, &manager, &error);
  if (service == NULL) return error;
  describe(service);
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return 0;
}

DWORD start_service(void) {
  SC_HANDLE manager;
  DWORD error;
  SC_HANDLE service = open_service(SERVICE_START, &manager, &error);
  if (service == NULL) return error;
  if (!StartServiceW(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING) {
    error = failed("the service cannot be started", GetLastError());
  }
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return error;
}

DWORD stop_service(void) {
  SC_HANDLE manager;
  DWORD error;
  SC_HANDLE service = open_service(SERVICE_QUERY_STATUS | SERVICE_STOP, &manager, &error);
  if (service == NULL) return error;
  error = stop_and_wait(service);
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return error;
}

DWORD uninstall_service(void) {
  SC_HANDLE manager;
  DWORD error;
  SC_HANDLE service = open_service(SERVICE_QUERY_STATUS | SERVICE_STOP | DELETE, &manager, &error);
  if (service == NULL) return error;
  error = stop_and_wait(service);
  if (error == 0 && !DeleteService(service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE) {
    error = failed("the service cannot be removed", GetLastError());
  }
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return error;
}
