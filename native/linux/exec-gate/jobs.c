#include "jobs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hold.h"
#include "opens.h"
#include "readers.h"

#define JOBS 256
/* Those of one user leave room for the others. */
#define JOBS_A_USER 64
/* Waiting for a reader, so that a user's own slow memory leaves places for what matches by its name. More are held unread. */
#define LOOKS_A_USER 32
#define THREADS_MOST 8
/* All memory is locked: the usual 8 MiB would be held in full. */
#define STACK_BYTES (128 * 1024)
/* Reading arguments takes a millisecond. After this the caller is held unread, also where no reader was free. */
#define LOOK_MS 200
/* A move waits for other changes of cgroups. After this the caller runs. */
#define HOLD_MS 2000

/* LOOK waits for a reader, HOLD for a thread. */
enum state { FREE, LOOK, LOOKING, HOLD, HOLDING };

struct job {
  enum state state;
  /* A thread that comes back late finds another number. */
  unsigned number;
  int reader;
  long since;
  struct shared_rules *rules;
  struct opening opening;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t added = PTHREAD_COND_INITIALIZER;
static struct job jobs[JOBS];
/* `taken`: jobs that are not free. Without one, which is nearly always, the others are not looked at: they lie far apart. */
static unsigned idle, threads, numbers, taken;

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
  opens_allow(job->opening.gate, job->opening.event);
  if (job->state == LOOKING) reader_end(job->reader);
  shared_rules_drop(job->rules);
  job->rules = NULL;
  job->state = FREE;
  taken--;
  job->number = ++numbers;
}

static void let_hold(struct job *job, enum rule_match match) {
  job->opening.match = match;
  set_state(job, HOLD);
  pthread_cond_signal(&added);
}

static struct job *oldest(enum state state) {
  struct job *first = NULL;
  for (struct job *job = jobs; job < jobs + JOBS; job++)
    if (job->state == state && (first == NULL || job->since < first->since)) first = job;
  return first;
}

static int is_look(const struct job *job) { return job->state == LOOK || job->state == LOOKING; }

static long limit_of(const struct job *job) { return is_look(job) ? LOOK_MS : HOLD_MS; }

/* ---- Threads ---- */

static void work(struct job *job) {
  static __thread struct opening opening;
  const unsigned number = job->number;
  struct shared_rules *rules = take(job->rules);
  opening = job->opening;
  set_state(job, HOLDING);
  pthread_mutex_unlock(&lock);
  struct caller now;
  /* One that was killed meanwhile may have left its number to another. */
  if (caller_of(opening.tid, &now) && now.pid == opening.caller.pid)
    hold(rules_cgroup(rules->rules), now.pid, opening.path, opening.match);
  pthread_mutex_lock(&lock);
  if (job->number == number) finish(job);
  shared_rules_drop(rules);
}

static void *serve(void *nothing) {
  pthread_mutex_lock(&lock);
  for (;;) {
    struct job *job = oldest(HOLD);
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

/* ---- The main thread ---- */

static struct job *place_for(const struct caller *caller, unsigned *looks) {
  struct job *free = NULL;
  unsigned own = 0;
  *looks = 0;
  for (struct job *job = jobs; job < jobs + JOBS; job++) {
    if (job->state == FREE) free = job;
    else if (caller_shares(&job->opening.caller, caller)) own++, *looks += (unsigned)is_look(job);
  }
  return own < JOBS_A_USER ? free : NULL;
}

/* With the lock held. */
static void look(struct job *job) {
  const struct opening *opening = &job->opening;
  switch (reader_start(opening->tid, &opening->caller, &job->reader)) {
    case READS: job->state = LOOKING; break;
    case ALL_STUCK: let_hold(job, MATCHES_UNREAD); break;
    case READER_TAKEN: break;
  }
}

int jobs_add(struct shared_rules *rules, const struct opening *opening) {
  pthread_mutex_lock(&lock);
  unsigned looks;
  struct job *job = place_for(&opening->caller, &looks);
  const int has_room = job != NULL;
  if (has_room) {
    taken++;
    job->number = ++numbers;
    job->rules = take(rules);
    job->opening = *opening;
    if (opening->match == MATCHES_UNREAD && caller_may_be_read() && looks < LOOKS_A_USER) set_state(job, LOOK), look(job);
    else let_hold(job, opening->match);
  }
  pthread_mutex_unlock(&lock);
  if (!has_room) report_unheld(opening->caller.pid, opening->path, "too many start at once");
  return has_room;
}

int jobs_wait_ms(void) {
  pthread_mutex_lock(&lock);
  long wait = -1, now = now_ms();
  for (const struct job *job = jobs; taken > 0 && job < jobs + JOBS; job++) {
    if (job->state == FREE) continue;
    long left = job->since + limit_of(job) - now;
    if (wait < 0 || left < wait) wait = left < 0 ? 0 : left;
  }
  pthread_mutex_unlock(&lock);
  return (int)wait;
}

static void take_answer(struct job *job) {
  enum rule_match match;
  if (!reader_is_done(job->reader, &match)) return;
  job->state = LOOK;
  if (match == NO_MATCH) finish(job);
  else let_hold(job, match);
}

static void end_late(struct job *job) {
  if (job->state == LOOKING) reader_end(job->reader);
  if (is_look(job)) return let_hold(job, MATCHES_UNREAD);
  report_unheld(job->opening.caller.pid, job->opening.path, "it could not be moved in time");
  finish(job);
}

/* With the lock held. */
static void check_each(void) {
  for (struct job *job = jobs; job < jobs + JOBS; job++)
    if (job->state == LOOKING) take_answer(job);
  const long now = now_ms();
  for (struct job *job = jobs; job < jobs + JOBS; job++) {
    if (job->state == FREE || now - job->since < limit_of(job)) continue;
    end_late(job);
    if (idle == 0) add_thread();
  }
  for (struct job *job = jobs; job < jobs + JOBS; job++)
    if (job->state == LOOK) look(job);
}

void jobs_check(void) {
  pthread_mutex_lock(&lock);
  readers_check();
  if (taken > 0) check_each();
  pthread_mutex_unlock(&lock);
}

void jobs_give_up(int gate) {
  pthread_mutex_lock(&lock);
  for (struct job *job = jobs; job < jobs + JOBS; job++)
    if (job->state != FREE && job->opening.gate == gate) finish(job);
  pthread_mutex_unlock(&lock);
}
