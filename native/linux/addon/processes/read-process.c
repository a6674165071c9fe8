/* One process for the program, in numbers and text. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "process-numbers.h"
#include "process-read.h"
#include "../surety-native.h"

/* Where each part of the text begins; the arguments take the rest. */
#define COMM_AT 0
#define EXECUTABLE_AT 4096
#define ARGUMENTS_AT 8192

struct buffers {
  double *numbers;
  char *text;
  size_t text_bytes;
  /* Instead of its arguments. */
  bool environment;
};

/* In one read: the kernel gives all there is, or fails. -1 when it does not answer, or may not be seen. */
static enum outcome read_arguments(int pid, int folder, const struct process_stat *stat, struct buffers to) {
  struct call_target who = {.pid = pid, .uid = (unsigned)stat->uid, .start = stat->start};
  const char *name = to.environment ? "environ" : "cmdline";
  ssize_t bytes = timed_read(folder, name, &who, to.text + ARGUMENTS_AT, to.text_bytes - ARGUMENTS_AT);
  if (bytes < 0 && outcome_of(errno) == FAILED) return FAILED;
  to.numbers[ARGUMENTS_BYTES] = bytes < 0 && (errno == ETIMEDOUT || to.environment) ? -1 : bytes < 0 ? 0 : (double)bytes;
  return FOUND;
}

static enum outcome read_program(int pid, const struct process_files *files, const struct process_stat *stat,
                                 struct buffers to) {
  if (read_arguments(pid, files->folder, stat, to) == FAILED) return FAILED;
  struct program_identity program;
  read_identity(files->folder, &program);
  numbers_of_program(to.numbers, &program);
  ssize_t bytes = readlinkat(files->folder, "exe", to.text + EXECUTABLE_AT, ARGUMENTS_AT - EXECUTABLE_AT);
  if (bytes >= 0) {
    to.numbers[EXECUTABLE_BYTES] = (double)bytes;
    return FOUND;
  }
  if (outcome_of(errno) == FAILED) return FAILED;
  /* It may not be seen, or is a zombie; or it has ended, and what was read before says nothing any more. */
  char byte;
  return pread(files->stat, &byte, 1, 0) == 1 ? FOUND : outcome_of(errno);
}

static enum outcome read_open(int pid, struct process_files *files, struct buffers to) {
  struct process_stat stat;
  enum outcome outcome = read_stat(files, &stat);
  if (outcome != FOUND) return outcome;
  memcpy(to.text + COMM_AT, stat.comm, stat.comm_bytes);
  to.numbers[PARENT] = (double)stat.parent;
  to.numbers[SESSION] = (double)stat.session;
  to.numbers[TTY] = (double)stat.tty;
  to.numbers[START] = (double)stat.start;
  to.numbers[UID] = (double)stat.uid;
  to.numbers[COMM_BYTES] = (double)stat.comm_bytes;
  to.numbers[EXECUTABLE_BYTES] = -1;
  to.numbers[ARGUMENTS_BYTES] = 0;
  to.numbers[STACK_START] = (double)stat.stack_start;
  numbers_of_program(to.numbers, &NO_PROGRAM);
  return is_kernel_thread(&stat) ? FOUND : read_program(pid, files, &stat, to);
}

static int read_buffers(napi_env env, const napi_value arguments[4], int32_t *pid, struct buffers *to) {
  napi_typedarray_type numbers_type, text_type;
  size_t numbers_length;
  if (napi_get_value_int32(env, arguments[0], pid) != napi_ok || *pid <= 0) return 0;
  if (napi_get_value_bool(env, arguments[3], &to->environment) != napi_ok) return 0;
  return napi_get_typedarray_info(env, arguments[1], &numbers_type, &numbers_length, (void **)&to->numbers, NULL,
                                  NULL) == napi_ok &&
         napi_get_typedarray_info(env, arguments[2], &text_type, &to->text_bytes, (void **)&to->text, NULL, NULL) ==
             napi_ok &&
         numbers_type == napi_float64_array && numbers_length >= NUMBERS && text_type == napi_uint8_array &&
         to->text_bytes > ARGUMENTS_AT;
}

napi_value read_process(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4], result;
  int32_t pid;
  struct buffers to;
  struct process_files files;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 4 ||
      !read_buffers(env, arguments, &pid, &to)) {
    napi_throw_type_error(env, NULL, "expected a process id, 13 numbers, more than 8 KiB of text and a boolean");
    return NULL;
  }
  enum outcome outcome = open_process(pid, &files);
  if (outcome == FOUND) outcome = read_open(pid, &files, to);
  close_process(&files);
  if (outcome == FAILED) return throw_errno(env, "/proc");
  if (napi_get_boolean(env, outcome == FOUND, &result) != napi_ok) return NULL;
  return result;
}
