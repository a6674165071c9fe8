#include "child.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "events.h"
#include "log.h"
#include "service.h"
#include "start-process.h"

#define QUEUED_LINES 32
#define SAID_BYTES 256
#define JOIN_WITHIN_MS 5000
#define KILLED 1
#define START "START="

struct child {
  HANDLE process, job, ready;
  DWORD pid;
  /* Our ends of its standard input, output and error. */
  HANDLE input, output, errors;
  HANDLE threads[3];
  /* Lines for its standard input. */
  CRITICAL_SECTION lock;
  HANDLE queued;
  char lines[QUEUED_LINES][EVENT_BYTES];
  unsigned first, count;
  bool is_ending;
  /* Written by the reader of its output. */
  char next[VERSION_BYTES];
};

/* Takes the next line; false when nothing is queued. */
static bool take_line(struct child *child, char line[EVENT_BYTES]) {
  EnterCriticalSection(&child->lock);
  bool taken = child->count > 0;
  if (taken) {
    memcpy(line, child->lines[child->first], EVENT_BYTES);
    child->first = (child->first + 1) % QUEUED_LINES;
    child->count--;
  }
  LeaveCriticalSection(&child->lock);
  return taken;
}

/* A write waits for a daemon that does not read. The end of the daemon ends it. */
static DWORD WINAPI write_input(void *given) {
  struct child *child = given;
  char line[EVENT_BYTES];
  DWORD written;
  for (bool works = true; works;) {
    if (take_line(child, line)) {
      works = WriteFile(child->input, line, (DWORD)strlen(line), &written, NULL);
    } else if (child->is_ending) {
      break;
    } else {
      WaitForSingleObject(child->queued, INFINITE);
    }
  }
  CloseHandle(child->input);
  return 0;
}

/* A line of its standard output. */
static void heard(struct child *child, const char *line) {
  if (strcmp(line, "READY=1") == 0) {
    SetEvent(child->ready);
  } else if (strncmp(line, START, strlen(START)) == 0) {
    snprintf(child->next, VERSION_BYTES, "%s", line + strlen(START));
  } else {
    log_line("suretyd %lu: %s", (unsigned long)child->pid, line);
  }
}

static DWORD WINAPI read_output(void *given) {
  struct child *child = given;
  char bytes[SAID_BYTES], line[SAID_BYTES];
  size_t length = 0;
  DWORD count;
  while (ReadFile(child->output, bytes, sizeof bytes, &count, NULL) && count > 0) {
    for (DWORD at = 0; at < count; at++) {
      const char byte = bytes[at];
      if (byte == '\n') {
        line[length] = 0;
        heard(child, line);
        length = 0;
      } else if (length < sizeof line - 1 && byte >= ' ' && byte < 0x7f) {
        /* What else there is, and what a line has too much, is left out. */
        line[length++] = byte;
      }
    }
  }
  return 0;
}

static DWORD WINAPI read_errors(void *given) {
  struct child *child = given;
  char bytes[4096];
  DWORD count;
  while (ReadFile(child->errors, bytes, sizeof bytes, &count, NULL) && count > 0) log_daemon(bytes, count);
  return 0;
}

static DWORD start_daemon(const struct program *program, const HANDLE streams[3], struct child *child) {
  wchar_t command[2 * PATH_WORDS + 64];
  if (wcslen(program->folder) > PATH_WORDS - 64) return ERROR_FILENAME_EXCED_RANGE;
  _snwprintf(command, 2 * PATH_WORDS + 64, L"\"%ls\\node.exe\" \"%ls\\suretyd\\suretyd.mjs\" run --service-input --ready-json",
             program->folder, program->folder);
  const struct start start = {
      .folder = program->folder,
      .command = command,
      .input = streams[0],
      .output = streams[1],
      .errors = streams[2],
      .job = child->job,
  };
  return start_process(&start, &child->process, &child->pid);
}

static void close_if_open(HANDLE handle) {
  if (handle != NULL) CloseHandle(handle);
}

