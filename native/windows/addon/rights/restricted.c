#include "restricted.h"

#include <windows.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "../pipes/pipe.h"
#include "restricted-token.h"
#include "tokens.h"

#define BUFFER_BYTES 65536
#define ENVIRONMENT_WORDS 2048
#define FOLDER_WORDS 512
#define SDDL_WORDS (SID_WORDS + 64)

/* Both ends of a pipe: ours for Node, that of the child to inherit. */
struct ends {
  HANDLE ours, theirs;
};

struct child {
  HANDLE process, job, waited;
  napi_threadsafe_function callback;
  /* What JavaScript holds; NULL when it holds nothing any more. */
  struct child **held;
};

static void close_handle(HANDLE *handle) {
  if (*handle != NULL && *handle != INVALID_HANDLE_VALUE) CloseHandle(*handle);
  *handle = NULL;
}

/* For us alone: nobody else may take the child's end before it does. */
static DWORD make_ends(bool to_child, struct ends *ends) {
  static LONG counter;
  struct token_facts own;
  wchar_t name[PIPE_NAME_WORDS], text[SDDL_WORDS];
  LARGE_INTEGER now;
  PSECURITY_DESCRIPTOR security;
  QueryPerformanceCounter(&now);
  swprintf(name, PIPE_NAME_WORDS, L"\\\\.\\pipe\\surety-child-%lu-%ld-%llx", GetCurrentProcessId(),
           InterlockedIncrement(&counter), (unsigned long long)now.QuadPart);
  if (!read_process_token(GetCurrentProcess(), &own)) return GetLastError();
  swprintf(text, SDDL_WORDS, L"D:P(A;;FA;;;SY)(A;;FA;;;%ls)", own.user);
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &security, NULL)) return GetLastError();
  SECURITY_ATTRIBUTES ours = {sizeof ours, security, FALSE}, theirs = {sizeof theirs, NULL, TRUE};
  DWORD open = (to_child ? PIPE_ACCESS_OUTBOUND : PIPE_ACCESS_INBOUND) | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE;
  DWORD mode = PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
  ends->ours = CreateNamedPipeW(name, open, mode, 1, BUFFER_BYTES, BUFFER_BYTES, 0, &ours);
  DWORD error = ends->ours == INVALID_HANDLE_VALUE ? GetLastError() : 0;
  LocalFree(security);
  if (error != 0) return error;
  ends->theirs = CreateFileW(name, to_child ? GENERIC_READ : GENERIC_WRITE, 0, &theirs, OPEN_EXISTING, 0, NULL);
  return ends->theirs == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

/* What Node needs to start, and nothing of ours. Each text ends in NUL, the whole in one more. */
static bool make_environment(wchar_t block[ENVIRONMENT_WORDS], wchar_t folder[FOLDER_WORDS]) {
  wchar_t windows[FOLDER_WORDS];
  UINT length = GetSystemWindowsDirectoryW(windows, FOLDER_WORDS);
  if (length < 3 || length >= FOLDER_WORDS || GetSystemDirectoryW(folder, FOLDER_WORDS) >= FOLDER_WORDS) return false;
  int written = swprintf(block, ENVIRONMENT_WORDS - 1, L"PATH=%ls%lcSystemDrive=%.2ls%lcSystemRoot=%ls%lc", folder, 1, windows, 1,
                         windows, 1);
  if (written <= 0) return false;
  for (int at = 0; at < written; at++) {
    if (block[at] == 1) block[at] = 0;
  }
  block[written] = 0;
  return true;
}

/* Without limits of the user interface: Windows refuses those of a job inside another, such as that of the service. */
static DWORD make_job(uint64_t memory_bytes, HANDLE *job) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  limits.BasicLimitInformation.LimitFlags =
      JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_PROCESS_MEMORY;
  limits.BasicLimitInformation.ActiveProcessLimit = 1;
  limits.ProcessMemoryLimit = (SIZE_T)memory_bytes;
  *job = CreateJobObjectW(NULL, NULL);
  if (*job == NULL) return GetLastError();
  return SetInformationJobObject(*job, JobObjectExtendedLimitInformation, &limits, sizeof limits) ? 0 : GetLastError();
}

struct start {
  int32_t session;
  wchar_t *application, *line;
  uint64_t memory_bytes;
  struct ends input, output;
  HANDLE nowhere, token, job;
  PROCESS_INFORMATION process;
};

