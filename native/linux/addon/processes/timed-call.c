/*
 * Calls that a process can make wait for as long as it likes. Reading /proc/PID/cmdline and environ takes the lock of that
 * process's memory, which it can hold: it maps a file of a file system that never answers (FUSE, a dead mount) and touches
 * the page. Looking up a path can run into such a file system. No flag and no signal ends that wait, so another thread makes
 * the call, and is left behind where it does not come back.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "detached-thread.h"
#include "timed-call.h"

#define MOST_BYTES (128 * 1024)
#define TIMEOUT_MS 500
/* Threads left behind: in total, and for one user who is not root. Beyond that such a user's processes are not read. */
#define MOST_STUCK 16
#define MOST_STUCK_OF_USER 2

enum state { FREE, ASKED, ANSWERED };

struct call_thread {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  enum state state;
  int abandoned;
  timed_work work;
  /* A copy: who asked may be gone. */
  _Alignas(max_align_t) char question[QUESTION_MOST];
  ssize_t got;
  int error;
  char bytes[MOST_BYTES];
};

/* Threads that were left behind, and who keeps each waiting. */
static struct {
  void *thread;
  struct call_target who;
} stuck[MOST_STUCK];
static pthread_mutex_t stuck_lock = PTHREAD_MUTEX_INITIALIZER;

int call_is_refused(const struct call_target *who) {
  int of_user = 0, all = 0, same = 0;
  pthread_mutex_lock(&stuck_lock);
  for (int i = 0; i < MOST_STUCK; i++) {
    if (stuck[i].thread == NULL) continue;
    all++;
    if (stuck[i].who.uid == who->uid) of_user++;
    if (stuck[i].who.pid == who->pid && stuck[i].who.start == who->start) same = 1;
  }
  pthread_mutex_unlock(&stuck_lock);
  return same || all == MOST_STUCK || (who->uid != 0 && of_user >= MOST_STUCK_OF_USER);
}

/* Puts `next` in the place of `thread`: NULL adds, and NULL takes away. */
static void replace_stuck(void *thread, void *next, const struct call_target *who) {
  pthread_mutex_lock(&stuck_lock);
  for (int i = 0; i < MOST_STUCK; i++) {
    if (stuck[i].thread != thread) continue;
    stuck[i].thread = next;
    if (who != NULL) stuck[i].who = *who;
    break;
  }
  pthread_mutex_unlock(&stuck_lock);
}

void call_is_stuck(void *token, const struct call_target *who) { replace_stuck(NULL, token, who); }

void call_came_back(void *token) { replace_stuck(token, NULL, NULL); }

static void *serve(void *given) {
  struct call_thread *thread = given;
  pthread_mutex_lock(&thread->lock);
  for (;;) {
    while (thread->state != ASKED) pthread_cond_wait(&thread->changed, &thread->lock);
    pthread_mutex_unlock(&thread->lock);
    ssize_t got = thread->work(thread->question, thread->bytes, sizeof thread->bytes);
    int error = errno;
    pthread_mutex_lock(&thread->lock);
    if (thread->abandoned) break;
    thread->got = got;
    thread->error = error;
    thread->state = ANSWERED;
    pthread_cond_signal(&thread->changed);
  }
  pthread_mutex_unlock(&thread->lock);
  replace_stuck(thread, NULL, NULL);
  free(thread);
  return NULL;
}

static struct call_thread *open_call_thread(void) {
  struct call_thread *thread = calloc(1, sizeof *thread);
  if (thread == NULL) return NULL;
  init_timed_condition(&thread->lock, &thread->changed);
  int error = start_detached_thread(serve, thread);
  if (error == 0) return thread;
  free(thread);
  errno = error == EAGAIN ? ENOMEM : error;
  return NULL;
}

static struct timespec deadline(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_nsec += TIMEOUT_MS * 1000000L;
  at.tv_sec += at.tv_nsec / 1000000000L;
  at.tv_nsec %= 1000000000L;
  return at;
}

ssize_t timed_call(timed_work work, const void *question, size_t question_bytes, const struct call_target *who,
                   char *to, size_t bytes) {
  /* One for each thread of the program that reads. */
  static _Thread_local struct call_thread *thread;
  if (call_is_refused(who)) {
    errno = ETIMEDOUT;
    return -1;
  }
  if (thread == NULL && (thread = open_call_thread()) == NULL) return -1;
  struct timespec until = deadline();
  pthread_mutex_lock(&thread->lock);
  thread->work = work;
  memcpy(thread->question, question, question_bytes);
  thread->state = ASKED;
  pthread_cond_signal(&thread->changed);
  int waited = 0;
  while (thread->state == ASKED && waited == 0) waited = pthread_cond_timedwait(&thread->changed, &thread->lock, &until);
  if (thread->state == ASKED) {
    replace_stuck(NULL, thread, who);
    thread->abandoned = 1;
    pthread_mutex_unlock(&thread->lock);
    thread = NULL;
    errno = ETIMEDOUT;
    return -1;
  }
  ssize_t got = thread->got;
  if (got > 0) memcpy(to, thread->bytes, (size_t)got < bytes ? (size_t)got : bytes);
  if ((size_t)(got < 0 ? 0 : got) > bytes) got = (ssize_t)bytes;
  errno = thread->error;
  thread->state = FREE;
  pthread_mutex_unlock(&thread->lock);
  return got;
}

struct file_of_process {
  int folder;
  const char *name;
};

static ssize_t read_file(const void *question, char *to, size_t bytes) {
  const struct file_of_process *file = question;
  /* The opening can wait too, for a process that is starting a program. */
  int fd = openat(file->folder, file->name, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, to, bytes);
  int error = errno;
  if (fd >= 0) close(fd);
  errno = error;
  return got;
}

ssize_t timed_read(int folder, const char *name, const struct call_target *who, char *to, size_t bytes) {
  /* The caller closes `folder`, also when this is left behind: what that number opens by then is dropped unseen. */
  struct file_of_process file = {.folder = folder, .name = name};
  return timed_call(read_file, &file, sizeof file, who, to, bytes);
}
