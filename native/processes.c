/* One process as the kernel tells it. See proc(5). */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "patient-read.h"
#include "surety-native.h"

#define PF_KTHREAD 0x00200000UL /* include/linux/sched.h */
#define STAT_BYTES 4096
/* Where each part of the text begins; the arguments take the rest. */
#define COMM_AT 0
#define EXECUTABLE_AT 4096
#define ARGUMENTS_AT 8192

enum { PARENT, SESSION, TTY, START, UID, COMM_BYTES, EXECUTABLE_BYTES, ARGUMENTS_BYTES, STACK_START, NUMBERS };
enum outcome { FOUND, ABSENT, FAILED };

struct buffers {
  double *numbers;
  char *text;
  size_t text_bytes;
  int pid;
  /* Instead of its arguments. */
  bool environment;
};

/* A process that ended or may not be seen is left out; that we are short of something says nothing about it. */
static enum outcome outcome_of(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM ? FAILED : ABSENT;
}

/* The name may hold anything, brackets and spaces too: the last bracket ends it. */
static int parse_stat(char *stat, struct buffers to, unsigned long *flags) {
  char *open = strchr(stat, '('), *close = strrchr(stat, ')');
  if (open == NULL || close == NULL || close < open || close[1] != ' ') return 0;
  size_t comm_bytes = (size_t)(close - open - 1);
  memcpy(to.text + COMM_AT, open + 1, comm_bytes);
  to.numbers[COMM_BYTES] = (double)comm_bytes;
  char *at = close + 2, *end = at + 1; /* field 3 is a letter */
  if (*at == '\0') return 0;
  for (int field = 4; field <= 28; field++) {
    if (*end != ' ') return 0;
    at = end + 1;
    long long value = field == 28 ? (long long)strtoull(at, &end, 10) : strtoll(at, &end, 10);
    if (end == at) return 0;
    if (field == 4) to.numbers[PARENT] = (double)value;
    if (field == 6) to.numbers[SESSION] = (double)value;
    if (field == 7) to.numbers[TTY] = (double)value;
    if (field == 9) *flags = (unsigned long)value;
    if (field == 22) to.numbers[START] = (double)value;
    if (field == 28) to.numbers[STACK_START] = (double)value;
  }
  return 1;
}

/* In one read: the kernel gives all there is, or fails. -1 when it does not answer, or may not be seen. */
static enum outcome read_arguments(int folder, struct buffers to) {
  struct reading_of who = {.pid = to.pid, .uid = (unsigned)to.numbers[UID], .start = (long long)to.numbers[START]};
  const char *name = to.environment ? "environ" : "cmdline";
  ssize_t bytes = patient_read(folder, name, &who, to.text + ARGUMENTS_AT, to.text_bytes - ARGUMENTS_AT);
  if (bytes < 0 && outcome_of(errno) == FAILED) return FAILED;
  to.numbers[ARGUMENTS_BYTES] = bytes < 0 && (errno == ETIMEDOUT || to.environment) ? -1 : bytes < 0 ? 0 : (double)bytes;
  return FOUND;
}

static enum outcome read_program(int folder, int stat, struct buffers to) {
  if (read_arguments(folder, to) == FAILED) return FAILED;
  ssize_t bytes = readlinkat(folder, "exe", to.text + EXECUTABLE_AT, ARGUMENTS_AT - EXECUTABLE_AT);
  if (bytes >= 0) {
    to.numbers[EXECUTABLE_BYTES] = (double)bytes;
    return FOUND;
  }
  if (outcome_of(errno) == FAILED) return FAILED;
  /* It may not be seen, or is a zombie; or it has ended, and what was read before says nothing any more. */
  char byte;
  return pread(stat, &byte, 1, 0) == 1 ? FOUND : outcome_of(errno);
}

static enum outcome read_open(int folder, int stat, struct buffers to) {
  char text[STAT_BYTES];
  unsigned long flags = 0;
  struct stat owner;
  ssize_t bytes = read(stat, text, sizeof text - 1);
  if (bytes < 0) return outcome_of(errno);
  text[bytes] = '\0';
  if (!parse_stat(text, to, &flags)) return ABSENT;
  /* Of the folder and not of a file in it: those are root's as soon as a process forbids being dumped. */
  if (fstat(folder, &owner) != 0) return outcome_of(errno);
  to.numbers[UID] = (double)owner.st_uid;
  to.numbers[EXECUTABLE_BYTES] = -1;
  to.numbers[ARGUMENTS_BYTES] = 0;
  return (flags & PF_KTHREAD) != 0 ? FOUND : read_program(folder, stat, to);
}

/* Through a descriptor of its folder: a pid that is used again meanwhile is never another process. */
static enum outcome read_one(int pid, struct buffers to) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", pid);
  int folder = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return outcome_of(errno);
  int stat = openat(folder, "stat", O_RDONLY | O_CLOEXEC);
  enum outcome outcome = stat < 0 ? outcome_of(errno) : read_open(folder, stat, to);
  int error = errno;
  if (stat >= 0) close(stat);
  close(folder);
  errno = error;
  return outcome;
}

static int read_buffers(napi_env env, const napi_value arguments[4], int32_t *pid, struct buffers *to) {
  napi_typedarray_type numbers_type, text_type;
  size_t numbers_length;
  if (napi_get_value_int32(env, arguments[0], pid) != napi_ok || *pid <= 0) return 0;
  if (napi_get_value_bool(env, arguments[3], &to->environment) != napi_ok) return 0;
  to->pid = *pid;
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
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 4 ||
      !read_buffers(env, arguments, &pid, &to)) {
    napi_throw_type_error(env, NULL, "expected a process id, 9 numbers, more than 8 KiB of text and a boolean");
    return NULL;
  }
  enum outcome outcome = read_one(pid, to);
  if (outcome == FAILED) return throw_errno(env, "/proc");
  if (napi_get_boolean(env, outcome == FOUND, &result) != napi_ok) return NULL;
  return result;
}
