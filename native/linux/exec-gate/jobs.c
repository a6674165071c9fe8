#include "jobs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hold.h"
#include "opens.h"

#define JOBS 64
#define THREADS_MOST 8
/* All memory is locked: the usual 8 MiB would be held in full. */
#define STACK_BYTES (128 * 1024)
/* Reading arguments takes microseconds. After this the caller is held unread. */
#define LOOK_MS 200
/* A move waits for other changes of cgroups. After this the caller runs. */
#define HOLD_MS 2000

enum state { FREE, LOOK, LOOKING, HOLD, HOLDING };

struct job {
  enum state state;
  /* A thread that comes back late finds another number. */
  unsigned number;
  int gate, event, tid;
  long since;
  struct shared_rules *rules;
  char path[JOB_PATH];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t added = PTHREAD_COND_INITIALIZER;
static struct job jobs[JOBS];
static unsigned idle, threads, numbers;

/* ---- Rules that a late thread may still read ---- */

struct shared_rules *shared_rules_make(const char *text, size_t bytes) {
  struct rules *rules = rules_parse(text, bytes);
  struct shared_rules *shared = rules == NULL ? NULL : malloc(sizeof *shared);
  if (shared == NULL) {
    rules_free(rules);
    return NULL;
  }
  *shared = (struct shared_rules){rules, 1};
  return shared;
}

static struct shared_rules *take(struct shared_rules *rules) {
  __atomic_add_fetch(&rules->users, 1, __ATOMIC_SEQ_CST);
  return rules;
}

void shared_rules_drop(struct shared_rules *rules) {
  if (rules == NULL || __atomic_sub_fetch(&rules->users, 1, __ATOMIC_SEQ_CST) > 0) return;
  rules_free(rules->rules);
  free(rules);
}

/* ---- Jobs. All with the lock held ---- */

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_state(struct job *job, enum state state) {
  job->state = state;
  job->since = now_ms();
}

static void finish(struct job *job) {
  opens_allow(job->gate, job->event);
  shared_rules_drop(job->rules);
  job->rules = NULL;
  job->state = FREE;
  job->number = ++numbers;
}

static struct job *next_job(void) {
  struct job *first = NULL;
  for (struct job *job = jobs; job < jobs + JOBS; job++)
    if ((job->state == LOOK || job->state == HOLD) && (first == NULL || job->since < first->since)) first = job;
  return first;
}

static long limit_of(const struct job *job) { return job->state == LOOK || job->state == LOOKING ? LOOK_MS : HOLD_MS; }

/* ---- Threads ---- */

static void work(struct job *job) {
  static __thread char path[JOB_PATH];
  const unsigned number = job->number;
  const int tid = job->tid, must_look = job->state == LOOK;
  struct shared_rules *rules = take(job->rules);
  memcpy(path, job->path, strlen(job->path) + 1);
  set_state(job, must_look ? LOOKING : HOLDING);
  pthread_mutex_unlock(&lock);
  int pid = 0;
  enum rule_match match = MATCHES_UNREAD;
  if (must_look) match = rules_match(rules->rules, path, strlen(path), tid, &pid);
  else if (!caller_pid(tid, &pid)) match = NO_MATCH;
  pthread_mutex_lock(&lock);
  if (job->number == number && match != NO_MATCH) {
    set_state(job, HOLDING);
    pthread_mutex_unlock(&lock);
    hold(rules_cgroup(rules->rules), pid, path, match);
    pthread_mutex_lock(&lock);
  }
  if (job->number == number) finish(job);
  shared_rules_drop(rules);
}

static void *serve(void *nothing) {
  pthread_mutex_lock(&lock);
  for (;;) {
    struct job *job = next_job();
    if (job == NULL) {
      idle++;
      pthread_cond_wait(&added, &lock);
      idle--;
    } else {
      work(job);
    }
  }
  return nothing;
}

static int add_thread(void) {
  pthread_t thread;
  pthread_attr_t attributes;
  if (threads == THREADS_MOST || pthread_attr_init(&attributes) != 0) return -1;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  int error = pthread_create(&thread, &attributes, serve, NULL);
  pthread_attr_destroy(&attributes);
  if (error != 0) return -1;
  threads++;
  return 0;
}

int jobs_start(void) { return add_thread() == 0 && add_thread() == 0 ? 0 : -1; }

int jobs_add(struct shared_rules *rules, int gate, int event, int tid, const char *path) {
  pthread_mutex_lock(&lock);
  struct job *job = jobs;
  while (job < jobs + JOBS && job->state != FREE) job++;
  const int has_room = job < jobs + JOBS;
  if (has_room) {
    job->number = ++numbers;
    job->gate = gate;
    job->event = event;
    job->tid = tid;
    job->rules = take(rules);
    memcpy(job->path, path, strlen(path) + 1);
    set_state(job, LOOK);
    pthread_cond_signal(&added);
  }
  pthread_mutex_unlock(&lock);
  if (!has_room) report_unheld(tid, path, "too many start at once");
  return has_room;
}

int jobs_wait_ms(void) {
  pthread_mutex_lock(&lock);
  long wait = -1, now = now_ms();
  for (const struct job *job = jobs; job < jobs + JOBS; job++) {
    if (job->state == FREE) continue;
    long left = job->since + limit_of(job) - now;
    if (wait < 0 || left < wait) wait = left < 0 ? 0 : left;
  }
  pthread_mutex_unlock(&lock);
  return (int)wait;
}

void jobs_check(void) {
  pthread_mutex_lock(&lock);
  const long now = now_ms();
  for (struct job *job = jobs; job < jobs + JOBS; job++) {
    if (job->state == FREE || now - job->since < limit_of(job)) continue;
    if (job->state == LOOK || job->state == LOOKING) {
      job->number = ++numbers;
      set_state(job, HOLD);
      pthread_cond_signal(&added);
    } else {
      report_unheld(job->tid, job->path, "it could not be moved in time");
      finish(job);
    }
    if (idle == 0) add_thread();
  }
  pthread_mutex_unlock(&lock);
}

void jobs_give_up(int gate) {
  pthread_mutex_lock(&lock);
  for (struct job *job = jobs; job < jobs + JOBS; job++)
    if (job->state != FREE && job->gate == gate) finish(job);
  pthread_mutex_unlock(&lock);
}
