/*
 * Many processes for the program, read by two other threads, half by each. A thread is left behind with the first that keeps
 * it waiting (see timed-call.c): to ask another thread for each alone takes longer than the reading does.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "detached-thread.h"
#include "process-numbers.h"
#include "process-read.h"
#include "../surety-native.h"

#define READERS 2
/* To start a thread takes as long as to read a few. */
#define LEAST_SHARE 16
#define MOST_PIDS 256
#define TEXT_BYTES (512 * 1024)
#define MOST_TEXT_OF_ONE (COMM_MOST + PATH_MOST + MEMORY_MOST)
#define TIMEOUT_MS 500

struct batch {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  /* Below `done` nothing changes any more; what lies behind is the reading thread's alone. */
  int done, over, abandoned, error;
  struct call_target reading;
  int count, pids[MOST_PIDS];
  double numbers[MOST_PIDS][NUMBERS];
  size_t text_bytes, text_done;
  char text[TEXT_BYTES];
};

static void add_text(struct batch *batch, int at, int number, const char *text, size_t bytes) {
  memcpy(batch->text + batch->text_bytes, text, bytes);
  batch->text_bytes += bytes;
  batch->numbers[at][number] = (double)bytes;
}

static enum outcome read_arguments(struct batch *batch, int at, const struct process_files *files) {
  int fd = openat(files->folder, "cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t bytes = fd < 0 ? -1 : read(fd, batch->text + batch->text_bytes, MEMORY_MOST);
  int error = errno;
  if (fd >= 0) close(fd);
  if (bytes < 0 && outcome_of(error) == FAILED) {
    errno = error;
    return FAILED;
  }
  batch->numbers[at][ARGUMENTS_BYTES] = bytes < 0 ? 0 : (double)bytes;
  if (bytes > 0) batch->text_bytes += (size_t)bytes;
  return FOUND;
}

static enum outcome read_program(struct batch *batch, int at, const struct process_files *files,
                                 const struct process_stat *stat) {
  char executable[PATH_MOST], byte;
  struct call_target who = {.pid = batch->pids[at], .uid = (unsigned)stat->uid, .start = stat->start};
  if (call_is_refused(&who)) batch->numbers[at][ARGUMENTS_BYTES] = -1;
  else {
    pthread_mutex_lock(&batch->lock);
    batch->reading = who;
    pthread_mutex_unlock(&batch->lock);
    if (read_arguments(batch, at, files) == FAILED) return FAILED;
  }
  struct program_identity program;
  read_identity(files->folder, &program);
  numbers_of_program(batch->numbers[at], &program);
  ssize_t bytes = readlinkat(files->folder, "exe", executable, sizeof executable);
  if (bytes >= 0) {
    add_text(batch, at, EXECUTABLE_BYTES, executable, (size_t)bytes);
    return FOUND;
  }
  if (outcome_of(errno) == FAILED) return FAILED;
  /* It may not be seen, or is a zombie; or it has ended, and what was read before says nothing any more. */
  return pread(files->stat, &byte, 1, 0) == 1 ? FOUND : outcome_of(errno);
}

static enum outcome read_one(struct batch *batch, int at) {
  struct process_files files;
  struct process_stat stat;
  enum outcome outcome = open_process(batch->pids[at], &files);
  if (outcome == FOUND) outcome = read_stat(&files, &stat);
  if (outcome == FOUND) {
    double *numbers = batch->numbers[at];
    numbers[PARENT] = (double)stat.parent;
    numbers[SESSION] = (double)stat.session;
    numbers[TTY] = (double)stat.tty;
    numbers[START] = (double)stat.start;
    numbers[UID] = (double)stat.uid;
    numbers[EXECUTABLE_BYTES] = -1;
    numbers[ARGUMENTS_BYTES] = 0;
    numbers[STACK_START] = (double)stat.stack_start;
    numbers_of_program(numbers, &NO_PROGRAM);
    add_text(batch, at, COMM_BYTES, stat.comm, stat.comm_bytes);
    if (!is_kernel_thread(&stat)) outcome = read_program(batch, at, &files, &stat);
  }
  close_process(&files);
  return outcome;
}

static void *read_batch(void *given) {
  struct batch *batch = given;
  pthread_mutex_lock(&batch->lock);
  for (int at = 0; at < batch->count && !batch->abandoned; at++) {
    if (batch->text_bytes + MOST_TEXT_OF_ONE > sizeof batch->text) break;
    pthread_mutex_unlock(&batch->lock);
    enum outcome outcome = read_one(batch, at);
    int error = errno;
    pthread_mutex_lock(&batch->lock);
    if (batch->abandoned) break;
    if (outcome == FAILED) {
      batch->error = error;
      break;
    }
    if (outcome == ABSENT) {
      batch->text_bytes = batch->text_done;
      batch->numbers[at][COMM_BYTES] = -1;
    }
    batch->text_done = batch->text_bytes;
    batch->done = at + 1;
  }
  batch->over = 1;
  int abandoned = batch->abandoned;
  pthread_cond_signal(&batch->changed);
  pthread_mutex_unlock(&batch->lock);
  if (abandoned) {
    call_came_back(batch);
    free(batch);
  }
  return NULL;
}

static int start_reading(struct batch *batch) {
  init_timed_condition(&batch->lock, &batch->changed);
  int error = start_detached_thread(read_batch, batch);
  return error == EAGAIN ? ENOMEM : error;
}

/* Until all are read, or one has kept the thread waiting for too long; with the lock. */
static void wait_for(struct batch *batch) {
  for (int before = -1; !batch->over && batch->done != before;) {
    struct timespec until;
    before = batch->done;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TIMEOUT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    for (int waited = 0; !batch->over && waited == 0;)
      waited = pthread_cond_timedwait(&batch->changed, &batch->lock, &until);
  }
}

/* What all of them read, from the first process on and without a gap. */
struct found {
  double *numbers;
  char *text;
  size_t text_bytes;
  int done, ends, error;
};

static void add_found(const struct batch *batch, struct found *to) {
  memcpy(to->numbers + to->done * NUMBERS, batch->numbers, sizeof batch->numbers[0] * (size_t)batch->done);
  memcpy(to->text + to->text_bytes, batch->text, batch->text_done);
  to->done += batch->done;
  to->text_bytes += batch->text_done;
  to->error = batch->error;
  to->ends = batch->done < batch->count;
}

/* A thread that keeps us waiting is left behind, with its batch. */
static void collect(struct batch *batch, struct found *to) {
  pthread_mutex_lock(&batch->lock);
  wait_for(batch);
  /* What lies behind a gap is read again, with the rest. */
  if (!to->ends) add_found(batch, to);
  int over = batch->over;
  if (!over) {
    call_is_stuck(batch, &batch->reading);
    batch->abandoned = 1;
  }
  pthread_mutex_unlock(&batch->lock);
  if (over) free(batch);
}

static struct batch *start_batch(const int32_t *pids, size_t count, int *error) {
  struct batch *batch = calloc(1, sizeof *batch);
  if (batch == NULL) {
    *error = ENOMEM;
    return NULL;
  }
  batch->count = (int)count;
  memcpy(batch->pids, pids, count * sizeof *pids);
  *error = start_reading(batch);
  if (*error == 0) return batch;
  free(batch);
  return NULL;
}

/* errno when nothing was read for want of something; `found` says how many were. */
static int read_all(const int32_t *pids, size_t count, struct found *found) {
  struct batch *batches[READERS];
  size_t share = count < READERS * LEAST_SHARE ? count : (count + READERS - 1) / READERS, started = 0;
  int error = 0;
  for (size_t from = 0; from < count && error == 0; from += share) {
    struct batch *batch = start_batch(pids + from, count - from < share ? count - from : share, &error);
    if (batch != NULL) batches[started++] = batch;
  }
  if (started == 0) return error;
  for (size_t at = 0; at < started; at++) collect(batches[at], found);
  return found->done == 0 ? found->error : 0;
}

napi_value read_processes(napi_env env, napi_callback_info info) {
  size_t count = 3, pids_length, numbers_length, text_length;
  napi_value arguments[3], result;
  napi_typedarray_type pids_type, numbers_type, text_type;
  int32_t *pids;
  double *numbers;
  char *text;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 3 ||
      napi_get_typedarray_info(env, arguments[0], &pids_type, &pids_length, (void **)&pids, NULL, NULL) != napi_ok ||
      napi_get_typedarray_info(env, arguments[1], &numbers_type, &numbers_length, (void **)&numbers, NULL, NULL) !=
          napi_ok ||
      napi_get_typedarray_info(env, arguments[2], &text_type, &text_length, (void **)&text, NULL, NULL) != napi_ok ||
      pids_type != napi_int32_array || numbers_type != napi_float64_array || text_type != napi_uint8_array ||
      pids_length > MOST_PIDS || numbers_length < pids_length * NUMBERS || text_length < READERS * TEXT_BYTES) {
    napi_throw_type_error(env, NULL, "expected at most 256 process ids, 13 numbers for each, and 1 MiB of text");
    return NULL;
  }
  struct found found = {.numbers = numbers, .text = text};
  errno = read_all(pids, pids_length, &found);
  if (errno != 0) return throw_errno(env, "/proc");
  if (napi_create_int32(env, found.done, &result) != napi_ok) return NULL;
  return result;
}
