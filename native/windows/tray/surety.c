#include "surety.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../service/environment.h"

/* The longest command line of Windows. */
#define COMMAND_WORDS 32767
#define ENDED_BY_HOST 1
#define END_WITHIN_MS 5000

struct command {
  wchar_t words[COMMAND_WORDS];
  size_t count;
  bool is_full;
};

bool find_own_folder(wchar_t path[PATH_WORDS], wchar_t folder[PATH_WORDS]) {
  const DWORD length = GetModuleFileNameW(NULL, path, PATH_WORDS);
  if (length == 0 || length >= PATH_WORDS - 64) return false;
  wcscpy(folder, path);
  wchar_t *name = wcsrchr(folder, L'\\');
  if (name == NULL) return false;
  *name = 0;
  return true;
}

static void put(struct command *command, wchar_t word, size_t times) {
  for (; times > 0; times--) {
    if (command->count + 1 >= COMMAND_WORDS) {
      command->is_full = true;
      return;
    }
    command->words[command->count++] = word;
  }
  command->words[command->count] = 0;
}

/* As programs of Windows take a command line apart: backslashes mean something before a quotation mark alone. */
static void put_quoted(struct command *command, const wchar_t *argument) {
  size_t backslashes = 0;
  if (command->count > 0) put(command, L' ', 1);
  put(command, L'"', 1);
  for (const wchar_t *at = argument; *at != 0; at++) {
    if (*at == L'\\') {
      backslashes++;
      continue;
    }
    put(command, L'\\', *at == L'"' ? 2 * backslashes + 1 : backslashes);
    put(command, *at, 1);
    backslashes = 0;
  }
  put(command, L'\\', 2 * backslashes);
  put(command, L'"', 1);
}

/* @return NULL if it is too long or there is no memory. The caller frees it. */
static struct command *command_of(const wchar_t *folder, const char *const *arguments, size_t count) {
  wchar_t word[TRAY_WORD_BYTES + 1], path[PATH_WORDS + 64];
  struct command *command = calloc(1, sizeof *command);
  if (command == NULL) return NULL;
  _snwprintf(path, PATH_WORDS + 63, L"%ls\\node.exe", folder);
  put_quoted(command, path);
  put_quoted(command, L"--disable-warning=ExperimentalWarning");
  _snwprintf(path, PATH_WORDS + 63, L"%ls\\surety\\surety.mjs", folder);
  put_quoted(command, path);
  for (size_t at = 0; at < count; at++) {
    widen(arguments[at], word, TRAY_WORD_BYTES + 1);
    put_quoted(command, word);
  }
  if (!command->is_full) return command;
  free(command);
  return NULL;
}

struct streams {
  HANDLE output;
  bool has_errors;
};

/*
 * Nothing but the output is inherited: a handle of ours in a child would keep our pipes open. The folder of the command is the
 * installation, so that no library is loaded from where the user happens to be.
 */
static DWORD create_process(const wchar_t *folder, struct command *command, struct streams streams, DWORD flags, PROCESS_INFORMATION *created) {
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  wchar_t program[PATH_WORDS + 16];
  STARTUPINFOEXW start;
  SIZE_T bytes = 0;
  DWORD error = 0;
  _snwprintf(program, PATH_WORDS + 15, L"%ls\\node.exe", folder);
  const DWORD shared = FILE_SHARE_READ | FILE_SHARE_WRITE;
  HANDLE nothing = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, shared, &inherited, OPEN_EXISTING, 0, NULL);
  if (nothing == INVALID_HANDLE_VALUE) return GetLastError();
  HANDLE handles[2] = {nothing, streams.output};
  InitializeProcThreadAttributeList(NULL, 1, 0, &bytes);
  LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(bytes);
  wchar_t *environment = environment_for_daemon();
  if (list == NULL || environment == NULL) error = ERROR_NOT_ENOUGH_MEMORY;
  if (error == 0 && !InitializeProcThreadAttributeList(list, 1, 0, &bytes)) error = GetLastError();
  const bool has_list = error == 0;
  if (error == 0 && !UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles, sizeof handles, NULL, NULL)) {
    error = GetLastError();
  }
  memset(&start, 0, sizeof start);
  start.StartupInfo.cb = sizeof start;
  start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  start.StartupInfo.hStdInput = nothing;
  start.StartupInfo.hStdOutput = streams.output;
  start.StartupInfo.hStdError = streams.has_errors ? streams.output : nothing;
  start.lpAttributeList = list;
  flags |= CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  if (error == 0 && !CreateProcessW(program, command->words, NULL, NULL, TRUE, flags, environment, folder, &start.StartupInfo, created)) {
    error = GetLastError();
  }
  if (has_list) DeleteProcThreadAttributeList(list);
  free(list);
  free(environment);
  CloseHandle(nothing);
  return error;
}

/* @param theirs the end that a child inherits. */
static DWORD create_pipe(HANDLE *ours, HANDLE *theirs) {
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  if (!CreatePipe(ours, theirs, &inherited, 0)) return GetLastError();
  SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0);
  return 0;
}

DWORD run_surety(const wchar_t *folder, const char *const *arguments, size_t count, HANDLE *output) {
  PROCESS_INFORMATION created;
  HANDLE theirs;
  DWORD error = create_pipe(output, &theirs);
  if (error != 0) return error;
  struct command *command = command_of(folder, arguments, count);
  error = command == NULL ? ERROR_FILENAME_EXCED_RANGE : create_process(folder, command, (struct streams){theirs, true}, 0, &created);
  free(command);
  CloseHandle(theirs);
  if (error != 0) {
    CloseHandle(*output);
    return error;
  }
  CloseHandle(created.hThread);
  CloseHandle(created.hProcess);
  return 0;
}

static HANDLE make_job(void) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  memset(&limits, 0, sizeof limits);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
  HANDLE job = CreateJobObjectW(NULL, NULL);
  if (job != NULL && !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
    CloseHandle(job);
    job = NULL;
  }
  return job;
}

DWORD start_follower(const wchar_t *folder, struct follower *follower) {
  static const char *const ARGUMENTS[] = {"tray", "--format", "json", "--watch"};
  PROCESS_INFORMATION created;
  HANDLE theirs;
  DWORD error = create_pipe(&follower->output, &theirs);
  if (error != 0) return error;
  follower->job = make_job();
  struct command *command = command_of(folder, ARGUMENTS, sizeof ARGUMENTS / sizeof *ARGUMENTS);
  error = follower->job == NULL || command == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0;
  if (error == 0) error = create_process(folder, command, (struct streams){theirs, false}, CREATE_SUSPENDED, &created);
  free(command);
  CloseHandle(theirs);
  if (error == 0) {
    /* It is in the job before its first instruction. */
    if (!AssignProcessToJobObject(follower->job, created.hProcess) || ResumeThread(created.hThread) == (DWORD)-1) {
      error = GetLastError();
      TerminateProcess(created.hProcess, ENDED_BY_HOST);
      CloseHandle(created.hProcess);
    }
    CloseHandle(created.hThread);
  }
  if (error != 0) {
    CloseHandle(follower->output);
    if (follower->job != NULL) CloseHandle(follower->job);
    return error;
  }
  follower->process = created.hProcess;
  return 0;
}

void end_follower(struct follower *follower) {
  TerminateJobObject(follower->job, ENDED_BY_HOST);
  WaitForSingleObject(follower->process, END_WITHIN_MS);
  CloseHandle(follower->process);
  CloseHandle(follower->job);
  CloseHandle(follower->output);
}