static DWORD create_process(struct start *start, LPPROC_THREAD_ATTRIBUTE_LIST attributes) {
  wchar_t environment[ENVIRONMENT_WORDS], folder[FOLDER_WORDS];
  wchar_t desktop[] = L"winsta0\\default";
  HANDLE inherited[] = {start->input.theirs, start->output.theirs, start->nowhere};
  STARTUPINFOEXW how = {0};
  if (!make_environment(environment, folder)) return ERROR_BAD_ENVIRONMENT;
  if (!UpdateProcThreadAttribute(attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited, sizeof inherited, NULL, NULL)) {
    return GetLastError();
  }
  how.StartupInfo.cb = sizeof how;
  how.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  how.StartupInfo.hStdInput = inherited[0];
  how.StartupInfo.hStdOutput = inherited[1];
  how.StartupInfo.hStdError = inherited[2];
  /* Our own desktop is one that a person's token may not use. */
  if (start->session >= 0) how.StartupInfo.lpDesktop = desktop;
  how.lpAttributeList = attributes;
  DWORD flags = CREATE_SUSPENDED | DETACHED_PROCESS | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  return CreateProcessAsUserW(start->token, start->application, start->line, NULL, NULL, TRUE, flags, environment, folder,
                              &how.StartupInfo, &start->process)
             ? 0
             : GetLastError();
}

static DWORD create_with_handles(struct start *start) {
  SIZE_T bytes = 0;
  InitializeProcThreadAttributeList(NULL, 1, 0, &bytes);
  LPPROC_THREAD_ATTRIBUTE_LIST attributes = malloc(bytes);
  if (attributes == NULL) return ERROR_NOT_ENOUGH_MEMORY;
  DWORD error = InitializeProcThreadAttributeList(attributes, 1, 0, &bytes) ? 0 : GetLastError();
  if (error == 0) {
    error = create_process(start, attributes);
    DeleteProcThreadAttributeList(attributes);
  }
  free(attributes);
  return error;
}

static DWORD prepare(struct start *start) {
  SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
  DWORD error = make_ends(true, &start->input);
  if (error == 0) error = make_ends(false, &start->output);
  if (error == 0) error = make_restricted_token(start->session, &start->token);
  if (error == 0) error = make_job(start->memory_bytes, &start->job);
  if (error != 0) return error;
  start->nowhere = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                               OPEN_EXISTING, 0, NULL);
  return start->nowhere == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

/* Runs nothing of the child before it is in its job. */
static DWORD start_process(struct start *start) {
  DWORD error = prepare(start);
  if (error == 0) error = create_with_handles(start);
  if (error == 0 && !AssignProcessToJobObject(start->job, start->process.hProcess)) error = GetLastError();
  if (error == 0 && ResumeThread(start->process.hThread) == (DWORD)-1) error = GetLastError();
  if (error != 0 && start->process.hProcess != NULL) TerminateProcess(start->process.hProcess, 1);
  close_handle(&start->process.hThread);
  close_handle(&start->input.theirs);
  close_handle(&start->output.theirs);
  close_handle(&start->nowhere);
  close_handle(&start->token);
  return error;
}

/* On a thread of Windows. */
static void CALLBACK process_ended(void *argument, BOOLEAN timed_out) {
  struct child *child = argument;
  (void)timed_out;
  napi_call_threadsafe_function(child->callback, NULL, napi_tsfn_nonblocking);
}

/* On the thread of JavaScript. */
static void tell_end(napi_env env, napi_value callback, void *context, void *data) {
  struct child *child = context;
  DWORD code = 1;
  napi_value undefined, argument;
  (void)data;
  if (env == NULL) return;
  GetExitCodeProcess(child->process, &code);
  if (child->held != NULL) *child->held = NULL;
  child->held = NULL;
  if (napi_get_undefined(env, &undefined) == napi_ok && napi_create_uint32(env, code, &argument) == napi_ok) {
    napi_call_function(env, undefined, callback, 1, &argument, NULL);
  }
  napi_release_threadsafe_function(child->callback, napi_tsfn_release);
}

static void free_child(napi_env env, void *data, void *hint) {
  struct child *child = data;
  (void)env;
  (void)hint;
  if (child->waited != NULL) UnregisterWaitEx(child->waited, INVALID_HANDLE_VALUE);
  if (child->held != NULL) *child->held = NULL;
  close_handle(&child->process);
  /* The last handle: what is left in the job ends. */
  close_handle(&child->job);
  free(child);
}

static void collected(napi_env env, void *data, void *hint) {
  struct child **held = data;
  (void)env;
  (void)hint;
  if (*held != NULL) (*held)->held = NULL;
  free(held);
}

