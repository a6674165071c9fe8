/* Pending events: what the thread of a watch (watch-thread.c) has for the loop, and when the loop is woken for them. */
#include <stdlib.h>
#include <time.h>

#include "process-watch.h"

/* Forks and ends of watched processes can wait a little for more; those of others until the loop looks, or a program begins. */
#define SHARE_MS 20
#define LEISURE_MS 10000
#define PENDING_MOST (64 * 1024)
/* This many programs wake the loop, though the filter matches none of them. */
#define TOGETHER 16

long long watch_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Under the lock. */
static void told(struct watch *watch, int put, int within_ms) {
  if (!put) {
    watch->lost |= LOST_BUSY;
    return;
  }
  const long long due = watch_now_ms() + within_ms;
  if (watch->pending == NOTHING || due < watch->pending_due) watch->pending_due = due;
  if (watch->pending == NOTHING) watch->pending = WAITS;
}

/* Under the lock. */
static void wake(struct watch *watch) {
  if (watch->pending != ASKED) uv_async_send(&watch->told);
  watch->pending = ASKED;
}

static int watched(const struct watch *watch, unsigned pid) {
  return pid < PID_MOST ? watch->watched[pid / 4] >> (pid % 4 * 2) & 3 : 0;
}

static void watch_pid(struct watch *watch, unsigned pid, int what) {
  if (pid < PID_MOST) watch->watched[pid / 4] |= (unsigned char)(what << (pid % 4 * 2));
}

static void unwatch_pid(struct watch *watch, unsigned pid) {
  if (pid < PID_MOST) watch->watched[pid / 4] &= (unsigned char)~(3U << (pid % 4 * 2));
}

void pending_watch(struct watch *watch, unsigned pid, int what) {
  pthread_mutex_lock(&watch->lock);
  watch_pid(watch, pid, what);
  if (watch->pending == WAITS) wake(watch); /* it may have ended meanwhile */
  pthread_mutex_unlock(&watch->lock);
}

/* Under the lock: is it worth being woken for a program that begins? */
static int is_urgent(const struct watch *watch, unsigned pid, int state, const struct started_process *of,
                     const char *executable, ssize_t bytes) {
  if (watch->filter.names == NULL || watch->storm || watch->programs >= TOGETHER || watched(watch, pid)) return 1;
  if (state == STATE_UNREAD) return 1;
  const int read = state == STATE_READ;
  if (read && of->stat.session == (long long)pid && of->stat.tty == 0) return 1;
  return program_filter_matches(&watch->filter, executable, bytes, read ? of->arguments : NULL,
                                read ? of->arguments_bytes : -1);
}

void pending_set_filter(struct watch *watch, struct program_filter filter) {
  pthread_mutex_lock(&watch->lock);
  struct program_filter before = watch->filter;
  watch->filter = filter;
  pthread_mutex_unlock(&watch->lock);
  program_filter_free(&before);
}

void pending_add(struct watch *watch, const struct process_event *event) {
  pthread_mutex_lock(&watch->lock);
  const int fork = event->kind == EVENT_FORK;
  const int soon = fork ? watched(watch, event->parent) & WATCH_FORKS : watched(watch, event->pid);
  if (fork && soon) watch_pid(watch, event->pid, WATCH_END | WATCH_FORKS);
  if (event->kind == EVENT_EXIT) unwatch_pid(watch, event->pid);
  told(watch, records_put(&watch->records, event), soon ? SHARE_MS : LEISURE_MS);
  pthread_mutex_unlock(&watch->lock);
}

int pending_wait_ms(struct watch *watch) {
  pthread_mutex_lock(&watch->lock);
  const int waits = watch->pending == WAITS;
  const long long left = waits ? watch->pending_due - watch_now_ms() : 0;
  pthread_mutex_unlock(&watch->lock);
  return !waits ? -1 : left < 0 ? 0 : (int)left;
}

void pending_add_exec(struct watch *watch, const struct process_event *event, int state, const struct started_process *of,
                      const char *executable, ssize_t bytes) {
  pthread_mutex_lock(&watch->lock);
  watch->programs++;
  const int urgent = is_urgent(watch, event->pid, state, of, executable, bytes);
  told(watch, records_put_exec(&watch->records, event, state, of, executable, bytes), urgent ? 0 : LEISURE_MS);
  pthread_mutex_unlock(&watch->lock);
}

void pending_lose(struct watch *watch, int lost) {
  pthread_mutex_lock(&watch->lock);
  watch->lost |= lost;
  pthread_mutex_unlock(&watch->lock);
}

void pending_wake(struct watch *watch, int now) {
  pthread_mutex_lock(&watch->lock);
  if (now || watch->lost != 0 || watch->records.used >= PENDING_MOST ||
      (watch->pending == WAITS && watch_now_ms() >= watch->pending_due))
    wake(watch);
  pthread_mutex_unlock(&watch->lock);
}
