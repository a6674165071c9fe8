#include "start-process.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "environment.h"

#define PROGRAM_WORDS 2048
#define KILLED 1

bool make_pipe(HANDLE *theirs, HANDLE *ours, bool child_reads) {
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  HANDLE reads, writes;
  if (!CreatePipe(&reads, &writes, &inherited, 0)) return false;
  *theirs = child_reads ? reads : writes;
  *ours = child_reads ? writes : reads;
  return SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0);
}

HANDLE make_ending_job(void) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  memset(&limits, 0, sizeof limits);
  /* A crash shows no window that waits for a person. */
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
  HANDLE job = CreateJobObjectW(NULL, NULL);
  if (job != NULL && !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
    CloseHandle(job);
    job = NULL;
  }
  return job;
}

/* Windows refuses a list that has a handle twice. @return how many there are. */
static size_t list_streams(const struct start *start, HANDLE listed[3]) {
  const HANDLE all[3] = {start->input, start->output, start->errors};
  size_t count = 0;
  for (size_t at = 0; at < 3; at++) {
    bool is_listed = false;
    for (size_t before = 0; before < count; before++) is_listed |= listed[before] == all[at];
    if (!is_listed) listed[count++] = all[at];
  }
  return count;
}

static DWORD create_process(const struct start *start, const wchar_t *program, PROCESS_INFORMATION *created) {
  HANDLE listed[3];
  const SIZE_T listed_bytes = list_streams(start, listed) * sizeof *listed;
  STARTUPINFOEXW info;
  SIZE_T bytes = 0;
  InitializeProcThreadAttributeList(NULL, 1, 0, &bytes);
  LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(bytes);
  wchar_t *environment = environment_for_daemon();
  DWORD error = list == NULL || environment == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0;
  if (error == 0 && !InitializeProcThreadAttributeList(list, 1, 0, &bytes)) error = GetLastError();
  const bool has_list = error == 0;
  if (error == 0 && !UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, listed, listed_bytes, NULL, NULL)) {
    error = GetLastError();
  }
  memset(&info, 0, sizeof info);
  info.StartupInfo.cb = sizeof info;
  info.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  info.StartupInfo.hStdInput = start->input;
  info.StartupInfo.hStdOutput = start->output;
  info.StartupInfo.hStdError = start->errors;
  info.lpAttributeList = list;
  const DWORD suspended = start->job == NULL ? 0 : CREATE_SUSPENDED;
  const DWORD flags = suspended | CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  if (error == 0 &&
      !CreateProcessW(program, start->command, NULL, NULL, TRUE, flags, environment, start->folder, &info.StartupInfo, created)) {
    error = GetLastError();
  }
  if (has_list) DeleteProcThreadAttributeList(list);
  free(list);
  free(environment);
  return error;
}

DWORD start_process(const struct start *start, HANDLE *process, DWORD *pid) {
  wchar_t program[PROGRAM_WORDS];
  PROCESS_INFORMATION created;
  const int length = _snwprintf(program, PROGRAM_WORDS, L"%ls\\node.exe", start->folder);
  if (length < 0 || length >= PROGRAM_WORDS) return ERROR_FILENAME_EXCED_RANGE;
  DWORD error = create_process(start, program, &created);
  if (error != 0) return error;
  if (start->job != NULL &&
      (!AssignProcessToJobObject(start->job, created.hProcess) || ResumeThread(created.hThread) == (DWORD)-1)) {
    error = GetLastError();
    TerminateProcess(created.hProcess, KILLED);
    CloseHandle(created.hProcess);
  }
  CloseHandle(created.hThread);
  *process = created.hProcess;
  *pid = created.dwProcessId;
  return error;
}