static napi_value kill_child(napi_env env, napi_callback_info info) {
  napi_value self;
  struct child **held;
  if (napi_get_cb_info(env, info, NULL, NULL, &self, NULL) != napi_ok ||
      napi_unwrap(env, self, (void **)&held) != napi_ok) {
    return refuse(env, "expected a child");
  }
  if (*held != NULL) TerminateJobObject((*held)->job, 1);
  return NULL;
}

static bool set_number(napi_env env, napi_value object, const char *name, double value) {
  napi_value number;
  return napi_create_double(env, value, &number) == napi_ok && napi_set_named_property(env, object, name, number) == napi_ok;
}

/* Waits for the end of the process, from now on. False when it cannot. */
static bool watch_child(napi_env env, struct child *child, napi_value callback) {
  napi_value name;
  if (napi_create_string_utf8(env, "child", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, callback, NULL, name, 0, 1, child, free_child, child, tell_end,
                                      &child->callback) != napi_ok) {
    free_child(env, child, NULL);
    return false;
  }
  if (RegisterWaitForSingleObject(&child->waited, child->process, process_ended, child, INFINITE, WT_EXECUTEONLYONCE)) {
    return true;
  }
  napi_release_threadsafe_function(child->callback, napi_tsfn_abort);
  return false;
}

static napi_value child_value(napi_env env, struct start *start, struct child *child) {
  napi_value result, kill;
  int descriptors[] = {uv_open_osfhandle(start->input.ours), uv_open_osfhandle(start->output.ours)};
  if (descriptors[0] >= 0) start->input.ours = NULL;
  if (descriptors[1] >= 0) start->output.ours = NULL;
  struct child **held = malloc(sizeof *held);
  if (held == NULL || descriptors[0] < 0 || descriptors[1] < 0 || napi_create_object(env, &result) != napi_ok ||
      napi_wrap(env, result, held, collected, NULL, NULL) != napi_ok) {
    free(held);
    return NULL;
  }
  *held = child;
  child->held = held;
  return set_number(env, result, "pid", start->process.dwProcessId) &&
                 set_number(env, result, "stdin", descriptors[0]) && set_number(env, result, "stdout", descriptors[1]) &&
                 napi_create_function(env, "kill", NAPI_AUTO_LENGTH, kill_child, NULL, &kill) == napi_ok &&
                 napi_set_named_property(env, result, "kill", kill) == napi_ok
             ? result
             : NULL;
}

static napi_value start_child(napi_env env, struct start *start, napi_value callback) {
  napi_value number, result;
  DWORD error = start_process(start);
  if (error != 0) {
    close_handle(&start->process.hProcess);
    close_handle(&start->job);
    return napi_create_double(env, error, &number) == napi_ok ? number : NULL;
  }
  struct child *child = calloc(1, sizeof *child);
  if (child == NULL) {
    TerminateJobObject(start->job, 1);
    return throw_windows_error(env, "calloc", ERROR_NOT_ENOUGH_MEMORY);
  }
  child->process = start->process.hProcess;
  child->job = start->job;
  if (!watch_child(env, child, callback)) return throw_windows_error(env, "RegisterWaitForSingleObject", GetLastError());
  result = child_value(env, start, child);
  if (result != NULL) return result;
  TerminateJobObject(child->job, 1);
  return throw_windows_error(env, "restrictedStart", ERROR_TOO_MANY_OPEN_FILES);
}

static napi_value restricted_start(napi_env env, napi_callback_info info) {
  napi_value arguments[5], result = NULL;
  napi_valuetype type;
  int64_t memory_bytes;
  struct start start = {0};
  bool read = read_arguments(env, info, arguments, 5) &&
              napi_get_value_int32(env, arguments[0], &start.session) == napi_ok && start.session >= -1 &&
              napi_get_value_int64(env, arguments[3], &memory_bytes) == napi_ok && memory_bytes > 0 &&
              napi_typeof(env, arguments[4], &type) == napi_ok && type == napi_function;
  if (read) {
    start.memory_bytes = (uint64_t)memory_bytes;
    start.application = read_new_wide(env, arguments[1], MAX_PATH_WORDS);
    start.line = read_new_wide(env, arguments[2], MAX_PATH_WORDS);
  }
  if (start.application != NULL && start.line != NULL) result = start_child(env, &start, arguments[4]);
  else refuse(env, "expected a session, a path, a command line, bytes of memory and a function");
  close_handle(&start.input.ours);
  close_handle(&start.output.ours);
  free(start.application);
  free(start.line);
  return result;
}

void register_restricted(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"restrictedStart", restricted_start},
      {"restrictedSessions", restricted_sessions},
      {"restrictedEnter", restricted_enter},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
