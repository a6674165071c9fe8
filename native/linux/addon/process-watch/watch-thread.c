/*
 * The thread of a watch of processes, of few steps and no waiting: what a program is has to be read before it ends or
 * changes its title, however busy the loop is. The descriptors are polled; no thread of libuv's pool is held.
 *
 * Reading the memory of a process can wait for as long as that process likes, see timed-call.c. Whoever waits too long is
 * then left behind, and another thread continues after the process that it waits for.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "process-watch.h"

/* Others are waiting to be read, and may be gone soon. */
#define TIMEOUT_MS 100
#define STACK_BYTES (256 * 1024)
/* What lives briefly is gone before a thread that waits for its turn. */
#define NICE -10
/* Being woken for each event costs whoever caused it more than the event: where they come by the thousand they are let
   gather. Counted over STORM_MS. */
#define STORM_MS 10
#define STORM_EVENTS 30
#define STORM_PAUSE_US 500

/* One thread, and what it reads into. */
struct worker {
  struct watch *watch;
  int reading, abandoned;
  struct call_target who;
  struct started_process process;
};

void watch_release(struct watch *watch) {
  pthread_mutex_lock(&watch->lock);
  int last = --watch->holders == 0;
  pthread_mutex_unlock(&watch->lock);
  if (!last) return;
  pthread_mutex_destroy(&watch->lock);
  program_filter_free(&watch->filter);
  munmap(watch->watched, WATCHED_BYTES);
  /* A thread that was left behind still asks for them. */
  free(watch->variables);
  free(watch);
}

static void set_timeout(struct watch *watch, int ms) {
  struct itimerspec at = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L}};
  timerfd_settime(watch->timeout, 0, &at, NULL);
}

/* From now on it may wait. Not for whoever has kept us waiting before. */
static int may_wait(void *asked, const struct call_target *who) {
  struct worker *worker = asked;
  if (call_is_refused(who)) return 0;
  set_timeout(worker->watch, TIMEOUT_MS);
  pthread_mutex_lock(&worker->watch->lock);
  worker->who = *who;
  worker->reading = 1;
  pthread_mutex_unlock(&worker->watch->lock);
  return 1;
}

/* 0 when another thread has gone on meanwhile: nothing of the watch is ours any more. */
static int came_back(struct worker *worker) {
  struct watch *watch = worker->watch;
  pthread_mutex_lock(&watch->lock);
  int mine = !worker->abandoned;
  worker->reading = 0;
  pthread_mutex_unlock(&watch->lock);
  return mine;
}

static unsigned execs_from(const struct watch *watch, size_t at) {
  unsigned count = 0;
  for (size_t i = at; i < watch->count; i++)
    count += watch->events[i].kind == EVENT_EXEC && watch->events[i].pid == watch->events[at].pid;
  return count;
}

/* `of` is looked at only where it was read. */
static void tell_started(struct watch *watch, const struct process_event *event, int state,
                         const struct started_process *of) {
  char executable[PATH_MOST];
  const char *path = state == STATE_READ ? of->executable : NULL;
  ssize_t bytes = state == STATE_READ ? of->executable_bytes : -1;
  if (watch->files != NULL) {
    bytes = exec_files_take(watch->files, (int)event->pid, execs_from(watch, watch->at), path, bytes, executable,
                            sizeof executable);
    path = executable;
  }
  pending_add_exec(watch, event, state, of, path, bytes);
}

static int take_exec(struct worker *worker, const struct process_event *event) {
  struct watch *watch = worker->watch;
  enum outcome outcome = read_started((int)event->pid, watch->variables, may_wait, worker, &worker->process);
  if (worker->reading && !came_back(worker)) return 0;
  tell_started(watch, event, outcome == FOUND ? STATE_READ : outcome == ABSENT ? STATE_GONE : STATE_UNREAD,
               &worker->process);
  return 1;
}

/* 0 when another thread has gone on. */
static int take_events(struct worker *worker) {
  struct watch *watch = worker->watch;
  int told_exec = 0;
  for (; watch->at < watch->count; watch->at++) {
    const struct process_event *event = &watch->events[watch->at];
    if (event->kind == EVENT_EXEC) {
      if (!take_exec(worker, event)) return 0;
      told_exec = 1;
      continue;
    }
    if (event->kind == EVENT_EXIT && watch->files != NULL) exec_files_forget(watch->files, (int)event->pid);
    pending_add(watch, event);
  }
  if (told_exec) set_timeout(watch, 0);
  pending_wake(watch, 0);
  return 1;
}