static bool start_threads(struct child *child) {
  static const LPTHREAD_START_ROUTINE WORK[3] = {write_input, read_output, read_errors};
  for (int at = 0; at < 3; at++) {
    child->threads[at] = CreateThread(NULL, 0, WORK[at], child, 0, NULL);
    if (child->threads[at] == NULL) return false;
  }
  return true;
}

DWORD start_child(const struct program *program, struct child **started) {
  HANDLE theirs[3] = {NULL, NULL, NULL};
  struct child *child = calloc(1, sizeof *child);
  if (child == NULL) return ERROR_NOT_ENOUGH_MEMORY;
  InitializeCriticalSection(&child->lock);
  child->job = make_ending_job();
  child->ready = CreateEventW(NULL, TRUE, FALSE, NULL);
  child->queued = CreateEventW(NULL, FALSE, FALSE, NULL);
  const bool has_all = child->job != NULL && child->ready != NULL && child->queued != NULL &&
                       make_pipe(&theirs[0], &child->input, true) && make_pipe(&theirs[1], &child->output, false) &&
                       make_pipe(&theirs[2], &child->errors, false);
  DWORD error = has_all ? start_daemon(program, theirs, child) : GetLastError();
  for (int at = 0; at < 3; at++) close_if_open(theirs[at]);
  if (!has_all && error == 0) error = ERROR_NOT_ENOUGH_MEMORY;
  if (error != 0) {
    close_if_open(child->input);
    close_if_open(child->output);
    close_if_open(child->errors);
    close_if_open(child->job);
    close_if_open(child->ready);
    close_if_open(child->queued);
    DeleteCriticalSection(&child->lock);
    free(child);
    return error;
  }
  if (!start_threads(child)) {
    char none[VERSION_BYTES];
    close_child(child, none);
    return ERROR_NOT_ENOUGH_MEMORY;
  }
  *started = child;
  return 0;
}

DWORD child_pid(const struct child *child) { return child->pid; }

HANDLE child_ready(const struct child *child) { return child->ready; }

HANDLE child_process(const struct child *child) { return child->process; }

void tell_child(struct child *child, const char *line) {
  EnterCriticalSection(&child->lock);
  if (child->count == QUEUED_LINES) {
    child->first = (child->first + 1) % QUEUED_LINES;
    child->count--;
  }
  snprintf(child->lines[(child->first + child->count) % QUEUED_LINES], EVENT_BYTES, "%s", line);
  child->count++;
  LeaveCriticalSection(&child->lock);
  SetEvent(child->queued);
}

void end_child_input(struct child *child) {
  child->is_ending = true;
  SetEvent(child->queued);
}

DWORD close_child(struct child *child, char next[VERSION_BYTES]) {
  DWORD code = KILLED;
  bool all_ended = true;
  next[0] = 0;
  /* Children of the daemon too, which hold its pipes open. */
  TerminateJobObject(child->job, KILLED);
  WaitForSingleObject(child->process, JOIN_WITHIN_MS);
  GetExitCodeProcess(child->process, &code);
  end_child_input(child);
  for (int at = 0; at < 3; at++) {
    if (child->threads[at] == NULL) continue;
    all_ended &= WaitForSingleObject(child->threads[at], JOIN_WITHIN_MS) == WAIT_OBJECT_0;
    CloseHandle(child->threads[at]);
  }
  /* The writer closes the input; without a writer we do. */
  if (child->threads[0] == NULL) CloseHandle(child->input);
  CloseHandle(child->process);
  CloseHandle(child->job);
  if (!all_ended) {
    /* A thread still uses the memory: leave it, and say so. */
    log_line("a pipe of suretyd %lu stays open", (unsigned long)child->pid);
    return code;
  }
  memcpy(next, child->next, VERSION_BYTES);
  CloseHandle(child->output);
  CloseHandle(child->errors);
  CloseHandle(child->ready);
  CloseHandle(child->queued);
  DeleteCriticalSection(&child->lock);
  free(child);
  return code;
}
