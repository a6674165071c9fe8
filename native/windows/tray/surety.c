#include "surety.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../service/start-process.h"

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

/* @param job as in `struct start`. */
static DWORD start_command(const wchar_t *folder, struct command *command, struct streams streams, HANDLE job, HANDLE *process) {
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  const DWORD shared = FILE_SHARE_READ | FILE_SHARE_WRITE;
  HANDLE nothing = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, shared, &inherited, OPEN_EXISTING, 0, NULL);
  if (nothing == INVALID_HANDLE_VALUE) return GetLastError();
  const struct start start = {
      .folder = folder,
      .command = command->words,
      .input = nothing,
      .output = streams.output,
      .errors = streams.has_errors ? streams.output : nothing,
      .job = job,
  };
  DWORD pid;
  const DWORD error = start_process(&start, process, &pid);
  CloseHandle(nothing);
  return error;
}

DWORD run_surety(const wchar_t *folder, const char *const *arguments, size_t count, HANDLE *output) {
  HANDLE theirs, process;
  if (!make_pipe(&theirs, output, false)) return GetLastError();
  struct command *command = command_of(folder, arguments, count);
  DWORD error = ERROR_FILENAME_EXCED_RANGE;
  if (command != NULL) error = start_command(folder, command, (struct streams){theirs, true}, NULL, &process);
  free(command);
  CloseHandle(theirs);
  if (error != 0) {
    CloseHandle(*output);
    return error;
  }
  CloseHandle(process);
  return 0;
}

DWORD start_follower(const wchar_t *folder, struct follower *follower) {
  static const char *const ARGUMENTS[] = {"tray", "--format", "lines", "--watch"};
  HANDLE theirs;
  if (!make_pipe(&theirs, &follower->output, false)) return GetLastError();
  follower->job = make_ending_job();
  struct command *command = command_of(folder, ARGUMENTS, sizeof ARGUMENTS / sizeof *ARGUMENTS);
  DWORD error = ERROR_NOT_ENOUGH_MEMORY;
  if (follower->job != NULL && command != NULL) {
    error = start_command(folder, command, (struct streams){theirs, false}, follower->job, &follower->process);
  }
  free(command);
  CloseHandle(theirs);
  if (error != 0) {
    CloseHandle(follower->output);
    if (follower->job != NULL) CloseHandle(follower->job);
  }
  return error;
}

void end_follower(struct follower *follower) {
  TerminateJobObject(follower->job, ENDED_BY_HOST);
  WaitForSingleObject(follower->process, END_WITHIN_MS);
  CloseHandle(follower->process);
  CloseHandle(follower->job);
  CloseHandle(follower->output);
}