static void receive(struct watch *watch) {
  int error = 0, lost = 0;
  watch->at = 0;
  watch->count = connector_receive(watch->connector, watch->events, EVENTS_A_TURN, &error);
  if (error != 0) lost |= error == ENOBUFS ? LOST_EVENTS : LOST_EVENTS | LOST_ALL;
  if (error != 0 && error != ENOBUFS) watch->over = 1;
  /* Afterwards: whatever was told by now has opened its files before. Forks open none. */
  int opened = 0;
  for (size_t i = 0; i < watch->count; i++) opened |= watch->events[i].kind != EVENT_FORK;
  if (watch->files != NULL && opened && exec_files_drain(watch->files) != 0) lost |= LOST_FILES;
  pending_lose(watch, lost);
}

static void let_gather(struct watch *watch) {
  long long now = watch_now_ms();
  watch->counted += watch->count;
  if (now - watch->counted_since >= STORM_MS) {
    watch->storm = watch->counted >= STORM_EVENTS * (size_t)(now - watch->counted_since) / STORM_MS;
    watch->counted_since = now;
    watch->counted = 0;
  }
  const struct timespec pause = {.tv_nsec = STORM_PAUSE_US * 1000};
  if (watch->storm) nanosleep(&pause, NULL);
}

static void *work(void *given) {
  struct worker *worker = given;
  struct watch *watch = worker->watch;
  setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
  int mine = take_events(worker);
  while (mine) {
    struct pollfd on[3] = {{.fd = watch->over ? -1 : watch->connector, .events = POLLIN},
                           {.fd = watch->stop, .events = POLLIN},
                           {.fd = watch->files == NULL ? -1 : exec_files_mounts(watch->files), .events = POLLPRI}};
    if (poll(on, 3, pending_wait_ms(watch)) < 0 && errno != EINTR) break;
    if (on[1].revents != 0) break;
    if (on[2].revents != 0) exec_files_mark(watch->files);
    receive(watch);
    mine = take_events(worker);
    if (mine) let_gather(watch);
  }
  if (mine) return NULL;
  call_came_back(worker);
  free(worker);
  watch_release(watch);
  return NULL;
}

int watch_thread_start(struct watch *watch) {
  struct worker *worker = calloc(1, sizeof *worker);
  if (worker == NULL) return -1;
  worker->watch = watch;
  watch->worker = worker;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  /* Signals are for the threads of the program. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int error = pthread_create(&watch->thread, &attributes, work, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (error == 0) {
    pthread_mutex_lock(&watch->lock);
    watch->holders++;
    pthread_mutex_unlock(&watch->lock);
    return 0;
  }
  free(worker);
  watch->worker = NULL;
  errno = error;
  return -1;
}

/* Under the lock: is it still waiting? It is left behind then. */
static int abandon(struct watch *watch) {
  struct worker *worker = watch->worker;
  if (worker == NULL || !worker->reading) return 0;
  worker->abandoned = 1;
  call_is_stuck(worker, &worker->who);
  pthread_detach(watch->thread);
  watch->worker = NULL;
  return 1;
}

void watch_thread_timed_out(struct watch *watch) {
  pthread_mutex_lock(&watch->lock);
  int abandoned = abandon(watch);
  pthread_mutex_unlock(&watch->lock);
  if (!abandoned) return;
  /* Nobody runs now. Of the process that is waited for only the executable is told. */
  tell_started(watch, &watch->events[watch->at], STATE_UNREAD, NULL);
  watch->at++;
  if (watch_thread_start(watch) == 0) return;
  pending_lose(watch, LOST_ALL);
  pending_wake(watch, 1);
}

void watch_thread_stop(struct watch *watch) {
  pthread_mutex_lock(&watch->lock);
  abandon(watch);
  pthread_mutex_unlock(&watch->lock);
  if (watch->worker == NULL) return;
  const uint64_t one = 1;
  if (write(watch->stop, &one, sizeof one) == sizeof one) pthread_join(watch->thread, NULL);
  free(watch->worker);
  watch_release(watch);
}
