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
#define PATIENCE_MS 500
/* Threads left behind: in total, and for one user who is not root. Beyond that such a user's processes are not read. */
#define MOST_STUCK 16
#define MOST_STUCK_OF_USER 2

enum state { FREE, ASKED, ANSWERED };

struct desk {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  enum state state;
  int abandoned;
  patient_work work;
  /* A copy: who asked may be gone. */
  _Alignas(max_align_t) char question[QUESTION_MOST];
  ssize_t got;
  int error;
  char bytes[MOST_BYTES];
};

/* Who keeps a thread waiting, by the desk it waits at. */
static struct {
  void *desk;
  struct reading_of who;
} stuck[MOST_STUCK];
static pthread_mutex_t stuck_lock = PTHREAD_MUTEX_INITIALIZER;

int reading_is_given_up(const struct reading_of *who) {
  int of_user = 0, all = 0, same = 0;
  pthread_mutex_lock(&stuck_lock);
  for (int i = 0; i < MOST_STUCK; i++) {
    if (stuck[i].desk == NULL) continue;
    all++;
    if (stuck[i].who.uid == who->uid) of_user++;
    if (stuck[i].who.pid == who->pid && stuck[i].who.start == who->start) same = 1;
  }
  pthread_mutex_unlock(&stuck_lock);
  return same || all == MOST_STUCK || (who->uid != 0 && of_user >= MOST_STUCK_OF_USER);
}

/* Puts `next` in the place of `desk`: NULL adds, and NULL takes away. */
static void replace_stuck(void *desk, void *next, const struct reading_of *who) {
  pthread_mutex_lock(&stuck_lock);
  for (int i = 0; i < MOST_STUCK; i++) {
    if (stuck[i].desk != desk) continue;
    stuck[i].desk = next;
    if (who != NULL) stuck[i].who = *who;
    break;
  }
  pthread_mutex_unlock(&stuck_lock);
}

void reading_is_stuck(void *token, const struct reading_of *who) { replace_stuck(NULL, token, who); }

void reading_came_back(void *token) { replace_stuck(token, NULL, NULL); }

static void *serve(void *given) {
  struct desk *desk = given;
  pthread_mutex_lock(&desk->lock);
  for (;;) {
    while (desk->state != ASKED) pthread_cond_wait(&desk->changed, &desk->lock);
    pthread_mutex_unlock(&desk->lock);
    ssize_t got = desk->work(desk->question, desk->bytes, sizeof desk->bytes);
    int error = errno;
    pthread_mutex_lock(&desk->lock);
    if (desk->abandoned) break;
    desk->got = got;
    desk->error = error;
    desk->state = ANSWERED;
    pthread_cond_signal(&desk->changed);
  }
  pthread_mutex_unlock(&desk->lock);
  replace_stuck(desk, NULL, NULL);
  free(desk);
  return NULL;
}

static struct desk *open_desk(void) {
  struct desk *desk = calloc(1, sizeof *desk);
  if (desk == NULL) return NULL;
  begin_waiting_at(&desk->lock, &desk->changed);
  int error = start_alone(serve, desk);
  if (error == 0) return desk;
  free(desk);
  errno = error == EAGAIN ? ENOMEM : error;
  return NULL;
}

static struct timespec deadline(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_nsec += PATIENCE_MS * 1000000L;
  at.tv_sec += at.tv_nsec / 1000000000L;
  at.tv_nsec %= 1000000000L;
  return at;
}

ssize_t patient_call(patient_work work, const void *question, size_t question_bytes, const struct reading_of *who,
                     char *to, size_t bytes) {
  /* One for each thread of the program that reads. */
  static _Thread_local struct desk *desk;
  if (reading_is_given_up(who)) {
    errno = ETIMEDOUT;
    return -1;
  }
  if (desk == NULL && (desk = open_desk()) == NULL) return -1;
  struct timespec until = deadline();
  pthread_mutex_lock(&desk->lock);
  desk->work = work;
  memcpy(desk->question, question, question_bytes);
  desk->state = ASKED;
  pthread_cond_signal(&desk->changed);
  int waited = 0;
  while (desk->state == ASKED && waited == 0) waited = pthread_cond_timedwait(&desk->changed, &desk->lock, &until);
  if (desk->state == ASKED) {
    replace_stuck(NULL, desk, who);
    desk->abandoned = 1;
    pthread_mutex_unlock(&desk->lock);
    desk = NULL;
    errno = ETIMEDOUT;
    return -1;
  }
  ssize_t got = desk->got;
  if (got > 0) memcpy(to, desk->bytes, (size_t)got < bytes ? (size_t)got : bytes);
  if ((size_t)(got < 0 ? 0 : got) > bytes) got = (ssize_t)bytes;
  errno = desk->error;
  desk->state = FREE;
  pthread_mutex_unlock(&desk->lock);
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

ssize_t patient_read(int folder, const char *name, const struct reading_of *who, char *to, size_t bytes) {
  /* The caller closes `folder`, also when this is left behind: what that number opens by then is dropped unseen. */
  struct file_of_process file = {.folder = folder, .name = name};
  return patient_call(read_file, &file, sizeof file, who, to, bytes);
}
